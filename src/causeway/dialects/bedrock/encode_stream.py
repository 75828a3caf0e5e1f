"""Canonical events as the frames of `converse-stream`.

The stop of a text block is held back until something else begins, so that citations that come after the text
can still be told with it. A stream that fails ends with an exception frame, at which every SDK raises.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from causeway.dialects.bedrock.citations import CitationWriter
from causeway.dialects.bedrock.encode_error import encode_failure
from causeway.dialects.bedrock.encode_response import STOP_REASONS, encode_metrics, encode_usage
from causeway.dialects.bedrock.extras_paths import own_fields, write_fields
from causeway.dialects.bedrock.stream_frames import encode_event_frame, encode_exception_frame
from causeway.dialects.faces import StreamEncoder
from causeway.model.content import Citation, OpaqueBlock, Seal
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.order import EventOrder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.wire.ascii_json import encode_ascii

Kind = Literal["text", "thinking", "plan", "call", "opaque"]

# What the start of a block says of it; its deltas say the rest.
_OPENING_MEMBERS = {
    "toolUse": ("toolUseId", "name", "type"),
    "toolResult": ("toolUseId", "type", "status"),
    "image": ("format",),
}


class FrameEncoder(StreamEncoder):
    """The frames of one streamed answer to `request`."""

    def __init__(self, request: ChatRequest, provenance: Provenance) -> None:
        self._writer = CitationWriter(request)
        self._order = EventOrder()
        self._metrics = encode_metrics(provenance)
        self._index = -1
        self._open: Kind | None = None
        self._is_said = False  # a text whose stop is held back
        self._is_empty = True
        self._citations: list[Citation] = []

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        if type(event) is TextDelta:  # nearly every event of a stream
            return self._text(event.text)
        match event:
            case ThinkingDelta(thinking=thinking):
                return self._delta({"reasoningContent": {"text": thinking}})
            case ToolCallDelta(arguments=arguments):
                return self._delta({"toolUse": {"input": arguments}})
            case ContentStart(kind=kind):
                return self._begin(kind)
            case ContentEnd(seal=seal):
                return self._end_text(seal) if self._open == "text" else self._end_thinking(seal)
            case PlanDelta(text=text):
                return (b"" if self._open == "plan" else self._begin("plan")) + self._text(text)
            case ToolCallStart(id=id, name=name):
                return self._begin("call") + self._start({"toolUse": {"toolUseId": id, "name": name}})
            case ToolCallEnd():
                return self._close()
            case OpaqueAdded(block=OpaqueBlock(dialect="bedrock") as block):
                return self._opaque(block)
            case CitationAdded(citation=citation):
                return self._cite(citation)
            case MessageStart():
                return encode_event_frame("messageStart", b'{"role":"assistant"}')
            case MessageEnd():
                return self._close() + self._end(event)
            case _:
                return b""

    def _begin(self, kind: Kind) -> bytes:
        """Return what closes the block before; a text needs no event of its own to open."""
        closed = self._close()
        self._index += 1
        self._open, self._is_said, self._is_empty = kind, False, True
        return closed

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        return encode_event_frame("contentBlockStop", b'{"contentBlockIndex":%d}' % self._index)

    def _start(self, start: dict[str, Any]) -> bytes:
        payload = encode_ascii({"contentBlockIndex": self._index, "start": start})
        return encode_event_frame("contentBlockStart", payload)

    def _text(self, text: str) -> bytes:
        self._is_empty = False
        payload = b'{"contentBlockIndex":%d,"delta":{"text":%b}}' % (self._index, encode_ascii(text))
        return encode_event_frame("contentBlockDelta", payload)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        self._is_empty = False
        payload = encode_ascii({"contentBlockIndex": self._index, "delta": delta})
        return encode_event_frame("contentBlockDelta", payload)

    def _end_text(self, seal: Seal | None) -> bytes:
        frames = self._text("") if self._is_empty else b""
        self._is_said = True
        citations, self._citations = self._citations, []
        match seal:
            case Seal(dialect="bedrock", data={"citationsContent": {"citations": [*own]}}):
                return frames + self._citation_deltas(own)
        return frames + b"".join(map(self._cite, citations))

    def _end_thinking(self, seal: Seal | None) -> bytes:
        frames = b""
        match seal:
            case Seal(dialect="bedrock", data={"signature": str(signature)}):
                frames = self._delta({"reasoningContent": {"signature": signature}})
        if self._is_empty:
            frames = self._delta({"reasoningContent": {"text": ""}})
        return frames + self._close()

    def _opaque(self, block: OpaqueBlock) -> bytes:
        frames = self._begin("opaque")
        members = block.data.get(block.kind)
        if not isinstance(members, dict):
            return frames
        if block.kind == "reasoningContent":
            return frames + self._delta({"reasoningContent": members}) + self._close()
        opening = _OPENING_MEMBERS.get(block.kind, ())
        frames += self._start({block.kind: {name: members[name] for name in opening if name in members}})
        match block.kind:
            case "toolUse":
                told = msgspec.json.encode(members.get("input")).decode()
                frames += self._delta({"toolUse": {"input": told}})
            case "toolResult":
                frames += self._delta({"toolResult": members.get("content")})
            case _:
                rest = {name: value for name, value in members.items() if name not in opening}
                frames += self._delta({block.kind: rest})
        return frames + self._close()

    def _cite(self, citation: Citation) -> bytes:
        """Return a citation of the text that is open; one of anything else has no place in a stream."""
        if citation.target not in (None, "text") or self._open != "text":
            return b""
        if not self._is_said:
            self._citations.append(citation)
            return b""
        return self._citation_deltas(map(self._writer.encode_source, citation.sources))

    def _citation_deltas(self, citations: Iterable[dict[str, Any]]) -> bytes:
        return b"".join(self._delta({"citation": citation}) for citation in citations)

    def _end(self, end: MessageEnd) -> bytes:
        if failure := encode_failure(end.finish_reason, end.failure):
            return encode_exception_frame(*failure)
        stop: dict[str, Any] = {"stopReason": STOP_REASONS[end.finish_reason]}
        metadata: dict[str, Any] = {"usage": encode_usage(end.usage), "metrics": self._metrics}
        fields = dict(own_fields(end.extras))
        for name in ("stopReason", "additionalModelResponseFields"):
            if name in fields:
                stop[name] = fields.pop(name)
        write_fields(metadata, fields)
        return encode_event_frame("messageStop", encode_ascii(stop)) + encode_event_frame(
            "metadata", encode_ascii(metadata)
        )
