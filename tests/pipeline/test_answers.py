"""When a stream has begun to say something, and what it holds until it is closed."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack

import pytest

from causeway.model.content import Citation
from causeway.model.errors import CausewayError, UpstreamConnectionError, UpstreamRefusedError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallStart,
)
from causeway.model.loss import LossReport
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.answers import OpenStream, Part, read_head, says_something
from support.provenance import NOBODY

START, OPEN, CLOSE = MessageStart("a"), ContentStart(0, "text"), ContentEnd(0)
SAID, MORE = TextDelta(0, "Hello"), TextDelta(0, " there")
END = MessageEnd(FinishReason.COMPLETE, Usage())
FAILED = MessageEnd(FinishReason.ERROR, Usage(), Failure("it broke", "server_error"))
GONE = UpstreamConnectionError("gone")


async def generate(parts: Sequence[Part | Exception]) -> AsyncGenerator[Part, None]:
    for part in parts:
        if isinstance(part, Exception):
            raise part
        yield part


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (START, False),
        (OPEN, False),
        (TextDelta(0, ""), False),
        (CLOSE, False),
        (END, False),
        (SAID, True),
        (ThinkingDelta(0, "Hm"), True),
        (PlanDelta("I will"), True),
        (ToolCallStart(0, "t", "f"), True),
        (CitationAdded(0, Citation(0, 1, "H", ())), True),
    ],
)
def test_what_a_caller_can_see_says_something(event: Event, says: bool) -> None:
    assert says_something(event) is says


@pytest.mark.parametrize(
    ("parts", "length"),
    [
        ([[START], [OPEN], [SAID], [MORE], [CLOSE, END]], 3),
        ([[START, OPEN], [TextDelta(0, "")], [SAID], [CLOSE, END]], 3),
        ([[START, OPEN, SAID, MORE], [CLOSE, END]], 1),
        ([[START], [END]], 2),  # an answer of nothing is one
        ([[START, END]], 1),
        ([b"frames", b"more"], 1),
        ([], 0),
    ],
)
async def test_the_head_ends_with_the_first_that_says_something(parts: list[Part], length: int) -> None:
    stream = generate(parts)
    assert await read_head(stream) == parts[:length]
    assert [part async for part in stream] == parts[length:]


@pytest.mark.parametrize("parts", [[[START], [FAILED]], [[START, FAILED]], [[START, OPEN], [CLOSE, FAILED]]])
async def test_a_failure_that_is_told_before_anything_else_is_raised(parts: list[Part]) -> None:
    with pytest.raises(UpstreamRefusedError) as raised:
        await read_head(generate(parts))
    assert (raised.value.message, raised.value.status, raised.value.type) == ("it broke", 502, "server_error")


async def test_a_failure_after_something_was_said_is_a_part_of_the_stream() -> None:
    stream = generate([[START, OPEN, SAID], [CLOSE, FAILED]])
    await read_head(stream)
    assert [part async for part in stream] == [[CLOSE, FAILED]]
    at_once: list[Part] = [[START, OPEN, SAID, CLOSE, FAILED]]
    assert await read_head(generate(at_once)) == at_once


class Held:
    """A stream whose resources and generator say when they are released."""

    def __init__(self, head: list[Part], rest: Sequence[Part | Exception]) -> None:
        self.released: list[str] = []
        self.ends: list[CausewayError | None] = []
        resources = AsyncExitStack()
        resources.callback(self.released.append, "resources")
        self.stream = OpenStream(
            head,
            self._watched(rest),
            resources,
            losses=LossReport(),
            provenance=NOBODY,
            on_end=self.ends.append,
        )

    async def _watched(self, parts: Sequence[Part | Exception]) -> AsyncGenerator[Part, None]:
        try:
            async for part in generate(parts):
                yield part
        finally:
            self.released.append("generator")


async def test_a_stream_that_comes_to_its_end_says_so_once() -> None:
    held = Held([[START, OPEN], [SAID]], [[CLOSE], [END]])
    assert [part async for part in held.stream.parts()] == [[START, OPEN], [SAID], [CLOSE], [END]]
    await held.stream.aclose()
    assert held.ends == [None]
    assert held.released == ["generator", "resources"]


async def test_a_stream_that_breaks_says_why() -> None:
    held = Held([[START], [OPEN], [SAID]], [GONE])
    parts = held.stream.parts()
    seen = [await anext(parts) for _ in range(3)]
    with pytest.raises(UpstreamConnectionError):
        await anext(parts)
    await held.stream.aclose()
    assert (seen, held.ends) == ([[START], [OPEN], [SAID]], [GONE])
    assert held.released == ["generator", "resources"]


@pytest.mark.parametrize("count", [1, 4])
async def test_a_stream_that_is_left_says_nothing_and_holds_nothing(count: int) -> None:
    held = Held([[START], [OPEN], [SAID]], [[MORE], [CLOSE, END]])
    parts = held.stream.parts()
    for _ in range(count):
        await anext(parts)
    await held.stream.aclose()
    assert held.ends == []
    assert held.released[-1] == "resources"
    assert ("generator" in held.released) is (count > 3)  # it has not run before


async def test_a_stream_releases_what_it_holds_though_its_generator_fails_to_close() -> None:
    released: list[bool] = []

    async def stubborn() -> AsyncGenerator[Part, None]:
        try:
            yield [SAID]
            yield [MORE]
        finally:
            raise RuntimeError("no")

    resources = AsyncExitStack()
    resources.callback(released.append, True)
    rest = stubborn()
    await anext(rest)
    stream = OpenStream([[START]], rest, resources, losses=LossReport(), provenance=NOBODY)
    with pytest.raises(RuntimeError, match="no"):
        await stream.aclose()
    assert released == [True]
