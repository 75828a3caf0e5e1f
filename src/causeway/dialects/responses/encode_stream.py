"""Canonical events as the events of a streamed response.

Each has its type, in the frame and in the data, and a `sequence_number` from 0. The stream ends with the
whole response and without `[DONE]`. A stream that fails ends with `response.failed`.

An item's id is said when it begins, when nobody knows yet the one that its provider gave it: items that
are told in pieces keep the one that they began with, since OpenAI's SDK refuses a change. For the same reason
every block of text is a message of its own, whether or not it was a part of a longer one.
"""

from typing import Any

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.extra_fields import answer_fields, chunk_fields
from causeway.dialects.responses.encode_items import encode_call, encode_message, encode_part, own_item
from causeway.dialects.responses.encode_output import (
    call_members,
    encode_block,
    encode_reasoning,
    invented_item_id,
    message_members,
)
from causeway.dialects.responses.encode_response import encode_response_object
from causeway.dialects.responses.encode_spans import (
    encode_annotations,
    encode_logprobs,
    encode_plain_citations,
)
from causeway.dialects.responses.own_item_events import beginning_of, events_of
from causeway.dialects.responses.response_fields import encode_echo, encode_ending, encode_usage, own_fields
from causeway.model.content import Citation, Seal, TextBlock, ThinkingBlock, ToolCall
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
from causeway.model.response import TokenLogprobs
from causeway.wire.ascii_json import encode_ascii

Item = dict[str, Any]

_PLAN = -1  # stands for the index of the plan, which is no content block
_DELTA_HEAD = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
_END_TYPES = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "failed": "response.failed",
}


