"""The events of `converse-stream`, decoded to canonical events.

Takes bytes cut anywhere. A block is open until its stop, or until another begins. What is more than text,
thinking and calls is collected by `stream_blocks.py` and told at its block's end. The end is told once the
stop reason and the usage have come, in either order.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.dialects.bedrock.decode_ending import decode_stop_reason, decode_usage
from causeway.dialects.bedrock.decode_messages import SERVER_TOOL
from causeway.dialects.bedrock.decode_response import collect_root
from causeway.dialects.bedrock.invented_ids import invented_id
from causeway.dialects.bedrock.response_schema import (
    WireBlockDelta,
    WireBlockStart,
    WireBlockStop,
    WireDelta,
    WireMessageStop,
    WireMetadata,
)
from causeway.dialects.bedrock.stream_blocks import CallBlock, OpenBlock, TextPart, ThinkingPart, UnknownBlock
from causeway.dialects.bedrock.stream_frames import event_name
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import Event, MessageEnd, MessageStart
from causeway.model.extras import Extras
from causeway.wire.aws_event_stream import EventStreamError, Frame, FrameReader

_decode_start = msgspec.json.Decoder(WireBlockStart).decode
_decode_delta = msgspec.json.Decoder(WireBlockDelta).decode
_decode_stop = msgspec.json.Decoder(WireBlockStop).decode
_decode_message_stop = msgspec.json.Decoder(WireMessageStop).decode
_decode_metadata = msgspec.json.Decoder(WireMetadata).decode
_decode_tree = msgspec.json.Decoder(dict[str, Any]).decode
# Filling, of a length that says nothing.
_PADDING = "p"


class StreamDecoder:
    """Reads one stream of `POST /model/{modelId}/converse-stream`."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._first_frame: bytes | None = None
        self._has_started = False
        self._open: OpenBlock | None = None
        self._open_index = -1
        self._contents = 0
        self._calls = 0
        self._citations = 0
        self._fields: dict[str, Any] = {}
        self._stop: WireMessageStop | None = None
        self._metadata: WireMetadata | None = None
        self._is_over = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and yield the events that they complete.

        Raises UpstreamRefusedError at a frame that tells an error, and UpstreamProtocolError at one that
        cannot be read.
        """
        try:
            for frame in self._reader.feed(chunk):
                if self._is_over:
                    return
                name = event_name(frame)
                if name == "contentBlockDelta":  # nearly every event of a stream
                    yield from self._take_delta(_decode_delta(frame.payload), frame)
                else:
                    yield from self._take(name, frame)
        except EventStreamError as error:
            raise UpstreamProtocolError(f"the provider's stream cannot be read: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
            raise UpstreamProtocolError(
                f"an event of the provider's stream cannot be read: {reason}"
            ) from None

    def finish(self) -> Iterator[Event]:
        """Yield the end where the usage did not come.

        Raises UpstreamProtocolError where the stream broke off before the model had stopped.
        """
        if self._is_over:
            return
        if self._stop is None or not self._reader.is_between_frames:
            raise UpstreamProtocolError("the provider's stream ended before its answer did")
        yield from self._end(self._stop, self._metadata or WireMetadata())

    def _take(self, name: str, frame: Frame) -> Iterator[Event]:
        payload = frame.payload
        match name:
            case "messageStart":
                self._first_frame = payload
            case "contentBlockStart":
                start = _decode_start(payload)
                yield from self._begin(frame)
                yield from self._close()
                yield from self._open_block(start.content_block_index, start.start)
            case "contentBlockStop":
                stop = _decode_stop(payload)
                if stop.content_block_index == self._open_index:
                    yield from self._close()
            case "messageStop":
                self._stop = _decode_message_stop(payload)
                if self._stop.additional_model_response_fields:
                    told = self._stop.additional_model_response_fields
                    self._fields["additionalModelResponseFields"] = told
            case "metadata":
                self._metadata = _decode_metadata(payload)
                tree = _decode_tree(payload)
                tree.pop(_PADDING, None)
                collect_root(tree, self._fields)
        if self._stop is not None and self._metadata is not None:
            yield from self._begin(frame)
            yield from self._end(self._stop, self._metadata)

    def _begin(self, frame: Frame) -> Iterator[Event]:
        """Yield the start of the message, once there is more of it than every stream has."""
        if not self._has_started:
            self._has_started = True
            yield MessageStart(invented_id((self._first_frame or b"") + frame.payload))

    def _take_delta(self, wire: WireBlockDelta, frame: Frame) -> Iterator[Event]:
        opened, delta = self._open, wire.delta
        if type(opened) is TextPart and delta.text and wire.content_block_index == self._open_index:
            yield opened.add_text(delta.text)
            return
        yield from self._begin(frame)
        if opened is None or wire.content_block_index != self._open_index:
            yield from self._close()
            yield from self._open_block(wire.content_block_index, _implied_start(delta))
        if self._open is not None:
            yield from self._open.add(delta)

    def _open_block(self, index: int, start: dict[str, Any]) -> Iterator[Event]:
        self._open_index = index
        match start:
            case {"toolUse": {"toolUseId": str(id), "name": str(name), **more}} if (
                more.get("type") != SERVER_TOOL
            ):
                self._open = CallBlock(self._calls)
                self._calls += 1
                yield self._open.start(id, name)
            case {"toolUse": dict()} | {"toolResult": dict()} | {"image": dict()}:
                self._open = UnknownBlock(self._contents, start)
                self._contents += 1
            case {"reasoningContent": _}:
                self._open = ThinkingPart(self._contents)
                self._contents += 1
            case {"text": _}:
                self._open = TextPart(self._contents, self._citations)
                self._contents += 1
                yield self._open.start()
            case _:  # of a text, which the first delta tells
                self._open = None
                self._open_index = -1

    def _close(self) -> Iterator[Event]:
        opened, self._open, self._open_index = self._open, None, -1
        if opened is not None:
            yield from opened.end()
            if isinstance(opened, TextPart):
                self._citations = opened.citations

    def _end(self, stop: WireMessageStop, metadata: WireMetadata) -> Iterator[Event]:
        if not self._has_started:
            yield MessageStart(invented_id(self._first_frame or b""))
        yield from self._close()
        self._is_over = True
        reason, failure = decode_stop_reason(stop.stop_reason, self._fields, has_calls=self._calls > 0)
        usage = decode_usage(metadata.usage, self._fields)
        extras = Extras("bedrock", self._fields) if self._fields else None
        yield MessageEnd(reason, usage, failure, extras)


def _implied_start(delta: WireDelta) -> dict[str, Any]:
    """Return the start that a block without one would have had."""
    if delta.reasoning_content is not None:
        return {"reasoningContent": {}}
    if delta.tool_use is not None or delta.tool_result is not None or delta.image is not None:
        raise UpstreamProtocolError("the provider's stream adds to a block that it has not begun")
    return {"text": ""}
