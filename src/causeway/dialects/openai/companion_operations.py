"""What there is to say about OpenAI's other endpoints in the OpenAPI document, one row each.

As for chat: ranges and names come from where requests are checked, shapes from the types.
"""

from collections.abc import Iterator

from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openai.chat_operations import DEPLOYMENT, DEPLOYMENT_SERVERS
from causeway.dialects.openai.embeddings import (
    ENCODING_FORMATS,
    WireEmbeddings,
    WireEmbeddingsRequest,
)
from causeway.dialects.openai.endpoints import (
    AZURE_UNSERVED,
    OPENAI_MODELS_PREFIXES,
    OPENAI_PREFIXES,
    OPENAI_UNSERVED,
)
from causeway.dialects.openai.models import PAGE_SIZE_RANGE, WireModel, WireModelList
from causeway.dialects.openai.response_schema import ErrorBody, UnifiedErrorBody
from causeway.dialects.openapi import Operation, Schema, path_parameters
from causeway.dialects.unserved_operations import unserved_operations

_TOKEN: Schema = {"type": "integer", "minimum": 0}
_TOKENS: Schema = {"type": "array", "minItems": 1, "items": _TOKEN}


class WireDeploymentEmbeddingsRequest(WireEmbeddingsRequest):
    """The same where the path names the model; `model` is not read."""


def companion_operations() -> Iterator[Operation]:
    """Yield the endpoints, each with the base URLs under which it is found."""
    yield _embeddings("createUnifiedEmbeddings", "/v1/embeddings", ("/",), error=UnifiedErrorBody)
    yield _embeddings("createEmbeddings", "/embeddings", OPENAI_PREFIXES)
    yield _embeddings(
        "createDeploymentEmbeddings",
        f"{DEPLOYMENT}/embeddings",
        DEPLOYMENT_SERVERS,
        request=WireDeploymentEmbeddingsRequest,
        required=("input",),
    )
    yield _list("listModels", "/models", OPENAI_MODELS_PREFIXES)
    yield _list("listDeploymentModels", f"{DEPLOYMENT}/models", DEPLOYMENT_SERVERS)
    yield _get(
        "retrieveModel",
        "/models/{model}",
        OPENAI_MODELS_PREFIXES,
        "Describe a model; a name may contain slashes",
        WireModel,
        path_parameters("/models/{model}"),
    )
    yield from unserved_operations(OPENAI_UNSERVED, ErrorBody, servers=OPENAI_PREFIXES)
    yield from unserved_operations(OPENAI_UNSERVED, UnifiedErrorBody, prefix="/v1", servers=("/",))
    yield from unserved_operations(AZURE_UNSERVED, ErrorBody, prefix=DEPLOYMENT, servers=DEPLOYMENT_SERVERS)


def _embeddings(
    id: str,
    path: str,
    servers: tuple[str, ...],
    *,
    request: type = WireEmbeddingsRequest,
    required: tuple[str, ...] = ("model", "input"),
    error: type = ErrorBody,
) -> Operation:
    filled: Schema = {"minLength": 1}
    constraints: dict[str, Schema] = {
        **({"model": filled} if "model" in required else {}),
        "input": {"minItems": 1, "items": {"anyOf": [{"type": "string"}, _TOKEN, _TOKENS]}},
        "encoding_format": {"enum": list(ENCODING_FORMATS)},
        "dimensions": {"minimum": 1},
        "fallbacks": {"items": {"type": "string", **filled}},
    }
    return Operation(
        id=id,
        method="POST",
        path=path,
        tag="companions",
        summary="Make vectors of texts",
        request=request,
        required=required,
        constraints={request: constraints},
        parameters=path_parameters(path),
        answers=(WireEmbeddings,),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=error,
        servers=servers,
    )


def _list(id: str, path: str, servers: tuple[str, ...]) -> Operation:
    lowest, highest = PAGE_SIZE_RANGE
    schemas: dict[str, Schema] = {
        "provider": {"type": "string"},
        "page_size": {"type": "integer", "minimum": lowest, "maximum": highest},
        "page_token": {"type": "string"},
    }
    query = tuple({"name": name, "in": "query", "schema": schema} for name, schema in schemas.items())
    return _get(id, path, servers, "List the models", WireModelList, (*path_parameters(path), *query))


def _get(
    id: str, path: str, servers: tuple[str, ...], summary: str, answer: type, parameters: tuple[Schema, ...]
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
