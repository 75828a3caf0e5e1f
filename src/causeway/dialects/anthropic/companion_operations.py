"""What there is to say about Anthropic's other endpoints in the OpenAPI document, one row each."""

from collections.abc import Iterator

from causeway.dialects.anthropic.answer_schema import WireErrorBody
from causeway.dialects.anthropic.chat_operations import PROMPT_VARIANTS, prompt_constraints
from causeway.dialects.anthropic.endpoints import ANTHROPIC_PREFIXES, ANTHROPIC_UNSERVED
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.models import PAGE_SIZE_RANGE, WireModel, WireModelList
from causeway.dialects.anthropic.request_schema import WireTokenCountRequest
from causeway.dialects.anthropic.token_count import WireTokenCount
from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openapi import Operation, Schema, path_parameters
from causeway.dialects.unserved_operations import unserved_operations

# `/models` alone is another vendor's, with other base URLs.
_NAMED = f"/{DIALECT}/v1"
_NAMED_SERVERS = ("/", *FRAMEWORKS)


def companion_operations() -> Iterator[Operation]:
    """Yield the endpoints, each with the base URLs under which it is found."""
    yield Operation(
        id="countMessageTokens",
        method="POST",
        path="/messages/count_tokens",
        tag="companions",
        summary="Count the tokens of a conversation",
        request=WireTokenCountRequest,
        required=("model", "messages"),
        constraints=prompt_constraints(),
        variants=PROMPT_VARIANTS,
        ignores_unknown_fields=True,
        answers=(WireTokenCount,),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=WireErrorBody,
        servers=ANTHROPIC_PREFIXES,
    )
    lowest, highest = PAGE_SIZE_RANGE
    query: dict[str, Schema] = {
        "limit": {"type": "integer", "minimum": lowest, "maximum": highest},
        "after_id": {"type": "string"},
    }
    yield _get(
        "listAnthropicModels",
        f"{_NAMED}/models",
        "List the models",
        WireModelList,
        tuple({"name": name, "in": "query", "schema": schema} for name, schema in query.items()),
    )
    yield _get(
        "retrieveAnthropicModel",
        f"{_NAMED}/models/{{model}}",
        "Describe a model; a name may contain slashes",
        WireModel,
        path_parameters("/models/{model}"),
    )
    yield from unserved_operations(ANTHROPIC_UNSERVED, WireErrorBody, prefix=_NAMED, servers=_NAMED_SERVERS)


def _get(id: str, path: str, summary: str, answer: type, parameters: tuple[Schema, ...]) -> Operation:
    return Operation(
        id=id,
        method="GET",
        path=path,
        tag="companions",
        summary=summary,
        parameters=parameters,
        answers=(answer,),
        statuses=error_statuses(),
        error=WireErrorBody,
        servers=_NAMED_SERVERS,
    )
