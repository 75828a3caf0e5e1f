"""What the connections of one server share: the application, the bounds, the time, and who is there."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import Protocol

from causeway.adapters.inbound.asgi import AsgiApplication
from causeway.adapters.inbound.limits import Limits


class Guest(Protocol):
    """A connection, as its server sees it. `deadline` is the moment from which it is overdue."""

    deadline: float

    def expire(self) -> None:
        """End it, since it is overdue."""

    def stop(self) -> None:
        """End it, once what is under way has been answered."""

    def abort(self) -> None:
        """End it at once."""


class Started(Protocol):
    """A request that the application is asked."""


class SharedState:
    """The state of a server that runs on `loop`.

    `now` is a moment of a clock that only goes on, and `date_line` the header with the world's time, with its
    end: both are as old as the last `tick`. `done` is an awaitable that has ended. `when_empty` is called
    where the last connection or application has gone.
    """

    __slots__ = (
        "application", "connections", "date_line", "done", "exchanges", "is_stopping", "limits",
        "loop", "now", "when_empty",
    )  # fmt: skip

    def __init__(
        self,
        application: AsgiApplication,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        *,
        now: float,
        when_empty: Callable[[], None] = lambda: None,
    ) -> None:
        self.application = application
        self.limits = limits
        self.loop = loop
        self.when_empty = when_empty
        self.done: asyncio.Future[None] = loop.create_future()
        self.done.set_result(None)
        self.connections: set[Guest] = set()
        self.exchanges: set[Started] = set()
        self.is_stopping = False
        self.now = now
        self.date_line = b""

    def tick(self, now: float, seconds_since_epoch: float) -> None:
        """Take the time, and end the connections that are overdue."""
        self.now = now
        self.date_line = b"date: " + formatdate(seconds_since_epoch, usegmt=True).encode() + b"\r\n"
        for connection in [guest for guest in self.connections if guest.deadline <= now]:
            connection.expire()

    def admit(self, connection: Guest) -> bool:
        """Take in a new connection, if there is room for it."""
        if self.is_stopping or len(self.connections) >= self.limits.max_connections:
            return False
        self.connections.add(connection)
        return True

    def forget(self, connection: Guest) -> None:
        """Take note that a connection has ended."""
        self.connections.discard(connection)
        self._look_around()

    def leave(self, exchange: Started) -> None:
        """Take note that the application has returned."""
        self.exchanges.discard(exchange)
        if self.is_stopping:
            self._look_around()

    def _look_around(self) -> None:
        if not self.connections and not self.exchanges:
            self.when_empty()
