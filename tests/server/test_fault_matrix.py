"""Each way to fail x whole and streamed x alone and with a fallback x relayed and translated.

What is expected of each is in `support/faults.py`; here is what holds for all of them: the status and the
body that the caller gets, the record of the call, and how often each provider was asked.
"""

import itertools
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from causeway.pipeline.call import CallRecord
from causeway.providers.network import Timeouts
from causeway.providers.provider import Provider
from causeway.testing import ScriptedUpstream
from support.faults import EARLY, LATE, ODD, Fault, MakeReply
from support.upstreams import KEY, FrontedGateway, gateway_before, scripted_provider
from support.wire_answers import SPOKEN, TEXT, WIRES, Told, read_stream, read_whole

PATIENT = 30.0
TIMEOUTS = {
    "plain": Timeouts(first_byte_seconds=PATIENT, idle_seconds=PATIENT),
    "hasty": Timeouts(first_byte_seconds=0.3, idle_seconds=0.3),
    "restless": Timeouts(first_byte_seconds=PATIENT, idle_seconds=0.5),
    "absent": Timeouts(),
}
PATHS = {"openai": "/openai/v1/chat/completions", "cohere": "/v2/chat"}
# A key for each case: what one does to the breaker of its key is nothing to the next.
KEYS = [KEY] * 1000


class Route(NamedTuple):
    """A caller's dialect and a provider's: where they are the same, the answer is passed on unread."""

    caller: str
    upstream: str

    def __str__(self) -> str:
        return f"{self.caller}-{self.upstream}"


ROUTES = [Route(*pair) for pair in itertools.product(PATHS, PATHS)]


class Stage(Struct):
    """A gateway before two servers: `first` has the providers that fail, `second` those to fall back to."""

    gateway: FrontedGateway
    first: ScriptedUpstream
    second: ScriptedUpstream
    client: httpx.Client
    used_keys: Iterator[int]

    def ask(
        self, route: Route, where: str, *, is_stream: bool, has_fallback: bool, **fields: Any
    ) -> httpx.Response:
        """Ask a provider of the kind `where`, with a key that nobody has used before."""
        fallbacks = {"fallbacks": [f"spare-{route.upstream}/spare"]} if has_fallback else {}
        return self.client.post(
            self.gateway.url + PATHS[route.caller],
            json={
                "model": f"{where}-{route.upstream}/asked",
                "messages": [{"role": "user", "content": "Say hello."}],
                "stream": is_stream,
                **fallbacks,
                **fields,
            },
            headers={"x-bf-api-key-id": f"{route.upstream}-{next(self.used_keys)}"},
        )


def provider(name: str, dialect: str, url: str, timeouts: Timeouts, keys: list[str]) -> Provider:
    made = scripted_provider(dialect, url, keys=keys, timeouts=timeouts)
    # Every request has a connection of its own, so that none is sent again for the sake of a stale one.
    return replace(made, name=name, network=replace(made.network, keep_alive_seconds=0))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    deaf = socket.socket()
    deaf.bind(("127.0.0.1", 0))  # nobody else gets the port, and nobody listens
    absent = f"http://127.0.0.1:{deaf.getsockname()[1]}"
    with ScriptedUpstream() as first, ScriptedUpstream() as second, httpx.Client(timeout=60) as client, deaf:
        providers = [
            provider(
                f"{where}-{dialect}", dialect, absent if where == "absent" else first.url, timeouts, KEYS
            )
            for where, timeouts in TIMEOUTS.items()
            for dialect in WIRES
        ]
        spares = [
            provider(f"spare-{dialect}", dialect, second.url, TIMEOUTS["plain"], [KEY]) for dialect in WIRES
        ]
        with gateway_before(*providers, *spares) as gateway:
            yield Stage(gateway, first, second, client, itertools.count())


@pytest.fixture(autouse=True)
def _fresh(stage: Stage) -> None:
    stage.first.forget()
    stage.second.forget()
    stage.gateway.calls.forget()


def replies(upstream: ScriptedUpstream, make: MakeReply, dialect: str, *, is_stream: bool) -> None:
    upstream.respond = lambda request: make(WIRES[dialect], is_stream)


