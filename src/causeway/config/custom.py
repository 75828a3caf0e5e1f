"""Providers of one's own: a row of the catalog under another name, elsewhere, for fewer operations."""

from collections.abc import Mapping

from msgspec.structs import replace

from causeway.config.addresses import parse_base_url
from causeway.config.bifrost import UNSERVED_PROVIDERS, RequestType
from causeway.config.problems import unknown
from causeway.config.provider_settings import CustomProviderConfig, ProviderConfig
from causeway.config.reading import Reader
from causeway.providers.spec import Operation, ProviderSpec
from causeway.rules.model_names import LOCAL

_OPERATIONS: dict[RequestType, Operation] = {
    "chat_completion": "chat",
    "chat_completion_stream": "chat",
    "responses": "responses",
    "responses_stream": "responses",
    "count_tokens": "count_tokens",
    "embedding": "embed",
    "rerank": "rerank",
    "list_models": "models",
}


def custom_spec(
    name: str, settings: ProviderConfig, catalog: Mapping[str, ProviderSpec], reader: Reader
) -> ProviderSpec | None:
    """Return the row of a provider that the catalog does not have; none where that is noted as a problem."""
    path, own = f"providers.{name[:100]}", settings.custom_provider_config
    if own is None:
        hint = "one of your own needs `custom_provider_config.base_provider_type`"
        reader.fail("providers", f"{unknown('provider', name, catalog)} ({hint})")
        return None
    if name == LOCAL or "/" in name or not name.isprintable() or not name or name != name.strip():
        reader.fail(path, "this cannot be a provider's name")
        return None
    kind = own.base_provider_type
    if kind not in catalog:
        where = f"{path}.custom_provider_config.base_provider_type"
        is_known = kind in UNSERVED_PROVIDERS
        reader.fail(
            where, f"Causeway cannot call `{kind}` yet" if is_known else unknown("provider", kind, catalog)
        )
        return None
    if own.is_key_less and (settings.keys or settings.api_key):
        reader.fail(path, "a provider with `is_key_less` has no keys")
    base = catalog[kind]
    return replace(
        base,
        title=name,
        tier="community",
        environment=(),
        base_url_environment=(),
        query_environment={},
        region_environment=(),
        project_environment=(),
        models=(),
        needs_key=base.needs_key and not own.is_key_less,
    )


def allowed_operations(own: CustomProviderConfig | None) -> frozenset[str] | None:
    """Return the operations that a provider is limited to, or none where it is not."""
    if own is None or own.allowed_requests is None:
        return None
    allowed = {request for request, is_allowed in own.allowed_requests.items() if is_allowed}
    return frozenset(operation for request, operation in _OPERATIONS.items() if request in allowed)


def with_path_overrides(
    spec: ProviderSpec, own: CustomProviderConfig, path: str, reader: Reader
) -> ProviderSpec:
    """Return the row with the paths that the configuration puts in place of its own."""
    chosen: dict[Operation, str] = {}
    streamed: dict[Operation, str] = {}
    for request, override in own.request_path_overrides.items():
        where = f"{path}.custom_provider_config.request_path_overrides.{request}"
        operation = _OPERATIONS.get(request)
        if operation is None or operation not in spec.paths:
            continue
        if "://" in override:
            try:
                override = parse_base_url(override)
            except ValueError as error:
                reader.fail(where, str(error))
        elif not override.startswith("/") or any(mark in override for mark in "?#@\\ "):
            reader.fail(where, "expected a path that begins with `/`, or a whole URL")
        if operation in spec.stream_paths and request.endswith("_stream"):
            streamed[operation] = override
        elif chosen.setdefault(operation, override) != override:
            reader.fail(where, "streamed and whole answers have one path")
    versioned = {
        operation: kept for operation, kept in spec.versioned_paths.items() if operation not in chosen
    }
    return replace(
        spec,
        paths={**spec.paths, **chosen},
        stream_paths={**spec.stream_paths, **streamed},
        versioned_paths=versioned,
    )
