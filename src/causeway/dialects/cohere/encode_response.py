"""A canonical response as the JSON that `POST /v2/chat` answers with.

Key order is the one of every recorded answer: `id`, `message`, `finish_reason`, `usage`,
`logprobs`. What is absent is left out, never null.
"""

from typing import Any

from causeway.model.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock, ToolCall
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenLogprobs
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii

HELD_BACK = Failure("the model's answer was held back by a content filter", "CONTENT_FILTER")
_TARGETS = {"text": "TEXT_CONTENT", "thinking": "THINKING_CONTENT", "plan": "PLAN"}


def encode_response(response: ChatResponse) -> bytes:
    """Return the JSON body of a whole answer."""
    message: dict[str, Any] = {"role": "assistant"}
    # A provider's own blocks have been taken out on the way, see pipeline/foreign_blocks.py.
    content = [block for block in response.content if not isinstance(block, OpaqueBlock)]
    plan = response.tool_plan
    if speaks_beside_calls(response):
        plan = "".join(block.text for block in content if isinstance(block, TextBlock))
        content = [block for block in content if isinstance(block, ThinkingBlock)]
    if content:
        message["content"] = [_encode_block(block) for block in content]
    elif not response.tool_calls and plan is None:
        message["content"] = []
    if plan is not None:
        message["tool_plan"] = plan
    if response.tool_calls:
        message["tool_calls"] = [encode_tool_call(call) for call in response.tool_calls]
    if response.citations:
        message["citations"] = [encode_citation(citation) for citation in response.citations]
    body: dict[str, Any] = {
        "id": response.id,
        "message": message,
        "finish_reason": encode_finish_reason(response.finish_reason),
        "usage": encode_usage(response.usage),
    }
    if response.logprobs is not None:
        body["logprobs"] = [encode_logprobs(item) for item in response.logprobs]
    return encode_ascii({**body, **encode_failure(response.finish_reason, response.failure)})


def speaks_beside_calls(response: ChatResponse) -> bool:
    """Whether text stands beside tool calls, for which Cohere's place is the plan.

    Cited text stays where its citations point. Of a stream nobody knows in time: there it is content.
    """
    return (
        bool(response.tool_calls)
        and response.tool_plan is None
        and not response.citations
        and any(isinstance(block, TextBlock) for block in response.content)
    )


def encode_finish_reason(reason: FinishReason) -> str:
    """Return Cohere's word; it has none for an answer that a filter held back, which is an error to it."""
    return "ERROR" if reason is FinishReason.CONTENT_FILTER else reason.upper()


def encode_failure(reason: FinishReason, failure: Failure | None) -> dict[str, str]:
    """Return `error` and `error_type`, as far as there is something to say."""
    if failure is None and reason is FinishReason.CONTENT_FILTER:
        failure = HELD_BACK
    if failure is None:
        return {}
    error = {"error": failure.message}
    return error if failure.type is None else {**error, "error_type": failure.type}


def encode_usage(usage: Usage) -> dict[str, Any]:
    """Return the usage object. Both counts are always there: LangChain reads one, others the other."""
    billed_units = {"input_tokens": usage.billed_input_tokens, "output_tokens": usage.billed_output_tokens}
    if usage.search_units is not None:
        billed_units["search_units"] = usage.search_units
    if usage.classifications is not None:
        billed_units["classifications"] = usage.classifications
    tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    if usage.image_tokens is not None:
        tokens["image_tokens"] = usage.image_tokens
    encoded: dict[str, Any] = {"billed_units": billed_units, "tokens": tokens}
    if usage.cached_tokens is not None:
        encoded["cached_tokens"] = usage.cached_tokens
    return encoded


def encode_tool_call(call: ToolCall) -> dict[str, Any]:
    """Return a tool call; its arguments stay the text that they are."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def encode_citation(citation: Citation) -> dict[str, Any]:
    """Return a citation with its sources."""
    encoded: dict[str, Any] = {
        "start": citation.start,
        "end": citation.end,
        "text": citation.text,
        "sources": [
            {"type": "tool", "id": source.id, "tool_output": source.data}
            if source.kind == "tool"
            else {"type": "document", "id": source.id, "document": source.data}
            for source in citation.sources
        ],
    }
    if citation.target is not None:
        encoded["type"] = _TARGETS[citation.target]
    if citation.content_index is not None:
        encoded["content_index"] = citation.content_index
    return encoded


def encode_logprobs(item: TokenLogprobs) -> dict[str, Any]:
    """Return the log probabilities of one piece of text."""
    return {"text": item.text, "token_ids": item.token_ids, "logprobs": item.logprobs}


def _encode_block(block: TextBlock | ThinkingBlock) -> dict[str, str]:
    if isinstance(block, ThinkingBlock):
        return {"type": "thinking", "thinking": block.thinking}
    return {"type": "text", "text": block.text}
