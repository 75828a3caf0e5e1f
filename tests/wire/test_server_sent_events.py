"""The reader of server-sent events against the standard's own rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.wire.server_sent_events import (
    HEARTBEAT,
    EventReader,
    EventTooLargeError,
    ServerSentEvent,
    encode_event,
)


def read(stream: bytes) -> list[ServerSentEvent]:
    return list(EventReader().feed(stream))


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [("", "a")]),
        (b"event: e\ndata: a\ndata: b\n\n", [("e", "a\nb")]),
        (b"data:a\r\n\r\ndata:b\r\rdata: c\n\n", [("", "a"), ("", "b"), ("", "c")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
        (b": comment\n\ndata: a\n\n", [("", "a")]),
        (b"data\n\n", [("", "")]),
        (b"data:  two spaces\n\n", [("", " two spaces")]),
        (b"event: lonely\n\ndata: a\n\n", [("", "a")]),
        (b"id: 7\nretry: 5\nunknown: x\ndata: a\n\n", [("", "a")]),
        (b"data: not closed\n", []),
        (HEARTBEAT + b"data: a\n\n" + HEARTBEAT, [("", "a")]),
        ("data: \u2028é\n\n".encode(), [("", "\u2028é")]),
    ],
)
def test_the_standard(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert [(event.event, event.data) for event in read(stream)] == events


@given(
    st.lists(
        st.sampled_from(
            [b"data: x", b"event: y", b":c", b"", b"data:\xc3\xa9", b"junk", b"\xef\xbb\xbfdata: z"]
        )
    ),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.data(),
)
def test_any_cut_gives_the_same_events(lines: list[bytes], end: bytes, data: st.DataObject) -> None:
    stream = end.join([*lines, b"", b""])
    whole = read(stream)
    by_byte = EventReader()
    assert [event for i in range(len(stream)) for event in by_byte.feed(stream[i : i + 1])] == whole
    cut = data.draw(st.integers(0, len(stream)))
    in_two = EventReader()
    assert [*in_two.feed(stream[:cut]), *in_two.feed(stream[cut:])] == whole


@given(
    st.lists(
        st.sampled_from(
            [b"data: x", b"data:y", b"data", b"event: z", b":c", b"", b"data: \xff\xe2", b"junk", b"\xe2\x80"]
        )
    )
)
def test_however_all_lines_end_the_events_are_the_same(lines: list[bytes]) -> None:
    """With line feeds alone whole frames are taken at once: that must make no difference."""
    by_line_feeds = read(b"\n".join([*lines, b"", b""]))
    assert by_line_feeds == read(b"\r\n".join([*lines, b"", b""])) == read(b"\r".join([*lines, b"", b""]))


def test_an_endless_event_is_refused() -> None:
    for endless in (b"data: " + b"x" * 200, b"data: x\n" * 40):
        reader = EventReader(max_event_bytes=100)
        with pytest.raises(EventTooLargeError):
            list(reader.feed(endless))


def test_what_is_written_is_read() -> None:
    assert read(encode_event("name", b'{"a":1}')) == [ServerSentEvent("name", '{"a":1}')]


@given(
    st.lists(
        st.sampled_from([b"data: x", b"event: y", b":c", b"", b"data:\xc3\xa9", b"\xef\xbb\xbfdata: z"])
    ),
    st.lists(st.sampled_from([b"\n", b"\r\n", b"\r"])),
    st.data(),
)
def test_lines_may_end_in_every_way_of_one_stream(
    lines: list[bytes], ends: list[bytes], data: st.DataObject
) -> None:
    """Where no carriage return has come yet whole frames are taken at once: that must make no difference."""
    mixed = b"".join(line + end for line, end in zip([*lines, b"", b""], [*ends, b"\n", b"\n"], strict=False))
    by_line = EventReader()
    expected = [event for i in range(len(mixed)) for event in by_line.feed(mixed[i : i + 1])]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    reader = EventReader()
    pieces = [mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    assert [event for piece in pieces for event in reader.feed(piece)] == expected
