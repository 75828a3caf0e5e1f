"""The options of a request, decoded: ranges and spellings, judged in one place."""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.openai.decode_options import EFFORTS
from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.responses.request_schema import WireFormat, WireReasoning, WireRequest
from causeway.model.loss import LossReport
from causeway.model.request import ResponseFormat, Sampling, Thinking

RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_logprobs": (0, 20),
}
FORMATS = ("text", "json_object", "json_schema")
# What `include` asks for where log probabilities are wanted.
LOGPROBS = "message.output_text.logprobs"

_FORMAT_MEMBERS = frozenset(WireFormat.__struct_fields__)


def check_ranges(wire: WireRequest) -> None:
    """Raise InvalidRequestError, naming the field, where a number is out of its range."""
    for name, (lowest, highest) in RANGES.items():
        value = getattr(wire, name)
        if value is not None and not lowest <= value <= highest:
            raise invalid(name, f"expected a value from {lowest} to {highest}, got {str(value)[:50]}")
    _check_at_least_one("max_output_tokens", wire.max_output_tokens)
    if wire.reasoning is not None:
        _check_at_least_one("reasoning.max_tokens", wire.reasoning.max_tokens)


def decode_sampling(wire: WireRequest) -> Sampling:
    """Return how tokens are chosen."""
    return Sampling(
        max_tokens=wire.max_output_tokens,
        temperature=wire.temperature,
        top_p=wire.top_p,
        logprobs=LOGPROBS in (wire.include or ()),
        top_logprobs=wire.top_logprobs,
    )


def decode_format(
    wire: WireFormat | None, raw: dict[str, Any] | None, losses: LossReport
) -> ResponseFormat | None:
    """Return the form of the answer, or none for free text; raises InvalidRequestError."""
    if wire is None or wire.type == "text":
        return None
    drop_unknown(raw or {}, _FORMAT_MEMBERS, "text.format", losses)
    if wire.type == "json_object":
        return ResponseFormat()
    if wire.type != "json_schema":
        raise invalid_choice("text.format.type", wire.type, FORMATS)
    if wire.schema is None:
        raise missing("text.format.schema")
    return ResponseFormat(wire.schema, wire.name, wire.description, wire.strict)


def decode_thinking(wire: WireReasoning | None, losses: LossReport) -> Thinking | None:
    """Return how much to reason, none where it is not said; raises InvalidRequestError."""
    if wire is None or (wire.effort is None and wire.max_tokens is None):
        return None
    if wire.effort is not None and wire.effort not in EFFORTS:
        raise invalid_choice("reasoning.effort", wire.effort, tuple(EFFORTS))
    if wire.effort == "max":
        losses.add("approximated", "reasoning.effort", "xhigh is the highest that is known")
    return Thinking(wire.effort != "none", wire.max_tokens, EFFORTS[wire.effort] if wire.effort else None)


def _check_at_least_one(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise invalid(name, f"expected at least 1, got {value}")
