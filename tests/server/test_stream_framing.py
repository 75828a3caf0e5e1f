"""How each door's streams are framed, by bytes: content types, names of events, ends, and failures.

The readers share no code with the gateway's: botocore reads Amazon's frames.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.eventstream import EventStreamBuffer
from msgspec import Struct

from causeway.model.errors import EngineFailedError, OverloadedError
from support.answers import text_answer
from support.gateway import ScriptedModel, serve

TURNS = [{"role": "user", "content": "Say hello."}]
CHAT = {"model": "m", "messages": TURNS, "stream": True}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}
BLOCKS = {"messages": [{"role": "user", "content": [{"text": "Say hello."}]}]}
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": TURNS}
FAILURE = "the engine died"
SSE = "text/event-stream"
BINARY = "application/vnd.amazon.eventstream"


class Door(Struct, frozen=True):
    """A path, what is asked there, and how its streams go.

    `begins` and `ends` are the names of the first event and of the last, `fails` of the last where the answer
    broke off. Where events have no names they are the members of the first and the last object; `has_done`
    says that `[DONE]` ends it.
    """

    path: str
    body: dict[str, Any]
    begins: str
    ends: str
    fails: str
    has_names: bool = False
    has_done: bool = False
    media_type: str = SSE


CLAUDES = ("message_start", "message_stop", "error")
OPENAI = ("choices", "choices", "error")
RESPONSES = ("response.created", "response.completed", "response.failed")
DOORS = [
    Door("/v1/chat/completions", CHAT, *OPENAI, has_done=True),
    Door("/openai/v1/chat/completions", CHAT, *OPENAI, has_done=True),
    Door("/openai/openai/deployments/m/chat/completions", CHAT, *OPENAI, has_done=True),
    Door("/langchain/v1/chat/completions", CHAT, *OPENAI, has_done=True),
    Door("/v1/completions", {"model": "m", "prompt": "Hi", "stream": True}, *OPENAI, has_done=True),
    Door("/openai/v1/completions", {"model": "m", "prompt": "Hi", "stream": True}, *OPENAI, has_done=True),
    Door("/v1/responses", {"model": "m", "input": "Hi", "stream": True}, *RESPONSES, has_names=True),
    Door("/openai/v1/responses", {"model": "m", "input": "Hi", "stream": True}, *RESPONSES, has_names=True),
    Door("/anthropic/v1/messages", {**CHAT, "max_tokens": 50}, *CLAUDES, has_names=True),
    Door("/litellm/v1/messages", {**CHAT, "max_tokens": 50}, *CLAUDES, has_names=True),
    Door(
        "/anthropic/v1/complete",
        {"model": "m", "prompt": "\n\nHuman: Hi\n\nAssistant:", "max_tokens_to_sample": 9, "stream": True},
        *("completion", "completion", "error"),
        has_names=True,
    ),
    Door(
        "/genai/v1beta/models/m:streamGenerateContent?alt=sse",
        CONTENTS,
        *("candidates", "candidates", "error"),
    ),
    Door(
        "/genai/v1beta/models/m:streamGenerateContent",
        CONTENTS,
        *("candidates", "candidates", "error"),
        media_type="application/json",
    ),
    Door(
        "/bedrock/model/m/converse-stream",
        BLOCKS,
        *("messageStart", "metadata", "modelStreamErrorException"),
        has_names=True,
        media_type=BINARY,
    ),
    Door(
        "/bedrock/model/m/invoke-with-response-stream",
        CLAUDE,
        *("chunk", "chunk", "modelStreamErrorException"),
        has_names=True,
        media_type=BINARY,
    ),
    Door("/v2/chat", CHAT, "message-start", "message-end", "message-end", has_names=True, has_done=True),
    Door(
        "/cohere/v2/chat", CHAT, "message-start", "message-end", "message-end", has_names=True, has_done=True
    ),
]
EVERY_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
Gateway = tuple[str, ScriptedModel]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with serve(lambda request, losses: []) as served:
        yield served


def stream_of(door: Door, gateway: Gateway, *script: Any) -> httpx.Response:
    """Return what the door tells of an answer that goes so."""
    url, model = gateway
    model.script = lambda request, losses: script
    return httpx.post(url + door.path, json=door.body)


def read_events(door: Door, body: bytes) -> list[tuple[str, Any]]:
    """Return the events by their names, which are the objects' first members where events have none."""
    if door.media_type == BINARY:
        return read_frames(body)
    if door.media_type == "application/json":
        return [(next(iter(item)), item) for item in json.loads(body)]
    *frames, rest = body.decode().replace("\r\n", "\n").split("\n\n")
    assert rest == ""
    if door.has_done and frames[-1] == "data: [DONE]":
        frames.pop()
    assert "[DONE]" not in "".join(frames)
    return [read_frame(door, frame) for frame in frames]


def read_frame(door: Door, frame: str) -> tuple[str, Any]:
    name, separator, data = frame.rpartition("\n")
    assert bool(separator) is name.startswith("event: ")
    value = json.loads(data.removeprefix("data: "))
    if not door.has_names:
        assert not name
        return ("error" if "error" in value else door.begins if door.begins in value else ""), value
    assert name == f"event: {value['type']}"
    return value["type"], value


def read_frames(body: bytes) -> list[tuple[str, Any]]:
    """Return Amazon's frames, whose checksums botocore checks."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    events = []
    for frame in buffer:
        headers = frame.headers
        assert headers[":content-type"] == "application/json"
        name = headers[f":{headers[':message-type']}-type"]
        payload = json.loads(frame.payload)
        if name == "chunk":
            payload = json.loads(base64.b64decode(payload["bytes"]))
        events.append((name, payload))
    return events


@EVERY_DOOR
def test_a_stream_is_framed_as_its_readers_expect(door: Door, gateway: Gateway) -> None:
    response = stream_of(door, gateway, *text_answer("Hel", "lo"))
    assert response.status_code == 200
    assert response.headers["content-type"] == door.media_type
    assert "no-cache" in response.headers["cache-control"]
    events = read_events(door, response.content)
    assert len(events) >= 3
    assert (events[0][0], events[-1][0]) == (door.begins, door.ends)
    assert response.content.endswith(b"data: [DONE]\n\n") is door.has_done


@EVERY_DOOR
def test_a_stream_that_breaks_off_says_so_and_nothing_after_it(door: Door, gateway: Gateway) -> None:
    response = stream_of(door, gateway, *text_answer("Hel", "lo")[:3], EngineFailedError(FAILURE))
    assert response.status_code == 200
    assert response.headers["content-type"] == door.media_type
    events = read_events(door, response.content)
    name, told = events[-1]
    assert name == door.fails
    assert FAILURE in json.dumps(told)
    assert len(events) >= 2
    # Cohere's end is an event like others, and its readers wait for the mark.
    assert response.content.endswith(b"data: [DONE]\n\n") is (name == "message-end")


@EVERY_DOOR
def test_a_failure_before_the_first_content_is_an_error_of_http(door: Door, gateway: Gateway) -> None:
    response = stream_of(door, gateway, OverloadedError("no room", retry_after_seconds=7))
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/json"
    assert response.headers["retry-after"] == "7"
    assert "no room" in response.text
    assert "data:" not in response.text
