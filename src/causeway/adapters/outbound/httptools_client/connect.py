"""Opens connections to one host, directly or through its proxy, to addresses that the guard has passed.

The caller bounds how long it takes. TLS begins here; what is said over a connection does not.
tests/adapters/test_httptools_client.py.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ssl import SSLContext
from typing import TypeVar

from causeway.adapters.outbound.address_guard import Resolve, allowed_addresses
from causeway.adapters.outbound.failure_reason import failure_reason
from causeway.adapters.outbound.proxy import Proxy
from causeway.adapters.outbound.request_checks import USER_AGENT, Target
from causeway.model.errors import UpstreamConnectionError, UpstreamProtocolError

_NAME_SECONDS = 10.0
_MAX_TUNNEL_HEAD_BYTES = 16 * 1024
_TUNNEL_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r]")

_Made = TypeVar("_Made", bound=asyncio.Protocol)


class Addresses:
    """The addresses of one host, all of which may be connected to; asked for again after a few seconds.

    What is kept has passed the guard, and it is what is connected to, so a name whose meaning changes
    meanwhile leads nowhere else.
    """

    def __init__(self, resolve: Resolve, host: str, port: int, *, allows_private: bool) -> None:
        self._resolve = resolve
        self._host = host
        self._port = port
        self._allows_private = allows_private
        self._known: Sequence[str] = ()
        self._known_until = 0.0
        self._asking = asyncio.Lock()

    async def find(self) -> Sequence[str]:
        """Return the addresses; raises UpstreamConnectionError and OSError as `allowed_addresses` does."""
        now = asyncio.get_running_loop().time
        async with self._asking:  # so that many connections ask once
            if now() >= self._known_until:
                self._known = await allowed_addresses(
                    self._resolve, self._host, self._port, allows_private=self._allows_private
                )
                self._known_until = now() + _NAME_SECONDS
            return self._known


class Route:
    """The way to one target. Through a proxy only the proxy's own name is resolved here.

    `tls` makes what connections are encrypted with, for a target that wants it.
    """

    def __init__(
        self,
        target: Target,
        proxy: Proxy | None,
        resolve: Resolve,
        *,
        allows_private: bool,
        connect_seconds: float,
        tls: Callable[[], SSLContext],
    ) -> None:
        self._target = target
        self._proxy = proxy
        self._port = target.port if proxy is None else proxy.port
        self._connect_seconds = connect_seconds
        self._tls = tls
        self._addresses = Addresses(
            resolve,
            target.host if proxy is None else proxy.host,
            self._port,
            allows_private=allows_private or proxy is not None,
        )

    async def open(self, make: Callable[[], _Made]) -> _Made:
        """Return what `make` makes, connected.

        Raises OSError, UpstreamConnectionError, UpstreamProtocolError, and InternalError for a certificate
        that cannot be read.
        """
        target = self._target
        context = self._tls() if target.scheme == "https" else None
        stream = await self._reach()
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            make, sock=stream, ssl=context, server_hostname=target.host.rstrip(".") if context else None
        )
        return made

    async def _reach(self) -> socket.socket:
        proxy = self._proxy
        if proxy is None:
            return await self._try_addresses(lambda address: _connect(address, self._port))
        if proxy.scheme == "socks5":
            return await self._reach_through_socks(proxy)
        try:
            stream = await self._try_addresses(lambda address: _connect(address, self._port))
        except TimeoutError:
            raise
        except OSError as error:
            raise UpstreamConnectionError(f"no connection to the proxy: {failure_reason(error)}") from None
        if self._target.scheme == "https":
            try:
                await _tunnel(stream, self._target, proxy)
            except BaseException:
                stream.close()
                raise
        return stream

    async def _try_addresses(self, attempt: Callable[[str], Awaitable[socket.socket]]) -> socket.socket:
        """Return the first connection to be had, each address having its share of the time."""
        addresses = await self._addresses.find()
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(self._connect_seconds / len(addresses)):
                    return await attempt(address)
            except OSError:
                continue
        return await attempt(addresses[-1])

    async def _reach_through_socks(self, proxy: Proxy) -> socket.socket:
        # Imported where it is needed, for most gateways never do.
        from python_socks import ProxyConnectionError, ProxyError, ProxyType
        from python_socks.async_.asyncio import Proxy as SocksProxy

        target, seconds = self._target, self._connect_seconds

        def connect(address: str) -> Awaitable[socket.socket]:
            tunnel = SocksProxy(ProxyType.SOCKS5, address, proxy.port, proxy.user, proxy.password, rdns=True)
            return tunnel.connect(target.host, target.port, seconds)

        try:
            return await self._try_addresses(connect)
        except ProxyConnectionError as error:
            raise UpstreamConnectionError(f"no connection to the proxy: {failure_reason(error)}") from None
        except ProxyError as error:  # its words are the SOCKS reply's
            raise UpstreamConnectionError(
                f"the proxy refused to connect to {target.origin}: {error}"
            ) from None


async def _connect(address: str, port: int) -> socket.socket:
    stream = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(stream, (address, port))
    except BaseException:
        stream.close()
        raise
    return stream


async def _tunnel(stream: socket.socket, target: Target, proxy: Proxy) -> None:
    """Ask a proxy for a way to the target; raises OSError, UpstreamConnectionError, UpstreamProtocolError."""
    loop = asyncio.get_running_loop()
    lines = [f"CONNECT {target.origin} HTTP/1.1", f"Host: {target.origin}", f"User-Agent: {USER_AGENT}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    await loop.sock_sendall(stream, "\r\n".join([*lines, "", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = await loop.sock_recv(stream, _MAX_TUNNEL_HEAD_BYTES)
        if not piece:
            raise UpstreamConnectionError("the proxy closed the connection before it answered")
        head += piece
        if len(head) > _MAX_TUNNEL_HEAD_BYTES:
            raise UpstreamProtocolError("the header that the proxy sent is too large")
    status = _TUNNEL_STATUS.match(head)
    if status is None:
        raise UpstreamProtocolError("what the proxy sent is not HTTP")
    if not 200 <= int(status[1]) < 300:
        raise UpstreamConnectionError(
            f"the proxy refused to connect to {target.origin}, with status {int(status[1])}"
        )
    if not head.endswith(b"\r\n\r\n") or head.count(b"\r\n\r\n") > 1:  # a server waits for our first byte
        raise UpstreamProtocolError("the proxy spoke where the target was to be heard")
