"""Providers as the tests of the catalog and of the configuration need them."""

from causeway.model.secret import Secret
from causeway.providers.catalog import load_catalog
from causeway.providers.provider import Provider
from causeway.providers.spec import ProviderSpec
from causeway.rules.provider_keys import ProviderKey

CATALOG = load_catalog()


def provider_of(
    spec: ProviderSpec | str,
    *,
    base_url: str | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Provider:
    """Return a provider of a row, with one key."""
    row = CATALOG[spec] if isinstance(spec, str) else spec
    key = ProviderKey(id="k", name="k", value=Secret("the-key"), query=query or {})
    return Provider(
        name=row.name, spec=row, base_url=base_url or row.base_url, keys=(key,), headers=headers or {}
    )
