"""What there is to say about Gemini's other endpoints in the OpenAPI document, one row each.

As for chat: ranges and names come from where requests are checked, shapes from the types.
"""

from collections.abc import Iterator

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.gemini.embeddings import (
    MAX_INPUTS,
    WireBatchEmbedRequest,
    WireEmbedding,
    WireEmbeddings,
    WireEmbedRequest,
)
from causeway.dialects.gemini.models import PAGE_SIZE_RANGE, WireModel, WireModelList
from causeway.dialects.gemini.request_schema import WireContent, WireGenerateRequest
from causeway.dialects.gemini.response_schema import ErrorBody
from causeway.dialects.gemini.token_count import WireCount
from causeway.dialects.openapi import Operation, Schema, path_parameters


class WireCountRequest(WireGenerateRequest):
    """A chat, or a whole request for an answer to one."""

    contents: list[WireContent] | WireContent | None = None
    generate_content_request: WireGenerateRequest | None = None


def companion_operations(servers: tuple[str, ...]) -> Iterator[Operation]:
    """Yield the endpoints under `servers`, which are base URLs with the version in them."""
    yield _post("countTokens", "Count the tokens of a prompt", WireCountRequest, (), WireCount, servers)
    yield _post(
        "embedContent", "Make a vector of a text", WireEmbedRequest, ("content",), WireEmbedding, servers
    )
    yield _post(
        "batchEmbedContents",
        "Make vectors of texts",
        WireBatchEmbedRequest,
        ("requests",),
        WireEmbeddings,
        servers,
    )
    lowest, highest = PAGE_SIZE_RANGE
    query: dict[str, Schema] = {
        "pageSize": {"type": "integer", "minimum": lowest, "maximum": highest},
        "pageToken": {"type": "string"},
    }
    parameters = tuple({"name": name, "in": "query", "schema": schema} for name, schema in query.items())
    yield _get("listGeminiModels", "/models", "List the models", parameters, WireModelList, servers)
    path = "/models/{model}"
    summary = "Describe a model; a name may contain slashes"
    yield _get("getGeminiModel", path, summary, path_parameters(path), WireModel, servers)


def _post(
    action: str,
    summary: str,
    request: type,
    required: tuple[str, ...],
    answer: type,
    servers: tuple[str, ...],
) -> Operation:
    path = f"/models/{{model}}:{action}"
    counted: Schema = {"minItems": 1, "maxItems": MAX_INPUTS}
    return Operation(
        id=action,
        method="POST",
        path=path,
        tag="companions",
        summary=summary,
        request=request,
        required=required,
        constraints={WireBatchEmbedRequest: {"requests": counted}} if "requests" in required else {},
        parameters=path_parameters(path),
        answers=(answer,),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=ErrorBody,
        servers=servers,
    )


def _get(
    id: str,
    path: str,
    summary: str,
    parameters: tuple[Schema, ...],
    answer: type,
    servers: tuple[str, ...],
) -> Operation:
    return Operation(
        id=id,
        method="GET",
        path=path,
        tag="companions",
        summary=summary,
        parameters=parameters,
        answers=(answer,),
        statuses=error_statuses(),
        error=ErrorBody,
        servers=servers,
    )
