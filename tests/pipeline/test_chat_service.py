"""A chat call from targets to its end: what the caller is told, and the one record of what became of it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from causeway.adapters.call_log import RecentCalls
from causeway.model.errors import (
    CausewayError,
    ClientDisconnectedError,
    InvalidRequestError,
    UpstreamConnectionError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.model.events import (
    ContentEnd,
    MessageEnd,
    MessageStart,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.answers import OpenStream, WholeAnswer
from causeway.pipeline.call import Attempt, CallRecord, ChatCall, Trail
from causeway.pipeline.chat import ChatService, ChatStream, as_causeway_error, failed_stream
from causeway.pipeline.targets import ChatTarget, Place
from support.answers import ID, USAGE, text_answer
from support.part_sources import Item, Script, ScriptedSource, parts_of
from support.provenance import NOBODY

ANSWER = text_answer("Hello", " there")
START, OPEN, SAID, MORE, CLOSE, END = ANSWER
RESPONSE = fold(ANSWER)
NOW = 1_700_000_000
GONE = UpstreamConnectionError("gone")


class Target:
    """Answers with what it was given, and notes where it was asked from."""

    provider, model = "scripted", "m"

    def __init__(self, script: Script | BaseException, *, whole: WholeAnswer | None = None) -> None:
        self.script = script
        self.whole = whole
        self.places: list[Place] = []
        self.sources: list[ScriptedSource] = []

    @property
    def released(self) -> int:
        return sum(source.closed for source in self.sources)

    def _ask(self, trail: Trail, place: Place) -> None:
        self.places.append(place)
        if isinstance(self.script, BaseException):
            trail.attempts.append(Attempt("scripted", "m", "k", "failed", 500, 1.0))
            raise self.script
        trail.attempts.append(Attempt("scripted", "m", "k", "", 200, 1.0))

    async def answer(self, call: ChatCall, trail: Trail, place: Place) -> WholeAnswer:
        self._ask(trail, place)
        return self.whole or answered()

    async def open_stream(self, call: ChatCall, trail: Trail, place: Place) -> OpenStream:
        self._ask(trail, place)
        assert not isinstance(self.script, BaseException)
        source = ScriptedSource(self.script)
        self.sources.append(source)
        return OpenStream(head=[], rest=source, losses=LossReport(), provenance=NOBODY)


def answered(**changes: Any) -> WholeAnswer:
    said = replace(RESPONSE, **changes)
    return WholeAnswer(said=said, ending=said.ending(), losses=LossReport(), provenance=NOBODY)


class Router:
    """Names these targets, or raises."""

    def __init__(self, targets: Sequence[ChatTarget] | CausewayError) -> None:
        self._targets = targets

    def targets(self, request: ChatRequest, losses: LossReport) -> list[ChatTarget]:
        if isinstance(self._targets, CausewayError):
            raise self._targets
        losses.add("mapped", "model", "another answers")
        return list(self._targets)


def service(*targets: Target) -> tuple[ChatService, RecentCalls]:
    return service_of(Router(targets))


def service_of(router: Any) -> tuple[ChatService, RecentCalls]:
    calls = RecentCalls()
    return ChatService(router, calls, unix_seconds=lambda: NOW + 0.7), calls


def call(*, stream: bool = False) -> ChatCall:
    request = ChatRequest(model="asked", messages=(), stream=stream)
    return ChatCall(id="trace", request=request, body=b"{}", losses=LossReport())


def only(calls: RecentCalls) -> CallRecord:
    (record,) = calls.recent()
    return record


async def flattened(stream: ChatStream) -> list[Item]:
    """Return the events and frames of a stream, whatever came together."""
    items: list[Item] = []
    for part in await parts_of(stream):
        items += [part] if isinstance(part, bytes) else part
    return items


async def streamed(script: Script) -> tuple[list[Item], CallRecord]:
    """Return what a caller gets of a stream, and its record."""
    target = Target(script)
    chats, calls = service(target)
    stream = await chats.open_stream(call(stream=True))
    assert calls.recent() == ()
    items = await flattened(stream)
    await stream.aclose()
    assert target.released == 1
    return items, only(calls)


async def test_an_answer_is_dated_and_recorded() -> None:
    chats, calls = service(Target([]))
    answer = await chats.answer(call())
    assert answer.said == replace(RESPONSE, created=NOW)
    record = only(calls)
    assert (record.id, record.operation, record.dialect, record.model_requested) == (
        "trace",
        "chat",
        "cohere",
        "asked",
    )
    assert (record.outcome, record.status, record.error_code, record.is_stream) == ("success", 200, "", False)
    assert (record.usage, record.provenance) == (USAGE, NOBODY)
    assert [attempt.status for attempt in record.attempts] == [200]
    assert record.milliseconds >= 0


async def test_a_provider_s_own_date_stays() -> None:
    chats, _ = service(Target([], whole=answered(created=5)))
    assert (await chats.answer(call())).said.created == 5  # type: ignore[union-attr]


@pytest.mark.parametrize(("type", "code"), [("SERVER_ERROR", "server_error"), (None, "upstream_refused")])
async def test_an_answer_that_tells_a_failure_is_no_success(type: str | None, code: str) -> None:
    chats, calls = service(Target([], whole=answered(failure=Failure("broke", type))))
    await chats.answer(call())
    assert (only(calls).outcome, only(calls).status, only(calls).error_code) == ("error", 200, code)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "outcome", "status", "code"),
    [
        (UpstreamRefusedError("no", status=418, provider_code="teapot"), "error", 418, "teapot"),
        (UpstreamTimeoutError("silence"), "error", 504, "request_timed_out"),
        (ZeroDivisionError(), "error", 500, "internal_error"),
        (asyncio.CancelledError(), "cancelled", 499, "client_disconnected"),
        (ClientDisconnectedError("gone"), "cancelled", 499, "client_disconnected"),
    ],
)
async def test_a_call_that_comes_to_no_answer_is_recorded_as_what_it_was(
    error: BaseException, outcome: str, status: int, code: str, stream: bool
) -> None:
    chats, calls = service(Target(error))
    ask: Callable[[ChatCall], Any] = chats.open_stream if stream else chats.answer
    with pytest.raises(type(error)):
        await ask(call(stream=stream))
    record = only(calls)
    assert (record.outcome, record.status, record.error_code) == (outcome, status, code)
    assert (record.provenance, record.usage, record.is_stream) == (None, None, stream)
    assert len(record.attempts) == 1


async def test_a_name_that_leads_nowhere_is_recorded_too() -> None:
    chats, calls = service_of(Router(InvalidRequestError("who?", field="model")))
    with pytest.raises(InvalidRequestError):
        await chats.answer(call())
    assert (only(calls).outcome, only(calls).error_code, only(calls).attempts) == (
        "error",
        "invalid_request",
        (),
    )


@pytest.mark.parametrize("stream", [False, True])
async def test_a_fallback_knows_its_place_and_all_attempts_are_on_one_record(stream: bool) -> None:
    first, second = Target(GONE), Target(ANSWER)
    first.model, second.model = "primary", "spare"
    chats, calls = service(first, second)
    if stream:
        opened = await chats.open_stream(call(stream=True))
        assert (await flattened(opened))[-1] == END
        await opened.aclose()
    else:
        await chats.answer(call())
    assert first.places == [Place(0, "scripted", "primary")]
    assert second.places == [Place(1, "scripted", "primary")]
    assert [attempt.status for attempt in only(calls).attempts] == [500, 200]
    assert only(calls).outcome == "success"


async def test_a_stream_is_dated_and_recorded_at_its_end() -> None:
    items, record = await streamed(ANSWER)
    assert items == [MessageStart(ID, "", NOW), *ANSWER[1:]]
    assert (record.outcome, record.status, record.is_stream) == ("success", 200, True)
    assert (record.usage, record.provenance) == (USAGE, NOBODY)


@pytest.mark.parametrize(
    ("script", "closing"),
    [
        ([START, OPEN, SAID, GONE], [ContentEnd(0)]),
        ([START, OPEN, SAID, CLOSE, GONE], []),
        ([START, ToolCallStart(0, "t", "f"), GONE], [ToolCallEnd(0)]),
    ],
)
async def test_a_stream_that_breaks_is_closed_and_says_why(script: Script, closing: list[Item]) -> None:
    items, record = await streamed(script)
    assert items[len(script) - 1 :] == [
        *closing,
        MessageEnd(FinishReason.ERROR, Usage(), Failure("gone", "UPSTREAM_CONNECTION")),
    ]
    assert (record.outcome, record.status, record.error_code) == ("error", 200, "upstream_connection")


async def test_a_defect_in_a_stream_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    items, record = await streamed([START, OPEN, SAID, ValueError("the inner life")])
    told = items[-1]
    assert isinstance(told, MessageEnd)
    assert told.failure == Failure("internal server error", "INTERNAL_ERROR")
    assert "the inner life" in caplog.text
    assert (record.outcome, record.error_code) == ("error", "internal_error")


async def test_events_out_of_order_end_the_stream() -> None:
    items, record = await streamed([START, OPEN, SAID, MessageStart("again"), END])
    assert items[:3] == [MessageStart(ID, "", NOW), OPEN, SAID]
    assert items[3] == ContentEnd(0)
    assert isinstance(items[4], MessageEnd)
    assert len(items) == 5
    assert record.outcome == "error"


async def test_of_events_that_came_together_those_before_an_illegal_one_are_told() -> None:
    items, record = await streamed([[START, OPEN, SAID, MessageStart("again"), MORE], [CLOSE, END]])
    assert items[:4] == [MessageStart(ID, "", NOW), OPEN, SAID, ContentEnd(0)]
    assert isinstance(items[4], MessageEnd)
    assert len(items) == 5
    assert record.outcome == "error"


async def test_events_that_came_together_go_on_together() -> None:
    chats, _ = service(Target([[START, OPEN, SAID], [MORE], [CLOSE, END]]))
    stream = await chats.open_stream(call(stream=True))
    assert [len(part) for part in await parts_of(stream)] == [3, 1, 2]


async def test_an_end_that_tells_a_failure_is_no_success() -> None:
    failed = MessageEnd(FinishReason.ERROR, USAGE, Failure("broke", "SERVER_ERROR"))
    items, record = await streamed([START, OPEN, SAID, CLOSE, failed])
    assert items[-1] == failed
    assert (record.outcome, record.error_code, record.usage) == ("error", "server_error", USAGE)


@pytest.mark.parametrize("failure", [None, Failure("broke", "SERVER_ERROR")])
async def test_relayed_frames_have_said_their_end(failure: Failure | None) -> None:
    end = MessageEnd(FinishReason.COMPLETE if failure is None else FinishReason.ERROR, USAGE, failure)
    items, record = await streamed([b"one", b"two", end])
    assert items == [b"one", b"two"]
    assert record.usage == USAGE
    assert record.outcome == ("success" if failure is None else "error")


async def test_relayed_frames_that_break_are_closed_and_say_why() -> None:
    items, record = await streamed([b"one", ContentEnd(0), GONE])
    assert items[:2] == [b"one", ContentEnd(0)]
    assert items[2:] == [MessageEnd(FinishReason.ERROR, Usage(), Failure("gone", "UPSTREAM_CONNECTION"))]
    assert record.outcome == "error"


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_stream_that_its_caller_leaves_is_cancelled(count: int) -> None:
    target = Target(ANSWER)
    chats, calls = service(target)
    stream = await chats.open_stream(call(stream=True))
    for _ in range(count):
        assert not await stream.pump(lambda _: True)
    await stream.aclose()
    assert target.released == 1
    record = only(calls)
    assert (record.outcome, record.status, record.error_code) == ("cancelled", 499, "client_disconnected")
    assert (record.provenance, record.usage) == (NOBODY, None)


async def test_a_stream_that_is_closed_twice_is_recorded_once() -> None:
    chats, calls = service(Target(ANSWER))
    stream = await chats.open_stream(call(stream=True))
    assert (await flattened(stream))[-1] == END
    await stream.aclose()
    await stream.aclose()
    assert only(calls).outcome == "success"


def test_a_failure_before_the_first_event_can_be_a_stream_of_its_own() -> None:
    start, end = failed_stream(GONE)
    assert isinstance(start, MessageStart)
    assert isinstance(end, MessageEnd)
    assert (end.finish_reason, end.failure) == (
        FinishReason.ERROR,
        Failure("gone", "UPSTREAM_CONNECTION"),
    )


def test_an_error_of_ours_is_told_as_it_is_and_a_defect_is_not() -> None:
    assert as_causeway_error(GONE) is GONE
    told = as_causeway_error(KeyError("secret"))
    assert (told.status, told.message) == (500, "internal server error")
