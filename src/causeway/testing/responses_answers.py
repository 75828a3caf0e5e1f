"""A chat's answer as OpenAI's Responses write it: one response, or the events of its stream."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.response import FinishReason
from causeway.testing.dialect import (
    CREATED,
    Rendered,
    call_arguments,
    count_usage,
    finish_reason_of,
    render_stream,
    render_whole,
)
from causeway.testing.question import Question
from causeway.testing.replies import Answer, Call
from causeway.testing.responses_items import encrypt
from causeway.testing.tokens import alternatives_of, logprob_of, split_text, split_tokens

_CONTENT_TYPE = "text/event-stream; charset=utf-8"
_INCOMPLETE = {
    FinishReason.MAX_TOKENS: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}
_FAILURES = {
    FinishReason.ERROR: {"code": "server_error", "message": "The answer failed."},
    FinishReason.TIMEOUT: {"code": "server_error", "message": "The answer took too long."},
}
_BREAK = {"code": "server_error", "message": "The stream broke off."}
_ANNOTATIONS = ("url_citation", "file_citation", "container_file_citation", "file_path")


class Details(Struct, frozen=True):
    """What an answer needs of its request: `settings` are repeated in the response as they stand."""

    settings: dict[str, Any]
    is_summary_shown: bool
    is_reasoning_encrypted: bool


def write_whole(answer: Answer, question: Question, number: int) -> Rendered:
    """Return a response."""
    return render_whole(response_of(answer, question, number))


def write_stream(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the events of a response."""
    unfinished = _unfinished(question, number)
    failed = unfinished | {"status": "failed", "error": _BREAK}
    error = {"type": "server_error", "param": None, **_BREAK}
    return render_stream(
        _frames(_events(answer, question, number)),
        answer,
        error_frames=_frames(
            [{"type": "error", "error": error}, {"type": "response.failed", "response": failed}],
            first_number=answer.error_after_events or 0,
        ),
        content_type=_CONTENT_TYPE,
    )


