"""The options of a Messages request, decoded: ranges and spellings, judged in one place."""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.anthropic.kept_fields import keep_others
from causeway.dialects.anthropic.request_body import invalid, invalid_choice, missing
from causeway.dialects.anthropic.request_schema import (
    WireMessagesRequest,
    WireOutputFormat,
    WireTokenCountRequest,
)
from causeway.model.loss import LossReport
from causeway.model.request import Effort, ResponseFormat, Sampling, Thinking

RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 1),
    "top_p": (0, 1),
    "top_k": (0, 2**31 - 1),
}
THINKING_TYPES = ("enabled", "adaptive", "disabled")
# `max` is above what the canonical request knows.
EFFORTS: Mapping[str, Effort] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "xhigh",
}
FORMAT_TYPES = ("json_schema",)

_THINKING = frozenset({"type", "budget_tokens"})
_OUTPUT_CONFIG = frozenset({"effort", "format"})


def check_ranges(wire: Any) -> None:
    """Raise InvalidRequestError, naming the field, where a number is out of its range."""
    for name, (lowest, highest) in RANGES.items():
        value = getattr(wire, name)
        if value is not None and not lowest <= value <= highest:
            raise invalid(name, f"expected a value from {lowest} to {highest}, got {str(value)[:50]}")


def decode_stop_sequences(wire: list[str] | None) -> tuple[str, ...]:
    """Return the stop sequences; raises InvalidRequestError."""
    for index, sequence in enumerate(wire or ()):
        if not sequence:
            raise invalid(f"stop_sequences[{index}]", "expected no empty string")
    return tuple(wire or ())


def decode_sampling(wire: WireMessagesRequest) -> Sampling:
    """Return how tokens are chosen; raises InvalidRequestError."""
    check_ranges(wire)
    if wire.max_tokens is not None and wire.max_tokens < 1:
        raise invalid("max_tokens", f"expected at least 1, got {str(wire.max_tokens)[:50]}")
    return Sampling(
        max_tokens=wire.max_tokens,
        stop_sequences=decode_stop_sequences(wire.stop_sequences),
        temperature=wire.temperature,
        top_k=wire.top_k,
        top_p=wire.top_p,
    )


def decode_thinking(
    wire: WireTokenCountRequest, raw: dict[str, Any], kept: dict[str, Any], losses: LossReport
) -> Thinking | None:
    """Return how much to think; raises InvalidRequestError.

    An effort is one of thinking only where the model is to think: without that it is of the whole answer,
    which others have no word for.
    """
    config = raw.get("output_config") or {}
    keep_others(config, _OUTPUT_CONFIG, "output_config", kept, losses)
    effort = None if wire.output_config is None else wire.output_config.effort
    if effort is not None and effort not in EFFORTS:
        raise invalid_choice("output_config.effort", effort, tuple(EFFORTS))
    if wire.thinking is None or wire.thinking.type == "disabled" or effort == "max":
        keep_others({"effort": effort}, frozenset(), "output_config", kept, losses)
    if wire.thinking is None:
        return None
    keep_others(raw["thinking"], _THINKING, "thinking", kept, losses)
    budget = wire.thinking.budget_tokens
    if budget is not None and budget < 1:
        raise invalid("thinking.budget_tokens", f"expected at least 1, got {str(budget)[:50]}")
    match wire.thinking.type:
        case "disabled":
            return Thinking(False)
        case "adaptive":
            return Thinking(True, None, None if effort is None else EFFORTS[effort])
        case "enabled":
            if budget is None:
                raise missing("thinking.budget_tokens")
            return Thinking(True, budget, None if effort is None else EFFORTS[effort])
    raise invalid_choice("thinking.type", wire.thinking.type, THINKING_TYPES)


def decode_response_format(wire: WireTokenCountRequest) -> ResponseFormat | None:
    """Return the form of the answer, none for free text; raises InvalidRequestError."""
    newer = None if wire.output_config is None else wire.output_config.format
    if newer is not None:
        return _decode_format(newer, "output_config.format")
    return None if wire.output_format is None else _decode_format(wire.output_format, "output_format")


def decode_fallbacks(wire: Any) -> tuple[str, ...]:
    """Return the models to ask where the first one fails, none where the field says something of Anthropic's.

    Raises InvalidRequestError.
    """
    if not isinstance(wire, list) or not all(isinstance(name, str) for name in wire):
        return ()
    for index, name in enumerate(wire):
        if not name:
            raise invalid(f"fallbacks[{index}]", "expected the name of a model")
    return tuple(wire)


def _decode_format(wire: WireOutputFormat, path: str) -> ResponseFormat:
    if wire.type not in FORMAT_TYPES:
        raise invalid_choice(f"{path}.type", wire.type, FORMAT_TYPES)
    if wire.schema is None:
        raise missing(f"{path}.schema")
    return ResponseFormat(wire.schema)
