"""Stop sequences that a provider was not told of: the text ends where the first begins, however it is cut."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from causeway.model.content import TextBlock, ThinkingBlock
from causeway.model.events import (
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
    ThinkingDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.extras import Extras
from causeway.model.fold import fold
from causeway.model.order import EventOrder
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.answer_stages import AnswerStages
from causeway.pipeline.stop_stage import StopStage
from support.answers import USAGE, text_answer

STOPPED = FinishReason.STOP_SEQUENCE


def told(stage: StopStage, events: Iterable[Event]) -> list[Event]:
    out = [one for event in events for one in stage.tell(event)]
    order = EventOrder()
    for event in out:
        order.advance(event)
    return out


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@given(
    st.lists(st.text("abc", max_size=5), max_size=8),
    st.lists(st.text("abc", min_size=1, max_size=3), max_size=3),
)
def test_the_text_ends_before_the_first_sequence_however_it_is_cut(
    pieces: list[str], sequences: list[str]
) -> None:
    whole = "".join(pieces)
    ends = [(whole.index(one) + len(one), whole.index(one)) for one in sequences if one in whole]
    out = told(StopStage(sequences), text_answer(*pieces))
    assert text_of(out) == (whole[: min(ends)[1]] if ends else whole)
    end = out[-1]
    assert isinstance(end, MessageEnd)
    assert end.finish_reason is (STOPPED if ends else FinishReason.COMPLETE)
    assert end.usage == USAGE


def test_what_may_begin_a_sequence_is_held_until_it_is_known() -> None:
    stage = StopStage(["stop"])
    told(stage, [MessageStart("a"), ContentStart(0, "text")])
    assert stage.tell(TextDelta(0, "do st")) == [TextDelta(0, "do ")]
    assert stage.tell(TextDelta(0, "ay")) == [TextDelta(0, "stay")]
    assert stage.tell(TextDelta(0, " s")) == [TextDelta(0, " ")]
    assert stage.tell(ContentEnd(0)) == [TextDelta(0, "s"), ContentEnd(0)]


def test_nothing_follows_the_sequence_but_the_end() -> None:
    stage = StopStage(["stop"])
    out = told(
        stage,
        [
            MessageStart("a"),
            ContentStart(0, "text"),
            TextDelta(0, "go stop go"),
            TextDelta(0, "on"),
            ContentEnd(0),
            ToolCallStart(0, "t", "f"),
            ToolCallEnd(0),
            ContentStart(1, "text"),
            TextDelta(1, "on"),
            ContentEnd(1),
            MessageEnd(FinishReason.MAX_TOKENS, USAGE, Failure("broke"), Extras("openai", {"a": 1})),
        ],
    )
    assert stage.is_stopped
    assert out == [
        MessageStart("a"),
        ContentStart(0, "text"),
        TextDelta(0, "go "),
        ContentEnd(0),
        # What went wrong after the caller's end is nothing to the caller.
        MessageEnd(STOPPED, USAGE, None, Extras("openai", {"a": 1})),
    ]


def test_a_sequence_counts_within_one_block_of_text_and_not_in_thinking() -> None:
    out = told(
        StopStage(["stop"]),
        [
            MessageStart("a"),
            ContentStart(0, "thinking"),
            ThinkingDelta(0, "stop?"),
            ContentEnd(0),
            ContentStart(1, "text"),
            TextDelta(1, "st"),
            ContentEnd(1),
            ContentStart(2, "text"),
            TextDelta(2, "op"),
            ContentEnd(2),
            MessageEnd(FinishReason.COMPLETE, USAGE),
        ],
    )
    assert fold(out).content == (ThinkingBlock("stop?"), TextBlock("st"), TextBlock("op"))


def test_an_answer_that_is_not_read_on_ends_with_no_counts() -> None:
    assert AnswerStages(stop=StopStage(["stop"])).early_end() == MessageEnd(STOPPED, Usage())
