"""Where a provider is asked: URLs, in which nothing that a caller writes can change the host or the path.

A model's name is the only part of a URL that comes from callers. It is percent-encoded as one path segment,
and one that would climb is refused, since servers may decode it before they resolve the path.
"""

import re
from urllib.parse import quote, urlencode, urlsplit

from msgspec.structs import replace

from causeway.model.errors import InvalidRequestError, NotImplementedHereError
from causeway.providers.provider import Provider
from causeway.providers.spec import Operation, ProviderSpec
from causeway.rules.provider_keys import ProviderKey

_VERSION = re.compile(r"v\d\w*")
_DATE = re.compile(r"\d{4}-")


def request_url(provider: Provider, key: ProviderKey, operation: Operation, model: str) -> str:
    """Return the URL to ask for `operation` with `key`; `model` is the provider's name for the model.

    Raises NotImplementedHereError where the provider does not offer the operation, and InvalidRequestError
    for a model name that cannot be part of a path.
    """
    if not provider.offers(operation):
        raise NotImplementedHereError(f"{provider.name} does not offer {operation} here.", field="model")
    spec, query = provider.spec, {**provider.spec.query, **key.query}
    path = spec.paths[operation]
    if _DATE.match(query.get("api-version", "")):
        path = spec.versioned_paths.get(operation, path)
    if "{model}" in path:
        path = path.replace("{model}", _path_segment(model))
    # A custom provider's path may be a whole URL; only the configuration can say so.
    url = path if "://" in path else f"{key.base_url or provider.base_url}{path}"
    return f"{url}?{urlencode(query, quote_via=quote)}" if query else url


def upstream_model(provider: Provider, model: str) -> str:
    """Return the name under which the provider knows `model`, after the key's aliases."""
    parts = model.split("/")
    if provider.spec.names_suppliers and len(parts) == 3 and all(parts):
        supplier, owner, name = parts
        return f"{owner}/{name}:{supplier}"
    return model


def fit_base_url(spec: ProviderSpec, base_url: str) -> tuple[ProviderSpec, str]:
    """Return the row and the base URL such that one joined to the other names the version once.

    People write base URLs with and without `/v1`. What the end of the URL shares with the start of a path is
    cut from the URL; a URL that holds another version (`/api/paas/v4`, `/v1beta/openai`) takes it from the
    paths. `base_url` has no slash at its end.
    """
    segments = [segment for segment in urlsplit(base_url).path.split("/") if segment]
    all_paths = [*spec.paths.values(), *spec.versioned_paths.values()]
    if shared := max((_overlap(segments, path) for path in all_paths), default=0):
        kept = base_url.split("/")
        return spec, "/".join(kept[:-shared])
    if any(_VERSION.fullmatch(segment) for segment in segments):
        paths = {operation: _without_version(path) for operation, path in spec.paths.items()}
        return replace(spec, paths=paths), base_url
    return spec, base_url


def _overlap(segments: list[str], path: str) -> int:
    """Return how many of the last segments are the first of `path`."""
    first = path.removeprefix("/").split("/")
    lengths = range(min(len(segments), len(first)), 0, -1)
    return next((length for length in lengths if segments[-length:] == first[:length]), 0)


def _without_version(path: str) -> str:
    first, slash, rest = path.removeprefix("/").partition("/")
    return f"/{rest}" if slash and _VERSION.fullmatch(first) else path


def _path_segment(model: str) -> str:
    pieces = re.split(r"[/\\]", model)
    if not model or not model.isprintable() or any(piece in (".", "..") for piece in pieces):
        raise InvalidRequestError("The model's name cannot be part of an address.", field="model")
    return quote(model, safe="")
