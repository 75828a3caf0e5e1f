"""Canonical events as the chunks of a streamed chat completion.

`choices[0].index` is always 0 and the role is said once. A stream that fails ends with an error frame and
without `[DONE]`: OpenAI's SDK raises at the error, and to one that reads on the missing mark says that
the answer is not whole.
"""

from typing import Any

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.encode_citations import Spans, encode_citations
from causeway.dialects.openai.encode_error import encode_broken_stream, encode_failure
from causeway.dialects.openai.encode_logprobs import encode_logprobs
from causeway.dialects.openai.encode_response import FINISH_REASONS, encode_usage, reasoning_names
from causeway.dialects.openai.extra_fields import chunk_fields
from causeway.dialects.openai.extras_paths import own_fields, write_fields
from causeway.model.events import (
    CitationAdded,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStart,
)
from causeway.model.order import EventOrder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import TokenLogprobs
from causeway.wire.ascii_json import encode_ascii

DONE = b"data: [DONE]\n\n"


class ChunkEncoder(StreamEncoder):
    """The frames of one streamed answer to `request`."""

    def __init__(self, request: ChatRequest, provenance: Provenance, *, is_unified: bool) -> None:
        self._order = EventOrder()
        self._spans = Spans()
        self._model = provenance.model
        self._wants_usage = request.wants_stream_usage
        self._reasoning_names = reasoning_names({}, is_unified=is_unified)
        self._extra_fields = chunk_fields(provenance) if is_unified else None
        self._tool_calls = 0
        self._listed = dict.fromkeys(("annotations", "citations"), 0)
        self._chunks = 0
        # What is the same in every chunk, before and after its choices.
        self._head = b""
        self._members = b',"usage":null' if request.wants_stream_usage else b""
        self._tail = b""
        if self._extra_fields is not None:
            self._tail = b',"extra_fields":' + encode_ascii(self._extra_fields)[:-1] + b',"chunk_index":'

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        if type(event) is TextDelta and event.logprobs is None:  # nearly every event of a stream
            return self._text_chunk(event.text)
        match event:
            case TextDelta(text=text, logprobs=TokenLogprobs() as logprobs):
                self._spans.lengthen("text", text)
                return self._chunk({"content": text}, logprobs=encode_logprobs([logprobs]))
            case ThinkingDelta(thinking=thinking):
                self._spans.lengthen("thinking", thinking)
                return self._chunk(dict.fromkeys(self._reasoning_names, thinking))
            case PlanDelta(text=text):
                return self._text_chunk(text)
            case ContentStart(index=index, kind=kind):
                self._spans.open_block(index, kind)
                return b""
            case ToolCallStart(index=index, id=id, name=name):
                self._tool_calls = index + 1
                function = {"name": name, "arguments": ""}
                call = {"index": index, "id": id, "type": "function", "function": function}
                return self._chunk({"tool_calls": [call]})
            case ToolCallDelta(index=index, arguments=arguments):
                return self._chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]})
            case CitationAdded(citation=citation):
                return self._chunk(self._numbered(encode_citations([citation], self._spans)))
            case MessageStart():
                self._head = self._encode_head(event)
                return self._chunk({"role": "assistant", "content": ""})
            case MessageEnd():
                return self._end(event)
            case _:
                return b""

    def _encode_head(self, start: MessageStart) -> bytes:
        envelope = {
            "id": start.id,
            "object": "chat.completion.chunk",
            "created": start.created or 0,
            "model": start.model or self._model,
        }
        return b"data: " + encode_ascii(envelope)[:-1] + b',"choices":'

    def _text_chunk(self, text: str) -> bytes:
        self._spans.lengthen("text", text)
        choices = b'[{"index":0,"delta":{"content":%b},"logprobs":null,"finish_reason":null}]'
        return self._frame(choices % encode_ascii(text), self._members)

    def _chunk(self, delta: dict[str, Any], *, logprobs: dict[str, Any] | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": None}
        return self._frame(encode_ascii([choice]), self._members)

    def _end(self, end: MessageEnd) -> bytes:
        if failure := encode_failure(end.finish_reason, end.failure):
            return b"data: %b\n\n" % encode_broken_stream(failure, self._extra_fields)
        # What a provider said beyond the canonical answer is known at its end: the last chunks say it.
        calls: list[dict[str, Any]] = [{"index": index} for index in range(self._tool_calls)]
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"tool_calls": calls},
            "logprobs": None,
            "finish_reason": FINISH_REASONS[end.finish_reason],
        }
        body: dict[str, Any] = {"choices": [choice], "usage": encode_usage(end.usage)}
        write_fields(body, own_fields(end.extras))
        delta = choice.pop("message")
        delta["tool_calls"] = [call for call in calls if len(call) > 1]
        if not delta["tool_calls"]:
            del delta["tool_calls"]
        delta = self._numbered(delta)
        usage = encode_ascii(body.pop("usage"))
        del body["choices"]
        members = self._members + (b"," + encode_ascii(body)[1:-1] if body else b"")
        frames = self._frame(encode_ascii([{"index": 0, "delta": delta, **choice}]), members)
        if self._wants_usage:
            frames += self._frame(b"[]", b',"usage":' + usage)
        return frames + DONE

    def _numbered(self, delta: dict[str, Any]) -> dict[str, Any]:
        """Return a delta whose citations say where in their list they stand.

        OpenAI's SDK joins the lists of deltas by that, and raises where it is missing
        (`tests/sdk/test_provider_matrix.py`).
        """
        numbered = dict(delta)
        for name in self._listed.keys() & delta.keys():
            start = self._listed[name]
            numbered[name] = [{**item, "index": start + place} for place, item in enumerate(delta[name])]
            self._listed[name] += len(delta[name])
        return numbered

    def _frame(self, choices: bytes, members: bytes) -> bytes:
        if self._extra_fields is None:
            return b"%b%b%b}\n\n" % (self._head, choices, members)
        frame = b"%b%b%b%b%d}}\n\n" % (self._head, choices, members, self._tail, self._chunks)
        self._chunks += 1
        return frame
