"""AWS event-stream frames: every type of header, any cut, and what a wrong byte does."""

import struct
import uuid
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.wire.aws_event_stream import (
    EventStreamError,
    Frame,
    FrameReader,
    HeaderValue,
    Timestamp,
    encode_frame,
    encode_headers,
)

# A frame of Amazon's own description of the format: no headers, no payload.
EMPTY = bytes.fromhex("000000100000000005c248eb7d98c8ff")

values = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary(max_size=40)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.builds(Timestamp, st.integers(-(2**63), 2**63 - 1))
    | st.uuids()
)
names = st.text("abc:-é", min_size=1, max_size=12)
frames = st.builds(Frame, st.dictionaries(names, values, max_size=6), st.binary(max_size=60))


def encode(*frames: Frame) -> bytes:
    return b"".join(encode_frame(encode_headers(frame.headers), frame.payload) for frame in frames)


def read(*chunks: bytes) -> list[Frame]:
    reader = FrameReader()
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


def framed(headers: bytes, payload: bytes = b"", *, total: int | None = None) -> bytes:
    """Return a frame with right checksums around whatever headers and length."""
    lengths = struct.pack(">II", 16 + len(headers) + len(payload) if total is None else total, len(headers))
    frame = lengths + struct.pack(">I", crc32(lengths)) + headers + payload
    return frame + struct.pack(">I", crc32(frame))


def test_the_empty_frame_has_known_bytes() -> None:
    assert encode_frame(b"", b"") == EMPTY
    assert read(EMPTY) == [Frame({}, b"")]


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (True, b"\x00"),
        (False, b"\x01"),
        (-128, b"\x02\x80"),
        (128, b"\x03\x00\x80"),
        (-32_769, b"\x04\xff\xff\x7f\xff"),
        (2**31, b"\x05\x00\x00\x00\x00\x80\x00\x00\x00"),
        (b"\x00\x01", b"\x06\x00\x02\x00\x01"),
        ("é", b"\x07\x00\x02\xc3\xa9"),
        (Timestamp(1), b"\x08\x00\x00\x00\x00\x00\x00\x00\x01"),
        (uuid.UUID(int=1), b"\x09" + b"\x00" * 15 + b"\x01"),
    ],
)
def test_every_type_of_header_has_its_code(value: HeaderValue, encoded: bytes) -> None:
    block = b"\x01h" + encoded
    assert encode_headers({"h": value}) == block
    [frame] = read(framed(block, b"payload"))
    assert frame == Frame({"h": value}, b"payload")
    assert type(frame.headers["h"]) is type(value)


@given(st.lists(frames, max_size=5), st.data())
def test_frames_cut_anywhere_are_the_same_frames(sent: list[Frame], data: st.DataObject) -> None:
    stream = encode(*sent)
    assert read(stream) == sent
    assert read(*(stream[i : i + 1] for i in range(len(stream)))) == sent
    cut = data.draw(st.integers(0, len(stream)))
    assert read(stream[:cut], stream[cut:]) == sent


@given(frames, st.data())
def test_a_wrong_bit_is_found(frame: Frame, data: st.DataObject) -> None:
    stream = bytearray(encode(frame))
    bit = data.draw(st.integers(0, 8 * len(stream) - 1))
    stream[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(EventStreamError):
        read(bytes(stream))


@given(st.binary(max_size=60))
def test_headers_that_are_noise_are_read_or_refused(block: bytes) -> None:
    try:
        [frame] = read(framed(block))
    except EventStreamError:
        return
    # Integers may have been written wider than they need: what is read is what matters.
    assert read(encode(frame)) == [frame]


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (b"\x01h", "cannot be read"),
        (b"\x05h", "longer than the headers"),
        (b"\x01h\x0a", "a type that there is not"),
        (b"\x01h\x07\x00\x05ab", "longer than the headers"),
        (b"\x01h\x07\x00", "cannot be read"),
        (b"\x01h\x04\x00", "cannot be read"),
        (b"\x01h\x09\x00", "longer than the headers"),
        (b"\x01h\x07\x00\x01\xff", "cannot be read"),
        (b"\x01h\x00\x01h\x01", "twice"),
    ],
)
def test_headers_that_cannot_be_read_are_refused(block: bytes, problem: str) -> None:
    with pytest.raises(EventStreamError, match=problem):
        read(framed(block))


def test_a_frame_longer_than_the_bound_is_refused_before_it_has_come() -> None:
    reader = FrameReader(max_frame_bytes=100)
    [frame] = reader.feed(encode_frame(b"", b"x" * 84))
    assert len(frame.payload) == 84
    with pytest.raises(EventStreamError, match="100 bytes"):
        list(reader.feed(encode_frame(b"", b"x" * 85)[:12]))


def test_a_length_that_does_not_hold_the_headers_is_refused() -> None:
    with pytest.raises(EventStreamError, match="shorter"):
        read(framed(b"\x01h\x00", total=16))


def test_a_reader_knows_whether_the_stream_may_end() -> None:
    reader = FrameReader()
    assert reader.is_between_frames
    list(reader.feed(EMPTY[:13]))
    assert not reader.is_between_frames
    list(reader.feed(EMPTY[13:]))
    assert reader.is_between_frames


@pytest.mark.parametrize(
    "headers",
    [
        {"": "x"},
        {"x" * 256: "x"},
        {"x": "y" * 0x8000},
        {"x": 2**63},
        {str(i): "y" * 0x7FFF for i in range(5)},
    ],
)
def test_headers_that_do_not_fit_are_refused_by_the_writer(headers: dict[str, HeaderValue]) -> None:
    with pytest.raises(ValueError, match="header"):
        encode_headers(headers)
