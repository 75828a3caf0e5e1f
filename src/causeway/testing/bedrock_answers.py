"""A chat's answer as Bedrock writes it: one object, or the frames of AWS's binary event stream.

A text with citations is cut into blocks: what is cited is a block of its own with its citations. Comments
and ends of lines, which bend other streams, do not exist in this one.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.content import Citation, Source
from causeway.model.response import FinishReason
from causeway.testing.bedrock_frames import CONTENT_TYPE, write_frame
from causeway.testing.dialect import (
    Rendered,
    call_arguments,
    count_usage,
    finish_reason_of,
    render_stream,
    render_whole,
)
from causeway.testing.question import Question
from causeway.testing.replies import Answer, Call
from causeway.testing.signatures import sign
from causeway.testing.tokens import split_text

_STOP_REASONS = {
    FinishReason.COMPLETE: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.MAX_TOKENS: "max_tokens",
    FinishReason.TOOL_CALL: "tool_use",
    FinishReason.CONTENT_FILTER: "content_filtered",
    FinishReason.ERROR: "malformed_model_output",
    FinishReason.TIMEOUT: "malformed_model_output",
}
_LATENCY_MILLISECONDS = 100  # answers must not differ from run to run


class _Span(Struct, frozen=True):
    """A piece of the text, and what it cites."""

    text: str
    citations: tuple[Citation, ...] = ()


def write_whole(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the answer as one object."""
    content: list[dict[str, Any]] = []
    if answer.thinking is not None:
        told = {"text": answer.thinking, "signature": sign(answer.thinking)}
        content.append({"reasoningContent": {"reasoningText": told}})
    content += [_text_block(span, question) for span in _spans(answer, question)]
    calls = [(head, _arguments(call)) for head, call in _calls(answer, number)]
    stop_reason = _STOP_REASONS[finish_reason_of(answer)]
    if any(arguments is None for _, arguments in calls):
        calls, stop_reason = [], "malformed_tool_use"
    content += [{"toolUse": {**head, "input": arguments}} for head, arguments in calls]
    return render_whole(
        {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": stop_reason,
            "usage": _usage(answer, question),
            "metrics": {"latencyMs": _LATENCY_MILLISECONDS},
        }
    )


def write_stream(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the frames of the answer's events."""
    events: list[tuple[str, dict[str, Any]]] = [("messageStart", {"role": "assistant"})]
    for index, (start, deltas) in enumerate(_blocks(answer, question, number)):
        place = {"contentBlockIndex": index}
        if start is not None:
            events.append(("contentBlockStart", {"start": start, **place}))
        events += [("contentBlockDelta", {"delta": delta, **place}) for delta in deltas]
        events.append(("contentBlockStop", place))
    events.append(("messageStop", {"stopReason": _STOP_REASONS[finish_reason_of(answer)]}))
    metrics = {"latencyMs": _LATENCY_MILLISECONDS}
    events.append(("metadata", {"usage": _usage(answer, question), "metrics": metrics}))
    error = {"message": "The stream broke off."}
    return render_stream(
        [write_frame("event", kind, body) for kind, body in events],
        msgspec.structs.replace(answer, has_comments=False, ends_lines_with_crlf=False),
        error_frames=[write_frame("exception", "modelStreamErrorException", error)],
        content_type=CONTENT_TYPE,
    )


def _blocks(
    answer: Answer, question: Question, number: int
) -> Iterator[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """Yield what starts each block, if anything does, and its deltas."""
    if answer.thinking is not None:
        pieces = split_text(answer.thinking, answer.delta_characters)
        told = [*({"text": piece} for piece in pieces), {"signature": sign(answer.thinking)}]
        yield None, [{"reasoningContent": delta} for delta in told]
    for span in _spans(answer, question):
        deltas: list[dict[str, Any]] = [
            {"text": piece} for piece in split_text(span.text, answer.delta_characters)
        ]
        deltas += [{"citation": shown} for shown in _citations(span, question)]
        yield None, deltas
    for head, call in _calls(answer, number):
        text = call_arguments(call.arguments)
        # A tool without parameters is called with no text at all.
        pieces = [] if text == "{}" else split_text(text, answer.delta_characters)
        yield {"toolUse": head}, [{"toolUse": {"input": piece}} for piece in pieces]


def _spans(answer: Answer, question: Question) -> Iterator[_Span]:
    text = answer.text or ""
    citations = answer.citations if question.citation_mode != "none" else ()
    told = 0
    for citation in sorted(citations, key=lambda citation: citation.start):
        if citation.start < told:  # spans of blocks cannot overlap
            continue
        if before := text[told : citation.start]:
            yield _Span(before)
        yield _Span(text[citation.start : citation.end], (citation,))
        told = citation.end
    if rest := text[told:]:
        yield _Span(rest)


def _text_block(span: _Span, question: Question) -> dict[str, Any]:
    if not span.citations:
        return {"text": span.text}
    shown = _citations(span, question)
    return {"citationsContent": {"content": [{"text": span.text}], "citations": shown}}


def _citations(span: _Span, question: Question) -> list[dict[str, Any]]:
    return [
        _citation(citation, source, question) for citation in span.citations for source in citation.sources
    ]


def _citation(citation: Citation, source: Source, question: Question) -> dict[str, Any]:
    passages = {passage.source.id: passage.text for passage in question.documents}
    kind, _, number = source.id.rpartition(" ")
    index = int(number) if number.isdecimal() else 0
    start = max(passages.get(source.id, "").find(citation.text), 0)
    range_ = {"start": start, "end": start + len(citation.text)}
    shown: dict[str, Any] = {
        "title": source.data.get("title", source.id),
        "sourceContent": [{"text": citation.text}],
    }
    if kind == "search result":
        shown["source"] = source.data.get("source", source.id)
        shown["location"] = {"searchResultLocation": {"searchResultIndex": index, **range_}}
    else:
        shown["location"] = {"documentChar": {"documentIndex": index, **range_}}
    return shown


def _calls(answer: Answer, number: int) -> Iterator[tuple[dict[str, Any], Call]]:
    """Yield the head of each tool call, and the call."""
    for index, call in enumerate(answer.tool_calls):
        yield {"toolUseId": call.id or f"tooluse_{number:014d}{index:08d}", "name": call.name}, call


def _arguments(call: Call) -> dict[str, Any] | None:
    if not isinstance(call.arguments, str):
        return call.arguments
    try:
        return msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _usage(answer: Answer, question: Question) -> dict[str, Any]:
    """Count tokens as Bedrock does: what the cache gave or took is not among the input's."""
    usage = count_usage(answer, question)
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    return {
        "inputTokens": usage.input_tokens - cached - written,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.input_tokens + usage.output_tokens,
        "cacheReadInputTokens": cached,
        "cacheWriteInputTokens": written,
    }
