"""What there is to say about Gemini's other endpoints in the OpenAPI document, one row each.

As for chat: ranges and names come from where requests are checked, shapes from the types. `/models` alone is
OpenAI's, with other base URLs: for the lists the version stands in the path.
"""

from collections.abc import Iterator, Mapping

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.gemini.chat_operations import CONTENT_VARIANTS, PROMPT_VARIANTS, prompt_constraints
from causeway.dialects.gemini.embeddings import (
    MAX_INPUTS,
    WireBatchEmbedRequest,
    WireEmbedding,
    WireEmbeddings,
    WireEmbedRequest,
)
from causeway.dialects.gemini.endpoints import GEMINI_UNSERVED, GEMINI_UPLOADS, MOUNTS, PREVIEWS, STABLE
from causeway.dialects.gemini.models import PAGE_SIZE_RANGE, WireModel, WireModelList
from causeway.dialects.gemini.request_schema import WireContent, WireGenerateRequest
from causeway.dialects.gemini.response_schema import ErrorBody
from causeway.dialects.gemini.token_count import BESIDE_INNER, INNER, WireCount
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openapi import Operation, Schema, path_parameters
from causeway.dialects.unserved_operations import unserved_operations


class WireCountRequest(WireGenerateRequest):
    """A chat, or a whole request for an answer to one."""

    contents: list[WireContent] | WireContent | None = None
    generate_content_request: WireGenerateRequest | None = None


_GIVEN: Schema = {"type": ["array", "object"], "minItems": 1}
# One of the two, and not the other beside it.
_COUNTED: tuple[Schema, ...] = (
    {
        "required": ["contents"],
        "properties": {"contents": _GIVEN, INNER: {"type": "null"}},
    },
    {
        "required": [INNER],
        "properties": {INNER: {"type": "object"}, **{name: {"type": "null"} for name in BESIDE_INNER}},
    },
)


def companion_operations(servers: tuple[str, ...]) -> Iterator[Operation]:
    """Yield the endpoints; those but the lists are under `servers`, base URLs with the version in them."""
    yield _post(
        "countTokens",
        "Count the tokens of a prompt",
        WireCountRequest,
        WireCount,
        servers,
        constraints=prompt_constraints(),
        variants={**PROMPT_VARIANTS, WireCountRequest: _COUNTED},
    )
    yield _post(
        "embedContent",
        "Make a vector of a text",
        WireEmbedRequest,
        WireEmbedding,
        servers,
        required=("content",),
        variants=CONTENT_VARIANTS,
    )
    yield _post(
        "batchEmbedContents",
        "Make vectors of texts",
        WireBatchEmbedRequest,
        WireEmbeddings,
        servers,
        required=("requests",),
        constraints={WireBatchEmbedRequest: {"requests": {"minItems": 1, "maxItems": MAX_INPUTS}}},
        variants=CONTENT_VARIANTS,
    )
    for version in PREVIEWS:
        yield from _models(version, MOUNTS, version.strip("/").capitalize())
        yield from unserved_operations(GEMINI_UNSERVED, ErrorBody, prefix=version, servers=MOUNTS)
    # Without the vendor's name these are others'.
    stable, servers = f"{MOUNTS[0]}{STABLE}", ("/", *FRAMEWORKS)
    yield from _models(stable, servers, STABLE.strip("/").capitalize())
    yield from unserved_operations(GEMINI_UNSERVED, ErrorBody, prefix=stable, servers=servers)
    yield from unserved_operations(GEMINI_UPLOADS, ErrorBody, servers=MOUNTS)


def _models(prefix: str, servers: tuple[str, ...], version: str) -> Iterator[Operation]:
    lowest, highest = PAGE_SIZE_RANGE
    query: dict[str, Schema] = {
        "pageSize": {"type": "integer", "minimum": lowest, "maximum": highest},
        "pageToken": {"type": "string"},
    }
    parameters = tuple({"name": name, "in": "query", "schema": schema} for name, schema in query.items())
    path = f"{prefix}/models"
    yield _get(f"listGeminiModels{version}", path, "List the models", parameters, WireModelList, servers)
    path = f"{path}/{{model}}"
    summary = "Describe a model; a name may contain slashes"
    yield _get(f"getGeminiModel{version}", path, summary, path_parameters(path), WireModel, servers)


def _post(
    action: str,
    summary: str,
    request: type,
    answer: type,
    servers: tuple[str, ...],
    *,
    required: tuple[str, ...] = (),
    constraints: Mapping[type, Mapping[str, Schema]] | None = None,
    variants: Mapping[type, tuple[Schema, ...]] | None = None,
) -> Operation:
    path = f"/models/{{model}}:{action}"
    return Operation(
        id=action,
        method="POST",
        path=path,
        tag="companions",
        summary=summary,
        request=request,
        required=required,
        constraints=constraints or {},
        variants=variants or {},
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
