"""When a stream has begun to say something."""

import pytest

from causeway.model.content import Citation
from causeway.model.errors import UpstreamRefusedError
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
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.answers import Part, read_head, says_something
from support.part_sources import ScriptedSource, parts_of

START, OPEN, CLOSE = MessageStart("a"), ContentStart(0, "text"), ContentEnd(0)
SAID, MORE = TextDelta(0, "Hello"), TextDelta(0, " there")
END = MessageEnd(FinishReason.COMPLETE, Usage())
FAILED = MessageEnd(FinishReason.ERROR, Usage(), Failure("it broke", "server_error"))


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
    stream = ScriptedSource(parts)
    assert await read_head(stream) == parts[:length]
    assert await parts_of(stream) == parts[length:]


@pytest.mark.parametrize("parts", [[[START], [FAILED]], [[START, FAILED]], [[START, OPEN], [CLOSE, FAILED]]])
async def test_a_failure_that_is_told_before_anything_else_is_raised(parts: list[Part]) -> None:
    with pytest.raises(UpstreamRefusedError) as raised:
        await read_head(ScriptedSource(parts))
    assert (raised.value.message, raised.value.status, raised.value.type) == ("it broke", 502, "server_error")


async def test_a_failure_after_something_was_said_is_a_part_of_the_stream() -> None:
    stream = ScriptedSource([[START, OPEN, SAID], [CLOSE, FAILED]])
    await read_head(stream)
    assert await parts_of(stream) == [[CLOSE, FAILED]]
    at_once: list[Part] = [[START, OPEN, SAID, CLOSE, FAILED]]
    assert await read_head(ScriptedSource(at_once)) == at_once
