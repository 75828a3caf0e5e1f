"""The events of a streamed answer, decoded to canonical ones.

Takes bytes cut anywhere. Anthropic opens and closes each block before the next one. A block of its own is
told whole at its end; what a block says beyond its text (a signature, citations) is told as its seal.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from causeway.dialects.anthropic.assistant_blocks import Kind, kind_of, seal_of
from causeway.dialects.anthropic.decode_citations import decode_citations
from causeway.dialects.anthropic.decode_ending import (
    as_extras,
    decode_finish_reason,
    decode_usage,
    keep_answer,
    keep_usage,
)
from causeway.dialects.anthropic.decode_error import decode_error_payload
from causeway.dialects.anthropic.decode_response import (
    invented_id,
    list_member,
    not_an_answer,
    text_member,
    to_answer,
)
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.response_schema import WireUsage
from causeway.dialects.anthropic.tool_input import decode_input
from causeway.model.content import OpaqueBlock
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.wire.server_sent_events import EventReader, EventTooLargeError


class _TextPiece(Struct, tag_field="type", tag="text_delta"):
    text: str


class _ThinkingPiece(Struct, tag_field="type", tag="thinking_delta"):
    thinking: str


class _InputPiece(Struct, tag_field="type", tag="input_json_delta"):
    partial_json: str


class _Piece(Struct):
    """What nearly every event is: more of the open block."""

    type: Literal["content_block_delta"]
    index: int
    delta: _TextPiece | _ThinkingPiece | _InputPiece


class _Frame(Struct):
    """Any event."""

    type: str
    index: int = -1
    message: Any = None
    content_block: dict[str, Any] | None = None
    delta: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


_decode_piece = msgspec.json.Decoder(_Piece).decode
_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_any = msgspec.json.Decoder().decode
_NOT_OF_THE_TYPE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# How Anthropic writes the pieces; whatever else is written is read all the same.
_PIECE = '{"type":"content_block_delta"'


class StreamDecoder:
    """Reads one stream of `POST /messages`."""

    def __init__(self) -> None:
        self._reader = EventReader()
        self._kept: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._stop_reason: str | None = None
        self._has_started = False
        self._is_over = False
        # Of the open block: its index on the wire and its kind, what it began with, and its pieces.
        self._wire_index = -1
        self._kind: Kind | None = None
        self._block: dict[str, Any] = {}
        self._pieces: list[str] = []
        # How many blocks and calls there were, and citations.
        self._contents = 0
        self._calls = 0
        self._citations = 0
        self._has_own = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and yield the events that they complete.

        Raises UpstreamRefusedError at an event that tells an error, and UpstreamProtocolError at one that
        is none.
        """
        try:
            for frame in self._reader.feed(chunk):
                if self._is_over:
                    return
                data = frame.data
                if data.startswith(_PIECE) and self._kind is not None:
                    try:
                        piece = _decode_piece(data)
                    except _NOT_OF_THE_TYPE:
                        yield from self._take(data)
                    else:
                        yield from self._take_piece(piece)
                else:
                    yield from self._take(data)
        except EventTooLargeError as error:
            raise UpstreamProtocolError(str(error)) from None

    def finish(self) -> Iterator[Event]:
        """Yield the end where the stream told why it stopped, but not that it is over.

        Raises UpstreamProtocolError where it broke off before.
        """
        if self._is_over:
            return
        if self._stop_reason is None or self._kind is not None:
            raise UpstreamProtocolError("the provider's stream ended before its answer did")
        yield self._end()

    def _take_piece(self, piece: _Piece) -> Iterator[Event]:
        delta = piece.delta
        if piece.index != self._wire_index:
            raise UpstreamProtocolError("the provider sent more of a block that is not open")
        kind = self._kind
        if type(delta) is _TextPiece and kind == "text":
            if delta.text:
                self._pieces.append(delta.text)
                yield TextDelta(self._contents, delta.text)
        elif type(delta) is _ThinkingPiece and kind == "thinking":
            if delta.thinking:
                yield ThinkingDelta(self._contents, delta.thinking)
        elif type(delta) is _InputPiece and kind in ("tool_use", "own"):
            self._pieces.append(delta.partial_json)
            if kind == "tool_use" and delta.partial_json:
                yield ToolCallDelta(self._calls, delta.partial_json)
        else:
            raise UpstreamProtocolError(f"the provider sent a {kind} block what is no part of one")

    def _take(self, data: str) -> Iterator[Event]:
        try:
            frame = _decode_frame(data)
        except _NOT_OF_THE_TYPE as error:
            raise not_an_answer(error) from None
        match frame.type:
            case "message_start":
                yield from self._start(frame, data)
            case "error":
                raise decode_error_payload(_decode_any(data))
            case "content_block_start" | "content_block_delta" | "content_block_stop" if (
                not self._has_started
            ):
                raise UpstreamProtocolError("the provider's stream did not begin with a message")
            case "content_block_start":
                yield from self._open(frame)
            case "content_block_delta":
                yield from self._add(frame)
            case "content_block_stop":
                yield from self._close(frame)
            case "message_delta":
                self._take_ending(frame, data)
            case "message_stop":
                if not self._has_started or self._kind is not None:
                    raise UpstreamProtocolError("the provider's stream ended where it may not")
                yield self._end()
            case _:  # `ping`, and what there may come to be
                pass

    def _start(self, frame: _Frame, data: str) -> Iterator[Event]:
        if self._has_started:  # which some proxies send twice
            return
        wire = to_answer(frame.message)
        self._has_started = True
        keep_answer(frame.message, self._kept)
        self._usage = dict(frame.message.get("usage") or {})
        self._stop_reason = wire.stop_reason
        yield MessageStart(wire.id or invented_id(data.encode()), wire.model or "")
        for block in wire.content:  # where the model had nothing to add, all of it is here
            whole = _Frame("content_block", content_block=block)
            yield from self._open(whole)
            yield from self._close(whole)

    def _open(self, frame: _Frame) -> Iterator[Event]:
        block = frame.content_block
        if block is None or self._kind is not None:
            raise UpstreamProtocolError("the provider opened a block where it may not")
        self._wire_index, self._kind, self._block = frame.index, kind_of(block), block
        self._pieces = []
        match self._kind:
            case "text":
                yield ContentStart(self._contents, "text")
                if text := text_member(block, "text"):
                    self._pieces.append(text)
                    yield TextDelta(self._contents, text)
                self._block = {**block, "citations": list_member(block, "citations")}
            case "thinking":
                yield ContentStart(self._contents, "thinking")
                if thinking := text_member(block, "thinking"):
                    yield ThinkingDelta(self._contents, thinking)
            case "tool_use":
                yield ToolCallStart(self._calls, text_member(block, "id"), text_member(block, "name"))
            case "own":
                text_member(block, "type")

    def _add(self, frame: _Frame) -> Iterator[Event]:
        """Take a piece that is not one of text, thinking or input, or is written in an unusual way."""
        if self._kind is None or frame.index != self._wire_index or frame.delta is None:
            raise UpstreamProtocolError("the provider sent more of a block that is not open")
        delta = frame.delta
        match delta.get("type"):
            case "text_delta" | "thinking_delta" | "input_json_delta":
                try:
                    piece = msgspec.convert(
                        {"type": frame.type, "index": frame.index, "delta": delta}, _Piece
                    )
                except msgspec.ValidationError as error:
                    raise not_an_answer(error) from None
                yield from self._take_piece(piece)
            case "citations_delta" if self._kind == "text":
                self._block["citations"] = [*self._block["citations"], delta.get("citation")]
            case _:
                for name, value in delta.items():
                    if name != "type":
                        given = self._block.get(name)
                        is_more = isinstance(given, str) and isinstance(value, str)
                        self._block = {**self._block, name: f"{given}{value}" if is_more else value}

    def _close(self, frame: _Frame) -> Iterator[Event]:
        if self._kind is None or frame.index != self._wire_index:
            raise UpstreamProtocolError("the provider closed a block that is not open")
        kind, block = self._kind, self._block
        self._kind = None
        match kind:
            case "text":
                text = "".join(self._pieces)
                citation = decode_citations(block["citations"], text, self._contents)
                if citation is not None:
                    yield CitationAdded(self._citations, citation)
                    self._citations += 1
                yield ContentEnd(self._contents, seal_of(block, "text"))
                self._contents += 1
            case "thinking":
                yield ContentEnd(self._contents, seal_of(block, "thinking"))
                self._contents += 1
            case "tool_use":
                if not any(self._pieces):  # no arguments, or all of them at the beginning
                    given = block.get("input")
                    yield ToolCallDelta(self._calls, decode_input(given if isinstance(given, dict) else {}))
                blocks_before = self._contents if self._has_own else None
                yield ToolCallEnd(self._calls, seal_of(block, "tool_use", blocks_before))
                self._calls += 1
            case "own":
                yield OpaqueAdded(self._contents, OpaqueBlock(DIALECT, block["type"], self._whole(block)))
                self._contents += 1
                self._has_own = True

    def _whole(self, block: dict[str, Any]) -> dict[str, Any]:
        """Return a block of Anthropic's own with the input that came in pieces."""
        written = "".join(self._pieces)
        if not written:
            return block
        try:
            return {**block, "input": _decode_any(written)}
        except _NOT_OF_THE_TYPE:  # cut off where the answer was
            return block

    def _take_ending(self, frame: _Frame, data: str) -> None:
        tree = _decode_any(data)
        delta = dict(frame.delta or {})
        reason = delta.pop("stop_reason", None)
        if isinstance(reason, str):
            self._stop_reason = reason
        self._usage |= {name: value for name, value in (frame.usage or {}).items() if value is not None}
        keep_answer({**tree, **delta, "type": None, "delta": None, "usage": None}, self._kept)

    def _end(self) -> MessageEnd:
        self._is_over = True
        try:
            usage = decode_usage(msgspec.convert(self._usage, WireUsage))
        except msgspec.ValidationError as error:
            raise not_an_answer(error) from None
        keep_usage(self._usage, self._kept)
        reason, failure = decode_finish_reason(self._stop_reason, self._kept, has_calls=self._calls > 0)
        return MessageEnd(reason, usage, failure, as_extras(self._kept))
