"""Canonical events as the stream of `POST /v1/chat`: one JSON object a line.

Text comes as it is written; the last line repeats the whole answer, and with tool calls the line
before it repeats them. Source of truth: recorded streams of LangChain's ReAct agent.
"""

from collections.abc import Iterator

from causeway.dialects.cohere.v1_chat_response import encode_v1_answer, encode_v1_citation
from causeway.dialects.cohere.v1_chat_schema import (
    WireV1CitationGeneration,
    WireV1FinishReason,
    WireV1StreamEnd,
    WireV1StreamEvent,
    WireV1StreamStart,
    WireV1TextGeneration,
    WireV1ToolCallDelta,
    WireV1ToolCallsChunk,
    WireV1ToolCallsGeneration,
)
from causeway.dialects.faces import StreamEncoder
from causeway.model.events import (
    CitationAdded,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
)
from causeway.model.fold import Fold
from causeway.model.request import ChatRequest
from causeway.wire.ascii_json import encode_ascii

# A stream's end has fewer reasons than a whole answer: one that a stop sequence ended was recorded as
# complete.
_STREAM_REASONS: dict[WireV1FinishReason, WireV1FinishReason] = {
    "STOP_SEQUENCE": "COMPLETE",
    "TIMEOUT": "ERROR",
}


class V1StreamEncoder(StreamEncoder):
    """The lines of one stream that answers `request`."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._fold = Fold()
        self._plan_length = 0

    def encode(self, event: Event) -> bytes:
        """Return the lines of the next event, which may be none; raises IllegalEventOrderError."""
        self._fold.add(event)
        return b"".join(encode_ascii(line) + b"\n" for line in self._lines(event))

    def _lines(self, event: Event) -> Iterator[WireV1StreamEvent]:
        match event:
            case TextDelta(text=text):
                yield WireV1TextGeneration(text=text)
            case MessageStart(id=id):
                yield WireV1StreamStart(generation_id=id)
            case PlanDelta(text=text):
                self._plan_length += len(text)
                yield WireV1ToolCallsChunk(text=text)
            case ToolCallStart(index=index, name=name):
                yield WireV1ToolCallsChunk(tool_call_delta=WireV1ToolCallDelta(index, name=name))
            case ToolCallDelta(index=index, arguments=arguments):
                yield WireV1ToolCallsChunk(tool_call_delta=WireV1ToolCallDelta(index, parameters=arguments))
            case CitationAdded(citation=citation):
                yield WireV1CitationGeneration(citations=[encode_v1_citation(citation, self._plan_length)])
            case MessageEnd():
                yield from self._end()

    def _end(self) -> Iterator[WireV1StreamEvent]:
        answer = encode_v1_answer(self._fold.response(), self._request)
        answer.finish_reason = _STREAM_REASONS.get(answer.finish_reason, answer.finish_reason)
        if answer.tool_calls:
            calls = WireV1ToolCallsGeneration(tool_calls=answer.tool_calls)
            if answer.text:
                calls.text = answer.text
            yield calls
        end = WireV1StreamEnd(response=answer, finish_reason=answer.finish_reason)
        if answer.error is not None:
            end.error = answer.error
        yield end
