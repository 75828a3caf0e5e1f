"""The options of a request, decoded: ranges and spellings, judged in one place."""

from collections.abc import Mapping
from typing import Any, cast, get_args

from causeway.dialects.gemini.openapi_schemas import json_schema
from causeway.dialects.gemini.request_body import invalid, invalid_choice
from causeway.dialects.gemini.request_schema import WireGenerationConfig, WireThinkingConfig
from causeway.dialects.gemini.safety import safety_mode_of
from causeway.model.request import Effort, ResponseFormat, SafetyMode, Sampling, Thinking

RANGES: Mapping[str, tuple[float, float]] = {
    "candidateCount": (1, 8),
    "frequencyPenalty": (-2, 2),
    "logprobs": (0, 20),
    "maxOutputTokens": (1, 2**31 - 1),
    "presencePenalty": (-2, 2),
    "seed": (-(2**31), 2**31 - 1),
    "temperature": (0, 2),
    "topK": (0, 2**31 - 1),
    "topP": (0, 1),
}
MAX_STOP_SEQUENCES = 5
THINKING_LEVELS = ("THINKING_LEVEL_UNSPECIFIED", *(effort.upper() for effort in get_args(Effort)))
JSON, PLAIN = "application/json", "text/plain"
_DYNAMIC = -1
_FIELDS = zip(
    WireGenerationConfig.__struct_encode_fields__, WireGenerationConfig.__struct_fields__, strict=True
)
_ATTRIBUTES = dict(_FIELDS)


def check_ranges(wire: WireGenerationConfig) -> None:
    """Raise InvalidRequestError, naming the field, where a number is out of its range."""
    for name, (lowest, highest) in RANGES.items():
        value = getattr(wire, _ATTRIBUTES[name])
        if value is not None and not lowest <= value <= highest:
            raise _invalid(name, f"expected a value from {lowest} to {highest}, got {str(value)[:50]}")


def decode_sampling(wire: WireGenerationConfig) -> Sampling:
    """Return how tokens are chosen; raises InvalidRequestError."""
    stop = tuple(wire.stop_sequences or ())
    if "" in stop:
        raise _invalid("stopSequences", "expected no empty string")
    if wire.top_k is not None and wire.top_k != int(wire.top_k):
        raise _invalid("topK", f"expected a whole number, got {wire.top_k}")
    return Sampling(
        max_tokens=wire.max_output_tokens,
        stop_sequences=stop,
        temperature=wire.temperature,
        seed=wire.seed,
        top_k=None if wire.top_k is None else int(wire.top_k),
        top_p=wire.top_p,
        frequency_penalty=wire.frequency_penalty,
        presence_penalty=wire.presence_penalty,
        logprobs=bool(wire.response_logprobs),
        top_logprobs=wire.logprobs,
    )


def decode_response_format(wire: WireGenerationConfig) -> ResponseFormat | None:
    """Return the form of the answer, or none for free text; raises InvalidRequestError.

    A media type that is neither text nor JSON is not looked at here: it is Gemini's own.
    """
    if wire.response_schema is not None and wire.response_json_schema is not None:
        raise _invalid("responseSchema", "it is given beside 'responseJsonSchema'")
    schema = wire.response_json_schema
    if wire.response_schema is not None:
        schema = json_schema(wire.response_schema, "generationConfig.responseSchema")
    if wire.response_mime_type == JSON:
        return ResponseFormat(schema)
    return None


def decode_thinking(wire: WireThinkingConfig | None) -> Thinking | None:
    """Return how much to think, none where it is left to the model; raises InvalidRequestError."""
    if wire is None:
        return None
    budget, level = wire.thinking_budget, (wire.thinking_level or THINKING_LEVELS[0]).upper()
    path = "thinkingConfig"
    if budget is not None and budget < _DYNAMIC:
        raise _invalid(f"{path}.thinkingBudget", f"expected a value from -1, got {budget}")
    if level not in THINKING_LEVELS:
        raise invalid_choice(f"generationConfig.{path}.thinkingLevel", level, THINKING_LEVELS)
    effort = None if level == THINKING_LEVELS[0] else cast(Effort, level.lower())
    if budget is None and effort is None:
        return Thinking(True) if wire.include_thoughts else None
    if budget == 0:
        return Thinking(False)
    return Thinking(True, None if budget == _DYNAMIC else budget, effort)


def decode_safety_mode(settings: list[dict[str, Any]] | None) -> SafetyMode | None:
    """Return what the settings ask for together, none where they say it of each harm in its own way."""
    return None if settings is None else safety_mode_of(settings)


def _invalid(name: str, problem: str) -> Exception:
    return invalid(f"generationConfig.{name}", problem)
