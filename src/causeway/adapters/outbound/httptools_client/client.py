"""The one way out of the gateway: `OutboundClient` over connections of its own.

Every timeout, pool, proxy and check of an address is applied here and below, and nowhere else. It judges
no status and retries no request that a provider has begun to answer. Sources of truth: `pipeline/ports.py`,
and RFC 9112 for what a request is.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import Mapping
from functools import partial

from msgspec import Struct

from causeway.adapters.outbound.address_guard import Resolve, check_host, resolve_name
from causeway.adapters.outbound.httptools_client.connect import Route
from causeway.adapters.outbound.httptools_client.exchange import Exchange, Plan
from causeway.adapters.outbound.httptools_client.limits import limits_of
from causeway.adapters.outbound.httptools_client.pool import STOPPING, Pool, Slots
from causeway.adapters.outbound.httptools_client.request_head import encode_head
from causeway.adapters.outbound.proxy import Proxy, choose_proxy
from causeway.adapters.outbound.request_checks import Target, check_method, complete_headers, parse_target
from causeway.adapters.outbound.tls import tls_context
from causeway.model.errors import UpstreamConnectionError
from causeway.pipeline.ports import ConnectionUse
from causeway.providers.network import Network, OutboundRequest

_log = logging.getLogger(__name__)

_MAX_PLANS = 1024


class _Place(Struct, frozen=True):
    """What connections must have in common to be shared."""

    network: Network
    proxy: Proxy | None
    scheme: str
    host: str
    port: int


class HttptoolsClient:
    """`OutboundClient`. It may be made without a running loop, and is then used on one.

    `environment` is read for a proxy when an address is asked for the first time in a while.
    """

    def __init__(
        self, *, resolve: Resolve = resolve_name, environment: Mapping[str, str] | None = None
    ) -> None:
        self._resolve = resolve
        self._environment = os.environ if environment is None else environment
        self._plans: dict[tuple[Network, str, str, tuple[tuple[str, str], ...]], Plan] = {}
        self._pools: dict[_Place, Pool] = {}
        self._slots: dict[tuple[Network, Proxy | None], Slots] = {}
        self._tls: dict[tuple[str | None, bool], ssl.SSLContext] = {}
        self._is_stopped = False

    def connection_use(self) -> ConnectionUse:
        """See `OutboundClient.connection_use`."""
        slots = self._slots.values()
        return ConnectionUse(
            open=sum(pool.size for pool in self._pools.values()),
            in_use=sum(one.taken for one in slots),
            limit=sum(one.count for one in slots),
        )

    def send(self, request: OutboundRequest) -> Exchange:
        """See `OutboundClient.send`. Raises InternalError for a request that may not be sent as it is."""
        return Exchange(request, self._plan)

    async def open(self, request: OutboundRequest) -> Exchange:
        """See `OutboundClient.open`. Raises as `send` does."""
        return await Exchange(request, self._plan).__aenter__()

    async def stop(self) -> None:
        """Close every connection; requests under way fail, and so do later ones."""
        self._is_stopped = True
        self._plans.clear()
        for pool in self._pools.values():
            pool.stop()
        await asyncio.sleep(0)  # in which transports let go of their sockets

    def _plan(self, request: OutboundRequest) -> Plan:
        """Return how a request is sent; most are sent as one before."""
        key = (request.network, request.method, request.url, request.headers)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._new_plan(request)
            if len(self._plans) >= _MAX_PLANS:
                self._forget_unused()
            self._plans[key] = plan
        return plan

    def _new_plan(self, request: OutboundRequest) -> Plan:
        target = parse_target(request.url)
        check_method(request.method)
        headers = complete_headers(request.headers)
        network = request.network
        check_host(target.host, allows_private=network.allows_private_addresses)
        proxy = choose_proxy(network.proxy_url, target, self._environment)
        if proxy is not None:
            check_host(proxy.host, allows_private=True)
        if self._is_stopped:
            raise UpstreamConnectionError(STOPPING)
        head = encode_head(
            request.method, target, headers, proxy=proxy, is_kept_alive=network.keep_alive_seconds > 0
        )
        return Plan(self._pool(network, proxy, target), head)

    def _pool(self, network: Network, proxy: Proxy | None, target: Target) -> Pool:
        place = _Place(network, proxy, target.scheme, target.host, target.port)
        pool = self._pools.get(place)
        if pool is None:
            slots = self._slots.get((network, proxy))
            if slots is None:
                slots = self._slots[network, proxy] = Slots(network.max_connections)
                if not network.verifies_tls:
                    _log.warning("the certificates of a provider's servers are not verified")
            route = Route(
                target,
                proxy,
                self._resolve,
                allows_private=network.allows_private_addresses,
                connect_seconds=network.timeouts.connect_seconds,
                tls=partial(self._tls_context, network),
            )
            pool = self._pools[place] = Pool(
                target.origin,
                limits=limits_of(network.timeouts),
                keep_alive_seconds=network.keep_alive_seconds,
                slots=slots,
                open_connection=route.open,
                loop=asyncio.get_running_loop(),
            )
        return pool

    def _tls_context(self, network: Network) -> ssl.SSLContext:
        kind = (network.ca_cert_pem, network.verifies_tls)  # it takes milliseconds to make
        if kind not in self._tls:
            self._tls[kind] = tls_context(network)
        return self._tls[kind]

    def _forget_unused(self) -> None:
        """Forget all plans, and the pools that have no connection: URLs and keys may come from callers."""
        self._plans.clear()
        self._pools = {place: pool for place, pool in self._pools.items() if not pool.is_unused}
