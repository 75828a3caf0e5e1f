"""How an answer of Bedrock's ended, and what it used."""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.bedrock.encode_response import STOP_REASONS
from causeway.dialects.bedrock.response_schema import WireUsage
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage

_REASONS: Mapping[str, FinishReason] = {
    "end_turn": FinishReason.COMPLETE,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "max_tokens": FinishReason.MAX_TOKENS,
    "model_context_window_exceeded": FinishReason.MAX_TOKENS,
    "tool_use": FinishReason.TOOL_CALL,
    "guardrail_intervened": FinishReason.CONTENT_FILTER,
    "content_filtered": FinishReason.CONTENT_FILTER,
}


def decode_stop_reason(
    wire: str, fields: dict[str, Any], *, has_calls: bool
) -> tuple[FinishReason, Failure | None]:
    """Return why the model stopped, and where it broke off what went wrong.

    A word that nobody knows is an error, so that it cannot pass for success. Bedrock's own word is added to
    `fields` where `encode_response` would write another.
    """
    reason = _REASONS.get(wire, FinishReason.ERROR)
    if reason is FinishReason.COMPLETE and has_calls:
        reason = FinishReason.TOOL_CALL
    if wire != STOP_REASONS[reason]:
        fields["stopReason"] = wire
    if reason is not FinishReason.ERROR:
        return reason, None
    return reason, Failure(f"the provider ended the answer with stopReason {wire}"[:200], wire[:200])


def decode_usage(wire: WireUsage, fields: dict[str, Any]) -> Usage:
    """Return the counts, the input's of the whole prompt; what else is told is added to `fields`."""
    read = _first(wire.cache_read_input_tokens, wire.cache_read_input_token_count)
    written = _first(wire.cache_write_input_tokens, wire.cache_write_input_token_count)
    prompt = wire.input_tokens + (read or 0) + (written or 0)
    if wire.total_tokens != prompt + wire.output_tokens:
        fields["usage.totalTokens"] = wire.total_tokens
    if wire.cache_details:
        fields["usage.cacheDetails"] = wire.cache_details
    if wire.server_tool_usage:
        fields["usage.serverToolUsage"] = wire.server_tool_usage
    return Usage(
        input_tokens=prompt,
        output_tokens=wire.output_tokens,
        billed_input_tokens=prompt,
        billed_output_tokens=wire.output_tokens,
        cached_tokens=read,
        cache_write_tokens=written,
    )


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
