"""Google's access tokens: google-auth decides what to ask for, and the gateway's own client asks.

google-auth waits where it asks, and signs with a private key, so it works in a thread of its own; each of
its requests goes back to the loop, to the one guarded way out, with the provider's network settings. The
exception is the metadata server of Google's machines: it has a link-local address, which the guard refuses
to everybody, so google-auth's own transport asks there. Only the machine's own credentials lead to it, and
only google-auth and the process's environment name it; a key file of the configuration's cannot.

To be imported only where there is such a key: google-auth takes 0.1 seconds (tests/test_import_cost.py).
"""

import asyncio
import json
import os
import time
from calendar import timegm
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError
from google.auth.transport import Request
from google.auth.transport.requests import Request as RequestsTransport
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account
from msgspec import Struct

from causeway.adapters.access_tokens.cache import FETCH_SECONDS, AccessToken
from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.secret import Secret
from causeway.pipeline.ports import OutboundClient
from causeway.providers.network import Network, OutboundRequest
from causeway.rules.provider_keys import GoogleCredentials

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_MAX_ANSWER_BYTES = 1024 * 1024
_MAX_SHOWN_CHARACTERS = 200
_METADATA_VARIABLES = ("GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP")
_METADATA_HOSTS = ("metadata.google.internal", "169.254.169.254")


class GoogleAccount:
    """Fetches tokens for one key's credentials."""

    def __init__(self, credentials: GoogleCredentials, client: OutboundClient, network: Network) -> None:
        self._key_file = credentials.key_file
        self._client = client
        self._network = network
        self._google: Any = None
        # Not the loop's own threads: names are resolved in them, and this one waits for a name.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="google-auth")

    async def fetch(self) -> AccessToken:
        """Return a new token.

        Raises UpstreamRefusedError where Google gives none, or the machine has no credentials, and
        UpstreamConnectionError and UpstreamTimeoutError as the client does.
        """
        loop = asyncio.get_running_loop()
        transport = _LoopTransport(self._client, self._network, loop, may_ask_metadata=not self._key_file)
        return await loop.run_in_executor(self._thread, self._refresh, transport)

    def _refresh(self, transport: "_LoopTransport") -> AccessToken:
        try:
            if self._google is None:
                self._google = self._load(transport)
            self._google.refresh(transport)
        except Exception as error:  # google-auth takes answers apart that it has not looked at
            raise _as_own_error(error) from None
        expiry = self._google.expiry
        lifetime = 0.0 if expiry is None else timegm(expiry.timetuple()) - time.time()
        return AccessToken(Secret(self._google.token), max(0.0, lifetime))

    def _load(self, transport: "_LoopTransport") -> Any:
        if not self._key_file:
            return google.auth.default(scopes=_SCOPES, request=transport)[0]
        info = json.loads(self._key_file.reveal())
        if info["type"] == "authorized_user":
            return user_credentials.Credentials.from_authorized_user_info(info, scopes=_SCOPES)
        return service_account.Credentials.from_service_account_info(info, scopes=_SCOPES)


class _Answer(Struct, frozen=True):
    """`google.auth.transport.Response`."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _LoopTransport(Request):
    """Called in a thread, it asks on the loop, until its time is over."""

    def __init__(
        self,
        client: OutboundClient,
        network: Network,
        loop: asyncio.AbstractEventLoop,
        *,
        may_ask_metadata: bool,
    ) -> None:
        self._client = client
        self._network = network
        self._loop = loop
        self._metadata_hosts = {*_METADATA_HOSTS, *map(os.environ.get, _METADATA_VARIABLES)}
        if not may_ask_metadata:
            self._metadata_hosts.clear()
        self._ends_at_seconds = time.monotonic() + FETCH_SECONDS

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_options: object,
    ) -> Any:
        """Ask once; raises TransportError, whose cause is the client's own error."""
        left = self._ends_at_seconds - time.monotonic()
        if left <= 0:
            raise TransportError("the time for an access token is over")
        if urlsplit(url).netloc in self._metadata_hosts:
            return RequestsTransport()(url, method, body, headers, timeout=min(left, timeout or left))
        request = OutboundRequest(
            method=method,
            url=url,
            headers=tuple((name.lower(), value) for name, value in (headers or {}).items()),
            body=body.encode() if isinstance(body, str) else body or b"",
            network=self._network,
        )
        asked = asyncio.run_coroutine_threadsafe(self._ask(request), self._loop)
        try:
            return asked.result(left)
        except CausewayError as error:
            raise TransportError(error.message) from error
        except TimeoutError as error:
            asked.cancel()
            raise TransportError("the time for an access token is over") from error

    async def _ask(self, request: OutboundRequest) -> _Answer:
        async with self._client.send(request) as response:
            return _Answer(response.status, response.headers, await response.read(_MAX_ANSWER_BYTES))


def _as_own_error(error: Exception) -> CausewayError:
    """Return the error in the gateway's words: of what Google said, only the fields that are for people."""
    if isinstance(error.__cause__, CausewayError):
        return error.__cause__
    said = error.args[1] if isinstance(error, RefreshError) and len(error.args) > 1 else None
    reason = str(error) if isinstance(error, DefaultCredentialsError) else type(error).__name__
    if isinstance(said, dict):
        parts = [said.get(name) for name in ("error", "error_description")]
        reason = ": ".join(part for part in parts if isinstance(part, str)) or reason
    may_pass = isinstance(error, GoogleAuthError) and error.retryable
    return UpstreamRefusedError(
        f"no access token of Google's could be had: {reason[:_MAX_SHOWN_CHARACTERS]}",
        status=503 if may_pass else 401,
    )
