"""The one order in which a response's events may come.

    MessageStart, then any number of
        ContentStart (TextDelta | ThinkingDelta)* ContentEnd
        OpaqueAdded
        PlanDelta
        ToolCallStart ToolCallDelta* ToolCallEnd
    with CitationAdded anywhere in between, then MessageEnd.

Blocks never interleave and never stay open: a stream that breaks off closes what it opened before
its MessageEnd says why. Every stream encoder and the fold check themselves against this, so that an
illegal stream fails where it is made, not in somebody's client.
"""

from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)


class IllegalEventOrderError(ValueError):
    """An event came where it may not; always a defect of whoever produced the stream."""


class EventOrder:
    """Follows one stream and refuses what breaks its order."""

    __slots__ = ("_citations", "_contents", "_open", "_state", "_tool_calls")

    def __init__(self) -> None:
        self._state = "new"
        self._open: ContentStart | ToolCallStart | None = None
        self._contents = 0
        self._tool_calls = 0
        self._citations = 0

    @property
    def has_started(self) -> bool:
        """Whether MessageStart has come."""
        return self._state != "new"

    def advance(self, event: Event) -> None:
        """Take the next event; raises IllegalEventOrderError where it may not stand."""
        if type(event) is TextDelta:  # nearly every event of a stream
            opened = self._open
            if type(opened) is not ContentStart or opened.kind != "text" or opened.index != event.index:
                raise self._illegal(event)
            return
        if self._state == "new":
            if not isinstance(event, MessageStart):
                raise self._illegal(event)
            self._state = "started"
        elif self._state == "ended" or not self._allows(event):
            raise self._illegal(event)

    def closing_events(self) -> list[Event]:
        """What must be said to close the block that is open, if one is."""
        match self._open:
            case ContentStart(index=index):
                return [ContentEnd(index)]
            case ToolCallStart(index=index):
                return [ToolCallEnd(index)]
            case None:
                return []

    def _allows(self, event: Event) -> bool:
        opened = self._open
        match event:
            case ThinkingDelta():
                return (
                    isinstance(opened, ContentStart)
                    and opened.kind == "thinking"
                    and opened.index == event.index
                )
            case ToolCallDelta():
                return isinstance(opened, ToolCallStart) and opened.index == event.index
            case ContentStart():
                if opened is not None or event.index != self._contents:
                    return False
                self._open, self._contents = event, self._contents + 1
            case OpaqueAdded():
                if opened is not None or event.index != self._contents:
                    return False
                self._contents += 1
            case ToolCallStart():
                if opened is not None or event.index != self._tool_calls:
                    return False
                self._open, self._tool_calls = event, self._tool_calls + 1
            case ContentEnd():
                if not isinstance(opened, ContentStart) or opened.index != event.index:
                    return False
                self._open = None
            case ToolCallEnd():
                if not isinstance(opened, ToolCallStart) or opened.index != event.index:
                    return False
                self._open = None
            case CitationAdded():
                if event.index != self._citations:
                    return False
                self._citations += 1
            case PlanDelta():
                return opened is None
            case MessageEnd():
                if opened is not None:
                    return False
                self._state = "ended"
            case _:
                return False
        return True

    def _illegal(self, event: Event) -> IllegalEventOrderError:
        opened = type(self._open).__name__ if self._open else "nothing"
        return IllegalEventOrderError(
            f"{type(event).__name__} may not come now: {self._state}, {opened} open"
        )
