"""What an answer goes through between the provider's dialect and the caller's, event by event.

    seals, which only watches -> own blocks -> stop sequences -> citations

Each stage is there only where the call has a use for it; without any, events pass untouched.
"""

from collections.abc import Iterable, Iterator

from causeway.model.events import Event, MessageEnd
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.grounded import Citer
from causeway.pipeline.own_blocks import OwnBlocksStage
from causeway.pipeline.sealed_turns import SealStage
from causeway.pipeline.stop_stage import StopStage


class AnswerStages:
    """The stages of one answer, in their order."""

    __slots__ = ("_citer", "_own_blocks", "_seals", "_stop", "is_empty")

    def __init__(
        self,
        *,
        seals: SealStage | None = None,
        own_blocks: OwnBlocksStage | None = None,
        stop: StopStage | None = None,
        citer: Citer | None = None,
    ) -> None:
        self._seals = seals
        self._own_blocks = own_blocks
        self._stop = stop
        self._citer = citer
        self.is_empty = seals is None and own_blocks is None and stop is None and citer is None

    def tell(self, event: Event) -> Iterator[Event]:
        """Yield what the caller is told of an event."""
        if self._seals is not None:
            self._seals.see(event)
        for known in [event] if self._own_blocks is None else self._own_blocks.tell(event):
            for told in [known] if self._stop is None else self._stop.tell(known):
                if self._citer is None:
                    yield told
                else:
                    yield from self._citer.tell(told)

    def tell_all(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield what the caller is told of a whole answer's events."""
        for event in events:
            yield from self.tell(event)

    @property
    def is_stopped(self) -> bool:
        """Whether the caller has been told all that it shall be: the rest of the answer is not wanted."""
        return self._stop is not None and self._stop.is_stopped

    def early_end(self) -> MessageEnd:
        """Return the end of an answer that was stopped and is not read on: its counts are not known."""
        return MessageEnd(FinishReason.STOP_SEQUENCE, Usage())

    def stage(self, events: Iterable[Event], told: list[Event]) -> None:
        """Add to `told` what becomes of a stream's events, one by one: those before an error are kept."""
        for event in events:
            told.extend(self.tell(event))
            if self.is_stopped:
                return
