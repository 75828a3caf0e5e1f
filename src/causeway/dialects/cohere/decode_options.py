"""The options that Cohere's two chat APIs have in common, decoded: ranges and spellings.

Here and nowhere else is it said which values are allowed; the OpenAPI document is written from the
same tables. Where Cohere's own wording of an error is known it is used, since applications match on
it.
"""

from collections.abc import Mapping
from typing import TypeVar

from msgspec import UNSET

from causeway.dialects.cohere.request_body import USAGE_HINT
from causeway.dialects.cohere.request_schema import WireChatRequest, WireResponseFormat
from causeway.dialects.cohere.v1_chat_schema import WireV1ChatRequest
from causeway.model.errors import InvalidRequestError
from causeway.model.request import CitationMode, ResponseFormat, SafetyMode, Sampling

MAX_STOP_SEQUENCES = 5
PRIORITY_RANGE = (0, 999)
SAMPLING_RANGES: Mapping[str, tuple[int, int]] = {
    "temperature": (0, 2),
    "seed": (0, 2**64 - 1),
    "k": (0, 500),
    "p": (0, 1),
    "frequency_penalty": (0, 1),
    "presence_penalty": (0, 1),
}
# What Cohere itself takes, where it is less than what is accepted here for the sake of other vendors.
OWN_RANGES: Mapping[str, tuple[float, float]] = {
    **SAMPLING_RANGES,
    "temperature": (0, 1),
    "p": (0.01, 0.99),
}
# Other vendors' penalties are wider, and the routes that stand for many vendors take them.
_LENIENT_RANGES: Mapping[str, tuple[int, int]] = {
    **SAMPLING_RANGES,
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
SAFETY_MODES: Mapping[str, SafetyMode] = {
    "CONTEXTUAL": "contextual",
    "STRICT": "strict",
    "OFF": "off",
    "NONE": "off",
}
RESPONSE_FORMATS = ("text", "json_object", "json_schema")
CITATION_MODES: Mapping[str, CitationMode] = {
    "ENABLED": "accurate",
    "ACCURATE": "accurate",
    "FAST": "fast",
    "DISABLED": "off",
    "OFF": "off",
}

Number = TypeVar("Number", int, float)


def in_range(name: str, value: Number | None, lowest: int, highest: int) -> Number | None:
    """Return the value; raises InvalidRequestError, which names the field, outside the bounds."""
    if value is not None and not lowest <= value <= highest:
        raise _out_of_range(name, lowest, highest)
    return value


def field_out_of_range(
    wire: WireChatRequest | WireV1ChatRequest, ranges: Mapping[str, tuple[float, float]]
) -> str | None:
    """Return the name of the first field that is given and outside its range, none where there is none."""
    for name, (lowest, highest) in ranges.items():
        value = getattr(wire, name)
        if value is not None and not lowest <= value <= highest:
            return name
    return None


def _out_of_range(name: str, lowest: int, highest: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"invalid request: {name} must be between {lowest} and {highest} inclusive.", field=name
    )


def decode_sampling(wire: WireChatRequest | WireV1ChatRequest, *, logprobs: bool, strict: bool) -> Sampling:
    """Return how tokens are chosen; raises InvalidRequestError. `strict` is Cohere's own range."""
    if wire.max_tokens is not None and wire.max_tokens < 1:
        limit = "cannot be less than 0" if wire.max_tokens < 0 else "must be at least 1"
        raise InvalidRequestError(f"invalid request: max_tokens {limit}.", field="max_tokens")
    stop_sequences = tuple(wire.stop_sequences or ())
    if len(stop_sequences) > MAX_STOP_SEQUENCES:
        raise InvalidRequestError(
            f"invalid request: too many stop sequences provided, maximum is {MAX_STOP_SEQUENCES}, "
            f"received {len(stop_sequences)}.",
            field="stop_sequences",
        )
    if "" in stop_sequences:
        raise InvalidRequestError(
            "invalid request: stop_sequences must not contain an empty string.", field="stop_sequences"
        )
    ranges = SAMPLING_RANGES if strict else _LENIENT_RANGES
    if name := field_out_of_range(wire, ranges):
        raise _out_of_range(name, *ranges[name])
    return Sampling(
        max_tokens=wire.max_tokens,
        stop_sequences=stop_sequences,
        temperature=wire.temperature,
        seed=wire.seed,
        top_k=wire.k,
        top_p=wire.p,
        frequency_penalty=wire.frequency_penalty,
        presence_penalty=wire.presence_penalty,
        logprobs=logprobs,
    )


def decode_citation_mode(wire: str | bool | None, path: str) -> CitationMode | None:
    """Return the mode of either spelling; raises InvalidRequestError."""
    if wire is None:
        return None
    name = wire.upper() if isinstance(wire, str) else ("ENABLED" if wire else "OFF")
    if name not in CITATION_MODES:
        raise InvalidRequestError(
            f"invalid request: {path}: expected one of ENABLED, DISABLED, FAST, ACCURATE, OFF.", field=path
        )
    return CITATION_MODES[name]


def decode_response_format(wire: WireResponseFormat | None) -> ResponseFormat | None:
    """Return the form of the answer, or none for free text; raises InvalidRequestError."""
    if wire is None:
        return None
    schema = wire.json_schema if wire.json_schema is not UNSET else wire.schema
    schema = None if schema is UNSET else schema
    match wire.type:
        case "text":
            if schema is not None:
                raise InvalidRequestError(
                    "invalid request: response_format.json_schema is not allowed with type text.",
                    field="response_format.json_schema",
                )
            return None
        case "json_object":
            return ResponseFormat(schema)
        case "json_schema":  # OpenAI's envelope: {name, strict, schema}
            inner = schema.get("schema") if schema else None
            if not isinstance(inner, dict):
                raise InvalidRequestError(
                    "invalid request: response_format.json_schema.schema: expected an object.",
                    field="response_format.json_schema.schema",
                )
            return ResponseFormat(inner)
        case _:
            raise InvalidRequestError(
                "invalid request: response_format.type: expected one of text, json_object.",
                field="response_format.type",
            )


def decode_safety_mode(wire: str | bool | None) -> SafetyMode | None:
    """Return the mode; raises InvalidRequestError."""
    if wire is None:
        return None
    # Cohere's specification writes OFF unquoted, which YAML 1.1 loaders read as false.
    mode = SAFETY_MODES.get(wire.upper()) if isinstance(wire, str) else ("off" if not wire else None)
    if mode is None:
        raise InvalidRequestError(
            f"unrecognized safety mode '{str(wire)[:200]}'. {USAGE_HINT}", field="safety_mode"
        )
    return mode


def decode_fallbacks(wire: list[str] | None) -> tuple[str, ...]:
    """Return the models to ask where the first one fails; raises InvalidRequestError."""
    if not wire:
        return ()
    for index, name in enumerate(wire):
        if not name:
            raise InvalidRequestError(
                f"invalid request: fallbacks[{index}]: expected the name of a model.",
                field=f"fallbacks[{index}]",
            )
    return tuple(wire)
