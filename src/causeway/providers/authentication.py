"""How a provider's key is sent. The one place of the way out that reads a key's value.

Most keys are the same headers with every request. What `credentials` make, a signature or a token that
expires, is added to each request by itself; it reads no clock, and asks nobody for the token.
"""

from msgspec.structs import replace

from causeway.providers.aws_signature import signature_headers
from causeway.providers.network import Headers, OutboundRequest
from causeway.providers.provider import Provider
from causeway.rules.provider_keys import AwsCredentials, ProviderKey, TokenCredentials


def request_headers(provider: Provider, key: ProviderKey) -> Headers:
    """Return the headers that every request to `provider` with `key` carries; names are in lower case.

    They are the row's, then the configuration's, then the key, which wins over both. A key without a value
    adds nothing, and one with credentials adds what it sends by `authenticate`. The body's media type is not
    among them.
    """
    headers = {name.lower(): value for name, value in provider.spec.headers.items()}
    headers.update((name.lower(), value) for name, value in provider.headers.items())
    auth = provider.spec.auth
    if key.credentials is not None:
        headers.pop("authorization", None)
    elif key.value and auth in ("bearer", "aws"):
        headers["authorization"] = f"Bearer {key.value.reveal()}"
    elif key.value and auth != "none":
        headers["x-goog-api-key" if auth == "google" else auth.lower()] = key.value.reveal()
    return tuple(headers.items())


def join_headers(headers: Headers, more: Headers) -> Headers:
    """Return both, each name once: two values of one name become one list, as HTTP reads them."""
    joined = dict(headers)
    for name, value in more:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return tuple(joined.items())


def authenticate(
    request: OutboundRequest, provider: Provider, key: ProviderKey, *, unix_seconds: float
) -> OutboundRequest:
    """Return the request with what the key's credentials make: a signature, or the token in its value."""
    made: Headers = ()
    if isinstance(key.credentials, AwsCredentials):
        made = signature_headers(
            request.method,
            request.url,
            request.headers,
            request.body,
            credentials=key.credentials,
            region=key.region,
            service=provider.spec.aws_service,
            unix_seconds=unix_seconds,
        )
    elif isinstance(key.credentials, TokenCredentials):
        made = (("authorization", f"Bearer {key.value.reveal()}"),)
    return replace(request, headers=(*request.headers, *made))
