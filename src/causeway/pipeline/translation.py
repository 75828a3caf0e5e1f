"""Reads a provider's stream as events, through the stages that do what the provider cannot. No I/O."""

from causeway.dialects.faces import StreamDecoder
from causeway.model.events import Event
from causeway.pipeline.answer_stages import AnswerStages
from causeway.pipeline.answers import Part


class Translation:
    """`PartReader` of a stream that is translated."""

    __slots__ = ("_decoder", "_events", "_stages", "is_finished")

    def __init__(self, decoder: StreamDecoder, stages: AnswerStages) -> None:
        self._decoder = decoder
        self._stages = stages
        self._events: list[Event] = []
        self.is_finished = False

    def feed(self, chunk: bytes) -> Part:
        """See `PartReader.feed`."""
        stages, events = self._stages, self._events
        if stages.is_empty:
            events.extend(self._decoder.feed(chunk))
        else:
            stages.stage(self._decoder.feed(chunk), events)
            if stages.is_stopped:
                self.is_finished = True
                events.append(stages.early_end())
        self._events = []
        return events

    def finish(self) -> list[Part]:
        """See `PartReader.finish`."""
        self._stages.stage(self._decoder.finish(), self._events)
        return self.break_off()

    def break_off(self) -> list[Part]:
        """See `PartReader.break_off`: what came before an error is told before it."""
        return [self._events] if self._events else []


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
