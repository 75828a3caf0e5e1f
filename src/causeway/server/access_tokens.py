"""Chooses who fetches the tokens of a provider's keys, and imports nothing for keys that need none."""

from collections.abc import Awaitable, Callable

from causeway.adapters.access_tokens.cache import AccessToken, TokenCache
from causeway.adapters.access_tokens.entra import EntraAccount
from causeway.pipeline.ports import OutboundClient, TokenSource
from causeway.providers.network import Network
from causeway.providers.provider import Provider
from causeway.rules.provider_keys import GoogleCredentials, TokenCredentials


def compose_token_sources(provider: Provider, client: OutboundClient) -> dict[str, TokenSource]:
    """Return a source for each key whose credentials stand for tokens, by the key's id."""
    return {
        key.id: TokenCache(_fetch(key.credentials, client, provider.network))
        for key in provider.keys
        if key.is_enabled and isinstance(key.credentials, TokenCredentials)
    }


def _fetch(
    credentials: TokenCredentials, client: OutboundClient, network: Network
) -> Callable[[], Awaitable[AccessToken]]:
    if isinstance(credentials, GoogleCredentials):
        from causeway.adapters.access_tokens.google import GoogleAccount

        return GoogleAccount(credentials, client, network).fetch
    return EntraAccount(credentials, client, network).fetch
