"""A TCP server that does what a script tells it, byte for byte, for tests of what talks to it.

A script is a coroutine that gets one connection; it runs once for each, and the connection is closed when
it returns. Whatever the other end does, each wait is bounded.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

WAIT_SECONDS = 10


class RawConnection:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """Return the next request, head and body; raises IncompleteReadError where the peer ends before."""
        async with asyncio.timeout(WAIT_SECONDS):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            return head + await self._reader.readexactly(length)

    async def read(self, count: int) -> bytes:
        """Return so many bytes."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._reader.readexactly(count)

    async def head(self) -> bytes:
        """Return a request's head, and leave the body where it is."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def send(self, content: bytes) -> None:
        """Send bytes and wait until the kernel has taken them."""
        self._writer.write(content)
        async with asyncio.timeout(WAIT_SECONDS):
            await self._writer.drain()

    def write(self, content: bytes) -> None:
        """Send bytes, or keep them until the kernel takes them."""
        self._writer.write(content)

    @property
    def unsent_bytes(self) -> int:
        """How many bytes the kernel has not taken."""
        return self._writer.transport.get_write_buffer_size()

    def reset(self) -> None:
        """End the connection with RST."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on, as the server."""
        async with asyncio.timeout(WAIT_SECONDS):
            await self._writer.start_tls(context)

    async def ended(self) -> int:
        """Wait until the other end has closed or reset the connection; returns how much it still sent."""
        taken = 0
        async with asyncio.timeout(WAIT_SECONDS):
            try:
                while content := await self._reader.read(65536):
                    taken += len(content)
            except ConnectionError:
                pass
        return taken

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


Script = Callable[[RawConnection], Awaitable[None]]


class RawServer:
    """A running server. `accepted` counts its connections; `failures` are what went wrong in scripts."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.accepted = 0
        self.failures: list[Exception] = []
        self.running: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Run the script on a connection."""
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self.running.add(task)
        connection = RawConnection(reader, writer)
        try:
            await self._script(connection)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other end has gone, which the test may be about, or the test is over
        except Exception as error:
            self.failures.append(error)
        finally:
            connection.close()
            self.running.discard(task)


@asynccontextmanager
async def raw_server(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Run a server on a free port of 127.0.0.1. At the end scripts still running are cancelled.

    A script that failed fails the test.
    """
    server = RawServer(script)
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    # Of a size of its own the buffer would grow, and a peer that is to be blocked would get on after all.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    listener = await asyncio.start_server(server.serve, sock=listening, ssl=tls)
    try:
        yield server
    finally:
        listener.close()
        for task in list(server.running):
            task.cancel()
        if server.running:
            await asyncio.wait(server.running, timeout=WAIT_SECONDS)
    if server.failures:
        raise server.failures[0]
