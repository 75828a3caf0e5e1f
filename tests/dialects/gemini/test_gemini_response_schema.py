"""All that the encoders say of others' answers is of the types that the OpenAPI document describes."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from causeway.dialects.gemini.chat_face import GeminiChat
from causeway.dialects.gemini.chat_operations import chat_operations
from causeway.dialects.gemini.companion_operations import companion_operations
from causeway.dialects.gemini.response_schema import ErrorBody, GenerateContentResponse
from causeway.dialects.openapi import Section, describe_api
from causeway.model.errors import InvalidRequestError, OverloadedError
from causeway.model.fold import unfold
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from support.provenance import NOBODY
from support.strategies import responses

FACE = GeminiChat()
REQUEST = ChatRequest(model="any", messages=(), dialect="gemini")


def assert_is(value: Any, type: Any) -> None:
    typed = msgspec.convert(value, type)
    assert json.loads(msgspec.json.encode(typed)) == value


@given(responses())
def test_a_whole_answer_is_of_its_type(response: ChatResponse) -> None:
    assert_is(json.loads(FACE.encode_response(response, REQUEST, NOBODY)), GenerateContentResponse)


@given(responses())
def test_every_piece_of_a_stream_is_of_its_type(response: ChatResponse) -> None:
    frames = FACE.stream_encoder(REQUEST, NOBODY).encode_all(unfold(response)).decode()
    for line in filter(None, frames.split("\n")):
        piece = json.loads(line.removeprefix("data: "))
        assert_is(piece, ErrorBody if "error" in piece else GenerateContentResponse)


@pytest.mark.parametrize(
    "error", [InvalidRequestError("bad", field="contents"), OverloadedError("busy", retry_after_seconds=1)]
)
def test_an_error_is_of_its_type(error: Any) -> None:
    assert_is(json.loads(FACE.encode_error(error, "id")), ErrorBody)


def test_the_operations_are_described() -> None:
    rows = [*chat_operations(("/genai/v1beta",)), *companion_operations(("/genai/v1beta",))]
    document = describe_api(
        [Section(rows, "Gemini")],
        type_prefix="Wire",
        title="t",
        version="1",
        description="d",
        servers=[],
        security_schemes={},
    )
    answering = {
        path
        for path, item in document["paths"].items()
        for method in item.keys() - {"servers"}
        if "200" in item[method]["responses"]
    }
    assert answering == {
        *(
            f"{version}/models{name}"
            for version in ("/v1beta", "/v1beta1", "/genai/v1")
            for name in ("", "/{model}")
        ),
        *(
            f"/models/{{model}}:{action}"
            for action in (
                "generateContent",
                "streamGenerateContent",
                "countTokens",
                "embedContent",
                "batchEmbedContents",
            )
        ),
    }
    options = document["components"]["schemas"]["GeminiGenerationConfig"]["properties"]
    assert options["stopSequences"]["anyOf"][0]["items"]["minLength"] == 1
    assert {"minimum": 0, "maximum": 2}.items() <= options["temperature"]["anyOf"][0].items()
