"""The connections to one host: which are idle, how many may be in use, and when they are too old.

Idle ones are used last in, first out, so that the rest can age and be closed. It opens none itself.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from causeway.adapters.outbound.failure_reason import failure_reason
from causeway.adapters.outbound.httptools_client.connection import Connection
from causeway.adapters.outbound.httptools_client.limits import Limits
from causeway.model.errors import UpstreamConnectionError

STOPPING = "the gateway is stopping"

Open = Callable[[Callable[[], Connection]], Awaitable[Connection]]
"""Opens a connection and gives it the protocol that it is handed; raises OSError and UpstreamError."""


class Slots:
    """How many connections of a network may be in use at once. Who waits is served in turn."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """How many are in use."""
        return self.count - self._free

    def take_nowait(self) -> bool:
        """Take a slot if one is free; while somebody waits, none is."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def take(self) -> None:
        """Wait for a slot; raises UpstreamConnectionError once `refuse` has been called."""
        if self.take_nowait():
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._waiting.remove(turn)
            if not turn.cancelled() and turn.exception() is None:  # it came, and nobody is there to use it
                self.give_back()
            raise

    def give_back(self) -> None:
        """Give up a slot, to who has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def refuse(self) -> None:
        """Fail everybody who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(UpstreamConnectionError(STOPPING))


class Pool:
    """The connections to one host. `origin` is named in errors; requests take their `limits` from here."""

    def __init__(
        self,
        origin: str,
        *,
        limits: Limits,
        keep_alive_seconds: float,
        slots: Slots,
        open_connection: Open,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.origin = origin
        self.limits = limits
        self.loop = loop
        self._keep_alive_seconds = keep_alive_seconds
        self._slots = slots
        self._open_connection = open_connection
        self._connections: set[Connection] = set()
        self._idle: dict[Connection, float] = {}  # the moments since when, ascending
        self._opening: set[asyncio.Timeout] = set()
        self._wanted = 0
        self._sweeping: asyncio.TimerHandle | None = None
        self._is_stopped = False

    @property
    def is_unused(self) -> bool:
        """Whether it has no connection, nor is about to get one."""
        return not self._connections and not self._wanted

    @property
    def size(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def take(self) -> Connection | None:
        """Return an idle connection, if there is one and it may be used."""
        if not self._idle or not self._slots.take_nowait():
            return None
        connection = self._pop_idle()
        if connection is None:
            self._slots.give_back()
        return connection

    async def obtain(self, *, must_be_new: bool = False) -> Connection:
        """Wait for a connection; raises UpstreamConnectionError and UpstreamTimeoutError."""
        self._wanted += 1
        try:
            await self._slots.take()
            try:
                connection = None if must_be_new else self._pop_idle()
                return connection or await self._open()
            except BaseException:
                self._slots.give_back()
                raise
        finally:
            self._wanted -= 1

    def close_idle(self) -> None:
        """Close the connections that nobody uses."""
        idle, self._idle = self._idle, {}
        for connection in idle:
            connection.abort()

    def stop(self) -> None:
        """Close every connection; requests under way fail."""
        self._is_stopped = True
        self._slots.refuse()
        for bound in self._opening:
            bound.reschedule(self.loop.time())
        for connection in list(self._connections):
            connection.fail(UpstreamConnectionError(STOPPING))
        if self._sweeping is not None:
            self._sweeping.cancel()

    # What its connections call.

    def add(self, connection: Connection) -> None:
        """Take note of a connection that is open now."""
        self._connections.add(connection)

    def discard(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self._connections.discard(connection)
        self._idle.pop(connection, None)

    def give_back(self, connection: Connection, *, is_reusable: bool) -> None:
        """Keep a connection that is used no more, or close it."""
        if is_reusable and self._keep_alive_seconds > 0:
            self._idle[connection] = self.loop.time()
            if self._sweeping is None:
                self._sweeping = self.loop.call_later(self._keep_alive_seconds, self._sweep)
        else:
            connection.abort()
        self._slots.give_back()

    def _pop_idle(self) -> Connection | None:
        oldest = self.loop.time() - self._keep_alive_seconds
        while self._idle:
            connection, since = self._idle.popitem()
            if since > oldest and connection.is_silent():
                return connection
            connection.abort()
        return None

    def _sweep(self) -> None:
        self._sweeping = None
        oldest = self.loop.time() - self._keep_alive_seconds
        for connection, since in list(self._idle.items()):
            if since > oldest:
                self._sweeping = self.loop.call_later(since - oldest, self._sweep)
                return
            del self._idle[connection]
            connection.abort()

    async def _open(self) -> Connection:
        limit = self.limits.connect
        if self._is_stopped:
            raise UpstreamConnectionError(STOPPING)
        try:
            async with asyncio.timeout(limit.seconds) as bound:
                self._opening.add(bound)
                try:
                    connection = await self._open_connection(self._make)
                finally:
                    self._opening.discard(bound)
        except OSError as error:
            if self._is_stopped:
                raise UpstreamConnectionError(STOPPING) from None
            if isinstance(error, TimeoutError):
                raise limit.exceeded_by(self.origin) from None
            raise UpstreamConnectionError(f"{self.origin}: {failure_reason(error)}") from None
        if self._is_stopped:
            connection.abort()
            raise UpstreamConnectionError(STOPPING)
        if connection.is_closing():
            raise UpstreamConnectionError(
                f"{self.origin}: it closed the connection, or spoke, before it was asked"
            )
        return connection

    def _make(self) -> Connection:
        return Connection(self, self.origin, self.loop)
