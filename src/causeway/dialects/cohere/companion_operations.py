"""What there is to say about Cohere's other endpoints in the OpenAPI document, one row each.

As for chat: ranges and names come from where requests are checked, shapes from the types.
"""

from collections.abc import Iterator, Mapping

from causeway.dialects.cohere.decode_options import PRIORITY_RANGE
from causeway.dialects.cohere.embed import (
    EMBEDDING_TYPES,
    INPUT_TYPES,
    MAX_TEXTS,
    TRUNCATIONS,
    WireEmbedByTypeAnswer,
    WireEmbedFloatsAnswer,
    WireV1EmbedRequest,
    WireV2EmbedRequest,
)
from causeway.dialects.cohere.endpoints import COHERE_UNSERVED
from causeway.dialects.cohere.models import (
    ENDPOINTS,
    PAGE_SIZE_RANGE,
    WireDescribedModel,
    WireKeyValidity,
    WireModels,
)
from causeway.dialects.cohere.rerank import (
    MAX_DOCUMENTS,
    WireV1RerankAnswer,
    WireV1RerankRequest,
    WireV2RerankAnswer,
    WireV2RerankRequest,
)
from causeway.dialects.cohere.response_schema import ErrorBody
from causeway.dialects.cohere.tokenize import (
    MAX_CHARACTERS,
    MAX_TOKEN_ID,
    MAX_TOKENS,
    WireDetokenizeAnswer,
    WireDetokenizeRequest,
    WireTokenizeAnswer,
    WireTokenizeRequest,
)
from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openapi import Operation, Schema, path_parameters
from causeway.dialects.unserved_operations import unserved_operations

_FILLED: Schema = {"minLength": 1}
_NAMES: Schema = {"items": {"type": "string", "minLength": 1}}
_AT_LEAST_ONE: Schema = {"minimum": 1}
_PRIORITY: Schema = dict(zip(("minimum", "maximum"), PRIORITY_RANGE, strict=True))


def companion_operations() -> Iterator[Operation]:
    """Yield the endpoints by their paths without a prefix."""
    yield _operation(
        "embed",
        "/v2/embed",
        "Make vectors of texts",
        request=WireV2EmbedRequest,
        required=("model", "input_type"),
        constraints={WireV2EmbedRequest: _embed_constraints() | {"model": _FILLED, "priority": _PRIORITY}},
        variants={WireV2EmbedRequest: (_given("texts", "inputs"), _given("inputs", "texts"))},
        answers=(WireEmbedByTypeAnswer,),
        other_statuses=provider_error(),
    )
    yield _operation(
        "embedV1",
        "/v1/embed",
        "Make vectors of texts, in the older API",
        request=WireV1EmbedRequest,
        ignores_unknown_fields=True,
        required=("texts",),
        constraints={WireV1EmbedRequest: _embed_constraints()},
        variants={WireV1EmbedRequest: (_given("texts"),)},
        answers=(WireEmbedFloatsAnswer, WireEmbedByTypeAnswer),
        other_statuses=provider_error(),
    )
    documents: Schema = {"minItems": 1, "maxItems": MAX_DOCUMENTS}
    ranked: dict[str, Schema] = {
        "query": _FILLED,
        "documents": documents,
        "top_n": _AT_LEAST_ONE,
        "fallbacks": _NAMES,
    }
    yield _operation(
        "rerank",
        "/v2/rerank",
        "Put documents in the order of their relevance",
        request=WireV2RerankRequest,
        required=("model", "query", "documents"),
        constraints={
            WireV2RerankRequest: ranked
            | {"model": _FILLED, "max_tokens_per_doc": _AT_LEAST_ONE, "priority": _PRIORITY}
        },
        answers=(WireV2RerankAnswer,),
        other_statuses=provider_error(),
    )
    yield _operation(
        "rerankV1",
        "/v1/rerank",
        "Put documents in the order of their relevance, in the older API",
        request=WireV1RerankRequest,
        ignores_unknown_fields=True,
        required=("query", "documents"),
        constraints={WireV1RerankRequest: ranked | {"max_chunks_per_doc": _AT_LEAST_ONE}},
        answers=(WireV1RerankAnswer,),
        other_statuses=provider_error(),
    )
    yield _operation(
        "tokenize",
        "/v1/tokenize",
        "Split a text into a model's tokens",
        request=WireTokenizeRequest,
        ignores_unknown_fields=True,
        required=("text",),
        constraints={WireTokenizeRequest: {"text": {"minLength": 1, "maxLength": MAX_CHARACTERS}}},
        answers=(WireTokenizeAnswer,),
    )
    token: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_TOKEN_ID}
    yield _operation(
        "detokenize",
        "/v1/detokenize",
        "Join a model's tokens to a text",
        request=WireDetokenizeRequest,
        ignores_unknown_fields=True,
        required=("tokens",),
        constraints={
            WireDetokenizeRequest: {"tokens": {"minItems": 1, "maxItems": MAX_TOKENS, "items": token}}
        },
        answers=(WireDetokenizeAnswer,),
    )
    yield _operation(
        "models",
        "/v1/models",
        "List the models",
        method="GET",
        parameters=_models_parameters(),
        answers=(WireModels,),
    )
    yield _operation(
        "model",
        "/v1/models/{model}",
        "Describe a model; a name may contain slashes",
        method="GET",
        parameters=path_parameters("/v1/models/{model}"),
        answers=(WireDescribedModel,),
    )
    yield _operation(
        "checkApiKey", "/v1/check-api-key", "Say whether a key is good", answers=(WireKeyValidity,)
    )
    yield from unserved_operations(COHERE_UNSERVED, ErrorBody)


