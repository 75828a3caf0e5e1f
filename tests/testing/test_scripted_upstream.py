"""The scripted upstream's life: its start, what it remembers, and an end that leaves nothing behind."""

import asyncio
import base64
import gc
import threading
import warnings
from typing import Any

import msgspec
import pytest

from causeway.testing import Answer, Gate, RecordedRequest, Recording, Replay, ScriptedUpstream, Status
from support.raw_http import CHAT, ask, connect, read_head, read_to_end, request_bytes
from support.recordings import recordings

STREAM = {**CHAT, "stream": True}


@pytest.fixture
def others() -> set[threading.Thread]:
    """The threads of upstreams that other tests still have open."""
    return set(upstream_threads(set()))


def upstream_threads(others: set[threading.Thread]) -> list[threading.Thread]:
    """The threads of upstreams that this test has open."""
    named = [thread for thread in threading.enumerate() if thread.name == "scripted-upstream"]
    return [thread for thread in named if thread not in others]


def test_it_starts_and_ends_and_leaves_no_thread_and_no_warning(others: set[threading.Thread]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            with ScriptedUpstream() as upstream:
                (thread,) = upstream_threads(others)
                client = ask(upstream.url)
                assert read_head(client)[0].startswith(b"HTTP/1.1 200 OK")
            assert not thread.is_alive()
            read_to_end(client)
            client.close()
        gc.collect()
    assert upstream_threads(others) == []


def test_the_end_cuts_connections_whatever_they_are_doing() -> None:
    gate = Gate()
    with ScriptedUpstream() as upstream:
        upstream.script(
            Answer("a", head_gate=gate),
            Answer("a", pause_after_bytes=5),
            Answer("a", delay_seconds=3600),
            Answer("a", has_endless_header=True),
        )
        clients = [ask(upstream.url, STREAM) for _ in range(4)] + [connect(upstream.url)]
        clients[-1].sendall(request_bytes()[:50])
        upstream.wait_for_requests(4)
    for client in clients:
        read_to_end(client)
        client.close()
    assert upstream.connections_open == 0


def test_stopping_while_clients_arrive_leaves_nothing(others: set[threading.Thread]) -> None:
    for _ in range(20):
        upstream = ScriptedUpstream()
        upstream.start()
        clients = [ask(upstream.url) for _ in range(10)]
        upstream.stop()
        upstream.stop()
        for client in clients:
            client.close()
        assert upstream_threads(others) == []


async def test_it_serves_asynchronous_tests_too(others: set[threading.Thread]) -> None:
    async with ScriptedUpstream() as upstream:
        reader, writer = await asyncio.open_connection(*upstream.url.removeprefix("http://").split(":"))
        writer.write(request_bytes(headers="connection: close\r\n"))
        assert b"You said: one two three" in await reader.read()
        writer.close()
    assert upstream_threads(others) == []


async def test_hundreds_of_streams_run_at_once() -> None:
    gate = Gate()

    async def one(upstream: ScriptedUpstream) -> bytes:
        reader, writer = await asyncio.open_connection(*upstream.url.removeprefix("http://").split(":"))
        writer.write(request_bytes(STREAM, headers="connection: close\r\n"))
        body = await reader.read()
        writer.close()
        return body.partition(b"\r\n\r\n")[2]

    async with ScriptedUpstream() as upstream:
        upstream.respond = lambda request: Answer("word " * 20, pause_after_bytes=400, body_gate=gate)
        streams = [asyncio.ensure_future(one(upstream)) for _ in range(400)]
        await asyncio.to_thread(upstream.wait_for_requests, 400)
        assert upstream.connections_open == 400
        gate.open()
        bodies = await asyncio.gather(*streams)
        await asyncio.to_thread(upstream.wait_for_close)
    assert all(body.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n") for body in bodies)
    assert len({len(body) for body in bodies}) == 1
    assert upstream.replies_abandoned == 0


def test_a_reply_that_was_read_to_its_end_is_not_abandoned() -> None:
    with ScriptedUpstream() as upstream:
        for _ in range(50):
            with ask(upstream.url, STREAM) as client:
                data = b""
                while not data.endswith(b"\r\n0\r\n\r\n"):
                    data += client.recv(65536)
        upstream.wait_for_close()
        assert upstream.replies_abandoned == 0


def test_connections_are_kept_and_numbered() -> None:
    with ScriptedUpstream() as upstream:
        with connect(upstream.url) as first, connect(upstream.url) as second:
            for client in (first, second, first):
                client.sendall(request_bytes())
                read_head(client)
            assert upstream.connections_open == 2
            assert [request.connection_number for request in upstream.requests] == [1, 2, 1]
            assert [request.number for request in upstream.requests] == [1, 2, 3]
            with pytest.raises(TimeoutError, match="2 connections are open"):
                upstream.wait_for_close(0.0)
        upstream.wait_for_close()
        with pytest.raises(TimeoutError, match=r"waited 0\.0 s for 4 requests: 3 requests have come"):
            upstream.wait_for_requests(4, 0.0)
        with pytest.raises(TimeoutError, match="1 abandoned"):
            upstream.wait_for_abandoned(timeout_seconds=0.0)


def test_requests_are_recorded_as_they_came() -> None:
    with ScriptedUpstream() as upstream, connect(upstream.url) as client:
        client.sendall(
            b"PUT /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nx-one: 2\r\ncontent-length: 3\r\n\r\n[1]"
        )
        assert read_head(client)[0].startswith(b"HTTP/1.1 404 ")
        (request,) = upstream.wait_for_requests(1)
        assert (request.method, request.path, request.query) == ("PUT", "/a/b", "c=d&e")
        assert request.headers == {"host": "x", "x-one": "1, 2", "content-length": "3"}
        assert (request.body, request.json, request.key) == (b"[1]", [1], None)
        upstream.forget()
        assert upstream.requests == []


@pytest.mark.parametrize(
    ("headers", "query", "key"),
    [
        ({"authorization": "Bearer secret"}, "", "secret"),
        ({"authorization": "bearer secret"}, "", "secret"),
        ({"authorization": "Basic " + base64.b64encode(b"user:secret").decode()}, "", "secret"),
        ({"authorization": "Basic ?"}, "", None),
        ({"x-api-key": "secret"}, "", "secret"),
        ({"api-key": "secret"}, "", "secret"),
        ({"x-goog-api-key": "secret"}, "", "secret"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=secret/20250131/r/s/aws4_request"}, "", "secret"),
        ({}, "alt=sse&key=secret", "secret"),
        ({}, "token=secret", None),
    ],
)
def test_the_key_of_a_request_is_found_wherever_clients_put_it(
    headers: dict[str, str], query: str, key: str | None
) -> None:
    request = RecordedRequest(
        number=1, connection_number=1, method="GET", path="/", query=query, headers=headers, body=b""
    )
    assert request.key == key
    assert "secret" not in repr(request)


def test_the_oldest_requests_are_forgotten_but_counted() -> None:
    with ScriptedUpstream(record_limit=2) as upstream:
        for _ in range(3):
            with ask(upstream.url) as client:
                read_head(client)
        assert [request.number for request in upstream.wait_for_requests(3)] == [2, 3]


def refuse_to_answer(request: RecordedRequest) -> Answer:
    raise LookupError("no such answer")


def test_a_mistake_in_the_test_is_raised_at_the_end() -> None:
    told: list[str] = []
    upstream = ScriptedUpstream(tell=lambda request, outcome: told.append(outcome))
    upstream.respond = refuse_to_answer
    upstream.start()
    with ask(upstream.url) as client:
        assert read_to_end(client)[0] == b""
    with pytest.raises(LookupError, match="no such answer"):
        upstream.stop()
    assert told == ["failed: no such answer"]


def test_a_failing_test_is_not_hidden_by_the_upstreams_own_failure(others: set[threading.Thread]) -> None:
    upstream = ScriptedUpstream()
    upstream.respond = refuse_to_answer
    upstream.start()
    with ask(upstream.url) as client:
        read_to_end(client)
    upstream.__exit__(AssertionError, AssertionError("the test"), None)
    assert upstream_threads(others) == []


def test_every_reply_is_told() -> None:
    told = []
    with ScriptedUpstream(tell=lambda request, outcome: told.append((request.path, outcome))) as upstream:
        upstream.script(Status(429))
        for path in ("/v1/chat/completions", "/v2/chat", "/nowhere"):
            with ask(upstream.url, path=path) as client:
                read_head(client)
    assert told == [("/v1/chat/completions", "429"), ("/v2/chat", "200"), ("/nowhere", "404")]


def test_an_address_that_is_taken_is_an_error() -> None:
    with ScriptedUpstream() as upstream, pytest.raises(OSError, match="in use"):
        ScriptedUpstream(port=int(upstream.url.rpartition(":")[2])).start()


def test_responses_are_numbered_and_typed_as_the_real_ones() -> None:
    with ScriptedUpstream() as upstream:
        heads = {}
        for path in ("/v1/chat/completions", "/v2/chat"):
            for body in (CHAT, STREAM):
                with ask(upstream.url, body, path=path) as client:
                    heads[path, body is STREAM] = read_head(client)[0].decode().split("\r\n")
    assert "content-type: text/event-stream; charset=utf-8" in heads["/v1/chat/completions", True]
    assert "content-type: text/event-stream" in heads["/v2/chat", True]
    assert "x-debug-trace-id: 00000000000000000000000000000003" in heads["/v2/chat", False]
    for (_, is_stream), head in heads.items():
        assert ("transfer-encoding: chunked" in head) == is_stream
        assert ("content-type: application/json" in head) != is_stream
    ids = [line for head in heads.values() for line in head if line.startswith("x-request-id: req_")]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    "dialect", ["openai-chat", "openai-responses", "cohere", "anthropic", "gemini", "bedrock"]
)
def test_real_recordings_are_replayed(dialect: str) -> None:
    exchanges = [parameter.values[0] for parameter in recordings(dialect, "")]
    if exchanges == [None]:
        pytest.skip("the recordings are not beside this checkout")
    with ScriptedUpstream() as upstream:
        for exchange in exchanges:
            upstream.script(Replay(msgspec.convert(exchange["response"], Recording)))
            with connect(upstream.url) as client:
                client.sendall(
                    request_bytes(headers="connection: close\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
                )
                head, _, body = read_to_end(client)[0].partition(b"\r\n\r\n")
            assert head.startswith(f"HTTP/1.1 {exchange['response']['status']} ".encode())
            if "text" in exchange["response"]:
                assert body.decode() == exchange["response"]["text"]
            elif "base64" in exchange["response"]:
                assert body == base64.b64decode(exchange["response"]["base64"])
            else:
                assert msgspec.json.decode(body) == exchange["response"]["json"]


def test_answers_do_not_differ_between_runs() -> None:
    headers = "connection: close\r\nanthropic-version: 2023-06-01\r\n"

    def answers() -> list[bytes]:
        found = []
        with ScriptedUpstream() as upstream:
            bodies: list[tuple[str, Any]] = [
                ("/v1/chat/completions", STREAM),
                ("/v2/chat", STREAM),
                ("/v1/responses", {"input": "Hi", "reasoning": {"summary": "auto"}, "stream": True}),
                ("/v1/messages", {**STREAM, "max_tokens": 9}),
                ("/v1/embeddings", {"input": "a cat", "dimensions": 4}),
            ]
            for path, body in bodies:
                with connect(upstream.url) as client:
                    client.sendall(request_bytes(body, path=path, headers=headers))
                    found.append(read_to_end(client)[0])
        return found

    assert all(b" 200 " in answer.split(b"\r\n")[0] for answer in answers())
    assert answers() == answers()
