"""What goes wrong, told at every vendor's door in the vendor's shape: status, body and headers."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from causeway.config.schema import Config, ServerConfig
from causeway.providers.network import Timeouts
from causeway.testing import ScriptedUpstream, Status
from causeway.testing.gate import Gate
from support.fronts import ONCE
from support.upstreams import KEY, gateway_before, scripted_provider
from support.wire_answers import WORDS

CALLERS_KEY = "a-key-that-opens"
CONFIG = Config(server=ServerConfig(strict_models=True, max_body_bytes=5000))
HASTY = Timeouts(connect_seconds=5, first_byte_seconds=0.3, idle_seconds=0.3)
TURNS = [{"role": "user", "content": "Say hello."}]
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}
BLOCKS = {"messages": [{"role": "user", "content": [{"text": "Say hello."}]}]}
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": TURNS}


class Door(Struct, frozen=True):
    """A path in whose `{model}` or whose body the model is named, and the field that a body must have."""

    vendor: str
    path: str
    body: dict[str, Any]
    needed: str

    @property
    def names_model_in_path(self) -> bool:
        return "{model}" in self.path


DOORS = [
    Door("unified", "/v1/chat/completions", {"messages": TURNS}, "messages"),
    Door("unified", "/v1/responses", {"input": "Hi"}, "input"),
    Door("unified", "/v1/completions", {"prompt": "Hi"}, "prompt"),
    Door("openai", "/openai/v1/chat/completions", {"messages": TURNS}, "messages"),
    Door("openai", "/openai/v1/responses", {"input": "Hi"}, "input"),
    Door("openai", "/openai/v1/completions", {"prompt": "Hi"}, "prompt"),
    Door("openai", "/litellm/v1/chat/completions", {"messages": TURNS}, "messages"),
    Door("anthropic", "/anthropic/v1/messages", {"messages": TURNS, "max_tokens": 50}, "messages"),
    Door("anthropic", "/langchain/v1/messages", {"messages": TURNS, "max_tokens": 50}, "max_tokens"),
    Door("anthropic", "/anthropic/v1/complete", {"prompt": "Hi", "max_tokens_to_sample": 9}, "prompt"),
    Door("gemini", "/genai/v1beta/models/{model}:generateContent", CONTENTS, "contents"),
    Door("gemini", "/genai/v1beta/models/{model}:streamGenerateContent?alt=sse", CONTENTS, "contents"),
    Door("gemini", "/genai/v1beta/models/{model}:streamGenerateContent", CONTENTS, "contents"),
    Door("bedrock", "/bedrock/model/{model}/converse", BLOCKS, "messages"),
    Door("bedrock", "/bedrock/model/{model}/converse-stream", BLOCKS, "messages"),
    Door("bedrock", "/bedrock/model/{model}/invoke", CLAUDE, "max_tokens"),
    Door("bedrock", "/bedrock/model/{model}/invoke-with-response-stream", CLAUDE, "max_tokens"),
    Door("cohere", "/cohere/v2/chat", {"messages": TURNS}, "messages"),
]
EVERY_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
# By status: each vendor's own name for the kind of error.
KINDS: dict[str, dict[int, str]] = {
    "openai": {
        401: "authentication_error",
        429: "rate_limit_error",
        500: "server_error",
        504: "server_error",
    },
    "anthropic": {
        401: "authentication_error",
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
        500: "api_error",
        504: "timeout_error",
    },
    "gemini": {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        404: "NOT_FOUND",
        405: "UNIMPLEMENTED",
        413: "INVALID_ARGUMENT",
        429: "RESOURCE_EXHAUSTED",
        500: "INTERNAL",
        504: "DEADLINE_EXCEEDED",
    },
    "bedrock": {
        400: "ValidationException",
        401: "AccessDeniedException",
        404: "ResourceNotFoundException",
        405: "ValidationException",
        413: "ValidationException",
        429: "ThrottlingException",
        500: "InternalServerException",
        504: "ModelTimeoutException",
    },
    "cohere": {401: "authentication_error", 429: "rate_limit_error", 500: "api_error", 504: "api_error"},
}
KINDS["unified"] = KINDS["openai"]


class Stage(Struct):
    """A gateway that wants a key and knows its models, and the provider that it stands before.

    `hasty` is the same provider, waited for but a moment.
    """

    url: str
    upstream: ScriptedUpstream
    used_keys: Iterator[int]

    def ask(
        self, door: Door, *, model: str = "openai/asked", key: str | None = CALLERS_KEY, **request: Any
    ) -> httpx.Response:
        """Ask at a door, by a key of the provider's that nobody has used before: each has a breaker."""
        body = door.body if door.names_model_in_path else {"model": model, **door.body}
        sent: Any = {"method": "POST", "json": body} | request
        headers = {"x-bf-api-key-id": f"openai-{next(self.used_keys)}"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        path = door.path.replace("{model}", model.replace("/", "%2F"))
        return httpx.request(url=self.url + path, headers=headers, timeout=30, **sent)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ScriptedUpstream(dialects=["openai", "responses"]) as upstream:
        patient = scripted_provider("openai", upstream.url, keys=[KEY] * 1000, retry=ONCE)
        hasty = replace(patient, name="hasty", network=replace(patient.network, timeouts=HASTY))
        with gateway_before(patient, hasty, config=CONFIG, keys=[CALLERS_KEY]) as gateway:
            yield Stage(gateway.url, upstream, itertools.count())


def check(vendor: str, response: httpx.Response, status: int) -> str:
    """Check status and shape of an error; return its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    kind = KINDS[vendor].get(status, "invalid_request_error")
    body = response.json()
    match vendor:
        case "unified":
            assert set(body) == {
                *("event_id", "type", "is_bifrost_error", "status_code", "error", "extra_fields")
            }
            assert (body["type"], body["status_code"]) == (kind, status)
            assert body["event_id"] == response.headers["x-debug-trace-id"]
            assert body["extra_fields"]["request_type"]
            assert {"message", "type", "code"} <= set(body["error"]) <= {"message", "type", "param", "code"}
            told = body["error"]
        case "openai":
            assert set(body) == {"error"}
            assert set(body["error"]) == {"message", "type", "param", "code"}
            assert body["error"]["type"] == kind
            told = body["error"]
        case "anthropic":
            assert set(body) == {"type", "error", "request_id"}
            assert body["type"] == "error"
            assert set(body["error"]) == {"type", "message"}
            assert body["error"]["type"] == kind
            told = body["error"]
        case "gemini":
            assert set(body) == {"error"}
            told = body["error"]
            assert set(told) - {"details"} == {"code", "message", "status"}
            assert (told["code"], told["status"]) == (status, kind)
        case "bedrock":
            assert set(body) == {"message", "__type"}
            assert body["__type"] == response.headers["x-amzn-errortype"] == kind
            told = body
        case _:
            assert set(body) == {"id", "type", "message", "code"}
            assert body["type"] == kind
            told = body
    return str(told["message"])


@EVERY_DOOR
@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b'{"a": 1} trailing'])
def test_a_body_that_is_no_json(stage: Stage, door: Door, content: bytes) -> None:
    response = stage.ask(door, json=None, content=content)
    assert "json" in check(door.vendor, response, 400).lower()


@EVERY_DOOR
def test_a_field_that_is_missing_is_named(stage: Stage, door: Door) -> None:
    body = {"model": "openai/asked", **door.body}
    del body[door.needed]
    response = stage.ask(door, json=body)
    assert door.needed in check(door.vendor, response, 400)


@EVERY_DOOR
def test_a_model_that_nobody_has(stage: Stage, door: Door) -> None:
    response = stage.ask(door, model="nobody-has-this")
    assert "nobody-has-this" in check(door.vendor, response, 404)


@EVERY_DOOR
@pytest.mark.parametrize(("key", "words"), [(None, "no api key supplied"), ("wrong", "invalid api token")])
def test_a_key_that_is_missing_or_wrong(stage: Stage, door: Door, key: str | None, words: str) -> None:
    assert check(door.vendor, stage.ask(door, key=key), 401) == words


@EVERY_DOOR
def test_another_method(stage: Stage, door: Door) -> None:
    response = stage.ask(door, method="PUT")
    assert "method PUT is not allowed" in check(door.vendor, response, 405)
    assert "POST" in response.headers["allow"]


@EVERY_DOOR
def test_a_body_that_is_too_large(stage: Stage, door: Door) -> None:
    response = stage.ask(door, json={"model": "openai/asked", **door.body, "filler": "x" * 6000})
    assert "the body is larger than 5000 bytes" in check(door.vendor, response, 413)


@EVERY_DOOR
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_what_a_provider_refuses_keeps_its_status_and_its_words(
    stage: Stage, door: Door, status: int
) -> None:
    error = {"message": WORDS, "type": None, "param": None, "code": None}
    stage.upstream.script(Status(status, body={"error": error}, headers={"retry-after": "17"}))
    response = stage.ask(door)
    assert check(door.vendor, response, status) == WORDS
    assert response.headers["retry-after"] == "17"


@EVERY_DOOR
def test_a_provider_that_is_silent(stage: Stage, door: Door) -> None:
    stage.upstream.script(Status(200, head_gate=Gate()))
    assert "timeout" in check(door.vendor, stage.ask(door, model="hasty/asked"), 504).lower()
