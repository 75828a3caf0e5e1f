"""Cohere's server-sent events, decoded to canonical events.

Takes bytes cut anywhere. Frames of a type that is not known are passed over, as Cohere's own clients do.
Whatever the order of the rest, the events come in the order that `model/order.py` allows: what is open is
closed before something else begins, and indexes are counted anew.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from causeway.dialects.cohere.decode_error import decode_error
from causeway.dialects.cohere.decode_response import (
    WireAnsweredCitation,
    WireAnsweredToolCall,
    WireLogprobs,
    WireUsage,
    decode_citation,
    decode_finish_reason,
    decode_logprobs,
    decode_usage,
    not_an_answer,
)
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.response import Failure
from causeway.wire.server_sent_events import EventReader, EventTooLargeError, ServerSentEvent

# A failure that a stream tells under 200 has no status of its own.
_STATUS_OF_ERROR_FRAMES = 502
_TYPES = frozenset({
    "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start",
    "tool-call-delta", "tool-call-end", "citation-start", "citation-end", "message-end", "error",
})  # fmt: skip


class WirePiece(Struct):
    """A block that opens, or a piece of the open one."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None


class WireFrameMessage(Struct, frozen=True):
    """What a frame adds to the message. At the start there are empty lists where later objects stand."""

    content: WirePiece | list[Any] | None = None
    tool_plan: str | None = None
    tool_calls: WireAnsweredToolCall | list[Any] | None = None
    citations: WireAnsweredCitation | list[Any] | None = None


class WireDelta(Struct, frozen=True):
    """What a frame adds: to the message, or how it ended."""

    message: WireFrameMessage = WireFrameMessage()
    finish_reason: str | None = None
    usage: WireUsage | None = None
    error: str | None = None
    error_type: str | None = None


class WireFrame(Struct):
    """The JSON of any frame."""

    type: str
    id: str | None = None
    index: int = 0
    delta: WireDelta = WireDelta()
    logprobs: WireLogprobs | None = None


class WireFrameType(Struct):
    """What a frame says that it is, whatever else is in it."""

    type: Any = None


class OpenBlock(Struct):
    """What has been opened and not closed; `wire_index` is Cohere's, `index` the canonical one."""

    kind: Literal["text", "thinking", "call"]
    wire_index: int
    index: int
    is_empty: bool = True


_decode_frame = msgspec.json.Decoder(WireFrame).decode
_decode_type = msgspec.json.Decoder(WireFrameType).decode


