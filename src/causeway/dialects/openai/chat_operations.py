"""What there is to say about OpenAI's chat endpoints in the OpenAPI document, one row each.

A row says nothing that the code says already: ranges and words come from the tables that requests are
checked against, shapes from the types that they are decoded into. An endpoint that stands in many places is
one row with the base URLs of all of them.
"""

from collections.abc import Iterator, Mapping

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openai.decode_extensions import CITATION_MODES, PRIORITY_RANGE, SAFETY_MODES
from causeway.dialects.openai.decode_messages import ROLES
from causeway.dialects.openai.decode_options import AT_LEAST_ONE, EFFORTS, RANGES, RESPONSE_FORMATS
from causeway.dialects.openai.decode_tools import CHOICE_TYPES, TOOL_CHOICES
from causeway.dialects.openai.endpoints import AZURE_PREFIXES, OPENAI_PREFIXES
from causeway.dialects.openai.request_schema import (
    WireChatRequest,
    WireCitationOptions,
    WireMessage,
    WireReasoning,
    WireResponseFormat,
    WireToolChoice,
)
from causeway.dialects.openai.response_schema import (
    BrokenStream,
    Chunk,
    Completion,
    ErrorBody,
    UnifiedBrokenStream,
    UnifiedChunk,
    UnifiedCompletion,
    UnifiedErrorBody,
)
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters

DEPLOYMENT = "/deployments/{model}"
DEPLOYMENT_SERVERS = tuple(prefix.partition("/deployments/")[0] for prefix in AZURE_PREFIXES)

_NAMES: Schema = {"items": {"type": "string", "minLength": 1}}
_SSE = (
    "Server-sent events, each with one JSON object as its data; the last data is `[DONE]`, but for a stream "
    "that broke off, which ends with an object that has an `error`."
)
_DONE = "[DONE]"
# What is in a part besides depends on its type, and there are more types than the gateway knows.
_PART: Schema = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}


_SAID: Schema = {"type": ["string", "array"]}
_NAMED: Schema = {"type": "string", "minLength": 1}


class WireDeploymentChatRequest(WireChatRequest):
    """The same where the path names the model; `model` is not read."""


def chat_operations() -> Iterator[Operation]:
    """Yield the endpoints, each with the base URLs under which it is found."""
    yield _operation(
        "createUnifiedChatCompletion",
        "/v1/chat/completions",
        "Answer a conversation, whole or as a stream, and say in `extra_fields` who answered",
        servers=("/",),
        answer=UnifiedCompletion,
        stream=(UnifiedChunk, UnifiedBrokenStream),
        error=UnifiedErrorBody,
    )
    yield _operation(
        "createChatCompletion",
        "/chat/completions",
        "Answer a conversation, whole or as a stream",
        servers=OPENAI_PREFIXES,
    )
    yield _operation(
        "createDeploymentChatCompletion",
        f"{DEPLOYMENT}/chat/completions",
        "Answer a conversation with the model that the path names; the name may contain slashes",
        servers=DEPLOYMENT_SERVERS,
        request=WireDeploymentChatRequest,
        required=("messages",),
    )


def _operation(
    id: str,
    path: str,
    summary: str,
    *,
    servers: tuple[str, ...],
    request: type = WireChatRequest,
    required: tuple[str, ...] = ("model", "messages"),
    answer: type = Completion,
    stream: tuple[type, ...] = (Chunk, BrokenStream),
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
        constraints=_constraints(request),
        variants={WireMessage: _message_variants()},
        parameters=path_parameters(path),
        answers=(answer,),
        streams=(MediaStream("text/event-stream", stream, _SSE, _DONE),),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=error,
        servers=servers,
    )


def _constraints(request: type) -> dict[type, Mapping[str, Schema]]:
    ranges: dict[str, Schema] = {
        name: {"minimum": lowest, "maximum": highest} for name, (lowest, highest) in RANGES.items()
    }
    priority: Schema = dict(zip(("minimum", "maximum"), PRIORITY_RANGE, strict=True))
    return {
        request: ranges
        | {name: {"minimum": 1} for name in AT_LEAST_ONE}
        | {
            "messages": {"minItems": 1},
            "stop": {"minLength": 1, "items": {"type": "string", "minLength": 1}},
            "tool_choice": _choices(TOOL_CHOICES),
            "reasoning_effort": _choices(EFFORTS),
            "fallbacks": _NAMES,
            "safety_mode": _choices(SAFETY_MODES),
            "priority": priority,
        }
        | ({"model": {"minLength": 1}} if request is WireChatRequest else {}),
        WireMessage: {"role": {"enum": list(ROLES)}, "content": {"items": _PART}},
        WireToolChoice: {"type": {"enum": list(CHOICE_TYPES)}},
        WireResponseFormat: {"type": {"enum": list(RESPONSE_FORMATS)}},
        WireReasoning: {"effort": _choices(EFFORTS), "max_tokens": {"minimum": 1}},
        WireCitationOptions: {"mode": _choices(CITATION_MODES)},
    }


def _message_variants() -> tuple[Schema, ...]:
    """Return what each role needs."""
    needs: dict[str, Schema] = {
        "assistant": {},
        "tool": {"tool_call_id": _NAMED},
        "function": {"name": _NAMED},
    }
    return tuple(
        {"required": ["role", *fields], "properties": {"role": {"const": role}, **fields}}
        for role in ROLES
        for fields in (needs.get(role, {"content": _SAID}),)
    )


def _choices(names: Mapping[str, object]) -> Schema:
    return {"enum": list(names)}
