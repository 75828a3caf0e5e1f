"""The pieces of a streamed answer, decoded to canonical events. Takes bytes cut anywhere.

The end is told when the stream is over and not at the finish reason, after which more may come.
"""

from collections.abc import Iterator

from causeway.dialects.gemini.read_answer import AnswerReader
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import Event
from causeway.wire.server_sent_events import EventReader, EventTooLargeError


class StreamDecoder:
    """Reads one stream of streamGenerateContent, as server-sent events."""

    def __init__(self) -> None:
        self._reader = EventReader()
        self._answer = AnswerReader()
        self._is_over = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and yield the events that they complete.

        Raises UpstreamRefusedError at a piece that tells an error, and UpstreamProtocolError at one that is
        none.
        """
        try:
            for frame in self._reader.feed(chunk):
                yield from self._answer.read(frame.data)
        except EventTooLargeError as error:
            raise UpstreamProtocolError(str(error)) from None

    def finish(self) -> Iterator[Event]:
        """Yield the end; raises UpstreamProtocolError where the stream broke off before its answer ended."""
        if self._is_over:
            return
        if not self._answer.has_ended:
            raise UpstreamProtocolError("the provider's stream ended before its answer did")
        self._is_over = True
        yield from self._answer.end()
