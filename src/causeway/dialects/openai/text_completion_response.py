"""A canonical answer as a text completion: whole, and in the chunks of a stream."""

from collections.abc import Sequence
from typing import Any

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.encode_error import encode_broken_stream, encode_failure
from causeway.dialects.openai.encode_logprobs import LOWEST
from causeway.dialects.openai.encode_response import FINISH_REASONS, encode_usage
from causeway.dialects.openai.encode_stream import DONE
from causeway.dialects.openai.extra_fields import answer_fields, chunk_fields
from causeway.dialects.openai.text_completion_request import echoed_prompt
from causeway.model.content import TextBlock
from causeway.model.events import Event, MessageEnd, MessageStart, PlanDelta, TextDelta
from causeway.model.order import EventOrder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason, TokenLogprobs
from causeway.wire.ascii_json import encode_ascii


def encode_text_response(
    response: ChatResponse, request: ChatRequest, provenance: Provenance, *, is_unified: bool
) -> bytes:
    """Return the JSON body of a whole answer: its text and nothing besides."""
    prompt = echoed_prompt(request)
    texts = [block.text for block in response.content if isinstance(block, TextBlock)]
    logprobs = None
    if response.logprobs is not None:
        logprobs = encode_text_logprobs(response.logprobs, len(prompt))
    body: dict[str, Any] = {
        **_envelope(response.id, response.created, response.model or provenance.model),
        "choices": [
            _choice(
                "".join((prompt, response.tool_plan or "", *texts)),
                logprobs,
                _finish_reason(response.finish_reason),
            )
        ],
        "usage": encode_usage(response.usage),
    }
    if failure := encode_failure(response.finish_reason, response.failure):
        body["error"] = failure
    if is_unified:
        body["extra_fields"] = answer_fields(provenance)
    return encode_ascii(body)


def encode_text_logprobs(items: Sequence[TokenLogprobs], offset: int) -> dict[str, Any]:
    """Return the log probabilities in the lists of this API; `offset` is where the first token begins."""
    told = [item for item in items if item.logprobs]
    offsets = []
    for item in told:
        offsets.append(offset)
        offset += len(item.text)
    return {
        "tokens": [item.text for item in told],
        "token_logprobs": [max(sum(item.logprobs), LOWEST) for item in told],
        "top_logprobs": [
            {other.text: max(other.logprob, LOWEST) for other in item.alternatives} for item in told
        ],
        "text_offset": offsets,
    }


class TextChunkEncoder(StreamEncoder):
    """The frames of one streamed text completion of `request`."""

    def __init__(self, request: ChatRequest, provenance: Provenance, *, is_unified: bool) -> None:
        self._order = EventOrder()
        self._provenance = provenance
        self._prompt = echoed_prompt(request)
        self._length = 0
        self._wants_usage = request.wants_stream_usage
        self._extra_fields = chunk_fields(provenance) if is_unified else None
        self._envelope: dict[str, Any] = {}
        self._chunks = 0

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        match event:
            case TextDelta(text=text, logprobs=logprobs):
                return self._text(text, logprobs)
            case PlanDelta(text=text):
                return self._text(text, None)
            case MessageStart(id=id, model=model, created=created):
                self._envelope = _envelope(id, created, model or self._provenance.model)
                return self._text(self._prompt, None) if self._prompt else b""
            case MessageEnd():
                return self._end(event)
        return b""

    def _text(self, text: str, logprobs: TokenLogprobs | None) -> bytes:
        told = None if logprobs is None else encode_text_logprobs([logprobs], self._length)
        self._length += len(text)
        return self._chunk([_choice(text, told, None)])

    def _end(self, end: MessageEnd) -> bytes:
        if failure := encode_failure(end.finish_reason, end.failure):
            return b"data: %b\n\n" % encode_broken_stream(failure, self._extra_fields)
        frames = self._chunk([_choice("", None, _finish_reason(end.finish_reason))])
        if self._wants_usage:
            frames += self._chunk([], encode_usage(end.usage))
        return frames + DONE

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        chunk = {**self._envelope, "choices": choices}
        if self._wants_usage:
            chunk["usage"] = usage
        if self._extra_fields is not None:
            chunk["extra_fields"] = {**self._extra_fields, "chunk_index": self._chunks}
            self._chunks += 1
        return b"data: %b\n\n" % encode_ascii(chunk)


def _envelope(id: str, created: int | None, model: str) -> dict[str, Any]:
    return {"id": id, "object": "text_completion", "created": created or 0, "model": model}


def _choice(text: str, logprobs: dict[str, Any] | None, finish_reason: str | None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": logprobs, "finish_reason": finish_reason}


def _finish_reason(reason: FinishReason) -> str:
    # A text completion calls no tools: one that came uncalled-for is no reason to stop.
    return "stop" if reason is FinishReason.TOOL_CALL else FINISH_REASONS[reason]
