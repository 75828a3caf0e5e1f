"""A provider's bytes on their way to parts: told where they come, settled once, and closed."""

from collections.abc import Iterator, Mapping

import pytest
from msgspec.structs import replace

from causeway.model.errors import CausewayError, UpstreamConnectionError, UpstreamProtocolError
from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, MessageStart, TextDelta
from causeway.model.response import Failure, FinishReason
from causeway.model.secret import Secret
from causeway.model.usage import Usage
from causeway.pipeline.answer_stages import AnswerStages
from causeway.pipeline.answers import Part
from causeway.pipeline.live_provider import Lease
from causeway.pipeline.ports import TakeBytes
from causeway.pipeline.provider_stream import PartReader, ProviderStream
from causeway.pipeline.stop_stage import StopStage
from causeway.pipeline.translation import Told, Translation
from causeway.rules.breaker import Breaker
from causeway.rules.provider_keys import ProviderKey
from support.part_sources import parts_of

KEY = ProviderKey(id="k", name="k", value=Secret("the-value-of-k"))
START, OPEN, CLOSE = MessageStart("a"), ContentStart(0, "text"), ContentEnd(0)
SAID, MORE = TextDelta(0, "Hello"), TextDelta(0, " there")
END = MessageEnd(FinishReason.COMPLETE, Usage())
FAILED = MessageEnd(FinishReason.ERROR, Usage(), Failure("it broke", "server_error"))
EVENTS: dict[bytes, list[Event]] = {
    b"begin": [START, OPEN, SAID],
    b"more": [MORE],
    b"comment": [],
    b"end": [CLOSE, END],
    b"fail": [CLOSE, FAILED],
}


class Response:
    """An answer whose chunks are there; an error stands for what breaks it."""

    status = 200
    headers: Mapping[str, str] = {}

    def __init__(self, *chunks: bytes | CausewayError) -> None:
        self.chunks = list(chunks)
        self.closed = 0

    async def pump(self, take: TakeBytes) -> bool:
        while self.chunks:
            chunk = self.chunks.pop(0)
            if isinstance(chunk, CausewayError):
                raise chunk
            if take(chunk):
                return False
        return True

    async def read(self, max_bytes: int) -> bytes:
        raise NotImplementedError

    def close(self) -> None:
        self.closed += 1


class Decoder:
    """Knows what each chunk tells; of another it says that it is none, after it has told a word."""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        yield from EVENTS.get(chunk, [MORE])
        if chunk not in EVENTS:
            raise UpstreamProtocolError("the-value-of-k is no chunk")

    def finish(self) -> Iterator[Event]:
        yield from ()


class Ends(Breaker):
    """Notes how attempts ended: with an error, without one, or showing nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[CausewayError | str] = []

    def report(self, ticket: int, error: CausewayError | None, now_seconds: float) -> None:
        self.noted.append(error or "success")

    def release(self, ticket: int) -> None:
        self.noted.append("released")


class Opened:
    """A stream of these chunks, and how its attempt ended."""

    def __init__(self, *chunks: bytes | CausewayError, reader: PartReader | None = None) -> None:
        self.response = Response(*chunks)
        self.ends = Ends()
        self.stream = ProviderStream(
            self.response,
            reader or Translation(Decoder(), AnswerStages()),
            Lease(replace(KEY, value=Secret("what-it-stands-for")), "m", self.ends, 0, lambda: 0.0),
            KEY,
        )


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_each_chunk_is_a_part_unless_it_tells_nothing(at_once: int) -> None:
    opened = Opened(b"begin", b"comment", b"more", b"more", b"end")
    parts = await parts_of(opened.stream, at_once=at_once)
    assert parts == [[START, OPEN, SAID], [MORE], [MORE], [CLOSE, END]]
    assert opened.ends.noted == ["success"]
    await opened.stream.aclose()
    assert opened.ends.noted == ["success"]
    assert opened.response.closed == 1


@pytest.mark.parametrize("at_once", [1, 100])
@pytest.mark.parametrize(
    ("last", "told"),
    [(UpstreamConnectionError("the-value-of-k is gone"), []), (b"odd", [[MORE]])],
)
async def test_what_came_before_an_error_is_told_before_it(
    last: bytes | CausewayError, told: list[Part], at_once: int
) -> None:
    opened, parts = Opened(b"begin", last, b"more"), list[Part]()

    def take(part: Part) -> bool:
        parts.append(part)
        return len(parts) % at_once == 0

    async def read() -> None:
        while not await opened.stream.pump(take):
            assert opened.ends.noted == []

    with pytest.raises(CausewayError) as raised:
        await read()
    assert parts == [[START, OPEN, SAID], *told]
    assert opened.ends.noted == [raised.value]
    assert "***" in raised.value.message
    assert "the-value-of-k" not in raised.value.message


async def test_an_end_that_tells_a_failure_is_the_attempt_s_failure() -> None:
    opened = Opened(b"begin", b"fail")
    assert (await parts_of(opened.stream))[-1] == [CLOSE, FAILED]
    (error,) = opened.ends.noted
    assert isinstance(error, CausewayError)
    assert error.message == "it broke"


async def test_a_stream_that_is_stopped_early_is_not_read_on() -> None:
    reader = Translation(Decoder(), AnswerStages(stop=StopStage(["lo th"])))
    opened = Opened(b"begin", b"more", b"more", b"end", reader=reader)
    parts = await parts_of(opened.stream, at_once=100)
    told = [event for part in parts for event in part]
    assert told[:2] == [START, OPEN]
    assert told[2:-2] == [TextDelta(0, "Hel")]
    assert told[-2:] == [CLOSE, MessageEnd(FinishReason.STOP_SEQUENCE, Usage())]
    assert opened.response.chunks == [b"more", b"end"]
    assert opened.response.closed == 1
    assert opened.ends.noted == ["success"]


async def test_a_stream_that_is_left_shows_nothing_of_the_attempt() -> None:
    opened = Opened(b"begin", b"more", b"end")
    assert not await opened.stream.pump(lambda _: True)
    await opened.stream.aclose()
    assert opened.response.closed == 1
    assert opened.ends.noted == ["released"]


async def test_an_error_of_who_takes_is_his_own() -> None:
    opened = Opened(b"begin", b"more", b"end")

    def take(_: Part) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await opened.stream.pump(take)
    assert opened.ends.noted == []


async def test_an_answer_that_came_whole_is_one_part() -> None:
    opened = Opened(reader=Told([START, OPEN, SAID, CLOSE, END]))
    assert await parts_of(opened.stream, at_once=100) == [[START, OPEN, SAID, CLOSE, END]]
    assert opened.ends.noted == ["success"]
