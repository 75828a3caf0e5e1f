"""What the suites of the inbound server share: servers to be looked into, and clients of bare bytes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import h11

from causeway.adapters.inbound.asgi import AsgiApplication, Receive, Scope, Send
from causeway.adapters.inbound.http_server import HttpServer
from causeway.adapters.inbound.limits import Limits

WAIT_SECONDS = 10
Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Answer:
    """An answer as h11 reads it."""

    def __init__(self, head: h11.Response, body: bytes) -> None:
        self.status: int = head.status_code
        self.all_headers: list[tuple[bytes, bytes]] = list(head.headers)
        self.headers: dict[bytes, bytes] = dict(self.all_headers)
        self.body = body


class RawClient:
    """A client that sends bytes, and reads answers one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._received = b""

    async def send(self, content: bytes) -> None:
        """Send bytes, and wait until the kernel has taken most of them."""
        self._writer.write(content)
        async with asyncio.timeout(WAIT_SECONDS):
            await self._writer.drain()

    async def answer(self, method: str = "GET") -> Answer:
        """Return the next answer, to a request of some method; fails where there is none."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
        parser.send(h11.EndOfMessage())
        if self._received:  # to h11 nothing is the end
            parser.receive_data(self._received)
        head: h11.Response | None = None
        body: list[bytes] = []
        while True:
            event: Any = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(await self._read())
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                self._received = parser.trailing_data[0]
                return Answer(head, b"".join(body))

    async def read_until(self, wanted: bytes) -> bytes:
        """Return what comes up to some bytes, and these."""
        while wanted not in self._received:
            piece = await self._read()
            assert piece, f"the connection ended after {self._received!r}"
            self._received += piece
        end = self._received.index(wanted) + len(wanted)
        read, self._received = self._received[:end], self._received[end:]
        return read

    async def rest(self) -> tuple[bytes, str]:
        """Return what comes until the connection ends, and how it ended: `closed` or `reset`."""
        read, self._received = self._received, b""
        try:
            while piece := await self._read():
                read += piece
        except ConnectionError:
            return read, "reset"
        return read, "closed"

    def end_sending(self) -> None:
        """Say that nothing more will be sent."""
        self._writer.write_eof()

    def stop_reading(self) -> None:
        """Take nothing from the kernel from here on."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def read_on(self) -> None:
        """Take from the kernel again."""
        self._writer.transport.resume_reading()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def _read(self) -> bytes:
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._reader.read(65536)


class Served:
    """A running server, to which time passes only if it is told so.

    `failures` are what went wrong where nobody was told.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.server: HttpServer
        self.task: asyncio.Task[None]
        self.port = 0
        self.failures: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def client(self) -> AsyncIterator[RawClient]:
        """Open a connection, and close it after."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield RawClient(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def ask(self, content: bytes) -> tuple[bytes, str]:
        """Send bytes on a connection of their own; returns what comes, and how it ended."""
        async with self.client() as client:
            await client.send(content)
            return await client.rest()

    def pass_seconds(self, seconds: float) -> None:
        """Let so much time pass, and the server look at its connections."""
        self.seconds += seconds
        self.server.state.tick(self.seconds, 0.0)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let the loop turn until something is so, within bounds."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not is_so():
                await asyncio.sleep(0)

    async def until_idle(self) -> None:
        """Let the loop turn until no application is asked any more."""
        await self.until(lambda: not self.server.state.exchanges)


def asgi(handler: Handler) -> AsgiApplication:
    """Return an application with a lifespan that does nothing, whose requests are handled so."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await handler(scope, receive, send)
            return
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})

    return application


async def read_body(receive: Receive) -> bytes:
    """Return a request's whole body."""
    body, has_more = b"", True
    while has_more:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        has_more = message["more_body"]
    return body


async def respond(send: Send, body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> None:
    """Answer with a body of known length."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what was asked: method, path, query, and the body."""
    body = await read_body(receive)
    line = f"{scope['method']} {scope['path']} {scope['query_string'].decode('latin-1')}\n"
    await respond(send, line.encode() + body)


@asynccontextmanager
async def serving(handler: Handler = echo, limits: Limits | None = None) -> AsyncIterator[Served]:
    """Run a server on a free port of this loop; at its end it must stop, and leave nothing behind."""
    listener = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    started = asyncio.Event()
    served = Served()
    served.port = listener.getsockname()[1]
    served.server = server = HttpServer(
        asgi(handler), limits=limits, when_started=started.set, clock=lambda: served.seconds
    )
    loop.set_exception_handler(lambda _, context: served.failures.append(context))
    served.task = task = asyncio.ensure_future(server.serve([listener]))
    async with asyncio.timeout(WAIT_SECONDS):
        await started.wait()
    try:
        yield served
    finally:
        server.should_exit = True
        async with asyncio.timeout(2 * WAIT_SECONDS):
            await task
    assert not served.failures
    assert not server.state.connections
    assert not server.state.exchanges
