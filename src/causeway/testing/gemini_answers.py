"""A chat's answer as Gemini writes it: one response, or the responses of its stream.

Citations are told as grounding, which counts bytes of UTF-8. A function call comes whole; arguments that
are no JSON object cannot be told, and the answer is a malformed call instead.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.model.content import Citation
from causeway.model.response import FinishReason
from causeway.testing.dialect import Rendered, count_usage, finish_reason_of, render_stream, render_whole
from causeway.testing.gemini_contents import always_thinks, call_signature, text_signature
from causeway.testing.question import Question
from causeway.testing.replies import Answer, Call
from causeway.testing.tokens import logprob_of, split_text, split_tokens, token_id

_FINISH_REASONS = {
    FinishReason.COMPLETE: "STOP",
    FinishReason.STOP_SEQUENCE: "STOP",
    FinishReason.TOOL_CALL: "STOP",
    FinishReason.MAX_TOKENS: "MAX_TOKENS",
    FinishReason.CONTENT_FILTER: "SAFETY",
    FinishReason.ERROR: "OTHER",
    FinishReason.TIMEOUT: "OTHER",
}
_ERROR = {"code": 500, "message": "The stream broke off.", "status": "INTERNAL"}
_JSON = "application/json; charset=UTF-8"


def write_whole(answer: Answer, question: Question, number: int) -> Rendered:
    """Return one response."""
    parts = [] if answer.thinking is None else [{"text": answer.thinking, "thought": True}]
    if answer.text is not None:
        parts.append({"text": answer.text})
    parts += _call_parts(answer, question)
    if parts and _is_signed(answer, question) and not answer.tool_calls:
        parts[-1] = {**parts[-1], "thoughtSignature": text_signature()}
    candidate = {**_candidate(parts), **_ending(answer, question)}
    if question.wants_logprobs:
        candidate |= _logprobs(split_tokens(answer.text or ""), question)
    return render_whole(_response([candidate], _usage(answer, question), question, number))


def write_stream(answer: Answer, question: Question, number: int) -> Rendered:
    """Return the responses of a stream: as events, or as one JSON array; the query's `alt` tells which."""
    responses = list(_responses(answer, question, number))
    if question.details == "sse":
        # Google ends lines so.
        return render_stream(
            map(_frame, responses),
            msgspec.structs.replace(answer, ends_lines_with_crlf=True),
            error_frames=[_frame({"error": _ERROR})],
            content_type="text/event-stream",
        )
    array = render_stream(
        map(msgspec.json.encode, responses),
        msgspec.structs.replace(answer, ends_lines_with_crlf=False, has_comments=False),
        error_frames=[msgspec.json.encode({"error": _ERROR})],
        content_type=_JSON,
    )
    openings = [b"[", *[b",\r\n"] * (len(array.pieces) - 1)]
    pieces = (*(opening + piece for opening, piece in zip(openings, array.pieces, strict=True)), b"]")
    return msgspec.structs.replace(array, pieces=pieces)


def _responses(answer: Answer, question: Question, number: int) -> Iterator[dict[str, Any]]:
    usage = _usage(answer, question)
    so_far = {name: usage[name] for name in ("promptTokenCount", "promptTokensDetails")}
    so_far["totalTokenCount"] = usage["promptTokenCount"]
    for candidate in _pieces(answer, question):
        yield _response([candidate], so_far, question, number)
    last: dict[str, Any] = {"text": ""}
    if _is_signed(answer, question) and not answer.tool_calls:
        last["thoughtSignature"] = text_signature()
    candidate = {**_candidate([last]), **_ending(answer, question)}
    yield _response([candidate], usage, question, number)


def _pieces(answer: Answer, question: Question) -> Iterator[dict[str, Any]]:
    """Yield the candidate of each response but the last."""
    for piece in split_text(answer.thinking or "", answer.delta_characters):
        yield _candidate([{"text": piece, "thought": True}])
    for piece in split_text(answer.text or "", answer.delta_characters):
        candidate = _candidate([{"text": piece}])
        yield candidate | (_logprobs([piece], question) if question.wants_logprobs else {})
    for part in _call_parts(answer, question):
        yield _candidate([part])