def response_of(answer: Answer, question: Question, number: int) -> dict[str, Any]:
    """Return the response that an answer comes to."""
    finish_reason = finish_reason_of(answer)
    reason = _INCOMPLETE.get(finish_reason)
    failure = _FAILURES.get(finish_reason)
    status = "failed" if failure else "incomplete" if reason else "completed"
    usage = count_usage(answer, question)
    input_details = {"cached_tokens": usage.cached_tokens or 0}
    if usage.cache_write_tokens is not None:
        input_details["cache_write_tokens"] = usage.cache_write_tokens
    return _unfinished(question, number) | {
        "status": status,
        "completed_at": CREATED if status == "completed" else None,
        "error": failure,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": [item for item, _ in _items(answer, question, number)],
        "usage": {
            "input_tokens": usage.input_tokens,
            "input_tokens_details": input_details,
            "output_tokens": usage.output_tokens,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
    }


def _events(answer: Answer, question: Question, number: int) -> Iterator[dict[str, Any]]:
    unfinished = _unfinished(question, number)
    yield {"type": "response.created", "response": unfinished}
    yield {"type": "response.in_progress", "response": unfinished}
    for index, (item, opening) in enumerate(_items(answer, question, number)):
        yield {"type": "response.output_item.added", "output_index": index, "item": opening}
        place = {"item_id": item["id"], "output_index": index}
        match item["type"]:
            case "reasoning":
                yield from _summary_events(item, answer, place)
            case "message":
                yield from _text_events(item, answer, question, place)
            case "function_call":
                yield from _call_events(item, answer, place)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    response = response_of(answer, question, number)
    yield {"type": f"response.{response['status']}", "response": response}


def _summary_events(item: dict[str, Any], answer: Answer, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = "response.reasoning_summary"
    for index, part in enumerate(item["summary"]):
        here = {**place, "summary_index": index}
        yield {"type": f"{kind}_part.added", **here, "part": part | {"text": ""}}
        for piece in split_text(part["text"], answer.delta_characters):
            yield {"type": f"{kind}_text.delta", **here, "delta": piece}
        yield {"type": f"{kind}_text.done", **here, "text": part["text"]}
        yield {"type": f"{kind}_part.done", **here, "part": part}


def _text_events(
    item: dict[str, Any], answer: Answer, question: Question, place: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for index, part in enumerate(item["content"]):
        here = {**place, "content_index": index}
        empty = part | {"text": "", "annotations": [], "logprobs": []}
        yield {"type": "response.content_part.added", **here, "part": empty}
        for piece in split_text(part["text"], answer.delta_characters):
            logprobs = _logprobs([piece], question)
            yield {"type": "response.output_text.delta", **here, "delta": piece, "logprobs": logprobs}
        for number, annotation in enumerate(part["annotations"]):
            yield {
                "type": "response.output_text.annotation.added",
                **here,
                "annotation_index": number,
                "annotation": annotation,
            }
        done = {"text": part["text"], "logprobs": part["logprobs"]}
        yield {"type": "response.output_text.done", **here, **done}
        yield {"type": "response.content_part.done", **here, "part": part}


def _call_events(item: dict[str, Any], answer: Answer, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = "response.function_call_arguments"
    for piece in split_text(item["arguments"], answer.delta_characters):
        yield {"type": f"{kind}.delta", **place, "delta": piece}
    yield {"type": f"{kind}.done", **place, "arguments": item["arguments"]}


def _items(
    answer: Answer, question: Question, number: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each item of the output, and as it is when its stream begins."""
    if answer.thinking is not None:
        item = _reasoning(answer.thinking, question, number)
        yield item, item | {"summary": []}
    if answer.text:
        status = "incomplete" if finish_reason_of(answer) in _INCOMPLETE else "completed"
        part = {
            "type": "output_text",
            "text": answer.text,
            "annotations": _annotations(answer),
            "logprobs": _logprobs(split_tokens(answer.text), question),
        }
        item = {
            "id": f"msg_{number:024d}",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [part],
        }
        yield item, item | {"status": "in_progress", "content": []}
    for index, call in enumerate(answer.tool_calls):
        item = _function_call(call, number, index)
        yield item, item | {"status": "in_progress", "arguments": ""}


def _reasoning(thinking: str, question: Question, number: int) -> dict[str, Any]:
    """Return what was thought, as far as the request wants to see it."""
    details: Details = question.details
    item: dict[str, Any] = {"id": f"rs_{number:024d}", "type": "reasoning", "summary": []}
    if details.is_summary_shown:
        item["summary"] = [{"type": "summary_text", "text": thinking}]
    if details.is_reasoning_encrypted:
        item["encrypted_content"] = encrypt(thinking)
    return item


def _function_call(call: Call, number: int, index: int) -> dict[str, Any]:
    return {
        "id": f"fc_{number:016d}{index:08d}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.id or f"call_{number:016d}{index:08d}",
        "name": call.name,
        "arguments": call_arguments(call.arguments),
    }


def _annotations(answer: Answer) -> list[dict[str, Any]]:
    """Return the sources that are annotations of OpenAI's; it has none for what a request brings."""
    sources = [source for citation in answer.citations for source in citation.sources]
    return [source.data for source in sources if source.data.get("type") in _ANNOTATIONS]


def _logprobs(tokens: list[str], question: Question) -> list[dict[str, Any]]:
    if not question.wants_logprobs:
        return []
    return [
        {
            **_logprob(token, logprob_of(token)),
            "top_logprobs": [_logprob(*other) for other in alternatives_of(token, question.top_logprobs)],
        }
        for token in tokens
    ]


def _logprob(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def _unfinished(question: Question, number: int) -> dict[str, Any]:
    """Return the response as it is when it begins."""
    details: Details = question.details
    return {
        "id": f"resp_{number:024d}",
        "object": "response",
        "created_at": CREATED,
        "status": "in_progress",
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
        **details.settings,
    }


def _frames(events: Any, first_number: int = 0) -> Iterator[bytes]:
    for number, event in enumerate(events, first_number):
        body = msgspec.json.encode({**event, "sequence_number": number})
        yield b"event: %b\ndata: %b\n\n" % (event["type"].encode(), body)
