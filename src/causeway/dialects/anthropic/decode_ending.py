"""How an answer of Anthropic's ended, and what it used."""

from typing import Any

from causeway.dialects.anthropic.response_schema import WireUsage
from causeway.model.extras import Extras
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage

REASONS = {
    "end_turn": FinishReason.COMPLETE,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "max_tokens": FinishReason.MAX_TOKENS,
    "tool_use": FinishReason.TOOL_CALL,
    "refusal": FinishReason.CONTENT_FILTER,
    "model_context_window_exceeded": FinishReason.MAX_TOKENS,
    # The answer is not over: it goes on where it is sent back.
    "pause_turn": FinishReason.MAX_TOKENS,
    "compaction": FinishReason.MAX_TOKENS,
}
STOP_REASONS = {
    FinishReason.COMPLETE: "end_turn",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.MAX_TOKENS: "max_tokens",
    FinishReason.TOOL_CALL: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
    # Anthropic has no word for an answer that failed.
    FinishReason.ERROR: "error",
    FinishReason.TIMEOUT: "error",
}

_ANSWER = frozenset({"id", "type", "role", "model", "content", "stop_reason", "usage"})
_COUNTS = frozenset(
    {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"}
)
_DETAILS = {"thinking_tokens"}
_NO_USAGE = WireUsage()


def decode_finish_reason(
    wire: str | None, kept: dict[str, Any], *, has_calls: bool
) -> tuple[FinishReason, Failure | None]:
    """Return why the model stopped, and where it broke off what went wrong.

    A word that nobody knows is an error, so that it cannot pass for success. The provider's own word is
    kept where ours would be another.
    """
    if wire is None:
        return (FinishReason.TOOL_CALL if has_calls else FinishReason.COMPLETE), None
    reason = REASONS.get(wire, FinishReason.ERROR)
    if wire != STOP_REASONS[reason]:
        kept["stop_reason"] = wire
    if reason is not FinishReason.ERROR:
        return reason, None
    return reason, Failure(f"the provider ended the answer with stop_reason {wire}"[:200], wire[:200])


def decode_usage(wire: WireUsage | None) -> Usage:
    """Return the counts; the cached parts of the prompt are part of the canonical count."""
    wire = wire or _NO_USAGE
    read, written = wire.cache_read_input_tokens, wire.cache_creation_input_tokens
    prompt = (wire.input_tokens or 0) + (read or 0) + (written or 0)
    output = wire.output_tokens or 0
    details = wire.output_tokens_details
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        billed_input_tokens=prompt,
        billed_output_tokens=output,
        cached_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=None if details is None else details.thinking_tokens,
    )


def keep_answer(tree: dict[str, Any], kept: dict[str, Any]) -> None:
    """Add what an answer says beside its content and its counts."""
    kept.update((name, value) for name, value in tree.items() if name not in _ANSWER and value is not None)
    if isinstance(usage := tree.get("usage"), dict):
        keep_usage(usage, kept)


def keep_usage(usage: dict[str, Any], kept: dict[str, Any]) -> None:
    """Add the counts that have no canonical place."""
    for name, value in usage.items():
        if name in _COUNTS or value is None:
            continue
        if (
            name != "output_tokens_details"
            or not isinstance(value, dict)
            or set(value) != {"thinking_tokens"}
        ):
            kept[f"usage.{name}"] = value


def as_extras(kept: dict[str, Any]) -> Extras | None:
    """Return what was kept, if anything was."""
    return Extras("anthropic", kept) if kept else None
