"""What the fault matrix has no column for: keys, chains of fallbacks, breakers, heartbeats, secrets."""

import itertools
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from causeway.config.schema import Config, ServerConfig
from causeway.providers.network import MAX_RESPONSE_BYTES
from causeway.rules.breaker import BreakerPolicy
from causeway.testing import Gate, Raw, RecordedRequest, Replay, Reply, ScriptedUpstream, Status
from support.upstreams import KEY, FrontedGateway, gateway_before, scripted_provider
from support.wire_answers import (
    SPOKEN,
    WIRES,
    WORDS,
    read_stream,
    recorded_json,
    recorded_stream,
)

OPENAI, COHERE = WIRES["openai"], WIRES["cohere"]
KEYS = ("sk-first-0123456789", "sk-second-0123456789")
MEBIBYTE = b"y" * 1024 * 1024
DOORS = {"/v2/chat": "cohere", "/openai/v1/chat/completions": "openai"}
HEARTBEATS = Config(server=ServerConfig(heartbeat_seconds=0.02))


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
def other() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as other:
        yield other


def body(model: str = "openai/asked", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Say hello."}], **fields}


def ask(
    gateway: FrontedGateway, path: str = "/v2/chat", *, key_id: str | None = None, **fields: Any
) -> httpx.Response:
    headers = {} if key_id is None else {"x-bf-api-key-id": key_id}
    return httpx.post(gateway.url + path, json=body(**fields), headers=headers, timeout=60)


def ask_until_heartbeat(gateway: FrontedGateway, path: str, gate: Gate, **fields: Any) -> bytes:
    """Return a stream without its heartbeats, the first of which opens the gate."""
    with httpx.stream("POST", gateway.url + path, json=body(stream=True, **fields), timeout=60) as response:
        assert response.status_code == 200
        read = b""
        for chunk in response.iter_raw():
            read += chunk
            gate.open()
    assert read.startswith(b": keep-alive\n")
    return read.replace(b": keep-alive\n\n", b"").replace(b": keep-alive\n", b"")


def refusing(*keys: str, status: int) -> Callable[[RecordedRequest], Reply | None]:
    """Return what refuses requests with these keys, and lets others be answered."""
    return lambda request: Status(status, WORDS) if request.key in keys else None


def broken_stream(request: RecordedRequest) -> Reply:
    return Replay(recorded_stream(OPENAI.stream), reset_after_bytes=OPENAI.spoken_bytes)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [401, 402, 403, 429])
def test_another_key_answers_where_one_is_refused(
    upstream: ScriptedUpstream, status: int, stream: bool
) -> None:
    upstream.respond = refusing(KEYS[0], status=status)
    with gateway_before(scripted_provider("openai", upstream.url, keys=KEYS)) as gateway:
        for _ in range(4):  # whichever key is drawn first
            response = ask(gateway, stream=stream)
            assert response.status_code == 200
            assert response.headers["x-bifrost-routing-info-key"] == "openai-1"
            record = gateway.calls.next()
            assert record.outcome == "success"
            *refused, answered = [(attempt.key_name, attempt.status) for attempt in record.attempts]
            assert answered == ("openai-1", 200)
            assert set(refused) <= {("openai-0", status)}
            assert len(refused) <= 1


@pytest.mark.parametrize(
    ("status", "asked_keys"),
    [(401, 2), (402, 2), (403, 2), (429, 3), (503, 3), (400, 1)],
)
def test_two_keys_are_asked_as_often_as_it_may_help(
    upstream: ScriptedUpstream, status: int, asked_keys: int
) -> None:
    upstream.respond = refusing(*KEYS, status=status)
    with gateway_before(scripted_provider("openai", upstream.url, keys=KEYS)) as gateway:
        assert ask(gateway).status_code == status
    used = [request.key for request in upstream.requests]
    assert len(used) == asked_keys
    if status == 503:
        assert len(set(used)) == 1  # what passes by itself has nothing to do with the key
    elif asked_keys > 1:
        assert used[0] != used[1]


