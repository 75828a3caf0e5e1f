"""How an answer of OpenAI's dialect ended, and what it used, in the words and counts of every vendor."""

from causeway.dialects.openai.completion_extras import FINISH_REASON, CompletionExtras
from causeway.dialects.openai.completion_schema import (
    Number,
    WireCompletionDetails,
    WirePromptDetails,
    WireUsage,
)
from causeway.dialects.openai.decode_error import decode_error_payload, status_in
from causeway.dialects.openai.encode_response import FINISH_REASONS
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage

# OpenAI's own words come first; the others are those of its imitators, and of whom they pass on.
_REASONS = {
    "stop": FinishReason.COMPLETE,
    "length": FinishReason.MAX_TOKENS,
    "tool_calls": FinishReason.TOOL_CALL,
    "function_call": FinishReason.TOOL_CALL,
    "content_filter": FinishReason.CONTENT_FILTER,
    "end_turn": FinishReason.COMPLETE,
    "eos": FinishReason.COMPLETE,
    "eos_token": FinishReason.COMPLETE,
    "max_tokens": FinishReason.MAX_TOKENS,
    "model_context_window_exceeded": FinishReason.MAX_TOKENS,
    "model_length": FinishReason.MAX_TOKENS,
    "safety": FinishReason.CONTENT_FILTER,
    "sensitive": FinishReason.CONTENT_FILTER,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "tool_use": FinishReason.TOOL_CALL,
}

_NO_USAGE = WireUsage()
_NO_PROMPT_DETAILS = WirePromptDetails()
_NO_COMPLETION_DETAILS = WireCompletionDetails()


def decode_finish_reason(
    wire: str | None, collected: CompletionExtras, *, has_calls: bool
) -> tuple[FinishReason, Failure | None]:
    """Return why the model stopped, and where it broke off what went wrong.

    Some vendors say `stop` of an answer that calls tools, and some say nothing. A word that nobody knows
    is an error, so that it cannot pass for success. The provider's own word is collected where ours would
    be another.
    """
    reason = _REASONS.get(wire or "stop", FinishReason.ERROR)
    if reason is FinishReason.COMPLETE:
        if has_calls:
            reason = FinishReason.TOOL_CALL
        elif isinstance(collected.fields.get("choices[0].stop_reason"), str):  # vLLM: the sequence it met
            reason = FinishReason.STOP_SEQUENCE
    if wire and wire != FINISH_REASONS[reason]:
        collected.fields[FINISH_REASON] = wire
    if reason is not FinishReason.ERROR:
        return reason, None
    error = collected.fields.get("choices[0].error")
    if error:
        return reason, Failure(decode_error_payload(status_in(error), {"error": error}).message, wire)
    return reason, Failure(f"the provider ended the answer with finish_reason {wire}"[:200], wire)


def decode_usage(wire: WireUsage | None, collected: CompletionExtras) -> Usage:
    """Return the counts; an answer without any used nothing that is known.

    xAI's `completion_tokens` leave out the reasoning, as its `total_tokens` shows: it is added.
    """
    wire = wire or _NO_USAGE
    prompt_details = wire.prompt_tokens_details or _NO_PROMPT_DETAILS
    completion_details = wire.completion_tokens_details or _NO_COMPLETION_DETAILS
    prompt, completion = whole(wire.prompt_tokens) or 0, whole(wire.completion_tokens) or 0
    total, output = whole(wire.total_tokens), completion
    cached = _first(
        prompt_details.cached_tokens,
        wire.cached_tokens,
        wire.num_cached_tokens,
        wire.prompt_cache_hit_tokens,
    )
    reasoning = _first(completion_details.reasoning_tokens, wire.reasoning_tokens)
    if reasoning and total == prompt + completion + reasoning:
        output += reasoning
        collected.fields["usage.completion_tokens"] = completion
    elif total is not None and total != prompt + completion:
        collected.fields["usage.total_tokens"] = total
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        billed_input_tokens=prompt,
        billed_output_tokens=output,
        cached_tokens=cached,
        reasoning_tokens=reasoning,
        image_tokens=whole(prompt_details.image_tokens),
    )


def whole(number: Number) -> int | None:
    """Return a count as an integer, none where there is none."""
    return None if number is None else int(number)


def _first(*counts: Number) -> int | None:
    for count in counts:
        if count is not None:
            return int(count)
    return None
