"""Until when an exchange with a provider, and each part of it, may take: a network's timeouts on a clock.

It waits, and knows nothing of HTTP or connections. Source of truth: `Timeouts` in `providers/network.py`.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, NamedTuple, TypeVar

from causeway.model.errors import UpstreamTimeoutError
from causeway.providers.network import OutboundRequest

_Awaited = TypeVar("_Awaited")


class _Limit(NamedTuple):
    moment: float
    name: str
    seconds: float


class Deadlines:
    """The moments that bound one exchange, which begins when this is made. `origin` is named in errors."""

    def __init__(self, request: OutboundRequest, origin: str) -> None:
        timeouts = request.network.timeouts
        self._time = asyncio.get_running_loop().time
        self._origin = origin
        started = self._time()
        self._head = _Limit(started + timeouts.first_byte_seconds, "first-byte", timeouts.first_byte_seconds)
        body = None if request.is_stream else self._head
        if timeouts.total_seconds is not None:
            total = _Limit(started + timeouts.total_seconds, "total", timeouts.total_seconds)
            self._head = min(self._head, total)
            body = total if body is None else self._head
        self._body = body
        self._idle_seconds = timeouts.idle_seconds if request.is_stream else None

    async def until_head(self, waiting: Coroutine[Any, Any, _Awaited]) -> _Awaited:
        """Wait for the head of the answer; raises UpstreamTimeoutError."""
        return await self._within(self._head, waiting)

    async def until_chunk(self, waiting: Coroutine[Any, Any, _Awaited]) -> _Awaited:
        """Wait for the next piece of the body; raises UpstreamTimeoutError."""
        limit, idle = self._body, self._idle_seconds
        if idle is not None:
            silence = _Limit(self._time() + idle, "idle", idle)
            limit = silence if limit is None else min(limit, silence)
        assert limit is not None  # noqa: S101  # a body that is no stream has one
        return await self._within(limit, waiting)

    def check_body(self) -> None:
        """Raise UpstreamTimeoutError where the body has taken too long, though more of it is there."""
        if self._body is not None and self._time() >= self._body.moment:
            raise self._error(self._body)

    async def _within(self, limit: _Limit, waiting: Coroutine[Any, Any, _Awaited]) -> _Awaited:
        try:
            async with asyncio.timeout_at(limit.moment):
                return await waiting
        except TimeoutError:
            raise self._error(limit) from None

    def _error(self, limit: _Limit) -> UpstreamTimeoutError:
        return UpstreamTimeoutError(
            f"{self._origin} exceeded the {limit.name} timeout of {limit.seconds:g} seconds"
        )
