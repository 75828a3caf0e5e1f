"""JSON answers through Cohere's own SDK, from the embedded model."""

import json
from typing import Any

import cohere
import pytest
from cohere.core.api_error import ApiError

from support.process import Gateway

MODEL = "command-a-03-2025"
MESSAGES: Any = [{"role": "user", "content": "John Smith, 42, lives in Boston."}]
SCHEMA: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}},
    "required": ["name", "age", "city"],
}
JOHN = {"name": "John Smith", "age": 42, "city": "Boston"}
FORMATS: list[Any] = [
    {"type": "json_object", "json_schema": SCHEMA},
    {"type": "json_object", "schema": SCHEMA},
    {"type": "json_object", "json_schema": SCHEMA, "schema": {"type": "array"}},
    {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}},
]


def client(gateway: Gateway, base: str = "") -> Any:
    return cohere.ClientV2(base_url=gateway.url + base, api_key="any")


@pytest.mark.parametrize("response_format", FORMATS)
@pytest.mark.parametrize("base", ["", "/langchain/cohere"])
def test_every_spelling_gives_the_same_object(gateway: Gateway, response_format: Any, base: str) -> None:
    arguments = {
        "model": MODEL,
        "messages": MESSAGES,
        "response_format": response_format,
        "temperature": 0,
    }
    co = client(gateway, base)
    whole = co.chat(**arguments)
    assert whole.finish_reason == "COMPLETE"
    assert json.loads(whole.message.content[0].text) == JOHN
    events = list(co.chat_stream(**arguments))
    pieces = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert len(pieces) > 5
    assert "".join(pieces) == whole.message.content[0].text


def test_typed_formats_and_text(gateway: Gateway) -> None:
    co = client(gateway)
    typed = co.chat(
        model=MODEL,
        messages=MESSAGES,
        response_format=cohere.JsonObjectResponseFormatV2(json_schema=SCHEMA),
        temperature=0,
    )
    assert json.loads(typed.message.content[0].text) == JOHN
    text = co.chat(
        model=MODEL,
        messages=[{"role": "user", "content": "What is the capital of France?"}],
        response_format={"type": "text"},
        temperature=0,
    )
    assert text.message.content[0].text == "The capital of France is Paris."


def test_json_without_a_schema(gateway: Gateway) -> None:
    response = client(gateway).chat(
        model=MODEL, messages=MESSAGES, response_format={"type": "json_object"}, temperature=0, max_tokens=200
    )
    assert isinstance(json.loads(response.message.content[0].text), dict)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            {"properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]},
            "properties.a.minLength",
        ),
        (
            {"properties": {"a": {"type": "string", "pattern": "^a"}}, "required": ["a"]},
            "properties.a.pattern",
        ),
        ({"allOf": [SCHEMA]}, "allOf"),
        ({"required": []}, "required"),
        ({"type": "array"}, "type"),
        (
            {"properties": {"a": {"enum": [str(n) for n in range(20_000)]}}, "required": ["a"]},
            "properties.a.enum",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_that_cannot_be_honoured_is_refused(
    gateway: Gateway, change: dict[str, Any], place: str, stream: bool
) -> None:
    co = client(gateway)
    arguments: dict[str, Any] = {
        "model": MODEL,
        "messages": MESSAGES,
        "response_format": {"type": "json_object", "json_schema": {**SCHEMA, **change}},
        "request_options": {"max_retries": 0},
    }
    ask = (lambda **given: list(co.chat_stream(**given))) if stream else co.chat
    with pytest.raises(ApiError) as caught:
        ask(**arguments)
    assert caught.value.status_code == 400
    assert f"response_format.json_schema.{place}:" in caught.value.body["message"]


@pytest.mark.parametrize("other", [{"documents": ["a fact"]}, {"tools": [
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}])  # fmt: skip
def test_not_together_with_documents_or_tools(gateway: Gateway, other: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        client(gateway).chat(
            model=MODEL, messages=MESSAGES, response_format={"type": "json_object"}, **other,
            request_options={"max_retries": 0},
        )  # fmt: skip
    assert caught.value.status_code == 400
    assert "response_format is not supported with" in caught.value.body["message"]
