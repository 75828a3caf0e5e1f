"""Runs an ASGI application behind HTTP/1.1 on sockets, from its start to its end.

No TLS, no HTTP/2, no websockets: whoever needs them has a proxy before this. It ends on SIGTERM and SIGINT:
it accepts nothing more, lets answers under way come to their end, for a time, and then stops the
application; a second signal waits for no answer. tests/adapters/inbound/test_http_server.py.
"""

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import uvloop

from causeway.adapters.inbound.asgi import AsgiApplication
from causeway.adapters.inbound.connection import Connection
from causeway.adapters.inbound.lifespan import Lifespan
from causeway.adapters.inbound.limits import Limits
from causeway.adapters.inbound.shared_state import SharedState

_log = logging.getLogger(__name__)

_BACKLOG = 2048
_TICK_SECONDS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class HttpServer:
    """A server for one application, to be run once.

    `when_started` is called when it accepts connections. `clock` counts seconds, and is what deadlines are
    held against. `state` is there once it serves.
    """

    def __init__(
        self,
        application: AsgiApplication,
        *,
        limits: Limits | None = None,
        when_started: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._limits = limits or Limits()
        self._when_started = when_started
        self._clock = clock
        self._change = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._should_exit = False
        self._is_hasty = False
        self.started = False
        self.state: SharedState

    @property
    def should_exit(self) -> bool:
        """Whether it is to end. May be set from any thread."""
        return self._should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._should_exit = value
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has been closed: it has ended
                self._loop.call_soon_threadsafe(self._change.set)

    def run(self, sockets: Sequence[socket.socket]) -> None:
        """Serve on listening sockets until told to end, on a loop of its own; closes the sockets."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.serve(sockets))

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Serve on listening sockets until told to end; closes the sockets.

        Returns early, without having `started`, where the application does not start.
        """
        self._loop = loop = asyncio.get_running_loop()
        self.state = SharedState(
            self._application, self._limits, loop, now=self._clock(), when_empty=self._change.set
        )
        lifespan = Lifespan(self._application)
        with self._heeding_signals(loop):
            if not await lifespan.start():
                return
            try:
                self._tick(loop)
                await self._accept(sockets, loop)
            finally:
                self._ticking.cancel()
                if not self._is_hasty:
                    await lifespan.stop()

    async def _accept(self, sockets: Sequence[socket.socket], loop: asyncio.AbstractEventLoop) -> None:
        listeners: list[asyncio.Server] = []
        try:
            for each in sockets:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
                make = partial(Connection, self.state)
                listeners.append(await loop.create_server(make, sock=each, backlog=_BACKLOG))
            self.started = True
            self._when_started()
            while not self._should_exit:
                await self._next_change()
        finally:
            for listener in listeners:
                listener.close()
            for each in sockets:
                each.close()
        await self._end_connections()

    async def _end_connections(self) -> None:
        state = self.state
        state.is_stopping = True
        for connection in list(state.connections):
            connection.stop()
        if not await self._is_empty_within(self._limits.answer_seconds):
            _log.warning("answers under way were cut off: %d", len(state.exchanges))
        for connection in list(state.connections):
            connection.abort()
        await self._is_empty_within(self._limits.cleanup_seconds)

    async def _is_empty_within(self, seconds: float) -> bool:
        state = self.state
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (state.connections or state.exchanges) and not self._is_hasty:
                    await self._next_change()
        return not state.connections and not state.exchanges

    async def _next_change(self) -> None:
        self._change.clear()
        await self._change.wait()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticking = loop.call_later(_TICK_SECONDS, self._tick, loop)
        self.state.tick(self._clock(), time.time())

    @contextmanager
    def _heeding_signals(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # which signals do not reach
            return
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._take_signal)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _take_signal(self) -> None:
        self._is_hasty = self._should_exit
        self.should_exit = True
