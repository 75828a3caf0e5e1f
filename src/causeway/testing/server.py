"""The scripted upstream's event loop: takes connections and has each request answered.

Runs in a thread of its own; only `stop` may be called from another.
"""

import asyncio
import socket
from collections.abc import Callable

from causeway.testing.connection import Connection, Message
from causeway.testing.delivery import deliver, deliver_raw
from causeway.testing.replies import Raw
from causeway.testing.requests import RecordedRequest
from causeway.testing.responder import Responder
from causeway.testing.traffic import Traffic

BACKLOG = 1024
Tell = Callable[[RecordedRequest, str], None]


class Server:
    """Serves a listening socket until it is stopped, then cuts every connection.

    `failure` is the first error that was raised in answering, which is a mistake in the test.
    """

    def __init__(
        self, listener: socket.socket, responder: Responder, traffic: Traffic, tell: Tell | None
    ) -> None:
        self.failure: Exception | None = None
        self._listener = listener
        self._responder = responder
        self._traffic = traffic
        self._tell = tell
        self._connections: set[Connection] = set()
        self._loop = asyncio.SelectorEventLoop()
        self._is_stopping = asyncio.Event()
        self._all_closed = asyncio.Event()

    def run(self) -> None:
        """Serve; returns when it was stopped and nothing is left."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        """Have `run` return soon."""
        self._loop.call_soon_threadsafe(self._is_stopping.set)

    async def _serve(self) -> None:
        server = await self._loop.create_server(
            lambda: Connection(self), sock=self._listener, backlog=BACKLOG
        )
        await self._is_stopping.wait()
        server.close()
        for connection in self._connections:
            connection.abort()
        if self._connections:
            await self._all_closed.wait()

    def opened(self, connection: Connection) -> int:
        """Take notice of a connection; returns its number."""
        self._connections.add(connection)
        if self._is_stopping.is_set():  # it was accepted in the moment of stopping
            connection.abort()
        return self._traffic.note_connection()

    def closed(self, connection: Connection) -> None:
        """Take notice of the end of a connection."""
        self._connections.discard(connection)
        self._traffic.note_close()
        if self._is_stopping.is_set() and not self._connections:
            self._all_closed.set()

    async def answer(self, message: Message, connection: Connection) -> None:
        """Answer a request."""
        request = self._traffic.record(message, connection.number)
        try:
            await self._answer(request, message, connection)
        except asyncio.CancelledError:
            self._traffic.note_abandoned()
            raise
        except Exception as error:
            self.failure = self.failure or error
            self._say(request, f"failed: {error}")
            connection.abort()

    async def _answer(self, request: RecordedRequest, message: Message, connection: Connection) -> None:
        reply, response = self._responder.reply_to(request)
        if isinstance(response, Raw):
            self._say(request, "raw bytes")
            await deliver_raw(response, connection)
        else:
            self._say(request, str(response.status))
            await deliver(response, reply, message, connection)

    def _say(self, request: RecordedRequest, outcome: str) -> None:
        if self._tell is not None:
            self._tell(request, outcome)