def read_error(dialect: str, response: httpx.Response) -> str:
    """Return the message of an error, in the members where the dialect's SDK looks for it."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    if dialect == "cohere":
        assert set(body) <= {"id", "message", "error_type"}
        return str(body["message"])
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return str(body["error"]["message"])


def check_attempts(record: CallRecord, fault: Fault, upstream: ScriptedUpstream) -> None:
    """Check that the provider was asked as often as it should, and that each time is on record."""
    failed = [attempt for attempt in record.attempts if attempt.provider.startswith(f"{fault.where}-")]
    assert len(failed) == fault.asked
    assert {(attempt.error_code, attempt.status) for attempt in failed} == {(fault.code, fault.status)}
    assert len(upstream.requests) == (0 if fault.where == "absent" else fault.asked)
    assert {request.method for request in upstream.requests} <= {"POST"}  # no redirect was followed


def cases(faults: list[Fault]) -> list[Any]:
    return [
        pytest.param(fault, route, mode == "stream", id=f"{fault.name}-{route}-{mode}")
        for fault in faults
        for route in ROUTES
        for mode in fault.modes
        if route.upstream in fault.upstreams
    ]


@pytest.mark.parametrize(("fault", "route", "is_stream"), cases(EARLY))
def test_a_failure_before_anything_was_said_is_an_error_of_http(
    stage: Stage, fault: Fault, route: Route, is_stream: bool
) -> None:
    replies(stage.first, fault.reply, route.upstream, is_stream=is_stream)
    response = stage.ask(route, fault.where, is_stream=is_stream, has_fallback=False)
    assert response.status_code == fault.status
    message = read_error(route.caller, response)
    assert message
    assert fault.says in message
    assert "<" not in message  # of a page of HTML
    assert response.headers.get("retry-after") == fault.retry_after
    record = stage.gateway.calls.next()
    assert record.id == response.headers["x-debug-trace-id"]
    assert (record.outcome, record.status, record.error_code) == ("error", fault.status, fault.code)
    assert record.provenance is None
    check_attempts(record, fault, stage.first)


@pytest.mark.parametrize(("fault", "route", "is_stream"), cases(EARLY))
def test_a_failure_before_anything_was_said_leads_to_the_fallback(
    stage: Stage, fault: Fault, route: Route, is_stream: bool
) -> None:
    replies(stage.first, fault.reply, route.upstream, is_stream=is_stream)
    response = stage.ask(route, fault.where, is_stream=is_stream, has_fallback=True)
    assert response.status_code == 200
    told = (read_stream if is_stream else read_whole)(route.caller, response.content)
    assert told.text == "You said: Say hello."
    assert told.error is None
    assert response.headers["x-bifrost-fallback-index"] == "1"
    assert response.headers["x-bifrost-provider"] == f"spare-{route.upstream}"
    assert response.headers["x-bifrost-routing-info-primary-provider"] == f"{fault.where}-{route.upstream}"
    record = stage.gateway.calls.next()
    assert (record.outcome, record.status, record.error_code) == ("success", 200, "")
    assert record.attempts[-1].provider == f"spare-{route.upstream}"
    check_attempts(record, fault, stage.first)
    assert [request.json["model"] for request in stage.second.requests] == ["spare"]
    assert b"fallbacks" not in stage.second.requests[0].body


@pytest.mark.parametrize("has_fallback", [False, True], ids=["alone", "fallback"])
@pytest.mark.parametrize(("fault", "route", "is_stream"), cases(LATE))
def test_a_failure_after_the_first_content_ends_the_stream_and_leads_nowhere(
    stage: Stage, fault: Fault, route: Route, is_stream: bool, has_fallback: bool
) -> None:
    replies(stage.first, fault.reply, route.upstream, is_stream=True)
    response = stage.ask(route, fault.where, is_stream=True, has_fallback=has_fallback)
    assert response.status_code == 200
    told = read_stream(route.caller, response.content)
    assert told.text == SPOKEN
    assert told.finish_reason == ("ERROR" if route.caller == "cohere" else None)
    assert told.error
    assert fault.says in told.error
    record = stage.gateway.calls.next()
    assert (record.outcome, record.status, record.error_code) == ("error", 200, fault.code)
    assert len(record.attempts) == len(stage.first.requests) == 1
    assert stage.second.requests == []


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("route", ROUTES, ids=str)
@pytest.mark.parametrize("name", ODD)
def test_an_unusual_answer_is_an_answer(stage: Stage, name: str, route: Route, is_stream: bool) -> None:
    if not is_stream and name.startswith(("comments", "lines")):
        name = "no content type"
    replies(stage.first, ODD[name], route.upstream, is_stream=is_stream)
    response = stage.ask(route, "plain", is_stream=is_stream, has_fallback=True)
    assert response.status_code == 200
    reason = "COMPLETE" if route.caller == "cohere" else "stop"
    read = read_stream if is_stream else read_whole
    assert read(route.caller, response.content.replace(b"\r\n", b"\n")) == Told(TEXT, reason, None)
    record = stage.gateway.calls.next()
    assert (record.outcome, record.status, record.error_code) == ("success", 200, "")
    assert len(stage.first.requests) == 1
    assert stage.second.requests == []
