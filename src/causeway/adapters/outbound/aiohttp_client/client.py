"""The one way out of the gateway: `OutboundClient` over aiohttp's connections.

Every timeout, pool, proxy and check of an address is applied here and nowhere else. It judges no status
and retries no request that a provider has begun to answer. Sources of truth: `pipeline/ports.py`, and
RFC 9112 for what an answer is.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

from aiohttp import ClientConnectionError, ClientRequest, ClientResponse, ClientTimeout
from aiohttp.connector import Connection
from yarl import URL

from causeway.adapters.outbound.address_guard import Resolve, check_host, resolve_name
from causeway.adapters.outbound.aiohttp_client.connection_errors import CONNECTION_ERRORS, connection_error
from causeway.adapters.outbound.aiohttp_client.connections import AnswerProtocol, Connector
from causeway.adapters.outbound.aiohttp_client.deadlines import Deadlines
from causeway.adapters.outbound.content_encoding import Inflater, inflater_for
from causeway.adapters.outbound.proxy import Proxy, choose_proxy
from causeway.adapters.outbound.request_checks import (
    USER_AGENT,
    Target,
    check_method,
    complete_headers,
    parse_target,
)
from causeway.model.errors import UpstreamConnectionError, UpstreamProtocolError
from causeway.pipeline.ports import ConnectionUse, TakeBytes
from causeway.providers.network import Network, OutboundRequest

_log = logging.getLogger(__name__)

_MAX_HEAD_BYTES = 64 * 1024
_MAX_HEAD_FIELDS = 128
_MAX_LINE_BYTES = 16 * 1024
_READ_BUFFER_BYTES = 64 * 1024  # reading pauses at twice as much
_MAX_COPIED_BODY_BYTES = 1024 * 1024  # aiohttp warns of larger bodies that it is to write at once
_AUTOMATIC_HEADERS = ("Accept", "Content-Type", "User-Agent")
_NO_TIMEOUT = ClientTimeout(total=None, sock_connect=None)
_STOPPING = "the gateway is stopping"


class AiohttpClient:
    """`OutboundClient`. It may be made without a running loop, and is then used on one.

    A request on a connection that had been kept alive, and that ends before a single byte of an answer,
    is sent once more on a fresh one, whatever its method: the peer closed the connection while it was
    idle. That a provider took the request and died before it said a word cannot be told from this; the
    pipeline retries such a request all the same.
    """

    def __init__(
        self, *, resolve: Resolve = resolve_name, environment: Mapping[str, str] | None = None
    ) -> None:
        self._resolve = resolve
        self._environment = os.environ if environment is None else environment
        self._connectors: dict[tuple[Network, Proxy | None], Connector] = {}
        self._is_stopped = False

    def connection_use(self) -> ConnectionUse:
        """See `OutboundClient.connection_use`."""
        connectors = self._connectors.values()
        in_use = sum(one.in_use for one in connectors)
        return ConnectionUse(
            open=in_use + sum(one.idle for one in connectors),
            in_use=in_use,
            limit=sum(one.limit for one in connectors),
        )

    @asynccontextmanager
    async def send(self, request: OutboundRequest) -> AsyncIterator["HttpResponse"]:
        """See `OutboundClient.send`. Raises InternalError for a request that may not be sent as it is."""
        response = await self.open(request)
        try:
            yield response
        finally:
            response.close()

    async def stop(self) -> None:
        """Close every connection; requests under way fail, and so do later ones."""
        self._is_stopped = True
        for connector in self._connectors.values():
            connector.abort()  # closing alone would wait until what is being sent has been taken
        for connector in self._connectors.values():
            await connector.close()

    async def open(self, request: OutboundRequest) -> "HttpResponse":
        """See `OutboundClient.open`. Raises as `send` does."""
        target = parse_target(request.url)
        check_method(request.method)
        headers = complete_headers(request.headers)
        network = request.network
        check_host(target.host, allows_private=network.allows_private_addresses)
        proxy = choose_proxy(network.proxy_url, target, self._environment)
        if proxy is not None:
            check_host(proxy.host, allows_private=True)
        deadlines = Deadlines(request, target.origin)
        if self._is_stopped:
            raise UpstreamConnectionError(_STOPPING)
        exchange = _Exchange(request, target, headers, self._connector(network, proxy))
        try:
            answer = await deadlines.until_head(exchange.run())
        except CONNECTION_ERRORS as error:
            if self._is_stopped:
                raise UpstreamConnectionError(_STOPPING) from None
            raise connection_error(error, target.origin) from None
        except asyncio.CancelledError:
            # aiohttp cancels whoever waits for a connection when it is closed.
            task = asyncio.current_task()
            if self._is_stopped and task is not None and not task.cancelling():
                raise UpstreamConnectionError(_STOPPING) from None
            raise
        return HttpResponse(answer, deadlines, target.origin)

    def _connector(self, network: Network, proxy: Proxy | None) -> Connector:
        connector = self._connectors.get((network, proxy))
        if connector is None:
            connector = self._connectors[network, proxy] = Connector(network, proxy, self._resolve)
            if not network.verifies_tls:
                _log.warning("the certificates of a provider's servers are not verified")
        return connector


class HttpResponse:
    """`OutboundResponse`."""

    def __init__(self, answer: ClientResponse, deadlines: Deadlines, origin: str) -> None:
        self._answer = answer
        self._deadlines = deadlines
        self._origin = origin
        self._inflater: Inflater | None = None
        self.status = answer.status
        self.headers = _headers(answer)

    async def pump(self, take: TakeBytes) -> bool:
        """See `OutboundResponse.pump`; also raises UpstreamProtocolError for what is not HTTP."""
        try:
            if self._inflater is None:
                self._inflater = inflater_for(self.headers.get("content-encoding", ""))
            if self._inflater is not None:
                return await self._inflater.pump(self._next_chunk, take)
            while content := await self._next_chunk():
                if take(content):
                    return False
        except BaseException:
            self.close()
            raise
        return True

    async def read(self, max_bytes: int) -> bytes:
        """See `OutboundResponse.read`."""
        body = bytearray()

        def take(chunk: bytes) -> bool:
            body.extend(chunk)
            return len(body) > max_bytes

        if not await self.pump(take):
            self.close()
            raise UpstreamProtocolError(f"the answer of {self._origin} is larger than {max_bytes} bytes")
        return bytes(body)

    def close(self) -> None:
        """See `OutboundResponse.close`."""
        connection = self._answer.connection
        if connection is not None:
            transport = connection.transport
            self._answer.close()
            if transport is not None:
                transport.abort()

    async def _next_chunk(self) -> bytes:
        """Return what has come, or wait for it; nothing at the end."""
        content = self._answer.content
        self._deadlines.check_body()
        try:
            chunk = content.read_nowait()
            if chunk or content.at_eof():
                return chunk
            return await self._deadlines.until_chunk(content.readany())
        except CONNECTION_ERRORS as error:
            raise connection_error(error, self._origin) from None


class _Exchange:
    """One request and the head of its answer, on one connection or, where that was stale, on two."""

    def __init__(
        self, request: OutboundRequest, target: Target, headers: list[tuple[str, str]], connector: Connector
    ) -> None:
        self._request = request
        self._target = target
        self._headers = headers
        self._connector = connector

    async def run(self) -> ClientResponse:
        """Return the answer, its head read; raises what is in CONNECTION_ERRORS."""
        first = self._prepare()
        connection = await self._connector.connect(first, [], _NO_TIMEOUT)
        protocol = _protocol(connection)
        was_kept_alive = protocol.exchanges > 0
        try:
            return await self._ask(first, connection)
        except ClientConnectionError:
            if not was_kept_alive or protocol.has_answer or self._connector.closed:
                raise
        second = self._prepare()
        # What was idle as long is as stale.
        self._connector.forget_idle(second.connection_key)
        return await self._ask(second, await self._connector.connect(second, [], _NO_TIMEOUT))

    def _prepare(self) -> ClientRequest:
        request, target, connector = self._request, self._target, self._connector
        headers, proxy = self._headers, connector.proxy
        is_tls = target.scheme == "https"
        through: dict[str, Any] = {}
        if proxy is not None and proxy.scheme == "http":
            through["proxy"] = URL.build(scheme=proxy.scheme, host=proxy.host, port=proxy.port)
            credentials = proxy.authorization
            authorization = [] if credentials is None else [("Proxy-Authorization", credentials)]
            if is_tls:  # for the proxy alone, not for what is sent through it
                through["proxy_headers"] = [("User-Agent", USER_AGENT), *authorization]
            else:
                headers = headers + authorization
        body: Any = request.body or None
        if len(request.body) > _MAX_COPIED_BODY_BYTES:
            body = BytesIO(request.body)
        return ClientRequest(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            skip_auto_headers=_AUTOMATIC_HEADERS,
            data=body,
            loop=asyncio.get_running_loop(),
            ssl=connector.tls if is_tls else True,
            **through,
        )

    async def _ask(self, request: ClientRequest, connection: Connection) -> ClientResponse:
        transport, protocol = connection.transport, _protocol(connection)
        answer = None
        try:
            protocol.set_response_params(
                skip_payload=request.method == "HEAD",
                read_until_eof=True,
                auto_decompress=False,
                read_bufsize=_READ_BUFFER_BYTES,
                max_line_size=_MAX_LINE_BYTES,
                max_field_size=_MAX_LINE_BYTES,
                max_headers=_MAX_HEAD_FIELDS,
            )
            answer = await request.send(connection)
            await answer.start(connection)
            _check_head(answer, self._target.origin)
            protocol.watch(answer.content)
        except BaseException:
            if answer is not None:
                answer.close()
            connection.close()
            if transport is not None:  # which would first send what is left of the request
                transport.abort()
            raise
        return answer


def _protocol(connection: Connection) -> AnswerProtocol:
    protocol = connection.protocol
    assert isinstance(protocol, AnswerProtocol)  # noqa: S101  # the connector makes no others
    return protocol


def _check_head(answer: ClientResponse, origin: str) -> None:
    """Refuse a head that cannot be handed on; raises UpstreamProtocolError."""
    # aiohttp bounds each line and their number, not all of them together.
    if sum(len(name) + len(value) + len(b": \r\n") for name, value in answer.raw_headers) > _MAX_HEAD_BYTES:
        raise UpstreamProtocolError(f"the header that {origin} sent is larger than {_MAX_HEAD_BYTES} bytes")
    if answer.status == 101:
        raise UpstreamProtocolError(f"{origin} switched to another protocol unasked")
    coding = answer.headers.get("transfer-encoding", "chunked").strip().lower()
    if coding != "chunked":
        raise UpstreamProtocolError(f"{origin} sent a transfer encoding that was not asked for")


def _headers(answer: ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in answer.raw_headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
