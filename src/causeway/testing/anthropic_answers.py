"""A chat's answer as Anthropic writes it: one message, or the events of its stream.

Where citations are told, the text is cut into blocks: one for each stretch that rests on the same sources.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.response import FinishReason
from causeway.testing.anthropic_blocks import sign_thinking
from causeway.testing.anthropic_sources import Citable, locations_of
from causeway.testing.dialect import (
    Rendered,
    call_arguments,
    count_usage,
    finish_reason_of,
    render_stream,
    render_whole,
)
from causeway.testing.question import Question, RefusedError
from causeway.testing.replies import Answer, Call
from causeway.testing.tokens import split_text

_CONTENT_TYPE = "text/event-stream; charset=utf-8"
_STOP_REASONS = {
    FinishReason.COMPLETE: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.MAX_TOKENS: "max_tokens",
    FinishReason.TOOL_CALL: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
}
_FAILURES = {
    FinishReason.ERROR: (500, "api_error", "The answer failed."),
    FinishReason.TIMEOUT: (504, "timeout_error", "The answer took too long."),
}


class Details(Struct, frozen=True):
    """What an answer needs of its request: what may be cited, what is cached, whether thinking is shown."""

    sources: tuple[Citable, ...]
    cache_write_tokens: int
    is_thinking_shown: bool


def write_whole(answer: Answer, question: Question, number: int) -> Rendered:
    """Return a message; raises RefusedError where the answer failed, as there is no such message."""
    finish_reason = finish_reason_of(answer)
    if finish_reason in _FAILURES:
        status, _, message = _FAILURES[finish_reason]
        raise RefusedError(status, message)
    content: list[dict[str, Any]] = []
    if answer.thinking is not None:
        thinking = _shown_thinking(answer.thinking, question)
        content.append({"type": "thinking", "thinking": thinking, "signature": sign_thinking(thinking)})
    for text, locations in _cited_texts(answer, question):
        content.append({"type": "text", "text": text} | ({"citations": locations} if locations else {}))
    for index, call in enumerate(answer.tool_calls):
        content.append({**_call_head(call, number, index), "input": _input_of(call)})
    body = _message(question, number)
    body |= {"content": content, **_ending(answer), "usage": _usage(answer, question)}
    return render_whole(body, **request_id(number))


def write_stream(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the events of a message."""
    events = list(_events(answer, question, number))
    failure = _error_event("overloaded_error", "The stream broke off.")
    stream = render_stream(
        map(_frame, events), answer, error_frames=[_frame(failure)], content_type=_CONTENT_TYPE
    )
    return msgspec.structs.replace(stream, headers=request_id(number))


def _events(answer: Answer, question: Question, number: int) -> Iterator[dict[str, Any]]:
    usage = _usage(answer, question)
    before = {name: value for name, value in usage.items() if name != "output_tokens_details"}
    opening = _message(question, number) | {"usage": before | {"output_tokens": 1}}
    yield {"type": "message_start", "message": opening}
    is_first = True
    for index, (block, deltas) in enumerate(_blocks(answer, question, number)):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        if is_first:
            yield {"type": "ping"}
            is_first = False
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    finish_reason = finish_reason_of(answer)
    if finish_reason in _FAILURES:
        _, kind, message = _FAILURES[finish_reason]
        yield _error_event(kind, message)
        return
    counted = {name: count for name, count in usage.items() if name.endswith(("_tokens", "_details"))}
    yield {"type": "message_delta", "delta": _ending(answer), "usage": counted}
    yield {"type": "message_stop"}


def _blocks(
    answer: Answer, question: Question, number: int
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each block as it begins, and the deltas that fill it."""
    size = answer.delta_characters
    if answer.thinking is not None:
        thinking = _shown_thinking(answer.thinking, question)
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in split_text(thinking, size)]
        deltas.append({"type": "signature_delta", "signature": sign_thinking(thinking)})
        yield {"type": "thinking", "thinking": "", "signature": ""}, deltas
    for text, locations in _cited_texts(answer, question):
        cited = [{"type": "citations_delta", "citation": location} for location in locations]
        told = [{"type": "text_delta", "text": piece} for piece in split_text(text, size)]
        yield {"type": "text", "text": ""} | ({"citations": []} if locations else {}), [*cited, *told]
    for index, call in enumerate(answer.tool_calls):
        pieces = ["", *split_text(call_arguments(call.arguments), size)]
        yield (
            {**_call_head(call, number, index), "input": {}},
            [{"type": "input_json_delta", "partial_json": piece} for piece in pieces],
        )


def _cited_texts(answer: Answer, question: Question) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the stretches of the text, each with where it is cited from."""
    text = answer.text or ""
    details: Details = question.details
    cited = [
        (citation, locations)
        for citation in answer.citations
        if question.citation_mode != "none" and (locations := locations_of(citation, details.sources))
    ]
    cuts = {0, len(text), *(place for citation, _ in cited for place in (citation.start, citation.end))}
    for start, end in pairwise(sorted(cuts)):
        here = [
            location
            for citation, locations in cited
            if citation.start <= start and end <= citation.end
            for location in locations
        ]
        yield text[start:end], here


def _shown_thinking(thinking: str, question: Question) -> str:
    details: Details = question.details
    return thinking if details.is_thinking_shown else ""


def _call_head(call: Call, number: int, index: int) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id or f"toolu_{number:016d}{index:08d}", "name": call.name}


def _input_of(call: Call) -> Any:
    """Return a call's arguments as the value that a whole message has."""
    if not isinstance(call.arguments, str):
        return call.arguments
    try:
        return msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        raise ValueError(
            f"the arguments of {call.name!r} are no JSON: they can be told in a stream alone"
        ) from None


def _message(question: Question, number: int) -> dict[str, Any]:
    return {
        "id": f"msg_{number:024d}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
    }


def _ending(answer: Answer) -> dict[str, Any]:
    return {
        "stop_reason": _STOP_REASONS[finish_reason_of(answer)],
        "stop_sequence": answer.stop_sequence,
        "stop_details": None,
    }


def _usage(answer: Answer, question: Question) -> dict[str, Any]:
    details: Details = question.details
    usage = count_usage(answer, question)
    written = details.cache_write_tokens if answer.usage is None else usage.cache_write_tokens or 0
    read = usage.cached_tokens or 0
    shown: dict[str, Any] = {
        "input_tokens": usage.input_tokens - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output_tokens,
        "service_tier": "standard",
    }
    if usage.reasoning_tokens:
        shown["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return shown


def _error_event(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def request_id(number: int) -> dict[str, str]:
    """Return the header in which Anthropic numbers its answers."""
    return {"request-id": f"req_{number:024d}"}


def _frame(event: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event))
