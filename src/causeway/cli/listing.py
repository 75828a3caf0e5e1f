"""Providers as people read them: what is on, where, with which keys, and where it all came from.

Keys are masked.
"""

from collections.abc import Iterable

from causeway.config.review import serves_nothing
from causeway.providers.provider import Provider
from causeway.providers.urls import base_url
from causeway.rules.key_choice import ALL
from causeway.rules.provider_keys import ProviderKey


def summary_lines(providers: Iterable[Provider]) -> list[str]:
    """Return one line for each provider."""
    rows = [(provider.name, addresses(provider), keys(provider), provider.source) for provider in providers]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    return [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]
        ).rstrip()
        for row in rows
    ]


def addresses(provider: Provider) -> str:
    """Return where a provider is asked."""
    urls = dict.fromkeys(base_url(provider, key) for key in provider.keys)
    return ", ".join(urls)


def keys(provider: Provider) -> str:
    """Return the keys of a provider."""
    return ", ".join(key.masked() or "no key" for key in provider.keys)


def models(key: ProviderKey) -> str:
    """Return which models a key may be used for."""
    if not key.is_enabled:
        return "disabled"
    if serves_nothing(key):
        return "NO MODEL"
    named = "all models" if ALL in key.models else ", ".join(key.models)
    return f"{named} but {', '.join(key.blocked_models)}" if key.blocked_models else named
