"""Answers for a scripted model: text, thinking, tool calls and citations, as events."""

from causeway.model.content import Citation, Source
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
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.response import FinishReason
from causeway.model.usage import Usage

ID = "3ec845ed-71f8-4b5a-a58c-6c3a3a2d8a5e"
USAGE = Usage(
    input_tokens=20, output_tokens=6, billed_input_tokens=7, billed_output_tokens=6, cached_tokens=0
)
DOCUMENT = Source("document", "doc-0", {"id": "doc-0", "text": "Ada Lovelace was born in London."})


def text_answer(*pieces: str, finish_reason: FinishReason = FinishReason.COMPLETE) -> list[Event]:
    """Text in pieces."""
    return [
        MessageStart(ID),
        ContentStart(0, "text"),
        *(TextDelta(0, piece) for piece in pieces),
        ContentEnd(0),
        MessageEnd(finish_reason, USAGE),
    ]


def thinking_answer(thinking: str, text: str) -> list[Event]:
    """Thinking, then text."""
    return [
        MessageStart(ID),
        ContentStart(0, "thinking"),
        ThinkingDelta(0, thinking),
        ContentEnd(0),
        ContentStart(1, "text"),
        TextDelta(1, text),
        ContentEnd(1),
        MessageEnd(FinishReason.COMPLETE, USAGE),
    ]


def cited_answer() -> list[Event]:
    """An answer that rests on `DOCUMENT`."""
    return [
        MessageStart(ID),
        ContentStart(0, "text"),
        TextDelta(0, "She was born "),
        TextDelta(0, "in London."),
        CitationAdded(0, Citation(16, 22, "London", (DOCUMENT,), "text")),
        ContentEnd(0),
        MessageEnd(FinishReason.COMPLETE, USAGE),
    ]


def tool_answer(*calls: tuple[str, str], plan: str | None = "I will look it up.") -> list[Event]:
    """Tool calls by name and arguments, which come in two pieces."""
    events: list[Event] = [MessageStart(ID)]
    if plan is not None:
        events += [PlanDelta(plan[:3]), PlanDelta(plan[3:])]
    for index, (name, arguments) in enumerate(calls):
        events += [
            ToolCallStart(index, f"{name}_{index:012d}", name),
            ToolCallDelta(index, arguments[:4]),
            ToolCallDelta(index, arguments[4:]),
            ToolCallEnd(index),
        ]
    return [*events, MessageEnd(FinishReason.TOOL_CALL, USAGE)]
