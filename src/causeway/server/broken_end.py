"""Ends a relayed stream that broke off, in the dialect that its frames were in."""

from collections.abc import Iterable

from causeway.dialects.faces import StreamEncoder
from causeway.model.events import (
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    ToolCallEnd,
    ToolCallStart,
)


class BrokenEnd:
    """Encodes the last events of a stream whose others went out as bytes.

    The encoder has seen nothing of the stream; it is led to where the stream stands first.
    """

    def __init__(self, encoder: StreamEncoder) -> None:
        self._encoder = encoder
        self._has_begun = False

    def encode_all(self, events: Iterable[Event]) -> bytes:
        """Return the frames of events that end something; none for what was told already."""
        return b"".join(map(self._encode, events))

    def _encode(self, event: Event) -> bytes:
        match event:
            case ContentEnd(index=index):
                self._begin()
                for before in range(index):
                    self._encoder.encode(ContentStart(before, "text"))
                    self._encoder.encode(ContentEnd(before))
                self._encoder.encode(ContentStart(index, "text"))
            case ToolCallEnd(index=index):
                self._begin()
                for before in range(index):
                    self._encoder.encode(ToolCallStart(before, "", ""))
                    self._encoder.encode(ToolCallEnd(before))
                self._encoder.encode(ToolCallStart(index, "", ""))
            case MessageEnd(failure=failure) if failure is not None:
                self._begin()
            case _:
                return b""
        return self._encoder.encode(event)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._encoder.encode(MessageStart(""))
