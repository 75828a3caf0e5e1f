"""The connections of one network, as aiohttp keeps them, with what it leaves open.

This and `client.py` drive aiohttp below its `ClientSession`. The session resends requests by itself,
tells nobody whether a connection had been used before or whether a byte of an answer came, and can
neither drop a connection whose request is still going out nor bound one attempt to connect as a whole.

Some names of aiohttp with an underscore are overridden here and nowhere else; the suite in
tests/adapters/test_http_client.py fails where a new version of aiohttp calls them otherwise.
"""

import asyncio
import ssl
from functools import cached_property, partial
from socket import AF_INET, AF_INET6, AddressFamily
from typing import Any, cast

from aiohttp import (
    ClientConnectionError,
    ClientRequest,
    ClientTimeout,
    StreamReader,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from python_socks import ProxyConnectionError, ProxyType
from python_socks.async_.asyncio import Proxy as SocksProxy

from causeway.adapters.outbound.address_guard import Resolve, allowed_addresses
from causeway.adapters.outbound.proxy import Proxy
from causeway.adapters.outbound.tls import tls_context
from causeway.model.errors import UpstreamTimeoutError
from causeway.providers.network import Network


class AnswerProtocol(ResponseHandler):
    """One connection. `exchanges` counts its requests; `has_answer` says that the last one got a byte."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.exchanges = 0
        self.has_answer = False
        self._is_idle = False
        self._body: StreamReader | None = None

    def set_response_params(self, **parameters: Any) -> None:
        """Expect the answer to a request that is about to be sent."""
        self.exchanges += 1
        self.has_answer = self._is_idle = False
        self._body = None
        super().set_response_params(**parameters)

    def watch(self, body: StreamReader) -> None:
        """Let the body fail where the connection does, and forget it at its end."""
        self._body = body
        error = self.exception()
        if error is not None:
            self._fail_body(error)
        body.on_eof(self._rest)

    def data_received(self, data: bytes) -> None:
        """Take bytes. Those that come when nothing was asked would be read as the next answer."""
        if data and self._is_idle:
            self.abort()
            return
        self.has_answer = self.has_answer or bool(data)
        super().data_received(data)
        if self._is_idle and len(self):  # another head, which came with the end of the body
            self.abort()

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Fail. Of a chunk that is malformed aiohttp tells the head's reader only, and the body hangs."""
        if exc_cause is None:
            super().set_exception(exc)
        else:
            super().set_exception(exc, exc_cause)
        self._fail_body(exc)

    def _fail_body(self, error: BaseException) -> None:
        if self._body is not None and not self._body.is_eof() and self._body.exception() is None:
            self._body.set_exception(error)

    def _rest(self) -> None:
        self._is_idle = True
        self._body = None


class _GuardedResolver(AbstractResolver):
    """Hands aiohttp the addresses that the guard has passed; it connects to these and asks no further."""

    def __init__(self, resolve: Resolve, *, allows_private: bool) -> None:
        self._resolve = resolve
        self._allows_private = allows_private

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: AddressFamily = AF_INET,  # noqa: ARG002  # aiohttp's, and it wants both
    ) -> list[ResolveResult]:
        addresses = await allowed_addresses(self._resolve, host, port, allows_private=self._allows_private)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=AF_INET6 if ":" in address else AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Connector(TCPConnector):
    """The connections of a network, all direct or all through one proxy.

    Only the proxy's name is resolved here where there is one, and a proxy may stand on a private network.
    At most `max_connections` are in use at a time; those kept alive come on top. aiohttp keeps the addresses
    that the guard has passed for ten seconds.
    """

    def __init__(self, network: Network, proxy: Proxy | None, resolve: Resolve) -> None:
        is_kept_alive = network.keep_alive_seconds > 0
        super().__init__(
            limit=network.max_connections,
            resolver=_GuardedResolver(
                resolve, allows_private=network.allows_private_addresses or proxy is not None
            ),
            force_close=not is_kept_alive,
            keepalive_timeout=network.keep_alive_seconds if is_kept_alive else None,
        )
        self.network = network
        self.proxy = proxy
        self._resolve = resolve
        self._is_aborted = False
        self._factory = cast("partial[ResponseHandler]", partial(AnswerProtocol, loop=self._loop))

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """What its TLS connections are opened with; raises InternalError for a wrong `ca_cert_pem`."""
        return tls_context(self.network)

    @property
    def in_use(self) -> int:
        """How many connections are in use, or are being opened to be."""
        return len(self._acquired)

    @property
    def idle(self) -> int:
        """How many connections are open, and not in use."""
        return sum(map(len, self._conns.values()))

    def forget_idle(self, key: ConnectionKey) -> None:
        """Close the connections to a host that nobody uses."""
        for protocol, _ in self._conns.pop(key, ()):
            protocol.abort()

    def abort(self) -> None:
        """Close the connections in use, whose readers get ClientConnectionError, and open no more."""
        self._is_aborted = True
        for protocol in list(self._acquired):
            protocol.abort()
            if isinstance(protocol, AnswerProtocol):  # or what holds the place of one to come
                protocol.set_exception(ClientConnectionError("stopped"))

    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Any],
        timeout: ClientTimeout,  # noqa: ASYNC109  # aiohttp's
    ) -> ResponseHandler:
        if self._is_aborted:  # whose place was in use until now
            raise ClientConnectionError("stopped")
        seconds = self.network.timeouts.connect_seconds
        try:
            async with asyncio.timeout(seconds):
                if self.proxy is not None and self.proxy.scheme == "socks5":
                    return await self._open_tunnel(req, self.proxy)
                return await super()._create_connection(req, traces, timeout)
        except TimeoutError:
            raise UpstreamTimeoutError(
                f"{req.host}:{req.port} exceeded the connect timeout of {seconds:g} seconds"
            ) from None

    async def _open_tunnel(self, request: ClientRequest, proxy: Proxy) -> ResponseHandler:
        addresses = await allowed_addresses(self._resolve, proxy.host, proxy.port, allows_private=True)
        seconds = self.network.timeouts.connect_seconds  # python_socks has a bound of its own
        for address in addresses:
            tunnel = SocksProxy(ProxyType.SOCKS5, address, proxy.port, proxy.user, proxy.password, rdns=True)
            try:
                socket = await tunnel.connect(request.host, request.port or 0, seconds)
                break
            except ProxyConnectionError:
                if address == addresses[-1]:
                    raise
        context = self.tls if request.is_ssl() else None
        _, protocol = await self._loop.create_connection(
            self._factory, sock=socket, ssl=context, server_hostname=request.host if context else None
        )
        return protocol
