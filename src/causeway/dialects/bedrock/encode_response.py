"""A canonical response as the JSON that Converse answers with.

An answer that came from Bedrock is said again with every field that it had.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from causeway.dialects.bedrock.citations import CitationWriter, split_text
from causeway.dialects.bedrock.encode_messages import encode_arguments
from causeway.dialects.bedrock.extras_paths import own_fields, write_fields
from causeway.model.content import Citation, OpaqueBlock, Seal, TextBlock, ThinkingBlock, ToolCall
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii

# Bedrock has no word for an answer that took too long, and of a failed one it says what failed.
STOP_REASONS: Mapping[FinishReason, str] = {
    FinishReason.COMPLETE: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.MAX_TOKENS: "max_tokens",
    FinishReason.TOOL_CALL: "tool_use",
    FinishReason.ERROR: "malformed_model_output",
    FinishReason.TIMEOUT: "malformed_model_output",
    FinishReason.CONTENT_FILTER: "content_filtered",
}


def encode_response(response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
    """Return the JSON body of a whole answer to `request`."""
    content = list(_encode_content(response, CitationWriter(request)))
    body: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": STOP_REASONS[response.finish_reason],
        "usage": encode_usage(response.usage),
        "metrics": encode_metrics(provenance),
    }
    write_fields(body, own_fields(response.extras))
    return encode_ascii(body)


def encode_usage(usage: Usage) -> dict[str, int]:
    """Return the counts; those of the cache stand apart, under both of their names, where they are known."""
    read, written = usage.cached_tokens, usage.cache_write_tokens
    encoded = {
        "inputTokens": max(usage.input_tokens - (read or 0) - (written or 0), 0),
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.input_tokens + usage.output_tokens,
    }
    for name, count in (("cacheRead", read), ("cacheWrite", written)):
        if count is not None:
            encoded[f"{name}InputTokens"] = encoded[f"{name}InputTokenCount"] = count
    return encoded


def encode_metrics(provenance: Provenance) -> dict[str, int]:
    """Return how long the call took, which Bedrock always tells."""
    return {"latencyMs": round(provenance.upstream_milliseconds)}


def encode_thinking(block: ThinkingBlock) -> dict[str, Any]:
    """Return thinking, with its signature where it is one of Bedrock's."""
    text: dict[str, Any] = {"text": block.thinking}
    match block.seal:
        case Seal(dialect="bedrock", data=data):
            text.update(data)
    return {"reasoningContent": {"reasoningText": text}}


def encode_call(call: ToolCall) -> dict[str, Any]:
    """Return a tool call; arguments that are no object are told as text in one."""
    arguments, _ = encode_arguments(call.arguments)
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments}}


def _encode_content(response: ChatResponse, writer: CitationWriter) -> Iterator[dict[str, Any]]:
    first_text = next(
        (index for index, block in enumerate(response.content) if isinstance(block, TextBlock)), None
    )
    plan_is_told = response.tool_plan is None
    for index, block in enumerate(response.content):
        if not plan_is_told and not isinstance(block, ThinkingBlock):
            plan_is_told = True
            yield {"text": response.tool_plan}
        match block:
            case TextBlock(seal=Seal(dialect="bedrock", data=data)):
                yield dict(data)
            case TextBlock(text=text):
                cited = [
                    citation
                    for citation in response.citations
                    if _cites(citation, index, is_first=index == first_text)
                ]
                for piece in split_text(text, cited):
                    if piece.sources:
                        shown = [writer.encode_source(source) for source in piece.sources]
                        told = {"content": [{"text": piece.text}], "citations": shown}
                        yield {"citationsContent": told}
                    else:
                        yield {"text": piece.text}
            case ThinkingBlock():
                yield encode_thinking(block)
            case OpaqueBlock(dialect="bedrock", data=data):
                yield data
            case _:
                pass
    if not plan_is_told:
        yield {"text": response.tool_plan}
    for call in response.tool_calls:
        yield encode_call(call)


def _cites(citation: Citation, index: int, *, is_first: bool) -> bool:
    if citation.target not in (None, "text"):
        return False
    return is_first if citation.content_index is None else citation.content_index == index
