"""A chat's answer as OpenAI writes it: one chat completion, or its chunks.

Reasoning is told in `reasoning_content`, as the servers do that show it; OpenAI itself tells its length
alone.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.model.response import FinishReason
from causeway.testing.dialect import (
    CREATED,
    DONE,
    Rendered,
    call_arguments,
    count_usage,
    finish_reason_of,
    render_stream,
    render_whole,
)
from causeway.testing.question import Question
from causeway.testing.replies import Answer, UsagePlacement
from causeway.testing.tokens import alternatives_of, logprob_of, split_text, split_tokens

_CONTENT_TYPE = "text/event-stream; charset=utf-8"
_FINISH_REASONS = {
    FinishReason.COMPLETE: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.MAX_TOKENS: "length",
    FinishReason.TOOL_CALL: "tool_calls",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.ERROR: "error",
    FinishReason.TIMEOUT: "error",
}
_IN_LAST_CHUNK: tuple[UsagePlacement, ...] = ("last_chunk", "last_and_own_chunk", "every_chunk")
_IN_OWN_CHUNK: tuple[UsagePlacement, ...] = ("own_chunk", "last_and_own_chunk")


def write_whole(answer: Answer, question: Question, number: int) -> Rendered:
    """Return a chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.thinking is not None:
        message["reasoning_content"] = answer.thinking
    if answer.tool_calls:
        message["tool_calls"] = [
            {**head, "function": {**head["function"], "arguments": arguments}}
            for head, arguments in _calls(answer, number)
        ]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": _logprobs(split_tokens(answer.text or ""), question),
        "finish_reason": _FINISH_REASONS[finish_reason_of(answer)],
    }
    return render_whole(
        {
            "id": _id(number),
            "object": "chat.completion",
            "created": CREATED,
            "model": question.model,
            "choices": [choice],
            "usage": _usage(answer, question),
            "system_fingerprint": None,
        }
    )


def write_stream(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the chunks of a chat completion, and `[DONE]`."""
    error = {"message": "The stream broke off.", "type": "server_error", "param": None, "code": None}
    return render_stream(
        [*_frames(answer, question, number), DONE],
        answer,
        error_frames=[_frame({"error": error})],
        content_type=_CONTENT_TYPE,
    )


def _frames(answer: Answer, question: Question, number: int) -> Iterator[bytes]:
    placement = answer.usage_placement
    if placement == "as_asked":
        placement = "own_chunk" if question.wants_stream_usage else "missing"
    usage = _usage(answer, question)
    chunk: dict[str, Any] = {
        "id": _id(number),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": question.model,
        "system_fingerprint": None,
    }
    ends = _FINISH_REASONS[finish_reason_of(answer)]
    deltas = [({"role": "assistant", "content": None if answer.tool_calls else "", "refusal": None}, None)]
    deltas += _deltas(answer, question, number)
    for delta, logprobs in [*deltas, ({}, None)]:
        is_last = not delta
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": ends if is_last else None,
        }
        body = {**chunk, "choices": [choice]}
        if placement == "every_chunk" or (is_last and placement in _IN_LAST_CHUNK):
            body["usage"] = usage
        elif question.wants_stream_usage:
            body["usage"] = None
        yield _frame(body)
    if placement in _IN_OWN_CHUNK:
        yield _frame({**chunk, "choices": [], "usage": usage})


def _deltas(answer: Answer, question: Question, number: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield what is between the first chunk and the last, each with its log probabilities."""
    for piece in split_text(answer.thinking or "", answer.delta_characters):
        yield {"reasoning_content": piece}, None
    for piece in split_text(answer.text or "", answer.delta_characters):
        yield {"content": piece}, _logprobs([piece], question)
    for index, (head, arguments) in enumerate(_calls(answer, number)):
        yield {"tool_calls": [{"index": index, **head}]}, None
        for piece in split_text(arguments, answer.delta_characters):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, None


def _calls(answer: Answer, number: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the head of each tool call, and its arguments."""
    for index, call in enumerate(answer.tool_calls):
        head = {
            "id": call.id or f"call_{number:016d}{index:08d}",
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield head, call_arguments(call.arguments)


def _logprobs(tokens: list[str], question: Question) -> dict[str, Any] | None:
    if not question.wants_logprobs:
        return None
    content = [
        {
            **_logprob(token, logprob_of(token)),
            "top_logprobs": [_logprob(*other) for other in alternatives_of(token, question.top_logprobs)],
        }
        for token in tokens
    ]
    return {"content": content, "refusal": None}


def _logprob(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def _usage(answer: Answer, question: Question) -> dict[str, Any]:
    usage = count_usage(answer, question)
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
    }


def _id(number: int) -> str:
    return f"chatcmpl-{number:024d}"


def _frame(body: Any) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(body)
