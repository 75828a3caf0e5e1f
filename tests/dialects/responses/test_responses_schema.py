"""All that the encoders can say is of the types that the OpenAPI document is written from."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.endpoints import KeptAnswerEndpoint
from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.dialect import RESPONSES
from causeway.dialects.responses.input_tokens import ResponsesTokenCount
from causeway.dialects.responses.request_schema import WireRepeated
from causeway.dialects.responses.response_schema import (
    InputTokens,
    Response,
    ResponseStreamEvent,
    UnifiedResponse,
    UnifiedResponseStreamEvent,
)
from causeway.model.errors import InvalidRequestError
from causeway.model.fold import unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling, Thinking
from causeway.model.response import ChatResponse
from causeway.model.token_count import TokenCount
from support.provenance import NOBODY
from support.strategies import responses

REQUESTS = st.sampled_from(
    [
        ChatRequest(model="any", messages=()),
        ChatRequest(
            model="any",
            messages=(),
            sampling=Sampling(max_tokens=5, temperature=0.5),
            thinking=Thinking(enabled=True, effort="low"),
        ),
    ]
)


def hold(said: bytes | str, type: Any) -> None:
    again = msgspec.json.decode(said, type=type)
    assert json.loads(msgspec.json.encode(again)) == json.loads(said)


@given(responses(), REQUESTS)
def test_a_whole_answer_is_of_its_type(response: ChatResponse, request: ChatRequest) -> None:
    hold(ResponsesChat(is_unified=False).encode_response(response, request, NOBODY), Response)


@given(responses(), REQUESTS, st.booleans())
def test_every_event_is_of_its_type(response: ChatResponse, request: ChatRequest, is_unified: bool) -> None:
    encoder = ResponsesChat(is_unified=is_unified).stream_encoder(request, NOBODY)
    event = UnifiedResponseStreamEvent if is_unified else ResponseStreamEvent
    sent = b"".join(encoder.encode(item) for item in unfold(response)).decode()
    for frame in sent.removesuffix("\n\n").split("\n\n"):
        hold(frame.partition("data: ")[2], event)


def test_a_count_is_of_its_type() -> None:
    hold(ResponsesTokenCount(is_unified=False).encode_response(TokenCount(3)), InputTokens)


@given(responses())
def test_a_unified_answer_says_the_same_and_who_answered(response: ChatResponse) -> None:
    request = ChatRequest(model="any", messages=())
    body = json.loads(ResponsesChat(is_unified=True).encode_response(response, request, NOBODY))
    assert body.pop("extra_fields")["provider"] == "local"
    plain = ResponsesChat(is_unified=False).encode_response(response, request, NOBODY)
    assert body == json.loads(plain)
    assert msgspec.json.decode(msgspec.json.encode(body), type=UnifiedResponse).id == response.id


def test_every_endpoint_is_described_and_no_other() -> None:
    served = {
        endpoint.path.replace("{model*}", "{model}").replace("//", "/") for endpoint in RESPONSES.endpoints()
    }
    described = {
        server.rstrip("/") + operation.path
        for section in RESPONSES.sections()
        for operation in section.operations
        for server in operation.servers
    }
    assert served == described


def test_a_quirk_that_the_dialect_does_not_have_is_refused() -> None:
    assert RESPONSES.chat_provider is not None
    RESPONSES.chat_provider({})
    with pytest.raises(msgspec.ValidationError, match="supports_top_k"):
        RESPONSES.chat_provider({"supports_top_k": True})


def test_every_endpoint_with_a_body_reads_a_request() -> None:
    for endpoint in RESPONSES.endpoints():
        if isinstance(endpoint, KeptAnswerEndpoint):
            continue
        body = b'{"model": "m", "input": "Hello"}'
        assert endpoint.face.decode_request(body, LossReport()).dialect == "responses"
        if "{model*}" in endpoint.path:
            assert endpoint.face.decode_request(b'{"input": "Hello"}', LossReport()).model == ""


@pytest.mark.parametrize("path", [*WireRepeated.__struct_fields__, "text.verbosity", "reasoning.summary"])
def test_a_setting_of_another_type_is_refused_and_not_repeated(path: str) -> None:
    member, _, inner = path.partition(".")
    body = {"model": "m", "input": "Hello", member: {inner: [1]} if inner else [1]}
    with pytest.raises(InvalidRequestError) as refused:
        ResponsesChat(is_unified=False).decode_request(msgspec.json.encode(body), LossReport())
    assert refused.value.field == path