def test_where_all_fail_the_primary_s_error_is_told(
    upstream: ScriptedUpstream, other: ScriptedUpstream
) -> None:
    upstream.respond = lambda request: Status(503, WORDS, headers={"retry-after": "77"})
    other.respond = lambda request: Status(401, "something else")
    providers = [scripted_provider("openai", upstream.url), scripted_provider("cohere", other.url)]
    with gateway_before(*providers) as gateway:
        response = ask(gateway, fallbacks=["cohere/a", "nobody/b", "cohere/c"])
        record = gateway.calls.next()
    assert response.status_code == 503
    assert response.json()["message"] == WORDS
    assert response.headers["retry-after"] == "77"
    assert [(attempt.provider, attempt.model) for attempt in record.attempts] == [
        ("openai", "asked"),
        ("cohere", "a"),
        ("cohere", "c"),
    ]
    assert (record.outcome, record.status) == ("error", 503)


def test_the_second_fallback_answers_where_the_first_fails_too(
    upstream: ScriptedUpstream, other: ScriptedUpstream
) -> None:
    upstream.respond = lambda request: Status(500, WORDS)
    other.script(Status(400, WORDS))
    providers = [scripted_provider("openai", upstream.url), scripted_provider("cohere", other.url)]
    with gateway_before(*providers) as gateway:
        response = ask(gateway, fallbacks=["cohere/a", "cohere/b"])
    assert response.status_code == 200
    assert response.headers["x-bifrost-fallback-index"] == "2"
    assert response.headers["x-bifrost-resolved-model"] == "b"
    assert response.headers["x-bifrost-routing-info-primary-model"] == "asked"


def test_the_embedded_model_answers_as_a_fallback(upstream: ScriptedUpstream) -> None:
    upstream.respond = lambda request: Status(400, WORDS)
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        response = ask(gateway, fallbacks=["local/smollm2-135m-instruct"], max_tokens=4)
    assert response.status_code == 200
    assert response.headers["x-bifrost-provider"] == "local"
    assert response.headers["x-bifrost-fallback-index"] == "1"


def test_a_request_that_cannot_be_read_has_no_fallback(upstream: ScriptedUpstream) -> None:
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        response = ask(gateway, fallbacks=["openai/b"], temperature="warm")
    assert response.status_code == 400
    assert upstream.requests == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_key_that_failed_often_is_left_alone(
    upstream: ScriptedUpstream, other: ScriptedUpstream, stream: bool
) -> None:
    upstream.respond = lambda request: Status(500, WORDS)
    providers = [scripted_provider("openai", upstream.url), scripted_provider("cohere", other.url)]
    policy = BreakerPolicy()
    with gateway_before(*providers) as gateway:
        statuses = [ask(gateway, stream=stream).status_code for _ in range(2)]
        assert statuses == [500, 500]
        assert len(upstream.requests) == policy.failures_to_open
        upstream.forget()  # it would answer again
        gateway.calls.forget()
        response = ask(gateway, stream=stream)
        assert response.status_code == 503
        assert 1 <= int(response.headers["retry-after"]) <= policy.open_initial_seconds
        assert "openai" in response.json()["message"]
        record = gateway.calls.next()
        assert (record.outcome, record.error_code, record.attempts) == ("error", "circuit_open", ())
        response = ask(gateway, stream=stream, fallbacks=["cohere/a"])
        assert response.status_code == 200
        assert response.headers["x-bifrost-fallback-index"] == "1"
    assert upstream.requests == []


def test_streams_that_break_off_open_a_breaker(upstream: ScriptedUpstream) -> None:
    upstream.respond = broken_stream
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        for _ in range(BreakerPolicy().failures_to_open):
            assert ask(gateway, stream=True).status_code == 200
            assert gateway.calls.next().outcome == "error"
        assert ask(gateway, stream=True).status_code == 503


