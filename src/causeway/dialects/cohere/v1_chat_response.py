"""A canonical response as `POST /v1/chat` answers it.

The older API has one text, no thinking, and tells what came before it: the answer carries the whole
history. Source of truth: recorded answers, for the keys and their order; Cohere's OpenAPI document
for what was not recorded.
"""

from typing import Any, Literal

from causeway.dialects.cohere.encode_response import encode_failure
from causeway.dialects.cohere.v1_chat_history import encode_history, encode_tool_call
from causeway.dialects.cohere.v1_chat_schema import (
    WireV1Answer,
    WireV1ApiVersion,
    WireV1Citation,
    WireV1FinishReason,
    WireV1Message,
    WireV1Meta,
    WireV1Units,
)
from causeway.model.content import AssistantMessage, Citation, TextBlock
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage

# The older API has no word for tool calls.
_FINISH_REASONS: dict[FinishReason, WireV1FinishReason] = {
    FinishReason.COMPLETE: "COMPLETE",
    FinishReason.TOOL_CALL: "COMPLETE",
    FinishReason.STOP_SEQUENCE: "STOP_SEQUENCE",
    FinishReason.MAX_TOKENS: "MAX_TOKENS",
    FinishReason.ERROR: "ERROR",
    FinishReason.TIMEOUT: "TIMEOUT",
    FinishReason.CONTENT_FILTER: "ERROR_TOXIC",
}
_TARGETS: dict[str | None, Literal["TEXT_CONTENT", "PLAN"] | None] = {"text": "TEXT_CONTENT", "plan": "PLAN"}


def encode_v1_answer(response: ChatResponse, request: ChatRequest) -> WireV1Answer:
    """Return the answer to `request`. Thinking is left out: the older API has no place for it."""
    plan = response.tool_plan or ""
    text = plan + "".join(block.text for block in response.content if isinstance(block, TextBlock))
    calls = [encode_tool_call(call) for call in response.tool_calls]
    own_turn = AssistantMessage(content=(TextBlock(text),) if text else (), tool_calls=response.tool_calls)
    history: list[WireV1Message] = encode_history([*request.messages, own_turn])
    return WireV1Answer(
        response_id=response.id,
        text=text,
        generation_id=response.id,
        chat_history=history,
        finish_reason=_FINISH_REASONS[response.finish_reason],
        meta=_encode_meta(response.usage),
        citations=[encode_v1_citation(citation, len(plan)) for citation in response.citations] or None,
        documents=_cited_documents(response.citations) or None,
        tool_calls=calls or None,
        error=encode_failure(response.finish_reason, response.failure).get("error"),
    )


def encode_v1_citation(citation: Citation, plan_length: int) -> WireV1Citation:
    """Return a citation of the one text, which begins with a plan of `plan_length` characters."""
    offset = 0 if citation.target == "plan" else plan_length
    return WireV1Citation(
        start=citation.start + offset,
        end=citation.end + offset,
        text=citation.text,
        document_ids=[source.id for source in citation.sources],
        type=_TARGETS.get(citation.target),
    )


def _cited_documents(citations: tuple[Citation, ...]) -> list[dict[str, Any]]:
    documents: dict[str, dict[str, Any]] = {}
    for citation in citations:
        for source in citation.sources:
            documents.setdefault(source.id, {**source.data, "id": source.id})
    return list(documents.values())


def _encode_meta(usage: Usage) -> WireV1Meta:
    return WireV1Meta(
        WireV1ApiVersion("1"),
        WireV1Units(
            usage.billed_input_tokens,
            usage.billed_output_tokens,
            usage.search_units,
            usage.classifications,
        ),
        WireV1Units(usage.input_tokens, usage.output_tokens),
        usage.cached_tokens,
    )
