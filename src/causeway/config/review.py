"""What is probably not meant in a configuration that can be used, and what in it has no effect."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from causeway.config.addresses import looks_internal, names_private_host
from causeway.config.problems import Remark
from causeway.config.providers import Resolution
from causeway.config.schema import Config
from causeway.config.values import ConfiguredText, NotActedOn
from causeway.providers.provider import Provider
from causeway.rules.key_choice import ALL, allows_model
from causeway.rules.model_names import LOCAL, split_model
from causeway.rules.provider_keys import ProviderKey

_SECRET_SETTINGS = (
    ".value",
    ".api_key",
    ".password",
    ".secret_key",
    ".session_token",
    ".client_secret",
    ".auth_credentials",
)


def review(config: Config, resolution: Resolution, *, is_readable_by_others: bool) -> tuple[Remark, ...]:
    """Return the warnings; `is_readable_by_others` is said of the file."""
    remarks = [remark for provider in resolution.providers for remark in _of_provider(provider)]
    remarks += _of_routing(config, resolution)
    if config.logs_store.enabled and config.logs_store.type != "sqlite":
        remarks.append(
            Remark("logs_store.type", "calls are logged to a SQLite file: nothing else is supported")
        )
    if is_readable_by_others:
        remarks += [
            Remark(
                path, "a secret is written out, and other users can read the file: `chmod 600`, or `env.NAME`"
            )
            for path, value in _leaves(config)
            if isinstance(value, ConfiguredText) and value.is_written_out and _is_secret(path)
        ]
    return tuple(remarks)


def settings_without_effect(config: Config) -> tuple[str, ...]:
    """Return the paths of settings that are known from Bifrost and that nothing here acts on."""
    return tuple(path for path, value in _leaves(config) if isinstance(value, NotActedOn) and value.is_set)


def serves_nothing(key: ProviderKey) -> bool:
    """Whether a key's lists leave it no model."""
    if key.blocked_models == (ALL,):
        return True
    return ALL not in key.models and not any(allows_model(key, model) for model in key.models)


def _of_provider(provider: Provider) -> Iterator[Remark]:
    path = f"providers.{provider.name}"
    enabled = [key for key in provider.keys if key.is_enabled]
    for key in enabled:
        if serves_nothing(key):
            cause = "its lists block every model" if key.models else 'it has no `models`; write ["*"] for all'
            yield Remark(path, f"key `{key.name}` SERVES NOTHING: {cause}")
            continue
        for alias in key.aliases:
            if not allows_model(key, alias):
                yield Remark(
                    path, f"alias `{alias}` of key `{key.name}` is never used: `models` leaves it out"
                )
    if all(serves_nothing(key) for key in enabled):
        yield Remark(path, "no key of this provider serves any model: every call to it will fail")
    urls = {provider.base_url, *(key.base_url for key in provider.keys), *provider.spec.paths.values()}
    for url in sorted(url for url in urls if url and "://" in url):
        if url.startswith("http://") and not names_private_host(url) and not looks_internal(url):
            yield Remark(path, f"keys and prompts go to {url} unencrypted: it begins with `http://`")
        if looks_internal(url) and not provider.network.allows_private_addresses:
            message = (
                f"{url} looks like a private network's: set `network_config.allow_private_network` if it is"
            )
            yield Remark(path, message)
    if not provider.network.verifies_tls:
        yield Remark(
            path, "`insecure_skip_verify` trusts whoever answers; `ca_cert_pem` trusts one of your own"
        )


def _of_routing(config: Config, resolution: Resolution) -> Iterator[Remark]:
    on = {provider.name for provider in resolution.providers}
    known = {*on, *config.providers, *(remark.path.removeprefix("providers.") for remark in resolution.off)}
    named = [("routing.default_model", config.routing.default_model or "")]
    for model, fallbacks in config.routing.fallbacks.items():
        named += [(f"routing.fallbacks.{model[:100]}[{index}]", name) for index, name in enumerate(fallbacks)]
    for path, name in named:
        provider, _ = split_model(name, known)
        if provider is not None and provider != LOCAL and provider not in on:
            yield Remark(path, f"`{provider}` is not switched on")
        if provider == LOCAL and not config.engine.enabled:
            yield Remark(path, "the embedded model is off")
    if not on and not config.engine.enabled:
        yield Remark("engine.enabled", "neither the embedded model nor any provider is on: nobody answers")


def _is_secret(path: str) -> bool:
    return path.endswith(_SECRET_SETTINGS) or ".extra_headers." in path


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is in a configuration below structs, tables and lists, with its path."""
    if isinstance(value, Struct):
        fields = msgspec.structs.fields(type(value))
        members = {field.encode_name: getattr(value, field.name) for field in fields}
        yield from _leaves(members, path)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, tuple):
        for index, member in enumerate(value):
            yield from _leaves(member, f"{path}[{index}]")
    elif value is not None:
        yield path, value
