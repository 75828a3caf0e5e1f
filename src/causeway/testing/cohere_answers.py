"""A chat's answer as Cohere writes it: one object, or the events of its stream."""

from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.model.content import Citation
from causeway.model.response import FinishReason
from causeway.testing.dialect import (
    DONE,
    Rendered,
    call_arguments,
    count_usage,
    finish_reason_of,
    render_stream,
    render_whole,
)
from causeway.testing.question import Question
from causeway.testing.replies import Answer
from causeway.testing.tokens import logprob_of, split_text, split_tokens, token_id

_FINISH_REASONS = {
    FinishReason.COMPLETE: "COMPLETE",
    FinishReason.STOP_SEQUENCE: "STOP_SEQUENCE",
    FinishReason.MAX_TOKENS: "MAX_TOKENS",
    FinishReason.TOOL_CALL: "TOOL_CALL",
    FinishReason.ERROR: "ERROR",
    FinishReason.TIMEOUT: "TIMEOUT",
    FinishReason.CONTENT_FILTER: "ERROR",
}
_EMPTY_MESSAGE = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}


def uuid_of(number: int) -> str:
    """Return the id of what answers the request of this number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def write_whole(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the answer as one object; what there is none of is left out."""
    message: dict[str, Any] = {"role": "assistant"}
    content = [
        {"type": kind, kind: text}
        for kind, text in (("thinking", answer.thinking), ("text", _content_text(answer)))
        if text is not None
    ]
    if content:
        message["content"] = content
    if answer.tool_calls:
        if answer.text is not None:
            message["tool_plan"] = answer.text
        message["tool_calls"] = [
            {**head, "function": {**head["function"], "arguments": arguments}}
            for head, arguments in _calls(answer, number)
        ]
    if citations := _citations(answer, question):
        message["citations"] = [_citation(citation) for citation in citations]
    body: dict[str, Any] = {
        "id": uuid_of(number),
        "message": message,
        "finish_reason": _FINISH_REASONS[finish_reason_of(answer)],
        "usage": _usage(answer, question),
    }
    if question.wants_logprobs:
        body["logprobs"] = [_logprobs(token) for token in split_tokens(answer.text or "")]
    return render_whole(body, **_trace(number))


def write_stream(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the events of the answer, and `[DONE]`."""
    failure = {
        "finish_reason": "ERROR",
        "usage": {},
        "error": "the stream broke off",
        "error_type": "INTERNAL_ERROR",
    }
    stream = render_stream(
        [*(_frame(event) for event in _events(answer, question, number)), DONE],
        answer,
        error_frames=[_frame({"type": "message-end", "delta": failure}), DONE],
        content_type="text/event-stream",
    )
    return msgspec.structs.replace(stream, headers=_trace(number))


def _events(answer: Answer, question: Question, number: int) -> Iterator[dict[str, Any]]:
    yield {"id": uuid_of(number), "type": "message-start", "delta": {"message": _EMPTY_MESSAGE}}
    index = 0
    if answer.thinking is not None:
        yield _event("content-start", {"content": {"type": "thinking", "thinking": ""}}, index)
        for piece in split_text(answer.thinking, answer.delta_characters):
            yield _event("content-delta", {"content": {"thinking": piece}}, index)
        yield _event("content-end", None, index)
        index += 1
    if answer.tool_calls:
        yield from _tool_call_events(answer, number)
    elif answer.text is not None:
        yield _event("content-start", {"content": {"type": "text", "text": ""}}, index)
        yield from _text_events(answer, question, index)
        yield _event("content-end", None, index)
    yield {
        "type": "message-end",
        "delta": {
            "finish_reason": _FINISH_REASONS[finish_reason_of(answer)],
            "usage": _usage(answer, question),
        },
    }


def _text_events(answer: Answer, question: Question, index: int) -> Iterator[dict[str, Any]]:
    """Yield the text, with a citation where its span is complete, or all of them after it."""
    waiting = list(enumerate(_citations(answer, question)))
    length = 0
    for piece in split_text(answer.text or "", answer.delta_characters):
        length += len(piece)
        event = _event("content-delta", {"content": {"text": piece}}, index)
        if question.wants_logprobs:
            event["logprobs"] = _logprobs(piece)
        yield event
        while question.citation_mode == "between" and waiting and waiting[0][1].end <= length:
            yield from _citation_events(*waiting.pop(0))
    for number, citation in waiting:
        yield from _citation_events(number, citation)


def _citation_events(number: int, citation: Citation) -> Iterator[dict[str, Any]]:
    yield _event("citation-start", {"citations": _citation(citation)}, number)
    yield _event("citation-end", None, number)


def _tool_call_events(answer: Answer, number: int) -> Iterator[dict[str, Any]]:
    for piece in split_text(answer.text or "", answer.delta_characters):
        yield _event("tool-plan-delta", {"tool_plan": piece})
    for index, (head, arguments) in enumerate(_calls(answer, number)):
        yield _event("tool-call-start", {"tool_calls": head}, index)
        for piece in split_text(arguments, answer.delta_characters):
            yield _event("tool-call-delta", {"tool_calls": {"function": {"arguments": piece}}}, index)
        yield _event("tool-call-end", None, index)


def _event(kind: str, message: dict[str, Any] | None, index: int | None = None) -> dict[str, Any]:
    event: dict[str, Any] = {"type": kind}
    if index is not None:
        event["index"] = index
    if message is not None:
        event["delta"] = {"message": message}
    return event


def _content_text(answer: Answer) -> str | None:
    """Return the text where it is content: beside tool calls it is their plan."""
    return None if answer.tool_calls else answer.text


def _citations(answer: Answer, question: Question) -> tuple[Citation, ...]:
    return () if question.citation_mode == "none" else answer.citations


def _citation(citation: Citation) -> dict[str, Any]:
    shown = {"document": "document", "tool": "tool_output"}
    return {
        "start": citation.start,
        "end": citation.end,
        "text": citation.text,
        "sources": [
            {"type": source.kind, "id": source.id, shown[source.kind]: source.data}
            for source in citation.sources
        ],
        "type": "TEXT_CONTENT",
    }


def _calls(answer: Answer, number: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the head of each tool call, and its arguments."""
    for index, call in enumerate(answer.tool_calls):
        head = {
            "id": call.id or f"{call.name}_{number:08d}{index:04d}",
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield head, call_arguments(call.arguments)


def _usage(answer: Answer, question: Question) -> dict[str, Any]:
    usage = count_usage(answer, question)
    shown: dict[str, Any] = {
        "billed_units": {
            "input_tokens": usage.billed_input_tokens or usage.input_tokens,
            "output_tokens": usage.billed_output_tokens or usage.output_tokens,
        },
        "tokens": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens},
    }
    if usage.cached_tokens is not None:
        shown["cached_tokens"] = usage.cached_tokens
    return shown


def _logprobs(text: str) -> dict[str, Any]:
    tokens = split_tokens(text)
    return {
        "text": text,
        "token_ids": [token_id(token) for token in tokens],
        "logprobs": [logprob_of(token) for token in tokens],
    }


def _trace(number: int) -> dict[str, str]:
    return {"x-debug-trace-id": f"{number:032x}"}


def _frame(event: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event))
