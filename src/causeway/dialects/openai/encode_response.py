"""A canonical response as the JSON of a chat completion.

An answer that came from a provider of this dialect is said again with every field that it had.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.openai.completion_extras import REFUSAL
from causeway.dialects.openai.encode_citations import Spans, encode_citations
from causeway.dialects.openai.encode_error import encode_failure
from causeway.dialects.openai.encode_logprobs import encode_logprobs
from causeway.dialects.openai.extra_fields import answer_fields
from causeway.dialects.openai.extras_paths import own_fields, thinks_as_reasoning, write_fields
from causeway.model.content import TextBlock, ThinkingBlock, ToolCall
from causeway.model.provenance import Provenance
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii

# OpenAI has no word for an answer that failed; `error` is OpenRouter's.
FINISH_REASONS: Mapping[FinishReason, str] = {
    FinishReason.COMPLETE: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.MAX_TOKENS: "length",
    FinishReason.TOOL_CALL: "tool_calls",
    FinishReason.ERROR: "error",
    FinishReason.TIMEOUT: "error",
    FinishReason.CONTENT_FILTER: "content_filter",
}


def encode_response(response: ChatResponse, provenance: Provenance, *, is_unified: bool) -> bytes:
    """Return the JSON body of a whole answer. `created` is 0 where the response does not say when it was."""
    fields = own_fields(response.extras)
    body: dict[str, Any] = {
        "id": response.id,
        "object": "chat.completion",
        "created": response.created or 0,
        "model": response.model or provenance.model,
        "choices": [
            {
                "index": 0,
                "message": _encode_message(response, fields, is_unified=is_unified),
                "logprobs": None if response.logprobs is None else encode_logprobs(response.logprobs),
                "finish_reason": FINISH_REASONS[response.finish_reason],
            }
        ],
        "usage": encode_usage(response.usage),
    }
    if failure := encode_failure(response.finish_reason, response.failure):
        body["error"] = failure
    write_fields(body, fields)
    if is_unified:
        body["extra_fields"] = answer_fields(provenance)
    return encode_ascii(body)


def encode_usage(usage: Usage) -> dict[str, Any]:
    """Return the counts; details are left out where nobody reported them."""
    encoded: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    prompt = {"cached_tokens": usage.cached_tokens, "image_tokens": usage.image_tokens}
    if given := {name: count for name, count in prompt.items() if count is not None}:
        encoded["prompt_tokens_details"] = given
    if usage.reasoning_tokens is not None:
        encoded["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return encoded


def reasoning_names(fields: Mapping[str, Any], *, is_unified: bool) -> tuple[str, ...]:
    """Return the names under which thinking is told."""
    if thinks_as_reasoning(fields):
        return ("reasoning",)
    return ("reasoning_content", "reasoning") if is_unified else ("reasoning_content",)


def _encode_message(response: ChatResponse, fields: Mapping[str, Any], *, is_unified: bool) -> dict[str, Any]:
    texts = [] if response.tool_plan is None else [response.tool_plan]
    thoughts: list[str] = []
    spans = Spans()
    spans.lengthen("text", response.tool_plan or "")
    for index, block in enumerate(response.content):
        if isinstance(block, ThinkingBlock):
            spans.open_block(index, "thinking")
            spans.lengthen("thinking", block.thinking)
            thoughts.append(block.thinking)
        elif isinstance(block, TextBlock):
            spans.open_block(index, "text")
            spans.lengthen("text", block.text)
            texts.append(block.text)
    content = "".join(texts) if texts or not response.tool_calls else None
    if content and content == fields.get(REFUSAL):  # which is no answer
        content = None
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if thoughts:
        for name in reasoning_names(fields, is_unified=is_unified):
            message[name] = "".join(thoughts)
    if response.tool_calls:
        message["tool_calls"] = [_encode_tool_call(call) for call in response.tool_calls]
    return message | encode_citations(response.citations, spans)


def _encode_tool_call(call: ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