def test_refusals_of_requests_never_open_a_breaker(upstream: ScriptedUpstream) -> None:
    upstream.respond = lambda request: Status(400, WORDS)
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        assert {ask(gateway).status_code for _ in range(20)} == {400}


@pytest.mark.parametrize("path", DOORS)
def test_a_failure_after_heartbeats_is_told_in_the_stream(upstream: ScriptedUpstream, path: str) -> None:
    gate = Gate()
    upstream.respond = lambda request: Status(400, WORDS, head_gate=gate)
    with gateway_before(scripted_provider("openai", upstream.url), config=HEARTBEATS) as gateway:
        told = read_stream(DOORS[path], ask_until_heartbeat(gateway, path, gate))
        record = gateway.calls.next()
    assert (told.text, told.error) == ("", WORDS)
    assert (record.outcome, record.status, record.error_code) == ("error", 400, "upstream_refused")


@pytest.mark.parametrize("path", DOORS)
def test_the_fallback_answers_after_heartbeats(
    upstream: ScriptedUpstream, other: ScriptedUpstream, path: str
) -> None:
    gate = Gate()
    upstream.respond = lambda request: Status(400, WORDS, head_gate=gate)
    providers = [scripted_provider("openai", upstream.url), scripted_provider("cohere", other.url)]
    with gateway_before(*providers, config=HEARTBEATS) as gateway:
        told = read_stream(DOORS[path], ask_until_heartbeat(gateway, path, gate, fallbacks=["cohere/a"]))
        assert gateway.calls.next().outcome == "success"
    assert (told.text, told.error) == ("You said: Say hello.", None)


def test_the_unified_door_tells_errors_in_its_envelope(upstream: ScriptedUpstream) -> None:
    upstream.script(Status(429, body=OPENAI.error, headers={"retry-after": "60"}))
    upstream.script(Replay(recorded_stream(OPENAI.stream), reset_after_bytes=OPENAI.spoken_bytes))
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        early = ask(gateway, "/v1/chat/completions")
        late = ask(gateway, "/v1/chat/completions", stream=True)
    told = early.json()
    assert (early.status_code, told["status_code"], told["is_bifrost_error"]) == (429, 429, False)
    assert told["error"]["message"] == WORDS
    assert (told["error"]["type"], told["error"]["param"]) == ("teapot_error", "spout")
    assert told["extra_fields"]["request_type"] == "chat_completion"
    frames = [json.loads(frame.removeprefix("data: ")) for frame in late.text.split("\n\n")[:-1]]
    assert [frame["choices"][0]["delta"]["content"] for frame in frames[:-1]] == ["", SPOKEN]
    assert all(frame["extra_fields"]["provider"] == "openai" for frame in frames)
    assert frames[-1]["error"]["code"] == "upstream_connection"
    assert frames[-1]["is_bifrost_error"] is False


def test_a_gateway_s_door_of_cohere_says_what_kind_of_error_it_is(upstream: ScriptedUpstream) -> None:
    upstream.script(Status(404, WORDS))
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        response = ask(gateway, "/cohere/v2/chat")
    assert response.status_code == 404
    told = response.json()
    assert (told["message"], told["type"]) == (WORDS, "invalid_request_error")
    assert set(told) == {"id", "message", "type", "code"}


