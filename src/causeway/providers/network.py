"""How a provider is reached: an HTTP request as data, and the limits that hold for it. No I/O."""

from msgspec import Struct

MAX_RESPONSE_BYTES = 64 * 1024 * 1024


class Timeouts(Struct, frozen=True, kw_only=True, cache_hash=True):
    """How long to wait for a provider.

    `first_byte_seconds` runs from the request until the head of the answer, and for a whole answer until
    its end. `idle_seconds` is the longest silence inside a stream. `total_seconds` bounds a stream from
    request to end; none leaves it unbounded.
    """

    connect_seconds: float = 10.0
    first_byte_seconds: float = 300.0
    idle_seconds: float = 120.0
    total_seconds: float | None = None


class Network(Struct, frozen=True, kw_only=True, cache_hash=True):
    """One way to providers; connections are shared among requests with an equal one.

    `proxy_url` is `http://` or `socks5://`, with user and password in it where the proxy wants them;
    `environment` reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY. `ca_cert_pem` is trusted beside the system's
    certificates.
    `allows_private_addresses` lets names resolve to addresses of private networks and of this machine;
    link-local addresses are refused always.
    """

    timeouts: Timeouts = Timeouts()
    proxy_url: str | None = None
    ca_cert_pem: str | None = None
    verifies_tls: bool = True
    allows_private_addresses: bool = False
    max_connections: int = 5000
    keep_alive_seconds: float = 30.0

    def __repr__(self) -> str:
        # A proxy's URL may hold a password.
        return f"Network({'direct' if self.proxy_url is None else 'through a proxy'}, {self.timeouts})"


Headers = tuple[tuple[str, str], ...]


class OutboundRequest(Struct, frozen=True, kw_only=True):
    """One HTTP request to a provider. Its headers hold secrets: it has no `repr` of them.

    `is_stream` says that the answer comes in parts, so that its idle and not its first-byte bound holds
    for the body.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    is_stream: bool = False
    network: Network = Network()

    def __repr__(self) -> str:
        return f"OutboundRequest({self.method} {self.url.partition('?')[0]}, {len(self.body)} bytes)"
