"""AWS event streams: binary frames with checksums, an incremental reader and a writer. No I/O.

Source of truth: the frames that Bedrock sends and those that botocore reads. A frame is its length, that of
its headers and a CRC-32 of these two (12 bytes), the headers, a payload, and a CRC-32 of all before it. Every
number is big-endian. The reader gives the same frames wherever the bytes are cut
(`tests/wire/test_aws_event_stream.py`).
"""

import struct
import uuid
from collections.abc import Iterator, Mapping
from zlib import crc32

from msgspec import Struct

MEDIA_TYPE = "application/vnd.amazon.eventstream"
MAX_HEADER_BYTES = 128 * 1024

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_FRAMING_BYTES = _PRELUDE.size + _CHECKSUM.size
_LENGTH = struct.Struct(">H")
# The types of a header's value, in the order of their codes.
_TRUE, _FALSE, _INT8, _INT16, _INT32, _INT64, _BYTES, _STRING, _TIMESTAMP, _UUID = range(10)
_INTEGERS = {
    _INT8: struct.Struct(">b"),
    _INT16: struct.Struct(">h"),
    _INT32: struct.Struct(">i"),
    _INT64: struct.Struct(">q"),
}
_REMEMBERED_HEADERS = 64


class Timestamp(Struct, frozen=True):
    """A moment, in milliseconds since 1970 (UTC)."""

    milliseconds: int


HeaderValue = bool | int | bytes | str | Timestamp | uuid.UUID


class Frame(Struct, frozen=True):
    """One message of a stream."""

    headers: Mapping[str, HeaderValue]
    payload: bytes


class EventStreamError(ValueError):
    """The bytes are no event stream: a checksum or a length is wrong, or a header cannot be read."""


def encode_headers(headers: Mapping[str, HeaderValue]) -> bytes:
    """Return headers as `encode_frame` takes them; an integer takes the fewest bytes that hold it.

    Raises ValueError for one that does not fit.
    """
    parts: list[bytes] = []
    for name, value in headers.items():
        encoded = name.encode()
        if not 1 <= len(encoded) <= 255:
            raise ValueError("a header's name has 1 to 255 bytes")
        parts += (bytes((len(encoded),)), encoded, _encode_value(value))
    block = b"".join(parts)
    if len(block) > MAX_HEADER_BYTES:
        raise ValueError(f"headers exceed {MAX_HEADER_BYTES} bytes")
    return block


def encode_frame(headers: bytes, payload: bytes) -> bytes:
    """Return one frame; `headers` are as `encode_headers` returns them."""
    lengths = struct.pack(">II", _FRAMING_BYTES + len(headers) + len(payload), len(headers))
    frame = lengths + _CHECKSUM.pack(crc32(lengths)) + headers + payload
    return frame + _CHECKSUM.pack(crc32(frame))


class FrameReader:
    """Reads a stream of bytes in chunks of any size into frames."""

    def __init__(self, max_frame_bytes: int = 16 * 1024 * 1024) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray()
        self._needed_bytes = 0  # below so many in the buffer there is nothing to read
        # The headers of a stream are the same few, over and over.
        self._known_headers: dict[bytes, Mapping[str, HeaderValue]] = {}

    @property
    def is_between_frames(self) -> bool:
        """Whether all that was fed has been read, so that the stream may end here."""
        return not self._buffer

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Take bytes and yield the frames that they complete; raises EventStreamError.

        What is yielded is to be taken to its end before more is fed.
        """
        data = chunk
        if self._buffer:
            self._buffer += chunk
            if len(self._buffer) < self._needed_bytes:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        position, end, self._needed_bytes = 0, len(data), _PRELUDE.size
        while (left := end - position) >= _PRELUDE.size:
            total, header_bytes, checksum = _PRELUDE.unpack_from(data, position)
            if checksum != crc32(data[position : position + 8]):
                raise EventStreamError("the checksum of a frame's beginning is wrong")
            if total > self._max_frame_bytes or header_bytes > MAX_HEADER_BYTES:
                raise EventStreamError(f"a frame exceeds {self._max_frame_bytes} bytes")
            if total < _FRAMING_BYTES + header_bytes:
                raise EventStreamError("a frame is shorter than what it holds")
            if left < total:
                self._needed_bytes = total
                break
            yield self._read(data[position : position + total], header_bytes)
            position += total
        self._buffer += data[position:]

    def _read(self, frame: bytes, header_bytes: int) -> Frame:
        body_end = len(frame) - _CHECKSUM.size
        if _CHECKSUM.unpack_from(frame, body_end)[0] != crc32(frame[:body_end]):
            raise EventStreamError("the checksum of a frame is wrong")
        header_end = _PRELUDE.size + header_bytes
        block = frame[_PRELUDE.size : header_end]
        headers = self._known_headers.get(block)
        if headers is None:
            headers = _decode_headers(block)
            if len(self._known_headers) < _REMEMBERED_HEADERS:
                self._known_headers[block] = headers
        return Frame(headers, frame[header_end:body_end])


def _encode_value(value: HeaderValue) -> bytes:
    match value:
        case bool():
            return bytes((_TRUE if value else _FALSE,))
        case int():
            return _encode_integer(value)
        case bytes():
            return _with_length(_BYTES, value)
        case str():
            return _with_length(_STRING, value.encode())
        case Timestamp(milliseconds=milliseconds):
            return bytes((_TIMESTAMP,)) + _INTEGERS[_INT64].pack(milliseconds)
        case uuid.UUID():
            return bytes((_UUID,)) + value.bytes


def _encode_integer(value: int) -> bytes:
    for code, layout in _INTEGERS.items():
        half = 1 << (8 * layout.size - 1)
        if -half <= value < half:
            return bytes((code,)) + layout.pack(value)
    raise ValueError("a header's integer has at most 64 bits")


def _with_length(code: int, value: bytes) -> bytes:
    if len(value) > 0x7FFF:
        raise ValueError("a header's value has at most 32767 bytes")
    return bytes((code,)) + _LENGTH.pack(len(value)) + value


def _decode_headers(block: bytes) -> Mapping[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    position = 0
    try:
        while position < len(block):
            name_end = position + 1 + block[position]
            name = _slice(block, position + 1, name_end).decode()
            if name in headers:
                raise EventStreamError("a frame has a header twice")
            headers[name], position = _decode_value(block, name_end)
    except (IndexError, struct.error, UnicodeDecodeError):
        raise EventStreamError("the headers of a frame cannot be read") from None
    return headers


def _decode_value(block: bytes, position: int) -> tuple[HeaderValue, int]:
    """Return the value whose type stands at `position`, and where it ends."""
    code = block[position]
    position += 1
    if code in (_TRUE, _FALSE):
        return code == _TRUE, position
    if layout := _INTEGERS.get(code):
        return layout.unpack_from(block, position)[0], position + layout.size
    if code in (_BYTES, _STRING):
        start = position + _LENGTH.size
        end = start + _LENGTH.unpack_from(block, position)[0]
        value = _slice(block, start, end)
        return value if code == _BYTES else value.decode(), end
    if code == _TIMESTAMP:
        layout = _INTEGERS[_INT64]
        return Timestamp(layout.unpack_from(block, position)[0]), position + layout.size
    if code == _UUID:
        return uuid.UUID(bytes=_slice(block, position, position + 16)), position + 16
    raise EventStreamError("a header is of a type that there is not")


def _slice(block: bytes, start: int, end: int) -> bytes:
    if end > len(block):
        raise EventStreamError("a header is longer than the headers")
    return block[start:end]