@pytest.mark.parametrize("path", ["/v2/chat/stream", "/v1/chat"])
def test_older_streams_end_with_the_error(upstream: ScriptedUpstream, path: str) -> None:
    upstream.respond = broken_stream
    asked = {"model": "openai/asked", "message": "Say hello.", "stream": True}
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        response = httpx.post(gateway.url + path, json=asked if path == "/v1/chat" else body())
        assert gateway.calls.next().outcome == "error"
    assert response.status_code == 200
    assert SPOKEN in response.text
    if path == "/v1/chat":
        *_, last = [json.loads(line) for line in response.text.splitlines()]
    else:
        *_, last, done = response.text.split("\n\n")[:-1]
        assert done == "data: [DONE]"
        last = json.loads(last.partition("data: ")[2])
    assert (last["event_type"], last["finish_reason"]) == ("stream-end", "ERROR")


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_an_end_is_not_read_to_its_end(upstream: ScriptedUpstream, stream: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
    upstream.respond = lambda request: Raw((head, *[MEBIBYTE] * (MAX_RESPONSE_BYTES // len(MEBIBYTE) + 8)))
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        response = ask(gateway, stream=stream)
    assert response.status_code == 502
    assert "larger than" in response.json()["message"]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("upstream_dialect", WIRES)
def test_a_frame_without_an_end_ends_the_stream(
    upstream: ScriptedUpstream, path: str, upstream_dialect: str
) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    beginning = WIRES[upstream_dialect].beginning.encode()
    upstream.respond = lambda request: Raw((head, beginning, b"data: ", *[MEBIBYTE] * 18))
    with gateway_before(scripted_provider(upstream_dialect, upstream.url)) as gateway:
        response = ask(gateway, path, model=f"{upstream_dialect}/asked", stream=True)
        record = gateway.calls.next()
    told = read_stream(DOORS[path], response.content)
    assert (told.text, bool(told.error)) == (SPOKEN, True)
    assert (record.outcome, record.error_code) == ("error", "upstream_protocol")


def test_a_connection_that_was_closed_while_idle_is_no_failure(upstream: ScriptedUpstream) -> None:
    """The provider takes the second request on a kept connection and closes: it is sent once more."""
    replies = itertools.chain([None, Raw(())], itertools.repeat(None))
    upstream.respond = lambda request: next(replies)
    with gateway_before(scripted_provider("openai", upstream.url)) as gateway:
        assert [ask(gateway).status_code for _ in range(2)] == [200, 200]
        gateway.calls.next()
        assert len(gateway.calls.next().attempts) == 1
    assert [request.connection_number for request in upstream.requests] == [1, 1, 2]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("stream", [False, True])
def test_no_word_of_a_provider_s_gives_its_key_away(
    upstream: ScriptedUpstream, path: str, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The provider repeats the key wherever it can: in errors of every form, and in the midst of a stream."""
    caplog.set_level(logging.DEBUG)
    error = {name: f"{name} {KEY}" for name in ("message", "type", "param", "code")}
    frame = f"data: {json.dumps({'error': error})}\n\n"
    replies: list[Reply] = [
        Status(401, body={"error": error}),
        Status(400, body={"error": KEY}),
        Status(500, body=f"<html>{KEY}</html>", headers={"x-key": KEY, "retry-after": KEY}),
        Status(400, body={"detail": [{"msg": KEY, "loc": [KEY]}]}, headers={"set-cookie": KEY}),
        Status(302, body=KEY, headers={"location": f"/{KEY}"}),
        Status(200, body={"error": error}),
        Status(200, body={KEY: KEY}),
        Status(200, body=KEY, content_type=f"text/{KEY}"),
        Raw((b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % KEY.encode(),)),
        Replay(recorded_stream(frame)),
        Replay(recorded_stream(OPENAI.beginning + frame)),
        Replay(recorded_stream(OPENAI.beginning + f"data: {KEY}\n\n")),
        Replay(recorded_json(f'"{KEY}"')),
    ]
    # Each has a key of its own, so that no breaker opens.
    provider = scripted_provider("openai", upstream.url, keys=[KEY] * len(replies))
    with gateway_before(provider) as gateway:
        for index, reply in enumerate(replies):
            upstream.respond = lambda request, reply=reply: reply  # type: ignore[misc]
            response = ask(gateway, path, key_id=f"openai-{index}", stream=stream)
            record = gateway.calls.next()
            assert record.outcome == "error", reply
            for said in (response.text, repr(response.headers), repr(record)):
                assert KEY not in said, reply
    assert {request.key for request in upstream.requests} == {KEY}
    assert KEY not in caplog.text
    assert all(KEY not in repr(vars(logged)) for logged in caplog.records)
