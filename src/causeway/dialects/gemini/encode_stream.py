"""Canonical events as the pieces of a streamed answer, each of which is a whole GenerateContentResponse.

They come as server-sent events, or as the items of one JSON array. A stream that fails ends with an object
that has an `error`, which Google's SDK raises.
"""

from typing import Any

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.gemini.answer_extras import own_fields
from causeway.dialects.gemini.encode_contents import content_part
from causeway.dialects.gemini.encode_error import encode_failure
from causeway.dialects.gemini.encode_grounding import SaidText
from causeway.dialects.gemini.encode_response import (
    candidate_fields,
    encode_call,
    encode_end,
    encode_logprobs,
    encode_usage,
    is_json_object,
    root_fields,
)
from causeway.dialects.gemini.seals import sealed_members
from causeway.dialects.gemini.timestamps import timestamp
from causeway.model.content import Citation, Seal
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
from causeway.wire.ascii_json import encode_ascii

_TEXT = b'{"candidates":[{"content":{"parts":[{"text":%b}],"role":"model"},"index":0}]'
_THOUGHT = b'{"candidates":[{"content":{"parts":[{"text":%b,"thought":true}],"role":"model"},"index":0}]'


class PieceEncoder(StreamEncoder):
    """The frames of one streamed answer; those that are no server-sent events are parts of an array."""

    def __init__(self, provenance: Provenance, *, is_sse: bool) -> None:
        self._order = EventOrder()
        self._model = provenance.model
        self._is_sse = is_sse
        self._before = b"data: " if is_sse else b"["
        self._envelope: dict[str, Any] = {}
        self._tail = b""
        self._said = SaidText()
        self._has_plan = False
        self._is_thinking = False
        self._citations: list[Citation] = []
        self._call: ToolCallStart | None = None
        self._arguments: list[str] = []
        self._held: list[dict[str, Any]] = []

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        if type(event) is TextDelta and event.logprobs is None:  # nearly every event of a stream
            return self._text(event.text)
        match event:
            case TextDelta(text=text, logprobs=logprobs):
                self._said.add(text)
                members = {} if logprobs is None else {"logprobsResult": encode_logprobs([logprobs], {})}
                return self._piece({"text": text}, members)
            case ThinkingDelta(thinking=thinking):
                return self._frame(_THOUGHT % encode_ascii(thinking) + self._tail)
            case PlanDelta(text=text):
                if not self._has_plan:
                    self._has_plan = True
                    self._said.open_block(None)
                return self._text(text)
            case ContentStart(index=index, kind=kind):
                self._is_thinking = kind == "thinking"
                if not self._is_thinking:
                    self._said.open_block(index)
            case ContentEnd(seal=seal):
                if members := sealed_members(seal):
                    thought = {"thought": True} if self._is_thinking else {}
                    return self._piece({"text": "", **thought, **members})
            case OpaqueAdded(block=block):
                if block.dialect == "gemini":
                    return self._piece(content_part(block))
            case ToolCallStart():
                self._call = event
                self._arguments.clear()
            case ToolCallDelta(arguments=arguments):
                self._arguments.append(arguments)
            case ToolCallEnd(seal=seal):
                return self._end_call(seal)
            case CitationAdded(citation=citation):
                self._citations.append(citation)
            case MessageStart():
                self._envelope = _envelope(event, self._model)
                self._tail = b"," + encode_ascii(self._envelope)[1:]
            case MessageEnd():
                return self._end(event)
        return b""

    def _end_call(self, seal: Seal | None) -> bytes:
        """Return a call's piece; one whose arguments are no JSON object is told only if nothing broke off."""
        call, arguments = self._call, "".join(self._arguments)
        if call is None or not call.name:
            return b""
        part = encode_call(call.id, call.name, arguments, seal)
        if is_json_object(arguments):
            return self._piece(part)
        self._held.append(part)
        return b""

    def _text(self, text: str) -> bytes:
        self._said.add(text)
        return self._frame(_TEXT % encode_ascii(text) + self._tail)

    def _piece(self, part: dict[str, Any], members: dict[str, Any] | None = None) -> bytes:
        content = {"parts": [part], "role": "model"}
        candidate = {"content": content, "index": 0, **(members or {})}
        return self._frame(encode_ascii({"candidates": [candidate], **self._envelope}))

    def _end(self, end: MessageEnd) -> bytes:
        failure = encode_failure(end.finish_reason, end.failure)
        if failure is not None:
            frame = self._frame(failure)
        else:
            fields = own_fields(end.extras)
            candidate = {
                "content": {"parts": [*self._held, {"text": ""}], "role": "model"},
                **encode_end(end.finish_reason, self._citations, self._said, fields),
                **candidate_fields(fields),
            }
            body = {
                "candidates": [candidate],
                "usageMetadata": encode_usage(end.usage, fields),
                **self._envelope,
            }
            frame = self._frame(encode_ascii(body | root_fields(fields, [candidate])))
        return frame if self._is_sse else frame + b"]"

    def _frame(self, piece: bytes) -> bytes:
        if self._is_sse:
            return b"data: %b\n\n" % piece
        frame = self._before + piece
        self._before = b",\n"
        return frame


def _envelope(start: MessageStart, model: str) -> dict[str, Any]:
    envelope: dict[str, Any] = {"modelVersion": start.model or model, "responseId": start.id}
    if start.created is not None:
        envelope["createTime"] = timestamp(start.created)
    return envelope
