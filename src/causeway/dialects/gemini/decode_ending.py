"""How an answer of Gemini's ended, and what it used."""

from collections.abc import Mapping

from causeway.dialects.gemini.answer_extras import FINISH_REASON, USAGE, AnswerExtras
from causeway.dialects.gemini.answer_schema import WireUsage
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage

# What a filter held back. Every other word means that something went wrong.
_FILTERED = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
)
_REASONS: Mapping[str, FinishReason] = {
    "FINISH_REASON_UNSPECIFIED": FinishReason.COMPLETE,
    "STOP": FinishReason.COMPLETE,
    "MAX_TOKENS": FinishReason.MAX_TOKENS,
    **dict.fromkeys(_FILTERED, FinishReason.CONTENT_FILTER),
}
# The model called what it was not to call, but it did call.
_ODD_CALL = "UNEXPECTED_TOOL_CALL"
FINISH_REASONS: Mapping[FinishReason, str] = {
    FinishReason.COMPLETE: "STOP",
    FinishReason.STOP_SEQUENCE: "STOP",
    FinishReason.MAX_TOKENS: "MAX_TOKENS",
    FinishReason.TOOL_CALL: "STOP",
    FinishReason.ERROR: "OTHER",
    FinishReason.TIMEOUT: "OTHER",
    FinishReason.CONTENT_FILTER: "SAFETY",
}

_NO_USAGE = WireUsage()


def decode_finish_reason(
    wire: str | None, message: str | None, collected: AnswerExtras, *, has_calls: bool
) -> tuple[FinishReason, Failure | None]:
    """Return why the model stopped, and where it broke off what went wrong.

    A word that nobody knows is an error, so that it cannot pass for success. The provider's own word is
    collected where ours would be another.
    """
    reason = _REASONS.get(wire or "STOP", FinishReason.ERROR)
    if has_calls and (reason is FinishReason.COMPLETE or wire == _ODD_CALL):
        reason = FinishReason.TOOL_CALL
    if wire and wire != FINISH_REASONS[reason]:
        collected.fields[FINISH_REASON] = wire
    if reason is not FinishReason.ERROR:
        return reason, None
    told = message or f"the provider ended the answer with finishReason {wire}"[:200]
    return reason, Failure(told, wire)


def decode_usage(wire: WireUsage | None, collected: AnswerExtras) -> Usage:
    """Return the counts; an answer without any used nothing that is known."""
    wire = wire or _NO_USAGE
    prompt = (wire.prompt_token_count or 0) + (wire.tool_use_prompt_token_count or 0)
    output = (wire.candidates_token_count or 0) + (wire.thoughts_token_count or 0)
    if wire.total_token_count is not None and wire.total_token_count != prompt + output:
        collected.fields[f"{USAGE}totalTokenCount"] = wire.total_token_count
    images = [one.token_count for one in wire.prompt_tokens_details or () if one.modality == "IMAGE"]
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        billed_input_tokens=prompt,
        billed_output_tokens=output,
        cached_tokens=wire.cached_content_token_count,
        reasoning_tokens=wire.thoughts_token_count,
        image_tokens=sum(images) if images else None,
    )
