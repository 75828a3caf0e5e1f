"""The caller goes away while a provider is asked: its connection is closed within a second, and nobody waits.

Three windows: before the provider's head, between it and the first content, and after that.
"""

import itertools
import json
import socket
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from causeway.config.schema import Config, ServerConfig
from causeway.rules.retry import RetryPolicy
from causeway.testing import Gate, Replay, ScriptedUpstream, Status
from support.raw_http import ask
from support.upstreams import gateway_before, scripted_provider
from support.wire_answers import SPOKEN, WIRES, recorded_json, recorded_stream

SECONDS = 1.0
PATHS = {"openai": "/openai/v1/chat/completions", "cohere": "/v2/chat"}
ROUTES = list(itertools.product(PATHS, WIRES))
ASKED = [{"role": "user", "content": "Say hello."}]
NAME = "openai%2Fasked"
# The other doors at which a stream can be asked for, and what is said there.
OTHER_DOORS = {
    "/openai/v1/responses": {"model": "openai/asked", "input": "Say hello.", "stream": True},
    "/anthropic/v1/messages": {"model": "openai/asked", "max_tokens": 9, "messages": ASKED, "stream": True},
    f"/genai/v1beta/models/{NAME}:streamGenerateContent": {"contents": [{"parts": [{"text": "Hello"}]}]},
    f"/bedrock/model/{NAME}/converse-stream": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
}
CONFIGS = {
    "plain": ServerConfig(),
    "heartbeats": ServerConfig(heartbeat_seconds=0.05),
    "aiohttp": ServerConfig(outbound_client="aiohttp"),
    "uvicorn": ServerConfig(http_server="uvicorn"),
}
Window = Literal["before the head", "before content", "after content"]
WINDOWS: tuple[Window, ...] = ("before the head", "before content", "after content")


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module", params=CONFIGS)
def config(request: pytest.FixtureRequest) -> Config:
    return Config(server=CONFIGS[request.param])


def body(upstream: str, **fields: Any) -> dict[str, Any]:
    return {"model": f"{upstream}/asked", "messages": [{"role": "user", "content": "Say hello."}], **fields}


def stopping_in(window: Window, upstream: str, gate: Gate, *, is_stream: bool) -> Replay:
    """Return an answer that comes no further than the window; `gate` tells when it is there."""
    wire = WIRES[upstream]
    recording = recorded_stream(wire.stream) if is_stream else recorded_json(json.dumps(wire.whole))
    if window == "before the head":
        return Replay(recording, head_gate=gate)
    said = 0 if window == "before content" else wire.spoken_bytes if is_stream else 20
    return Replay(recording, pause_after_bytes=said, body_gate=gate)


def read_until(client: socket.socket, wanted: str) -> None:
    read = b""
    while wanted.encode() not in read:
        piece = client.recv(65536)
        assert piece, read
        read += piece


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize(("caller", "upstream_dialect"), ROUTES)
def test_a_caller_who_leaves_closes_the_provider_s_connection(
    upstream: ScriptedUpstream,
    config: Config,
    caller: str,
    upstream_dialect: str,
    is_stream: bool,
    window: Window,
) -> None:
    gate = Gate()
    upstream.script(stopping_in(window, upstream_dialect, gate, is_stream=is_stream))
    with gateway_before(scripted_provider(upstream_dialect, upstream.url), config=config) as gateway:
        with ask(gateway.url, body(upstream_dialect, stream=is_stream), path=PATHS[caller]) as client:
            gate.wait_until_reached()
            if window == "after content" and is_stream:
                read_until(client, SPOKEN)
            assert upstream.connections_open == 1
        upstream.wait_for_abandoned(1, SECONDS)
        upstream.wait_for_close(SECONDS)
        record = gateway.calls.next(SECONDS)
    assert (record.outcome, record.status, record.error_code) == ("cancelled", 499, "client_disconnected")
    assert record.is_stream is is_stream
    (attempt,) = record.attempts
    has_answer = is_stream and window == "after content"
    assert (attempt.error_code, attempt.status) == (("", 200) if has_answer else ("cancelled", 499))
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", OTHER_DOORS)
def test_a_caller_who_leaves_by_another_door_is_missed_as_soon(
    upstream: ScriptedUpstream, path: str, window: Window
) -> None:
    gate = Gate()
    upstream.script(stopping_in(window, "openai", gate, is_stream=True))
    # One who speaks chat completions alone: also for the door of Responses.
    provider = replace(scripted_provider("groq", upstream.url), name="openai")
    with gateway_before(provider) as gateway:
        with ask(gateway.url, OTHER_DOORS[path], path=path) as client:
            gate.wait_until_reached()
            if window == "after content":
                read_until(client, SPOKEN)
            assert upstream.connections_open == 1
        upstream.wait_for_abandoned(1, SECONDS)
        upstream.wait_for_close(SECONDS)
        record = gateway.calls.next(SECONDS)
    assert (record.outcome, record.status, record.error_code) == ("cancelled", 499, "client_disconnected")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "whole"])
def test_a_caller_who_leaves_between_two_attempts_ends_the_call(
    upstream: ScriptedUpstream, is_stream: bool
) -> None:
    """The provider has refused, and the gateway waits before it asks again."""
    # It says so and leaves the closing to the gateway, which has then read the answer: the wait begins.
    upstream.respond = lambda request: Status(503, headers={"connection": "close"})
    patient = RetryPolicy(backoff_initial_seconds=60, backoff_max_seconds=60)
    with gateway_before(scripted_provider("openai", upstream.url, retry=patient)) as gateway:
        fallbacks = ["cohere/a", "local/smollm2-135m-instruct"]
        with ask(gateway.url, body("openai", stream=is_stream, fallbacks=fallbacks), path="/v2/chat"):
            upstream.wait_for_requests(1)
            upstream.wait_for_close()
        record = gateway.calls.next(SECONDS)
    assert record.outcome == "cancelled"
    assert [attempt.status for attempt in record.attempts] == [503]
    assert len(upstream.requests) == 1


def test_a_caller_who_leaves_has_no_part_in_the_others_answers(upstream: ScriptedUpstream) -> None:
    """The connection that was closed is not one that another call is on, and the key's breaker is closed."""
    stays = Gate()
    upstream.script(stopping_in("after content", "openai", stays, is_stream=True))
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        with ask(gateway.url, body("openai", stream=True), path="/v2/chat") as staying:
            stays.wait_until_reached()
            for _ in range(20):
                gate = Gate()
                upstream.script(stopping_in("before the head", "openai", gate, is_stream=True))
                with ask(gateway.url, body("openai", stream=True), path="/v2/chat"):
                    gate.wait_until_reached()
            upstream.wait_for_abandoned(20, SECONDS)
            stays.open()
            read_until(staying, "[DONE]")
        assert [gateway.calls.next().outcome for _ in range(21)] == ["cancelled"] * 20 + ["success"]


@pytest.mark.parametrize("window", WINDOWS)
def test_callers_who_leave_all_at_once_leave_no_connection(
    upstream: ScriptedUpstream, window: Window
) -> None:
    count = 40
    gates = [Gate() for _ in range(count)]
    upstream.script(*(stopping_in(window, "openai", gate, is_stream=True) for gate in gates))
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        clients = [ask(gateway.url, body("openai", stream=True), path="/v2/chat") for _ in range(count)]
        for gate in gates:
            gate.wait_until_reached()
        for client in clients:
            client.close()
        upstream.wait_for_close()
        assert {gateway.calls.next().outcome for _ in range(count)} == {"cancelled"}
