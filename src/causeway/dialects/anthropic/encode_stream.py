"""Canonical events as the server-sent events of a streamed answer.

A block of text is closed when the next one opens, so that citations which come after its end can still be
told of it. How much the prompt was is known at the end, and told there. A stream that fails ends with an
`error` event in place of its end.
"""

from typing import Any

import msgspec

from causeway.dialects.anthropic.assistant_blocks import own_members
from causeway.dialects.anthropic.encode_citations import CitationWriter
from causeway.dialects.anthropic.encode_error import encode_broken_stream, encode_failure
from causeway.dialects.anthropic.encode_response import encode_ending, encode_usage
from causeway.dialects.anthropic.kept_fields import DIALECT
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
from causeway.wire.server_sent_events import encode_event

_DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":'
_TEXT = _DELTA + b'"text_delta","text":'
_THINKING = _DELTA + b'"thinking_delta","thinking":'
_INPUT = _DELTA + b'"input_json_delta","partial_json":'
_AFTER = b"}}\n\n"


class MessageStreamEncoder(StreamEncoder):
    """The frames of one streamed answer to `request`."""

    def __init__(self, request: ChatRequest, provenance: Provenance) -> None:
        self._order = EventOrder()
        self._request = request
        self._model = provenance.model
        self._citations = CitationWriter(request.documents)
        self._index = -1
        # The text that is still open on the wire, and what is to be told of it before it closes.
        self._is_text_open = False
        self._is_plan_open = False
        self._cited: list[Citation] = []
        self._seal: Seal | None = None

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        if type(event) is TextDelta:  # nearly every event of a stream
            return _TEXT % self._index + encode_ascii(event.text) + _AFTER
        match event:
            case ThinkingDelta(thinking=thinking):
                return _THINKING % self._index + encode_ascii(thinking) + _AFTER
            case ToolCallDelta(arguments=arguments):
                return _INPUT % self._index + encode_ascii(arguments) + _AFTER
            case PlanDelta(text=text):
                opening = b"" if self._is_plan_open else self._open_text(is_plan=True)
                return opening + _TEXT % self._index + encode_ascii(text) + _AFTER
            case ContentStart(kind="text"):
                return self._open_text(is_plan=False)
            case ContentStart():
                return self._open({"type": "thinking", "thinking": "", "signature": ""})
            case ContentEnd(seal=seal):
                if self._is_text_open:
                    self._seal = seal
                    return b""
                return self._members(own_members(seal)) + self._stop()
            case ToolCallStart(id=id, name=name):
                return self._open({"type": "tool_use", "id": id, "name": name, "input": {}})
            case ToolCallEnd():
                return self._stop()
            case OpaqueAdded(block=block):
                return self._opaque(block)
            case CitationAdded(citation=citation):
                if self._is_text_open and citation.target != "thinking":
                    self._cited.append(citation)
                return b""
            case MessageStart():
                return self._start(event)
            case MessageEnd():
                return self._close_text() + self._end(event)
        return b""

    def _start(self, start: MessageStart) -> bytes:
        message: dict[str, Any] = {
            "id": start.id,
            "type": "message",
            "role": "assistant",
            "model": start.model or self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        return _frame({"type": "message_start", "message": message})

    def _open(self, block: dict[str, Any]) -> bytes:
        closing = self._close_text()
        self._index += 1
        return closing + _frame({"type": "content_block_start", "index": self._index, "content_block": block})

    def _open_text(self, *, is_plan: bool) -> bytes:
        frames = self._open({"type": "text", "text": ""})
        self._is_text_open, self._is_plan_open = True, is_plan
        return frames

    def _close_text(self) -> bytes:
        if not self._is_text_open:
            return b""
        members = own_members(self._seal)
        locations = members.pop("citations", None)
        if not isinstance(locations, list):
            locations = [place for citation in self._cited for place in self._citations.locations(citation)]
        told = b"".join(self._delta({"type": "citations_delta", "citation": place}) for place in locations)
        self._is_text_open = self._is_plan_open = False
        self._cited, self._seal = [], None
        return told + self._stop()

    def _stop(self) -> bytes:
        return _frame({"type": "content_block_stop", "index": self._index})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _frame({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _members(self, members: dict[str, Any]) -> bytes:
        """Return what a thinking block says beside its text: its signature, as far as anybody knows."""
        return b"".join(
            self._delta({"type": f"{name}_delta", name: value}) for name, value in members.items()
        )

    def _opaque(self, block: OpaqueBlock) -> bytes:
        """Return a block of Anthropic's own; its input comes apart from it, as Anthropic sends it."""
        if block.dialect != DIALECT:
            return b""
        given = block.data.get("input")
        if not isinstance(given, dict) or not given:
            return self._open(block.data) + self._stop()
        opening = self._open({**block.data, "input": {}})
        written = msgspec.json.encode(given).decode()
        return opening + self._delta({"type": "input_json_delta", "partial_json": written}) + self._stop()

    def _end(self, end: MessageEnd) -> bytes:
        if failure := encode_failure(end.finish_reason, end.failure):
            return encode_broken_stream(failure)
        told = encode_ending(end.finish_reason, self._request, end.extras)
        ending: dict[str, Any] = {"type": "message_delta"}
        if (management := told.pop("context_management", None)) is not None:
            ending["context_management"] = management
        ending |= {"delta": told, "usage": encode_usage(end.usage, end.extras)}
        return _frame(ending) + _frame({"type": "message_stop"})


def _frame(event: dict[str, Any]) -> bytes:
    return encode_event(event["type"], encode_ascii(event))
