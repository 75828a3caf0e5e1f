"""Stops an answer at sequences that its provider was not told of."""

from collections.abc import Iterable

from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, TextDelta
from causeway.model.response import FinishReason
from causeway.rules.stop_filter import StopFilter


class StopStage:
    """Cuts the text of an answer where the first of `sequences` begins."""

    def __init__(self, sequences: Iterable[str]) -> None:
        self._sequences = tuple(sequences)
        self._filter = StopFilter(self._sequences)
        self._open: int | None = None
        self.is_stopped = False

    def tell(self, event: Event) -> list[Event]:
        """Return what to send for an event; once stopped, only the end with its own reason."""
        if self.is_stopped:
            if isinstance(event, MessageEnd):
                return [MessageEnd(FinishReason.STOP_SEQUENCE, event.usage, None, event.extras)]
            return []
        match event:
            case ContentStart(index=index, kind="text"):
                self._open = index
                self._filter = StopFilter(self._sequences)
            case TextDelta(index=index, text=text):
                safe, self.is_stopped = self._filter.feed(text)
                told: list[Event] = [TextDelta(index, safe, event.logprobs)] if safe else []
                return [*told, ContentEnd(index)] if self.is_stopped else told
            case ContentEnd(index=index) if index == self._open:
                rest = self._filter.finish()
                return [TextDelta(index, rest), event] if rest else [event]
        return [event]