def _operation(
    id: str,
    path: str,
    summary: str,
    *,
    answers: tuple[type, ...],
    method: str = "POST",
    request: type | None = None,
    required: tuple[str, ...] = (),
    constraints: Mapping[type, Mapping[str, Schema]] | None = None,
    variants: Mapping[type, tuple[Schema, ...]] | None = None,
    ignores_unknown_fields: bool = False,
    parameters: tuple[Schema, ...] = (),
    other_statuses: str | None = None,
) -> Operation:
    return Operation(
        id=id,
        method=method,
        path=path,
        tag="companions",
        summary=summary,
        request=request,
        required=required,
        constraints=constraints or {},
        variants=variants or {},
        ignores_unknown_fields=ignores_unknown_fields,
        parameters=parameters,
        answers=answers,
        statuses=error_statuses(),
        other_statuses=other_statuses,
        error=ErrorBody,
    )


def _embed_constraints() -> dict[str, Schema]:
    return {
        "texts": {"maxItems": MAX_TEXTS},
        "images": {"maxItems": 0},
        "input_type": {"enum": list(INPUT_TYPES)},
        "truncate": {"enum": list(TRUNCATIONS)},
        "embedding_types": {"items": {"type": "string", "enum": list(EMBEDDING_TYPES)}},
        "fallbacks": _NAMES,
    }


def _given(name: str, *others: str) -> Schema:
    """Return the schema of a body that has a list with something in it, and nothing in the others."""
    filled = {name: {"type": "array", "minItems": 1}, **{other: {"maxItems": 0} for other in others}}
    return {"required": [name], "properties": filled}


def _models_parameters() -> tuple[Schema, ...]:
    lowest, highest = PAGE_SIZE_RANGE
    schemas: dict[str, Schema] = {
        "page_size": {"type": "number", "minimum": lowest, "maximum": highest},
        "page_token": {"type": "string"},
        "endpoint": {"type": "string", "enum": list(ENDPOINTS)},
        "default_only": {"type": "boolean"},
        "provider": {"type": "string"},
    }
    return tuple({"name": name, "in": "query", "schema": schema} for name, schema in schemas.items())
