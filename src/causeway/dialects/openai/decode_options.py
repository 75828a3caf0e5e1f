"""The options of a chat completion, decoded: ranges and spellings, judged in one place."""

from collections.abc import Mapping
from typing import Any, TypeVar

from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.openai.request_schema import WireChatRequest, WireReasoning, WireResponseFormat
from causeway.model.loss import LossReport
from causeway.model.request import Effort, ResponseFormat, Sampling, Thinking

# `top_k` is other vendors': -1 and 0 both stand for no bound.
RANGES: Mapping[str, tuple[float, float]] = {
    "n": (1, 128),
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_k": (-1, 2**31 - 1),
    "seed": (-(2**63), 2**64 - 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "top_logprobs": (0, 20),
}
AT_LEAST_ONE = ("max_completion_tokens", "max_tokens", "reasoning_max_tokens")
RESPONSE_FORMATS = ("text", "json_object", "json_schema")
# `max` is above what the canonical request knows; Groq's `default` leaves the effort to the model.
EFFORTS: Mapping[str, Effort | None] = {
    "none": None,
    "default": None,
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "xhigh",
}
_REASONING_MEMBERS = frozenset({"enabled", "effort", "max_tokens"})

Value = TypeVar("Value")


def check_ranges(wire: WireChatRequest) -> None:
    """Raise InvalidRequestError, naming the field, where a number is out of its range."""
    for name, (lowest, highest) in RANGES.items():
        value = getattr(wire, name)
        if value is not None and not lowest <= value <= highest:
            raise invalid(name, f"expected a value from {lowest} to {highest}, got {str(value)[:50]}")
    for name in AT_LEAST_ONE:
        _check_at_least_one(name, getattr(wire, name))


def decode_sampling(wire: WireChatRequest) -> Sampling:
    """Return how tokens are chosen; raises InvalidRequestError."""
    newer, older = wire.max_completion_tokens, wire.max_tokens
    if newer is not None and older is not None and newer != older:
        raise invalid("max_tokens", "it contradicts 'max_completion_tokens'")
    stop = (wire.stop,) if isinstance(wire.stop, str) else tuple(wire.stop or ())
    if "" in stop:
        raise invalid("stop", "expected no empty string")
    return Sampling(
        max_tokens=older if newer is None else newer,
        stop_sequences=stop,
        temperature=wire.temperature,
        seed=wire.seed,
        top_k=None if wire.top_k is None else max(wire.top_k, 0),
        top_p=wire.top_p,
        frequency_penalty=wire.frequency_penalty,
        presence_penalty=wire.presence_penalty,
        logprobs=bool(wire.logprobs),
        top_logprobs=wire.top_logprobs,
    )


def decode_response_format(wire: WireResponseFormat | None) -> ResponseFormat | None:
    """Return the form of the answer, or none for free text; raises InvalidRequestError."""
    if wire is None or wire.type == "text":
        return None
    if wire.type == "json_object":
        return ResponseFormat(wire.schema)
    if wire.type != "json_schema":
        raise invalid_choice("response_format.type", wire.type, RESPONSE_FORMATS)
    envelope = wire.json_schema
    if envelope is None:
        raise missing("response_format.json_schema")
    return ResponseFormat(envelope.schema, envelope.name, envelope.description, envelope.strict)


def decode_thinking(
    wire: WireChatRequest, raw_reasoning: dict[str, Any] | None, losses: LossReport
) -> Thinking | None:
    """Return how much to reason, from all three spellings; raises InvalidRequestError."""
    if wire.reasoning is None and wire.reasoning_effort is None and wire.reasoning_max_tokens is None:
        return None
    reasoning = wire.reasoning or WireReasoning()
    drop_unknown(raw_reasoning or {}, _REASONING_MEMBERS, "reasoning", losses)
    _check_at_least_one("reasoning.max_tokens", reasoning.max_tokens)
    effort = _one_of("reasoning_effort", wire.reasoning_effort, "reasoning.effort", reasoning.effort)
    budget = _one_of(
        "reasoning_max_tokens", wire.reasoning_max_tokens, "reasoning.max_tokens", reasoning.max_tokens
    )
    if effort is None and budget is None and reasoning.enabled is None:
        return None
    field = "reasoning_effort" if wire.reasoning_effort is not None else "reasoning.effort"
    if effort is not None and effort not in EFFORTS:
        raise invalid_choice(field, effort, tuple(EFFORTS))
    if effort == "max":
        losses.add("approximated", field, "xhigh is the highest that is known")
    is_enabled = effort != "none" if reasoning.enabled is None else reasoning.enabled
    return Thinking(is_enabled, budget, EFFORTS[effort] if effort else None)


def _one_of(name: str, value: Value | None, other: str, other_value: Value | None) -> Value | None:
    if value is not None and other_value is not None and value != other_value:
        raise invalid(name, f"it contradicts '{other}'")
    return other_value if value is None else value


def _check_at_least_one(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise invalid(name, f"expected at least 1, got {value}")
