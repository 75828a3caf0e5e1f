"""How a provider's key is sent. The one place of the way out that reads a key's value."""

from causeway.providers.provider import Provider
from causeway.rules.provider_keys import ProviderKey


def request_headers(provider: Provider, key: ProviderKey) -> tuple[tuple[str, str], ...]:
    """Return the headers that every request to `provider` with `key` carries; names are in lower case.

    They are the row's, then the configuration's, then the key, which wins over both. A key without a value
    adds nothing. The body's media type is not among them.
    """
    headers = {name.lower(): value for name, value in provider.spec.headers.items()}
    headers.update((name.lower(), value) for name, value in provider.headers.items())
    auth = provider.spec.auth
    if key.value and auth == "bearer":
        headers["authorization"] = f"Bearer {key.value.reveal()}"
    elif key.value and auth != "none":
        headers[auth.lower()] = key.value.reveal()
    return tuple(headers.items())
