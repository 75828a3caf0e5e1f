"""A stream passed on as it is: the same bytes however they are cut, and a proper end where it breaks off."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.cohere.provider_face import CohereProvider
from causeway.dialects.faces import ChatProviderFace
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.model.errors import (
    CausewayError,
    UpstreamConnectionError,
    UpstreamProtocolError,
    UpstreamRefusedError,
)
from causeway.model.events import ContentEnd, Event, MessageEnd, ToolCallEnd
from causeway.model.response import FinishReason
from causeway.pipeline import relay
from causeway.pipeline.relay import FrameCutter, Relay
from support.wire_answers import WIRES, WORDS

Item = Event | bytes
FACES: dict[str, ChatProviderFace] = {"openai": OpenAiProvider(), "cohere": CohereProvider()}
USAGE = (
    b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}}\n\n'
)
TOOL_CALL = (
    b'event: tool-call-start\ndata: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":'
    b'{"id":"t","type":"function","function":{"name":"f","arguments":""}}}}}\n\n'
    b'event: tool-call-delta\ndata: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":'
    b'{"function":{"arguments":"{}"}}}}}\n\n'
)


def relayed(dialect: str, pieces: Iterable[bytes | CausewayError]) -> tuple[list[Item], CausewayError | None]:
    """Return what is passed on of these pieces, and what is raised at the end."""

    reader, items, error = Relay(FACES[dialect]), list[Item](), None
    try:
        for piece in pieces:
            if isinstance(piece, CausewayError):
                raise piece
            part = reader.feed(piece)
            items += ([part] if part else []) if isinstance(part, bytes) else part
        rest = reader.finish()
    except CausewayError as raised:
        error, rest = raised, reader.break_off()
    for part in rest:
        assert part, "an empty part would be an empty write"
        items += [part] if isinstance(part, bytes) else part
    return items, error


def sent(items: list[Item]) -> bytes:
    return b"".join(item for item in items if isinstance(item, bytes))


def cut(content: bytes, offsets: Iterable[int]) -> list[bytes]:
    inside = sorted({offset for offset in offsets if 0 < offset < len(content)})
    return [content[a:b] for a, b in zip([0, *inside], [*inside, len(content)], strict=True)]


def streams() -> dict[str, tuple[str, bytes]]:
    openai, cohere = WIRES["openai"].stream.encode(), WIRES["cohere"].stream.encode()
    done = b"data: [DONE]\n\n"
    return {
        "openai": ("openai", openai.replace(done, USAGE + done)),
        "openai without DONE": ("openai", openai.removesuffix(done)),
        "openai with comments": ("openai", b": wait\n\n" + openai.replace(b"data", b": wait\n\ndata")),
        "cohere": ("cohere", cohere),
        "cohere with CRLF": ("cohere", cohere.replace(b"\n", b"\r\n")),
        "cohere with blank lines": ("cohere", cohere.replace(b"\n\nevent", b"\n\n\n\r\nevent")),
    }


@pytest.mark.parametrize("name", streams())
@given(offsets=st.sets(st.integers(1, 1500), max_size=30))
def test_a_stream_cut_anywhere_is_passed_on_byte_for_byte(name: str, offsets: set[int]) -> None:
    dialect, stream = streams()[name]
    items, error = relayed(dialect, cut(stream, offsets))
    assert error is None
    assert sent(items) == stream
    assert isinstance(items[-1], MessageEnd)
    assert items[-1].finish_reason is FinishReason.COMPLETE
    assert [item for item in items if not isinstance(item, bytes)] == items[-1:]


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_the_end_tells_what_was_used(size: int) -> None:
    for name, tokens in (("openai", (11, 5)), ("cohere", (7, 2))):
        dialect, stream = streams()[name]
        items, _ = relayed(dialect, cut(stream, range(0, len(stream), size)))
        assert isinstance(items[-1], MessageEnd)
        assert (items[-1].usage.input_tokens, items[-1].usage.output_tokens) == tokens


@pytest.mark.parametrize("dialect", FACES)
def test_nothing_goes_out_before_there_is_something_to_say(dialect: str) -> None:
    wire = WIRES[dialect]
    items, error = relayed(dialect, [frame.encode() for frame in wire.frames])
    assert error is None
    assert items[0] == wire.beginning.encode()


@pytest.mark.parametrize("dialect", FACES)
@pytest.mark.parametrize("count", [0, 5, 60])
def test_a_stream_that_breaks_before_that_is_only_an_error(dialect: str, count: int) -> None:
    broken = UpstreamConnectionError("gone")
    items, error = relayed(dialect, [WIRES[dialect].frames[0].encode()[:count], broken])
    assert (items, error) == ([], broken)


@pytest.mark.parametrize("dialect", FACES)
@pytest.mark.parametrize("count", [0, 5, 60])
def test_a_stream_that_breaks_after_that_is_cut_at_a_frame_and_closed(dialect: str, count: int) -> None:
    wire, broken = WIRES[dialect], UpstreamConnectionError("gone")
    pieces = [wire.beginning.encode(), wire.ending.encode()[:count], broken]
    items, error = relayed(dialect, pieces)
    assert error is broken
    assert items == [wire.beginning.encode(), ContentEnd(0)]


def test_an_open_tool_call_is_closed_too() -> None:
    stream = WIRES["cohere"].frames[0].encode() + TOOL_CALL
    items, error = relayed("cohere", [stream])
    assert isinstance(error, UpstreamProtocolError)
    assert items == [stream, ToolCallEnd(0)]


@pytest.mark.parametrize("dialect", FACES)
def test_a_stream_that_ends_without_its_end_is_an_error(dialect: str) -> None:
    items, error = relayed(dialect, [WIRES[dialect].beginning.encode()])
    assert isinstance(error, UpstreamProtocolError)
    assert items == [WIRES[dialect].beginning.encode(), ContentEnd(0)]


@pytest.mark.parametrize("dialect", FACES)
@pytest.mark.parametrize("is_one_chunk", [True, False])
def test_an_error_frame_is_raised_and_not_passed_on(dialect: str, is_one_chunk: bool) -> None:
    """Cohere's clients fail at one, and the end that the gateway adds would be the second of two."""
    wire = WIRES[dialect]
    frame = wire.error_frame if dialect == "openai" else f'event: error\ndata: {{"message":"{WORDS}"}}\n\n'
    pieces = [wire.beginning.encode(), frame.encode(), wire.ending.encode()]
    items, error = relayed(dialect, [b"".join(pieces)] if is_one_chunk else pieces)
    assert isinstance(error, UpstreamRefusedError)
    assert error.message == WORDS
    assert items == [wire.beginning.encode(), ContentEnd(0)]


