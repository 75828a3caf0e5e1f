"""All that OpenAI's encoders can say is of the types that the OpenAPI document is written from."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.response_schema import (
    BrokenStream,
    Chunk,
    Completion,
    ErrorBody,
    UnifiedBrokenStream,
    UnifiedChunk,
    UnifiedCompletion,
    UnifiedErrorBody,
)
from causeway.model.content import Citation, Source
from causeway.model.errors import InvalidRequestError, UpstreamRefusedError
from causeway.model.fold import unfold
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from support.strategies import responses, texts

FELL_BACK = Provenance(
    provider="openai",
    model="gpt-4o",
    model_requested="command-a",
    request_type="chat_completion",
    key_name="second",
    fallback_index=1,
    primary_provider="cohere",
    primary_model="command-a",
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=2)
)
web_sources = st.builds(
    lambda url, title, content: Source("document", "d", {"url": url, "title": title, "content": content}),
    texts,
    json_values,
    json_values,
)


@st.composite
def answers(draw: st.DrawFn) -> ChatResponse:
    """Any response, at times with a citation of a document that has an address."""
    response = draw(responses())
    if draw(st.booleans()):
        citation = Citation(0, 1, "a", (draw(web_sources),), "text")
        response = msgspec.structs.replace(response, citations=(*response.citations, citation))
    return response


def hold(said: bytes | str, type: Any) -> None:
    again = msgspec.json.decode(said, type=type)
    assert json.loads(msgspec.json.encode(again)) == json.loads(said)


@given(answers())
def test_a_whole_answer_is_of_its_type(response: ChatResponse) -> None:
    request = ChatRequest(model="any", messages=())
    hold(OpenAiChat(is_unified=False).encode_response(response, request, FELL_BACK), Completion)
    hold(OpenAiChat(is_unified=True).encode_response(response, request, FELL_BACK), UnifiedCompletion)


@given(answers(), st.booleans(), st.booleans())
def test_every_chunk_is_of_its_type(response: ChatResponse, is_unified: bool, wants_usage: bool) -> None:
    request = ChatRequest(model="any", messages=(), stream=True, wants_stream_usage=wants_usage)
    encoder = OpenAiChat(is_unified=is_unified).stream_encoder(request, FELL_BACK)
    chunk, broken = (UnifiedChunk, UnifiedBrokenStream) if is_unified else (Chunk, BrokenStream)
    sent = b"".join(encoder.encode(event) for event in unfold(response)).decode()
    for frame in sent.removesuffix("data: [DONE]\n\n").removesuffix("\n\n").split("\n\n"):
        said = frame.removeprefix("data: ")
        hold(said, broken if "error" in json.loads(said) else chunk)


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequestError("no", field="messages"),
        UpstreamRefusedError("no", status=429, type="tokens", provider_code="rate_limit_exceeded"),
    ],
)
def test_an_error_is_of_its_type(error: InvalidRequestError | UpstreamRefusedError) -> None:
    hold(OpenAiChat(is_unified=False).encode_error(error, "id"), ErrorBody)
    hold(OpenAiChat(is_unified=True).encode_error(error, "id"), UnifiedErrorBody)
