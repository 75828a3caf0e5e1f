"""Reads a provider's stream as events, through the stages that do what the provider cannot. No I/O."""

from collections.abc import Iterable, Iterator

from causeway.dialects.faces import StreamDecoder
from causeway.model.events import Event
from causeway.pipeline.answers import Part
from causeway.pipeline.grounded import Citer
from causeway.pipeline.stop_stage import StopStage


class Translation:
    """`PartReader` of a stream that is translated."""

    __slots__ = ("_citer", "_decoder", "_events", "_stop", "is_finished")

    def __init__(self, decoder: StreamDecoder, stop: StopStage | None, citer: Citer | None) -> None:
        self._decoder = decoder
        self._stop = stop
        self._citer = citer
        self._events: list[Event] = []
        self.is_finished = False

    def feed(self, chunk: bytes) -> Part:
        """See `PartReader.feed`."""
        stop, events = self._stop, self._events
        if stop is None and self._citer is None:
            events.extend(self._decoder.feed(chunk))
        else:
            self._stage(self._decoder.feed(chunk))
        if stop is not None and stop.is_stopped:
            self.is_finished = True
            events.append(stop.early_end())
        self._events = []
        return events

    def finish(self) -> list[Part]:
        """See `PartReader.finish`."""
        self._stage(self._decoder.finish())
        return self.break_off()

    def break_off(self) -> list[Part]:
        """See `PartReader.break_off`: what came before an error is told before it."""
        return [self._events] if self._events else []

    def _stage(self, decoded: Iterable[Event]) -> None:
        """Add decoded events one by one, so that those before an error are kept."""
        stop, citer = self._stop, self._citer
        for event in decoded:
            self._events.extend(staged(event, stop, citer))
            if stop is not None and stop.is_stopped:
                return


class Told:
    """`PartReader` of an answer that came whole where a stream was asked for."""

    __slots__ = ("_events", "is_finished")

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self.is_finished = False

    def feed(self, chunk: bytes) -> Part:  # noqa: ARG002  # its body has been read
        """See `PartReader.feed`."""
        return b""

    def finish(self) -> list[Part]:
        """See `PartReader.finish`."""
        return [self._events]

    def break_off(self) -> list[Part]:
        """See `PartReader.break_off`."""
        return []


def staged(event: Event, stop: StopStage | None, citer: Citer | None) -> Iterator[Event]:
    """Yield what an event becomes that first may be cut, and then may be cited."""
    for told in [event] if stop is None else stop.tell(event):
        if citer is None:
            yield told
        else:
            yield from citer.tell(told)
