"""All that Anthropic's encoders can say is of the types that the OpenAPI document is written from."""

import json
from functools import reduce
from operator import or_
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from causeway.dialects.anthropic.answer_schema import (
    STREAM_EVENTS,
    WireAnswered,
    WireBrokenStream,
    WireCompletion,
    WireErrorBody,
    WirePing,
)
from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.anthropic.complete_face import AnthropicComplete
from causeway.dialects.anthropic.dialect import ANTHROPIC
from causeway.dialects.endpoints import ChatEndpoint, Endpoint, TokenCountEndpoint
from causeway.dialects.openapi import describe_api
from causeway.model.content import Document
from causeway.model.errors import InvalidRequestError, UpstreamRefusedError
from causeway.model.fold import unfold
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.wire.server_sent_events import EventReader
from support.provenance import NOBODY
from support.strategies import responses

REQUEST = ChatRequest(model="m", messages=(), documents=(Document("x"), Document({"a": "b"}, "d")))


def holds(data: bytes, type: Any) -> None:
    """Assert that JSON is of a type and has no member that the type has not."""
    value = json.loads(data)
    typed = msgspec.convert(value, type)
    told = msgspec.to_builtins(typed)
    assert without_nothing(told) == without_nothing(value)


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nothing(member) for name, member in value.items() if member is not None}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(responses())
def test_every_message_is_of_the_documented_type(response: ChatResponse) -> None:
    holds(AnthropicChat().encode_response(response, REQUEST, NOBODY), WireAnswered)
    encoder = AnthropicChat().stream_encoder(REQUEST, NOBODY)
    frames = AnthropicChat.heartbeat + b"".join(map(encoder.encode, unfold(response)))
    for frame in EventReader().feed(frames):
        holds(frame.data.encode(), reduce(or_, STREAM_EVENTS))


@settings(deadline=None)
@given(responses())
def test_every_completion_is_of_the_documented_type(response: ChatResponse) -> None:
    holds(AnthropicComplete().encode_response(response, REQUEST, NOBODY), WireCompletion)
    encoder = AnthropicComplete().stream_encoder(REQUEST, NOBODY)
    frames = AnthropicComplete.heartbeat + b"".join(map(encoder.encode, unfold(response)))
    for frame in EventReader().feed(frames):
        types = {"completion": WireCompletion, "ping": WirePing, "error": WireBrokenStream}
        holds(frame.data.encode(), types[frame.event])


@pytest.mark.parametrize(
    "error", [InvalidRequestError("x", field="y"), UpstreamRefusedError("x", status=402)]
)
def test_every_error_is_of_the_documented_type(error: Any) -> None:
    holds(AnthropicChat().encode_error(error, "req_1"), WireErrorBody)


def test_what_is_served_is_documented() -> None:
    document = describe_api(
        ANTHROPIC.sections(),
        title="t",
        version="1",
        description="d",
        servers=[],
        security_schemes={},
        type_prefix="Wire",
    )
    documented = {
        server["url"].rstrip("/") + path
        for path, item in document["paths"].items()
        for server in item["servers"]
        for method in item.keys() - {"servers"}
        if "200" in item[method]["responses"]
    }
    served: list[Endpoint] = list(ANTHROPIC.endpoints())
    answering = {
        row.path.replace("*}", "}") for row in served if isinstance(row, ChatEndpoint | TokenCountEndpoint)
    }
    assert answering <= documented
    assert {path for path in documented if "/models" not in path} == answering
    assert "/anthropic/v1/messages" in answering
    assert "/litellm/v1/messages" in answering
    assert "/anthropic/v1/models" in documented
    assert "/litellm/v1/models" not in documented
    schemas = document["components"]["schemas"]
    assert schemas["AnthropicMessagesRequest"]["properties"]["temperature"]["anyOf"][0]["maximum"] == 1
    assert all(name.startswith("Anthropic") for name in schemas)


def test_an_error_on_a_path_that_is_anthropics_has_its_shape() -> None:
    assert {"/anthropic/", "/langchain/anthropic/", "/litellm/v1/messages"} <= ANTHROPIC.error_faces.keys()
    assert "/litellm/" not in ANTHROPIC.error_faces
