"""Access tokens of Microsoft Entra ID, for an application that proves itself by a secret.

Source of truth: OAuth 2.0's client credentials grant, as Entra ID documents it for its version 2.0.
"""

from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from causeway.adapters.access_tokens.cache import AccessToken
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.secret import Secret
from causeway.pipeline.ports import OutboundClient
from causeway.providers.network import Network, OutboundRequest
from causeway.rules.provider_keys import EntraCredentials

AUTHORITY = "https://login.microsoftonline.com"
_MAX_ANSWER_BYTES = 1024 * 1024
_MAX_SHOWN_CHARACTERS = 200


class _Given(Struct):
    access_token: str
    expires_in: float


class _Refused(Struct):
    error: str = ""
    error_description: str = ""


class EntraAccount:
    """Fetches tokens for one key's credentials."""

    def __init__(
        self,
        credentials: EntraCredentials,
        client: OutboundClient,
        network: Network,
        *,
        authority: str = AUTHORITY,
    ) -> None:
        self._client = client
        fields = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret.reveal(),
            "scope": " ".join(credentials.scopes),
        }
        self._request = OutboundRequest(
            method="POST",
            url=f"{authority}/{quote(credentials.tenant_id, safe='')}/oauth2/v2.0/token",
            headers=(("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")),
            body=urlencode(fields).encode(),
            network=network,
        )

    async def fetch(self) -> AccessToken:
        """Return a new token.

        Raises UpstreamRefusedError where Entra ID gives none, UpstreamProtocolError where its answer is none,
        and what the client raises.
        """
        async with self._client.send(self._request) as response:
            status, body = response.status, await response.read(_MAX_ANSWER_BYTES)
        if status != 200:
            raise UpstreamRefusedError(
                f"no access token of Entra ID could be had: {_reason(status, body)}",
                status=503 if status >= 500 or status == 429 else 401,
            )
        try:
            given = msgspec.json.decode(body, type=_Given)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocolError("what Entra ID answered is no access token") from None
        return AccessToken(Secret(given.access_token), max(0.0, given.expires_in))


def _reason(status: int, body: bytes) -> str:
    """Return the fields of a refusal that are for people."""
    try:
        refused = msgspec.json.decode(body, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"status {status}"
    said = ": ".join(filter(None, (refused.error, refused.error_description.partition("\r\n")[0])))
    return said[:_MAX_SHOWN_CHARACTERS] or f"status {status}"
