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
    WireGenerateRequest,
    WireGenerationConfig,
    WireThinkingConfig,
)
from causeway.dialects.gemini.response_schema import ErrorBody, GenerateContentResponse
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters

_STREAM = (
    "With `alt=sse` server-sent events, each with one JSON object as its data; without it the same objects "
    "as one JSON array. A stream that broke off ends with an object that has an `error`."
)
_NAMES: Schema = {"items": {"type": "string", "minLength": 1}}


def chat_operations(servers: tuple[str, ...]) -> Iterator[Operation]:
    """Yield the endpoints under `servers`, which are base URLs with the version in them."""
    yield _operation("generateContent", "Answer a conversation with the model that the path names", servers)
    yield _operation("streamGenerateContent", "Answer a conversation as a stream", servers, is_stream=True)


def _operation(action: str, summary: str, servers: tuple[str, ...], *, is_stream: bool = False) -> Operation:
    path = f"/models/{{model}}:{action}"
    alt: Schema = {"name": "alt", "in": "query", "schema": {"type": "string", "enum": ["sse", "json"]}}
    stream = MediaStream("text/event-stream", (GenerateContentResponse, ErrorBody), _STREAM)
    return Operation(
        id=action,
        method="POST",
        path=path,
        tag="chat",
        summary=summary,
        request=WireGenerateRequest,
        required=("contents",),
        constraints=_constraints(),
        parameters=(*path_parameters(path), *([alt] if is_stream else [])),
        answers=() if is_stream else (GenerateContentResponse,),
        stream=stream if is_stream else None,
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=ErrorBody,
        servers=servers,
    )


def _constraints() -> dict[type, Mapping[str, Schema]]:
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
