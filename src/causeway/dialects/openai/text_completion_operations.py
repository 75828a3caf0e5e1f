"""What there is to say about text completions in the OpenAPI document, one row for each kind of path.

As for chat: ranges and names come from where requests are checked, shapes from the types.
"""

from collections.abc import Iterator

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openai.chat_operations import DEPLOYMENT, DEPLOYMENT_SERVERS
from causeway.dialects.openai.endpoints import OPENAI_PREFIXES
from causeway.dialects.openai.response_schema import (
    BrokenStream,
    ErrorBody,
    UnifiedBrokenStream,
    UnifiedErrorBody,
)
from causeway.dialects.openai.text_completion_request import RANGES
from causeway.dialects.openai.text_completion_schema import (
    TextChunk,
    TextCompletion,
    UnifiedTextChunk,
    UnifiedTextCompletion,
    WireTextRequest,
)
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters

_SSE = (
    "Server-sent events, each with one JSON object as its data; the last data is `[DONE]`, but for a stream "
    "that broke off, which ends with an object that has an `error`."
)
_DONE = "[DONE]"
_NAMED: Schema = {"type": "string", "minLength": 1}


class WireDeploymentTextRequest(WireTextRequest):
    """The same where the path names the model; `model` is not read."""


def text_completion_operations() -> Iterator[Operation]:
    """Yield the endpoints, each with the base URLs under which it is found."""
    yield _operation(
        "createUnifiedCompletion",
        "/v1/completions",
        "Go on from a text, whole or as a stream, and say in `extra_fields` who answered",
        servers=("/",),
        answer=UnifiedTextCompletion,
        stream=(UnifiedTextChunk, UnifiedBrokenStream),
        error=UnifiedErrorBody,
    )
    yield _operation(
        "createCompletion", "/completions", "Go on from a text, whole or as a stream", servers=OPENAI_PREFIXES
    )
    yield _operation(
        "createDeploymentCompletion",
        f"{DEPLOYMENT}/completions",
        "Go on from a text with the model that the path names; the name may contain slashes",
        servers=DEPLOYMENT_SERVERS,
        request=WireDeploymentTextRequest,
        required=("prompt",),
    )


def _operation(
    id: str,
    path: str,
    summary: str,
    *,
    servers: tuple[str, ...],
    request: type = WireTextRequest,
    required: tuple[str, ...] = ("model", "prompt"),
    answer: type = TextCompletion,
    stream: tuple[type, ...] = (TextChunk, BrokenStream),
    error: type = ErrorBody,
) -> Operation:
    return Operation(
        id=id,
        method="POST",
        path=path,
        tag="chat",
        summary=summary,
        request=request,
        required=required,
        constraints={request: _constraints(required)},
        parameters=path_parameters(path),
        answers=(answer,),
        streams=(MediaStream("text/event-stream", stream, _SSE, _DONE),),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=error,
        servers=servers,
    )


def _constraints(required: tuple[str, ...]) -> dict[str, Schema]:
    ranges: dict[str, Schema] = {
        name: {"minimum": lowest, "maximum": highest} for name, (lowest, highest) in RANGES.items()
    }
    return (
        ranges
        | {
            "prompt": {"minItems": 1, "maxItems": 1, "items": {"type": "string"}},
            "n": {"minimum": 1, "maximum": 1},
            "stop": {"minLength": 1, "items": _NAMED},
            "fallbacks": {"items": _NAMED},
        }
        | ({"model": {"minLength": 1}} if "model" in required else {})
    )