def _response(
    candidates: list[dict[str, Any]], usage: dict[str, Any], question: Question, number: int
) -> dict[str, Any]:
    return {
        "candidates": candidates,
        "usageMetadata": usage,
        "modelVersion": question.model,
        "responseId": f"scripted-{number:012d}",
    }


def _candidate(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"content": {"parts": parts, "role": "model"} if parts else {}, "index": 0}


def _ending(answer: Answer, question: Question) -> dict[str, Any]:
    """Return what a candidate ends with."""
    if any(_arguments(call) is None for call in answer.tool_calls):
        return {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "Malformed function call."}
    ending: dict[str, Any] = {"finishReason": _FINISH_REASONS[finish_reason_of(answer)]}
    if answer.citations and question.citation_mode != "none":
        ending["groundingMetadata"] = _grounding(answer, question)
    return ending


def _is_signed(answer: Answer, question: Question) -> bool:
    return answer.thinking is not None or question.wants_thinking or always_thinks(question.model)


def _call_parts(answer: Answer, question: Question) -> list[dict[str, Any]]:
    """Return the function calls, of which the first is signed; none where one cannot be told."""
    parts: list[dict[str, Any]] = []
    for call in answer.tool_calls:
        arguments = _arguments(call)
        if arguments is None:
            return []
        part: dict[str, Any] = {"functionCall": {"name": call.name, "args": arguments}}
        if call.id is not None:
            part["functionCall"]["id"] = call.id
        if not parts and _is_signed(answer, question):
            part["thoughtSignature"] = call_signature(call.name, arguments)
        parts.append(part)
    return parts


def _arguments(call: Call) -> dict[str, Any] | None:
    if not isinstance(call.arguments, str):
        return call.arguments
    try:
        return msgspec.json.decode(call.arguments, type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _grounding(answer: Answer, question: Question) -> dict[str, Any]:
    sources = list(
        {source.id: source for citation in answer.citations for source in citation.sources}.values()
    )
    places = {source.id: index for index, source in enumerate(sources)}
    return {
        "webSearchQueries": [question.user_text],
        "groundingChunks": [
            {"web": {"uri": source.data.get("url", source.id), "title": source.data.get("title", source.id)}}
            for source in sources
        ],
        "groundingSupports": [
            {
                "segment": _segment(citation, answer.text or ""),
                "groundingChunkIndices": [places[source.id] for source in citation.sources],
            }
            for citation in answer.citations
        ],
    }


def _segment(citation: Citation, text: str) -> dict[str, Any]:
    start, end = (len(text[:place].encode()) for place in (citation.start, citation.end))
    # Google's JSON leaves out a number that is 0.
    return {**({"startIndex": start} if start else {}), "endIndex": end, "text": citation.text}


def _usage(answer: Answer, question: Question) -> dict[str, Any]:
    usage = count_usage(answer, question)
    thoughts = usage.reasoning_tokens or 0
    shown: dict[str, Any] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - thoughts,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input_tokens}],
    }
    if thoughts:
        shown["thoughtsTokenCount"] = thoughts
    if usage.cached_tokens:
        shown["cachedContentTokenCount"] = usage.cached_tokens
        shown["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.cached_tokens}]
    return shown


def _logprobs(tokens: list[str], question: Question) -> dict[str, Any]:
    chosen = [_logprob(token, logprob_of(token)) for token in tokens]
    top = [
        {
            "candidates": [
                _logprob(f"{token}{'~' * rank}", logprob_of(token) - rank)
                for rank in range(question.top_logprobs)
            ]
        }
        for token in tokens
    ]
    average = sum(map(logprob_of, tokens)) / max(len(tokens), 1)
    result = {"chosenCandidates": chosen, **({"topCandidates": top} if question.top_logprobs else {})}
    return {"logprobsResult": result, "avgLogprobs": average}


def _logprob(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "tokenId": token_id(token), "logProbability": logprob}


def _frame(body: Any) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(body)