def test_an_end_that_tells_a_failure_is_passed_on_once() -> None:
    wire = WIRES["cohere"]
    failed = wire.beginning + wire.closing + wire.error_frame
    items, error = relayed("cohere", [failed.encode() + wire.ending.encode()])
    assert error is None
    assert sent(items) == failed.encode()
    assert isinstance(items[-1], MessageEnd)
    assert items[-1].failure is not None
    assert items[-1].failure.message == WORDS


def test_what_follows_the_end_is_dropped() -> None:
    for dialect in FACES:
        stream = WIRES[dialect].stream.encode()
        for extra in (WIRES[dialect].ending.encode(), b": more\n\n", b"data: [DONE]\n\n"):
            items, error = relayed(dialect, [stream, extra])
            assert error is None
            assert sent(items) == stream


def test_a_frame_that_says_nothing_of_interest_is_not_read() -> None:
    """What a provider says between is the caller's to read: it is passed on at the cost of a search."""
    wire = WIRES["openai"]
    pieces = [wire.beginning.encode(), b"data: {odd}\n\n", wire.ending.encode()]
    items, error = relayed("openai", pieces)
    assert (sent(items), error) == (b"".join(pieces), None)


@pytest.mark.parametrize("dialect", FACES)
@pytest.mark.parametrize(
    "frame", [b"data: sk-1\n\n", b"data: {odd\n\n", b'data: "odd"\n\n', b"data: [1]\n\n"]
)
def test_a_frame_that_is_no_object_is_read_however_the_stream_is_cut(dialect: str, frame: bytes) -> None:
    wire = WIRES[dialect]
    beginning, ending = wire.beginning.encode(), wire.ending.encode()
    for pieces in ([beginning + frame + ending], [beginning, frame, ending], [beginning, frame + ending]):
        items, error = relayed(dialect, pieces)
        assert sent(items) == beginning
        assert isinstance(error, UpstreamProtocolError)


@pytest.mark.parametrize("dialect", FACES)
def test_neither_a_frame_nor_what_is_held_back_grows_without_end(
    dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_MAX_FRAME_BYTES", 1000)
    beginning = WIRES[dialect].beginning.encode()
    for pieces, expected in (
        ([b"data: " + b"y" * 995], []),
        ([b": wait\n\n"] * 200, []),
        ([beginning, b"data: ", *[b"y" * 100] * 11], [beginning, ContentEnd(0)]),
    ):
        items, error = relayed(dialect, pieces)
        assert isinstance(error, UpstreamProtocolError)
        assert "sent" in error.message
        assert items == expected


@given(pieces=st.lists(st.text("a\n\r", max_size=6)))
def test_the_cutter_loses_no_byte_and_cuts_only_where_a_frame_ends(pieces: list[str]) -> None:
    cutter, content = FrameCutter(), b""
    for piece in pieces:
        frames = cutter.feed(piece.encode())
        assert not frames or frames.endswith((b"\n\n", b"\n\r\n"))
        content += frames
        assert b"\n\n" not in cutter.rest()
        assert b"\n\r\n" not in cutter.rest()
    assert content + cutter.rest() == "".join(pieces).encode()
