"""Every recorded chat of four more dialects goes through the gateway, asked at its vendor's own door.

To a provider of its own dialect it goes as it was, and the recorded answer comes back as it was. Amazon's
streams, which are read and written again, say the same frame by frame.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx
import msgspec
import pytest
from botocore.eventstream import EventStreamBuffer
from msgspec import Struct

from causeway.testing import Recording, Replay, ScriptedUpstream
from support.fronts import ONCE
from support.recordings import ABSENT, recordings
from support.upstreams import FrontedGateway, gateway_before, scripted_provider

# By the folder of the recordings: the provider, how the URLs of chats look, and the door at which the same is
# asked; `{model}` is the model's name where the URL holds it.
DOORS = {
    "anthropic": ("anthropic", r"/v1/messages(?:\?beta=true)?", "/anthropic/v1/messages?beta=true"),
    "openai-responses": ("openai", r"/v1/responses", "/openai/v1/responses"),
    "gemini": ("gemini", r"/models/(?P<model>[^:/]+):(?P<action>\w+GenerateContent.*)", ""),
    "bedrock": ("bedrock", r"/model/(?P<model>[^/]+)/(?P<action>converse(?:-stream)?)", ""),
}


class Case(Struct, frozen=True):
    """A recorded exchange, the provider to ask, and the door; `model` is empty where the body has it."""

    provider: str
    door: str
    model: str
    exchange: Any


def cases() -> list[Any]:
    found = []
    for folder, (provider, pattern, door) in DOORS.items():
        for parameter in recordings(folder, ""):
            exchange = parameter.values[0]
            if exchange is None or not isinstance(exchange["request"].get("body"), dict):
                continue
            url = exchange["request"]["url"].partition("#")[0]
            if place := re.search(rf"{pattern}$", url, re.IGNORECASE):
                parts = place.groupdict()
                case = Case(
                    provider, door or _door(provider, parts), unquote(parts.get("model", "")), exchange
                )
                found.append(pytest.param(case, id=f"{folder}-{parameter.id}"))
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


def _door(provider: str, parts: dict[str, str]) -> str:
    model = quote(f"{provider}/{unquote(parts['model'])}", safe="")
    if provider == "bedrock":
        return f"/bedrock/model/{model}/{parts['action']}"
    return f"/genai/v1beta/models/{model}:{parts['action']}"


class Stage(Struct):
    """A gateway before the four vendors, all of them one server."""

    gateway: FrontedGateway
    upstream: ScriptedUpstream
    client: httpx.Client


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    names = {provider for provider, _, _ in DOORS.values()}
    with (
        ScriptedUpstream() as upstream,
        gateway_before(
            *(scripted_provider(name, upstream.url, retry=ONCE) for name in sorted(names))
        ) as gateway,
        httpx.Client(base_url=gateway.url, timeout=30) as client,
    ):
        yield Stage(gateway, upstream, client)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    shared_stage.upstream.forget()
    return shared_stage


def replay_of(exchange: Any) -> Replay:
    response = exchange["response"]
    body = {name: response[name] for name in ("json", "text", "base64") if name in response}
    types = [value for name, value in response["headers"].items() if name.lower() == "content-type"]
    return Replay(Recording(response["status"], {"content-type": types[0]}, **body))


def frames_of(body: bytes) -> list[tuple[str, Any]]:
    """Return the events of a binary stream, without the padding that hides their lengths."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    events = []
    for frame in buffer:
        payload = json.loads(frame.payload)
        payload.pop("p", None)
        events.append((frame.headers[":event-type"], _saying_something(payload)))
    return events


def _saying_something(value: Any) -> Any:
    """Return a JSON value without members that are empty objects and arrays."""
    if not isinstance(value, dict):
        return value
    return {name: _saying_something(member) for name, member in value.items() if member not in ({}, [])}


@pytest.mark.parametrize("case", cases())
def test_a_recorded_chat_goes_through_as_it_was(stage: Stage, case: Case) -> None:
    replay = replay_of(case.exchange)
    stage.upstream.script(replay)
    asked = case.exchange["request"]["body"]
    body = asked if case.model else {**asked, "model": f"{case.provider}/{asked['model']}"}
    response = stage.client.post(case.door, json=body)
    (request,) = stage.upstream.requests
    is_read = case.door.endswith("/converse-stream")
    assert request.json == (_saying_something(asked) if is_read else asked)
    if case.model:
        assert case.model in unquote(request.path)
    told = replay.recording.body
    if replay.recording.status != 200:
        assert response.status_code == replay.recording.status
        return
    assert response.status_code == 200
    assert "x-causeway-loss" not in response.headers
    if is_read:
        assert frames_of(response.content) == frames_of(told)
    elif isinstance(told, bytes):
        assert response.content == told
    else:
        assert msgspec.json.decode(response.content) == told
