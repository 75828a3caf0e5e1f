"""What there is to say about the Responses API in the OpenAPI document, one row each.

As for chat completions: ranges and words come from where requests are checked, shapes from the types.
"""

from collections.abc import Iterator, Mapping

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openai.chat_operations import DEPLOYMENT, DEPLOYMENT_SERVERS
from causeway.dialects.openai.decode_extensions import CITATION_MODES, PRIORITY_RANGE, SAFETY_MODES
from causeway.dialects.openai.decode_options import EFFORTS
from causeway.dialects.openai.endpoints import OPENAI_PREFIXES
from causeway.dialects.openai.request_schema import WireCitationOptions
from causeway.dialects.openai.response_schema import ErrorBody, UnifiedErrorBody
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters
from causeway.dialects.responses.decode_input import ROLES
from causeway.dialects.responses.decode_options import FORMATS, RANGES
from causeway.dialects.responses.decode_request import OTHER_INPUTS
from causeway.dialects.responses.decode_tools import TOOL_CHOICES
from causeway.dialects.responses.request_schema import WireFormat, WireReasoning, WireRequest
from causeway.dialects.responses.response_schema import (
    DeletedResponse,
    InputItemList,
    InputTokens,
    Response,
    ResponseStreamEvent,
    UnifiedResponse,
    UnifiedResponseStreamEvent,
)
from causeway.dialects.responses.stored_response import MAX_PAGE_SIZE, ORDERS

_SSE = (
    "Server-sent events, each named by its type; the last is `response.completed`, `response.incomplete` or "
    "`response.failed`, and has the whole response."
)
_FILLED: Schema = {"minLength": 1}
# A turn, which needs no type, or an item of another type; there are more types than the gateway knows.
_ITEM: Schema = {
    "type": "object",
    "anyOf": [
        {
            "required": ["role", "content"],
            "properties": {
                "role": {"enum": list(ROLES)},
                "content": {"type": ["string", "array"], "items": {"type": "object", "required": ["type"]}},
            },
        },
        {"required": ["type"], "properties": {"type": {"type": "string"}}},
    ],
}
_TOOL: Schema = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}
# Where the conversation comes from.
_SOURCES: tuple[Schema, ...] = (
    {"required": ["input"], "properties": {"input": {"type": ["string", "array"]}}},
    *({"required": [name]} for name in OTHER_INPUTS),
)


class WireDeploymentRequest(WireRequest):
    """The same where the path names the model; `model` is not read."""


def response_operations() -> Iterator[Operation]:
    """Yield the endpoints, each with the base URLs under which it is found."""
    yield _respond(
        "createUnifiedResponse",
        "/v1/responses",
        "Respond to a conversation, whole or as a stream, and say in `extra_fields` who answered",
        servers=("/",),
        answer=UnifiedResponse,
        event=UnifiedResponseStreamEvent,
        error=UnifiedErrorBody,
    )
    yield _respond(
        "createResponse",
        "/responses",
        "Respond to a conversation, whole or as a stream",
        servers=OPENAI_PREFIXES,
    )
    yield _respond(
        "createDeploymentResponse",
        f"{DEPLOYMENT}/responses",
        "Respond to a conversation with the model that the path names; the name may contain slashes",
        servers=DEPLOYMENT_SERVERS,
        request=WireDeploymentRequest,
    )
    yield _count("countUnifiedInputTokens", "/v1/responses/input_tokens", ("/",), error=UnifiedErrorBody)
    yield _count("countInputTokens", "/responses/input_tokens", OPENAI_PREFIXES)
    yield _count(
        "countDeploymentInputTokens",
        f"{DEPLOYMENT}/responses/input_tokens",
        DEPLOYMENT_SERVERS,
        request=WireDeploymentRequest,
    )
    yield from _kept("Unified", "/v1/responses", ("/",), UnifiedErrorBody)
    yield from _kept("", "/responses", OPENAI_PREFIXES, ErrorBody)


def _kept(kind: str, path: str, servers: tuple[str, ...], error: type) -> Iterator[Operation]:
    query: dict[str, Schema] = {
        "after": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
        "order": {"type": "string", "enum": list(ORDERS)},
    }
    paging = tuple({"name": name, "in": "query", "schema": schema} for name, schema in query.items())
    one = f"{path}/{{id}}"
    rows: tuple[tuple[str, str, str, str, type, tuple[Schema, ...]], ...] = (
        (f"retrieve{kind}Response", "GET", one, "Tell a response again", Response, ()),
        (f"delete{kind}Response", "DELETE", one, "Delete a response", DeletedResponse, ()),
        (f"cancel{kind}Response", "POST", f"{one}/cancel", "Cancel a response", Response, ()),
        (
            f"list{kind}InputItems",
            "GET",
            f"{one}/input_items",
            "List what a response answers",
            InputItemList,
            paging,
        ),
    )
    for id, method, row_path, summary, answer, parameters in rows:
        yield Operation(
            id=id,
            method=method,
            path=row_path,
            tag="companions",
            summary=summary,
            parameters=(*path_parameters(row_path), *parameters),
            answers=(answer,),
            statuses=error_statuses(),
            error=error,
            servers=servers,
        )


def _respond(
    id: str,
    path: str,
    summary: str,
    *,
    servers: tuple[str, ...],
    request: type = WireRequest,
    answer: type = Response,
    event: type = ResponseStreamEvent,
    error: type = ErrorBody,
) -> Operation:
    return Operation(
        id=id,
        method="POST",
        path=path,
        tag="chat",
        summary=summary,
        request=request,
        required=_required(request),
        constraints=_constraints(request),
        variants={request: _SOURCES},
        parameters=path_parameters(path),
        ignores_unknown_fields=True,
        answers=(answer,),
        streams=(MediaStream("text/event-stream", (event,), _SSE),),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=error,
        servers=servers,
    )


def _count(
    id: str,
    path: str,
    servers: tuple[str, ...],
    *,
    request: type = WireRequest,
    error: type = ErrorBody,
) -> Operation:
    return Operation(
        id=id,
        method="POST",
        path=path,
        tag="companions",
        summary="Count the tokens of a conversation",
        request=request,
        required=_required(request),
        constraints=_constraints(request),
        variants={request: _SOURCES},
        parameters=path_parameters(path),
        ignores_unknown_fields=True,
        answers=(InputTokens,),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=error,
        servers=servers,
    )


def _required(request: type) -> tuple[str, ...]:
    # The input may come from elsewhere (`_SOURCES`).
    return ("model",) if request is WireRequest else ()


def _constraints(request: type) -> dict[type, Mapping[str, Schema]]:
    ranges: dict[str, Schema] = {
        name: {"minimum": lowest, "maximum": highest} for name, (lowest, highest) in RANGES.items()
    }
    priority: Schema = dict(zip(("minimum", "maximum"), PRIORITY_RANGE, strict=True))
    return {
        request: ranges
        | {
            "input": {"items": _ITEM},
            "tools": {"items": _TOOL},
            "max_output_tokens": {"minimum": 1},
            "tool_choice": {"enum": list(TOOL_CHOICES)},
            "fallbacks": {"items": {"type": "string", **_FILLED}},
            "safety_mode": {"enum": list(SAFETY_MODES)},
            "priority": priority,
        }
        | ({"model": _FILLED} if request is WireRequest else {}),
        WireReasoning: {"effort": {"enum": list(EFFORTS)}, "max_tokens": {"minimum": 1}},
        WireFormat: {"type": {"enum": list(FORMATS)}},
        WireCitationOptions: {"mode": {"enum": list(CITATION_MODES)}},
    }