class StreamDecoder:
    """Reads one stream of `POST /v2/chat`."""

    def __init__(self) -> None:
        self._reader = EventReader()
        self._has_started = False
        self._has_ended = False
        self._open: OpenBlock | None = None
        self._contents = 0
        self._tool_calls = 0
        self._citations = 0

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and yield the events that they complete.

        Raises UpstreamProtocolError where a frame is broken or out of place, and UpstreamRefusedError for
        an error frame, which Cohere itself does not send. Nothing that follows the message's end is read.
        """
        try:
            for event in self._reader.feed(chunk):
                frame = None if self._has_ended else _read_frame(event)
                if frame is not None:
                    yield from self._decode(frame)
        except EventTooLargeError as error:
            raise not_an_answer(error) from None

    def finish(self) -> Iterator[Event]:
        """Yield nothing: a message's end is a frame. Raises UpstreamProtocolError where it did not come."""
        if not self._has_ended:
            raise UpstreamProtocolError("the provider's stream broke off before the message's end")
        return iter(())

    def _decode(self, frame: WireFrame) -> Iterator[Event]:
        if not self._has_started:
            if frame.type != "message-start" or frame.id is None:
                raise _out_of_place(frame)
            self._has_started = True
            yield MessageStart(frame.id)
            return
        message = frame.delta.message
        match frame.type:
            case "content-delta":
                yield from self._content_delta(frame)
            case "content-start":
                piece = message.content
                kind = piece.type if isinstance(piece, WirePiece) else None
                yield from self._start_content("thinking" if kind == "thinking" else "text", frame.index)
            case "content-end":
                if self._open is not None and self._open.kind != "call":
                    yield from self._close()
            case "tool-plan-delta":
                if message.tool_plan is not None:
                    yield from self._close()
                    yield PlanDelta(message.tool_plan)
            case "tool-call-start":
                yield from self._start_call(frame)
            case "tool-call-delta":
                yield from self._call_delta(frame)
            case "tool-call-end":
                if self._open is not None and self._open.kind == "call":
                    yield from self._close()
            case "citation-start":
                yield self._citation(frame)
            case "message-end":
                yield from self._end(frame)

    def _content_delta(self, frame: WireFrame) -> Iterator[Event]:
        piece = frame.delta.message.content
        if not isinstance(piece, WirePiece):
            raise _out_of_place(frame)
        # A piece is of one kind; where both keys are there, the one that says something counts.
        if piece.thinking is not None and (piece.thinking or piece.text is None):
            yield from self._continue_content("thinking", frame.index)
            yield ThinkingDelta(self._contents - 1, piece.thinking)
        if piece.text is not None and (piece.text or piece.thinking is None):
            yield from self._continue_content("text", frame.index)
            logprobs = None if frame.logprobs is None else decode_logprobs(frame.logprobs)
            yield TextDelta(self._contents - 1, piece.text, logprobs)

    def _continue_content(self, kind: Literal["text", "thinking"], wire_index: int) -> Iterator[Event]:
        opened = self._open
        if opened is None or opened.kind != kind or opened.wire_index != wire_index:
            yield from self._start_content(kind, wire_index)

    def _start_content(self, kind: Literal["text", "thinking"], wire_index: int) -> Iterator[Event]:
        yield from self._close()
        self._open = OpenBlock(kind, wire_index, self._contents)
        self._contents += 1
        yield ContentStart(self._open.index, kind)

    def _start_call(self, frame: WireFrame) -> Iterator[Event]:
        call = frame.delta.message.tool_calls
        if not isinstance(call, WireAnsweredToolCall) or not call.function.name:
            raise _out_of_place(frame)
        yield from self._close()
        self._open = OpenBlock("call", frame.index, self._tool_calls)
        self._tool_calls += 1
        yield ToolCallStart(self._open.index, call.id, call.function.name)
        if call.function.arguments:
            yield from self._call_delta(frame)

    def _call_delta(self, frame: WireFrame) -> Iterator[Event]:
        call, opened = frame.delta.message.tool_calls, self._open
        if (
            not isinstance(call, WireAnsweredToolCall)
            or opened is None
            or (opened.kind, opened.wire_index) != ("call", frame.index)
        ):
            raise _out_of_place(frame)
        opened.is_empty = opened.is_empty and not call.function.arguments
        yield ToolCallDelta(opened.index, call.function.arguments or "")

    def _citation(self, frame: WireFrame) -> Event:
        citation = frame.delta.message.citations
        if not isinstance(citation, WireAnsweredCitation):
            raise _out_of_place(frame)
        self._citations += 1
        return CitationAdded(self._citations - 1, decode_citation(citation))

    def _end(self, frame: WireFrame) -> Iterator[Event]:
        delta = frame.delta
        if delta.finish_reason is None:
            raise _out_of_place(frame)
        yield from self._close()
        self._has_ended = True
        yield MessageEnd(
            decode_finish_reason(delta.finish_reason),
            decode_usage(delta.usage),
            None if delta.error is None else Failure(delta.error, delta.error_type),
        )

    def _close(self) -> Iterator[Event]:
        opened, self._open = self._open, None
        if opened is None:
            return
        if opened.kind != "call":
            yield ContentEnd(opened.index)
            return
        if opened.is_empty:  # Cohere says nothing of a call without arguments, which are JSON all the same
            yield ToolCallDelta(opened.index, "{}")
        yield ToolCallEnd(opened.index)


def _read_frame(event: ServerSentEvent) -> WireFrame | None:
    """Return the frame of an event, or none where it is not of a known type."""
    if event.data == "[DONE]":
        return None
    try:
        frame = _decode_frame(event.data)
    except (msgspec.DecodeError, RecursionError) as error:
        if event.event != "error":
            if _is_of_another_type(event.data):
                return None
            raise not_an_answer(error) from None
        frame = WireFrame("error")
    if frame.type == "error":
        raise decode_error(_STATUS_OF_ERROR_FRAMES, event.data.encode())
    return frame if frame.type in _TYPES else None


def _is_of_another_type(data: str) -> bool:
    try:
        type = _decode_type(data).type
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(type, str) and type not in _TYPES


def _out_of_place(frame: WireFrame) -> UpstreamProtocolError:
    return UpstreamProtocolError(f"the provider sent a frame {frame.type} that is broken or out of place")
