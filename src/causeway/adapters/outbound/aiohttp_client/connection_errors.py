"""What went wrong with a connection, in the gateway's words.

The libraries' own words hold URLs with keys in their queries, and bytes of answers. Ours name a host and
port at most, and the original is not chained to them. No I/O.
"""

import socket
import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from python_socks import ProxyConnectionError, ProxyError

from causeway.adapters.outbound.failure_reason import failure_reason
from causeway.model.errors import UpstreamConnectionError, UpstreamError, UpstreamProtocolError

CONNECTION_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError, ProxyError)
"""What `connection_error` takes."""


def connection_error(error: Exception, origin: str) -> UpstreamError:
    """Return what to raise for one of `CONNECTION_ERRORS`, met while `origin` was talked to."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return UpstreamConnectionError(
            f"the proxy refused to connect to {origin}, with status {error.status}"
        )
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError):
        return UpstreamProtocolError(f"what {origin} sent is not HTTP, or its header is too large")
    if isinstance(error, aiohttp.ClientPayloadError):
        return UpstreamConnectionError(f"{origin} broke off in the midst of its answer")
    if isinstance(error, ProxyConnectionError | aiohttp.ClientProxyConnectionError):
        return UpstreamConnectionError(f"no connection to the proxy: {_reason(error)}")
    if isinstance(error, ProxyError):  # its words are the SOCKS reply's
        return UpstreamConnectionError(f"the proxy refused to connect to {origin}: {error}")
    return UpstreamConnectionError(f"{origin}: {_reason(error)}")


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return failure_reason(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return failure_reason(ssl.SSLError())
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return failure_reason(socket.gaierror())
    return failure_reason(None if isinstance(error, aiohttp.ServerDisconnectedError) else error)
