"""Where a provider is asked: URLs, in which nothing that a caller writes can change the host or the path.

A model's name is the only part of a URL that comes from callers. It is percent-encoded as one path segment,
and one that would climb is refused, since servers may decode it before they resolve the path. Slashes stay
only in a name of a form that the row lists (`publishers/*/models/*`): then each segment is encoded by itself,
and what stands before and after is the row's. A colon is encoded too, so that Bedrock's `:0` and the colons
of an ARN cannot look like the `:action` that ends Google's paths.
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


def request_url(
    provider: Provider, key: ProviderKey, operation: Operation, model: str, *, is_stream: bool = False
) -> str:
    """Return the URL to ask for `operation` with `key`; `model` is the provider's name for the model.

    Raises NotImplementedHereError where the provider does not offer the operation, and InvalidRequestError
    for a model name that cannot be part of a path.
    """
    if not provider.offers(operation):
        raise NotImplementedHereError(f"{provider.name} does not offer {operation} here.", field="model")
    spec, query = provider.spec, {**provider.spec.query, **key.query}
    path = spec.paths[operation]
    if is_stream:
        path = spec.stream_paths.get(operation, path)
    if _DATE.match(query.get("api-version", "")):
        path = spec.versioned_paths.get(operation, path)
    # A custom provider's path may be a whole URL; only the configuration can say so.
    is_whole = "://" in path
    url = _in_place(path, key) if is_whole else f"{base_url(provider, key)}{_in_place(path, key)}"
    if key.model_prefix and not model.startswith("arn:"):
        model = f"{key.model_prefix}/{model}"
    if "{model}" in url:
        url = url.replace("{model}", _path_segment(model))
    elif "{resource}" in url:
        url = url.replace("{resource}", _resource(spec.resources, model))
    if not query:
        return url
    return f"{url}{'&' if '?' in path else '?'}{urlencode(query, quote_via=quote)}"


def base_url(provider: Provider, key: ProviderKey) -> str:
    """Return the address that a key is used at, empty where there is none."""
    spec, url = provider.spec, key.base_url or provider.base_url or ""
    if url == spec.base_url:
        url = spec.base_urls_by_region.get(key.region, url)
    return _in_place(url, key)


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
    all_paths = [*spec.paths.values(), *spec.stream_paths.values(), *spec.versioned_paths.values()]
    if shared := max((_overlap(segments, path) for path in all_paths), default=0):
        kept = base_url.split("/")
        return spec, "/".join(kept[:-shared])
    if any(_VERSION.fullmatch(segment) for segment in segments):
        paths = {operation: _without_version(path) for operation, path in spec.paths.items()}
        stream_paths = {operation: _without_version(path) for operation, path in spec.stream_paths.items()}
        return replace(spec, paths=paths, stream_paths=stream_paths), base_url
    return spec, base_url


def _overlap(segments: list[str], path: str) -> int:
    """Return how many of the last segments are the first of `path`."""
    first = path.removeprefix("/").split("/")
    lengths = range(min(len(segments), len(first)), 0, -1)
    return next((length for length in lengths if segments[-length:] == first[:length]), 0)


def _without_version(path: str) -> str:
    first, slash, rest = path.removeprefix("/").partition("/")
    return f"/{rest}" if slash and _VERSION.fullmatch(first) else path


def _in_place(address: str, key: ProviderKey) -> str:
    for name, value in (("{region}", key.region), ("{project}", key.project)):
        address = address.replace(name, quote(value, safe=""))
    return address


def _resource(forms: tuple[str, ...], model: str) -> str:
    segments = model.split("/")
    for form in forms:
        kinds = form.split("/")
        if len(kinds) == len(segments) and all(
            kind in ("*", segment) for kind, segment in zip(kinds, segments, strict=True)
        ):
            return "/".join(map(_path_segment, segments))
    return forms[0].replace("*", _path_segment(model))


def _path_segment(model: str) -> str:
    pieces = re.split(r"[/\\]", model)
    if not model or not model.isprintable() or any(piece in (".", "..") for piece in pieces):
        raise InvalidRequestError("The model's name cannot be part of an address.", field="model")
    return quote(model, safe="")