class EventEncoder(StreamEncoder):
    """The frames of one streamed answer to `request`."""

    def __init__(self, request: ChatRequest, provenance: Provenance, *, is_unified: bool) -> None:
        self._order = EventOrder()
        self._provenance = provenance
        self._is_unified = is_unified
        self._extra = b',"extra_fields":' + encode_ascii(chunk_fields(provenance)) if is_unified else b""
        self._echo = encode_echo(request)
        self._start = MessageStart("")
        self._sequence = 0
        self._output: list[Item] = []
        self._item_id = ""
        self._open_text: int | None = None  # the content index of the open message
        self._texts: dict[int, int] = {}  # where in the output the messages stand, by their content index
        self._is_plan = False
        self._pieces: list[str] = []
        self._logprobs: list[TokenLogprobs] = []
        self._citations: list[Citation] = []
        self._delta_members = b""
        self._call = ToolCallStart(0, "", "")

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        if type(event) is TextDelta:  # nearly every event of a stream
            return self._encode_text(event.text, event.logprobs)
        if self._is_plan and not isinstance(event, PlanDelta | CitationAdded):
            return self._end_text(None) + self._encode_other(event)
        return self._encode_other(event)

    def _encode_other(self, event: Event) -> bytes:
        match event:
            case MessageStart():
                self._start = event
                return self._response_event("response.created") + self._response_event("response.in_progress")
            case ContentStart(index=index, kind="text"):
                return self._begin_text(index)
            case ContentStart():
                self._pieces, self._item_id = [], ""
                return b""
            case ThinkingDelta(thinking=thinking):
                return self._encode_thinking(thinking)
            case ContentEnd(seal=seal):
                return self._end_thinking(seal) if self._open_text is None else self._end_text(seal)
            case PlanDelta(text=text):
                begin = b"" if self._is_plan else self._begin_text(_PLAN)
                self._is_plan = True
                return begin + self._encode_text(text, None)
            case ToolCallStart():
                return self._begin_call(event)
            case ToolCallDelta(arguments=arguments):
                self._pieces.append(arguments)
                return self._item_event("response.function_call_arguments.delta", {"delta": arguments})
            case ToolCallEnd(seal=seal):
                return self._end_call(seal)
            case CitationAdded(citation=citation):
                return self._encode_citation(citation)
            case OpaqueAdded(block=block):
                return b"" if (item := encode_block(block, "", 0)) is None else self._encode_own_item(item)
            case MessageEnd():
                return self._end(event)
        raise AssertionError(f"{type(event).__name__} is no event of a stream")

    def _begin_text(self, index: int) -> bytes:
        self._pieces, self._logprobs, self._citations = [], [], []
        self._item_id, self._open_text = self._invented_id("message"), index
        self._texts[index] = len(self._output)
        item = {"id": self._item_id, "type": "message", "status": "in_progress", "role": "assistant"}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        self._delta_members = b',"item_id":%b,"output_index":%d,"content_index":0,"delta":' % (
            encode_ascii(self._item_id),
            len(self._output),
        )
        return self._added({**item, "content": []}) + self._part_event(
            "response.content_part.added", {"part": part}
        )

    def _encode_text(self, text: str, logprobs: TokenLogprobs | None) -> bytes:
        self._pieces.append(text)
        told = b"[]"
        if logprobs is not None:
            self._logprobs.append(logprobs)
            told = encode_ascii(encode_logprobs([logprobs]))
        frame = b'%b"sequence_number":%d%b%b,"logprobs":%b%b}\n\n' % (
            _DELTA_HEAD,
            self._sequence,
            self._delta_members,
            encode_ascii(text),
            told,
            self._extra,
        )
        self._sequence += 1
        return frame

    def _encode_citation(self, citation: Citation) -> bytes:
        """Return the events of a citation, which may be of a message that is over."""
        index = self._cited_text(citation)
        if index is None:
            return b""
        output_index = self._texts[index]
        annotations = encode_annotations([citation])
        if index == self._open_text:
            count, item_id = len(encode_annotations(self._citations)), self._item_id
            self._citations.append(citation)
        else:
            item = self._output[output_index]
            part, item_id = item["content"][0], item["id"]
            told = part.setdefault("annotations", [])
            count = len(told)
            told += annotations
            if plain := encode_plain_citations([citation]):
                part.setdefault("citations", []).extend(plain)
        place = {"item_id": item_id, "output_index": output_index, "content_index": 0}
        return b"".join(
            self._frame(
                "response.output_text.annotation.added",
                {**place, "annotation_index": count + offset, "annotation": annotation},
            )
            for offset, annotation in enumerate(annotations)
        )

    def _cited_text(self, citation: Citation) -> int | None:
        """Return the index of the message that is cited, none where there is none of it."""
        index = citation.content_index
        match citation.target:
            case "thinking":
                return None
            case "plan":
                index = _PLAN
            case _ if index is None:
                index = min((known for known in self._texts if known != _PLAN), default=None)
        return index if index in self._texts else None

    def _end_text(self, seal: Seal | None) -> bytes:
        block = TextBlock("".join(self._pieces), seal)
        part = encode_part(block, self._citations, self._logprobs)
        members = {"status": "completed", **message_members(block, self._item_id), "id": self._item_id}
        frames = b""
        if part["type"] == "refusal":
            frames += self._part_event("response.refusal.done", {"refusal": block.text})
        else:
            done = {"text": block.text, "logprobs": part.get("logprobs", [])}
            frames += self._part_event("response.output_text.done", done)
        frames += self._part_event("response.content_part.done", {"part": part})
        self._is_plan, self._open_text = False, None
        return frames + self._done(encode_message(members, [part]))

    def _encode_thinking(self, thinking: str) -> bytes:
        self._pieces.append(thinking)
        frames = b""
        if not self._item_id:
            self._item_id = self._invented_id("reasoning")
            frames = self._added(encode_reasoning("", self._item_id)) + self._summary_event(
                "response.reasoning_summary_part.added", {"part": {"type": "summary_text", "text": ""}}
            )
        return frames + self._summary_event("response.reasoning_summary_text.delta", {"delta": thinking})

    def _end_thinking(self, seal: Seal | None) -> bytes:
        block = ThinkingBlock("".join(self._pieces), seal)
        if not self._item_id:  # the item is not told in pieces, and has the id that it came with
            item = encode_block(block, self._start.id, len(self._output)) or {}
            return self._added(item) + self._done(item)
        text = block.thinking
        frames = self._summary_event("response.reasoning_summary_text.done", {"text": text})
        frames += self._summary_event(
            "response.reasoning_summary_part.done", {"part": {"type": "summary_text", "text": text}}
        )
        item = own_item(block) or encode_reasoning(text, "")
        return frames + self._done({**item, "id": self._item_id})

    def _begin_call(self, start: ToolCallStart) -> bytes:
        self._pieces, self._call = [], start
        self._item_id = self._invented_id("function_call")
        item = {"id": self._item_id, "type": "function_call", "status": "in_progress", "arguments": ""}
        return self._added({**item, "call_id": start.id, "name": start.name})

    def _end_call(self, seal: Seal | None) -> bytes:
        call = ToolCall(self._call.id, self._call.name, "".join(self._pieces), seal)
        members = {**(own_item(call) or call_members(self._item_id)), "id": self._item_id}
        frames = self._item_event(
            "response.function_call_arguments.done", {"name": call.name, "arguments": call.arguments}
        )
        return frames + self._done(encode_call(call, members))

    def _encode_own_item(self, item: Item) -> bytes:
        id = item.get("id")
        self._item_id = id if isinstance(id, str) else ""
        frames = [self._added(beginning_of(item))]
        frames += [self._item_event(type, members) for type, members in events_of(item)]
        return b"".join(frames) + self._done(item)

    def _end(self, end: MessageEnd) -> bytes:
        usage = encode_usage(end.usage, is_own=bool(own_fields(end.extras)))
        ending = encode_ending(end.finish_reason, end.failure) | {"usage": usage}
        response = self._response_object(ending, end)
        if self._is_unified:
            response["extra_fields"] = answer_fields(self._provenance)
        status = _END_TYPES[ending["status"]]
        return self._frame(status, {"response": response})

    def _response_event(self, type: str) -> bytes:
        ending = {"status": "in_progress", "error": None, "incomplete_details": None, "usage": None}
        return self._frame(type, {"response": self._response_object(ending, None)})

    def _response_object(self, ending: dict[str, Any], end: MessageEnd | None) -> dict[str, Any]:
        return encode_response_object(
            self._start.id,
            self._start.created,
            self._start.model or self._provenance.model,
            self._output,
            ending,
            self._echo,
            None if end is None else end.extras,
        )

    def _invented_id(self, kind: str) -> str:
        return invented_item_id(kind, self._start.id, len(self._output))

    def _added(self, item: Item) -> bytes:
        return self._frame("response.output_item.added", {"output_index": len(self._output), "item": item})

    def _done(self, item: Item) -> bytes:
        frame = self._frame("response.output_item.done", {"output_index": len(self._output), "item": item})
        self._output.append(item)
        self._item_id = ""
        return frame

    def _item_event(self, type: str, members: dict[str, Any]) -> bytes:
        place = {"item_id": self._item_id, "output_index": len(self._output)}
        return self._frame(type, place | members)

    def _part_event(self, type: str, members: dict[str, Any]) -> bytes:
        return self._item_event(type, {"content_index": 0} | members)

    def _summary_event(self, type: str, members: dict[str, Any]) -> bytes:
        return self._item_event(type, {"summary_index": 0} | members)

    def _frame(self, type: str, members: dict[str, Any]) -> bytes:
        data = encode_ascii({"type": type, "sequence_number": self._sequence, **members})
        self._sequence += 1
        if self._is_unified:
            data = data[:-1] + self._extra + b"}"
        return b"event: %b\ndata: %b\n\n" % (type.encode(), data)
