"""What there is to say about Gemini's chat endpoints in the OpenAPI document, one row each.

A row says nothing that the code says already: ranges and words come from the tables that requests are
checked against, shapes from the types that they are decoded into. The base URLs are the caller's to give.
"""

from collections.abc import Iterator, Mapping

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.gemini.decode_contents import ROLES
from causeway.dialects.gemini.decode_options import RANGES, THINKING_LEVELS
from causeway.dialects.gemini.decode_tools import MODES
from causeway.dialects.gemini.request_schema import (
    WireContent,
    WireFunctionCallingConfig,
    WireFunctionDeclaration,
    WireGenerateRequest,
    WireGenerationConfig,
    WirePart,
    WireThinkingConfig,
)
from causeway.dialects.gemini.response_schema import ErrorBody, GenerateContentResponse
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters

_SSE = (
    "With `alt=sse`: server-sent events, each with one JSON object as its data. A stream that broke off ends "
    "with an object that has an `error`."
)
_ARRAY = "Without it: the same objects as one JSON array."
_NAMES: Schema = {"items": {"type": "string", "minLength": 1}}
_TURN_VARIANTS: tuple[Schema, ...] = (
    {"required": ["parts"], "properties": {"parts": {"type": ["array", "object"], "minItems": 1}}},
    {"required": ["role"], "properties": {"role": {"const": "model"}}},
)
# There are more kinds of part than the gateway knows.
_PART_VARIANTS: tuple[Schema, ...] = (
    {"required": ["text"], "properties": {"text": {"type": "string"}}},
    {"minProperties": 1, "properties": {"text": {"type": "null"}}},
)
_DECLARATION_VARIANTS: tuple[Schema, ...] = (
    {"required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}},
)
CONTENT_VARIANTS: Mapping[type, tuple[Schema, ...]] = {
    WireContent: _TURN_VARIANTS,
    WirePart: _PART_VARIANTS,
}
PROMPT_VARIANTS = {**CONTENT_VARIANTS, WireFunctionDeclaration: _DECLARATION_VARIANTS}


def chat_operations(servers: tuple[str, ...]) -> Iterator[Operation]:
    """Yield the endpoints under `servers`, which are base URLs with the version in them."""
    yield _operation("generateContent", "Answer a conversation with the model that the path names", servers)
    yield _operation("streamGenerateContent", "Answer a conversation as a stream", servers, is_stream=True)


def _operation(action: str, summary: str, servers: tuple[str, ...], *, is_stream: bool = False) -> Operation:
    path = f"/models/{{model}}:{action}"
    alt: Schema = {"name": "alt", "in": "query", "schema": {"type": "string"}}
    pieces = (GenerateContentResponse, ErrorBody)
    streams = (
        MediaStream("text/event-stream", pieces, _SSE),
        MediaStream("application/json", pieces, _ARRAY),
    )
    return Operation(
        id=action,
        method="POST",
        path=path,
        tag="chat",
        summary=summary,
        request=WireGenerateRequest,
        required=("contents",),
        constraints=prompt_constraints(),
        variants=PROMPT_VARIANTS,
        parameters=(*path_parameters(path), *([alt] if is_stream else [])),
        answers=() if is_stream else (GenerateContentResponse,),
        streams=streams if is_stream else (),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=ErrorBody,
        servers=servers,
    )


def prompt_constraints() -> dict[type, Mapping[str, Schema]]:
    """Return what is asked of the parts of a request, wherever one is sent."""
    ranges: dict[str, Schema] = {
        name: {"minimum": lowest, "maximum": highest} for name, (lowest, highest) in RANGES.items()
    }
    return {
        WireGenerateRequest: {"contents": {"minItems": 1}, "fallbacks": _NAMES},
        WireContent: {"role": {"enum": list(ROLES)}},
        WireGenerationConfig: ranges | {"stopSequences": _NAMES},
        WireThinkingConfig: {
            "thinkingBudget": {"minimum": -1},
            "thinkingLevel": {"enum": list(THINKING_LEVELS)},
        },
        WireFunctionCallingConfig: {"mode": {"enum": list(MODES)}},
    }
