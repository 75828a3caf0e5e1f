"""Server-sent events: an incremental reader and a writer. No I/O.

Source of truth: the WHATWG HTML standard, section 9.2 "Server-sent events". The reader gives the
same events wherever the bytes are cut (`tests/wire/test_server_sent_events.py`).
"""

from collections.abc import Iterator

from msgspec import Struct

HEARTBEAT = b": keep-alive\n\n"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerSentEvent(Struct, frozen=True):
    """One dispatched event. `event` is empty where the stream gave no name."""

    event: str
    data: str


class EventTooLargeError(ValueError):
    """An event grew past the reader's bound before it ended."""


def encode_event(name: str, data: bytes) -> bytes:
    r"""Return the frame of one event. `data` is one line: it must not contain `\n` or `\r`."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


class EventReader:
    """Reads a stream of bytes in chunks of any size into events.

    An event that is not closed by a blank line when the stream ends is not dispatched, as the
    standard says.
    """

    def __init__(self, max_event_bytes: int = 16 * 1024 * 1024) -> None:
        self._max_event_bytes = max_event_bytes
        self._buffer = bytearray()
        self._event = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self._at_start = True
        self._skip_line_feed = False

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Take bytes and return the events that they complete; the iterator raises EventTooLargeError.

        What is returned is to be taken to its end before more is fed.
        """
        if self._at_start and len(self._buffer) + len(chunk) >= len(_BYTE_ORDER_MARK):
            self._at_start = False
            chunk = (bytes(self._buffer) + chunk).removeprefix(_BYTE_ORDER_MARK)
            self._buffer.clear()
        is_small = len(self._buffer) + len(chunk) <= self._max_event_bytes
        if is_small and self._is_between_lines() and b"\r" not in chunk:
            return iter(_read_frames(self._take_frames(chunk)))
        return self._take_lines(chunk)

    def take_run(self, chunk: bytes) -> bytes | None:
        """Take a chunk of whole events, each of which is one line of data; returns the data, with commas
        between, or none: then the chunk has not been taken, and is to be fed.

        For data that is JSON, of which a burst is read at once: in it no line ends.
        """
        if self._buffer or len(chunk) > self._max_event_bytes or not chunk.startswith(b"data: "):
            return None
        if not chunk.endswith(b"\n\n") or b"\r" in chunk or self._skip_line_feed or self._data or self._event:
            return None
        data = chunk[6:-2].replace(b"\n\ndata: ", b",")
        if b"\n" in data:
            return None
        self._at_start = False
        return data

    def _is_between_lines(self) -> bool:
        return not (self._at_start or self._skip_line_feed or self._data or self._event)

    def _take_frames(self, chunk: bytes) -> bytes:
        """Return the whole frames of a stream whose lines end as they do with every vendor."""
        if not self._buffer and chunk.endswith(b"\n\n"):
            return chunk
        start = max(0, len(self._buffer) - 1)  # what came before holds no end, but may hold half of one
        self._buffer += chunk
        end = self._buffer.rfind(b"\n\n", start) + 2
        if end < 2:
            return b""
        frames = bytes(self._buffer[:end])
        del self._buffer[:end]
        return frames

    def _take_lines(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        self._buffer += chunk
        while (line := self._next_line()) is not None:
            if line:
                self._take_line(line)
            elif self._data or self._event:
                if self._data:
                    yield ServerSentEvent(self._event, "\n".join(self._data))
                self._event, self._data, self._data_bytes = "", [], 0
        if len(self._buffer) + self._data_bytes > self._max_event_bytes:
            raise EventTooLargeError(f"a server-sent event exceeds {self._max_event_bytes} bytes")

    def _next_line(self) -> bytes | None:
        buffer = self._buffer
        if self._skip_line_feed and buffer:
            if buffer[0] == 0x0A:
                del buffer[0]
            self._skip_line_feed = False
        line_feed, carriage_return = buffer.find(b"\n"), buffer.find(b"\r")
        end = min((i for i in (line_feed, carriage_return) if i >= 0), default=-1)
        if end < 0:
            return None
        line = bytes(buffer[:end])
        self._skip_line_feed = buffer[end] == 0x0D
        del buffer[: end + 1]
        self._at_start = False
        return line

    def _take_line(self, line: bytes) -> None:
        name, value = _read_field(line.decode("utf-8", "replace"))
        if name == "data":
            self._data.append(value)
            self._data_bytes += len(line)
            if self._data_bytes > self._max_event_bytes:
                raise EventTooLargeError(f"a server-sent event exceeds {self._max_event_bytes} bytes")
        elif name == "event":
            self._event = value


def _read_frames(frames: bytes) -> list[ServerSentEvent]:
    """Return the events of whole frames: in a sixth of the time that lines need which may be cut."""
    events: list[ServerSentEvent] = []
    event = ""
    data: list[str] = []
    for line in frames.decode("utf-8", "replace").split("\n"):
        if line.startswith("data: "):
            data.append(line[6:])
        elif line:
            name, value = _read_field(line)
            if name == "data":
                data.append(value)
            elif name == "event":
                event = value
        elif data:
            events.append(ServerSentEvent(event, "\n".join(data)))
            event = ""
            data = []
        else:
            event = ""
    return events


def _read_field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")
