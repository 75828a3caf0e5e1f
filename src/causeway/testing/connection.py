"""One HTTP/1.1 connection of the scripted upstream: requests in, bytes out, with no framework between.

It reads requests and writes what it is given; which bytes those are is `delivery.py`'s affair. Requests
of a connection are answered one after another.
"""

import asyncio
import socket
import struct
from typing import Protocol, cast

import httptools
from msgspec import Struct

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_RESET = struct.pack("ii", 1, 0)  # lingering for no time: what is closed so is reset


class Message(Struct, frozen=True):
    """A request as it was read."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    keeps_alive: bool
    is_http_1_0: bool


class Owner(Protocol):
    """Whose connection it is."""

    def opened(self, connection: "Connection") -> int:
        """Take notice of a new connection; returns its number."""

    def closed(self, connection: "Connection") -> None:
        """Take notice of the end of a connection; after it nothing of it remains."""

    async def answer(self, message: Message, connection: "Connection") -> None:
        """Answer a request; cancelled where the client leaves before the end. Must not raise."""


class Connection(asyncio.Protocol):
    """Reads requests, has its owner answer them, and writes."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._requests: asyncio.Queue[Message] = asyncio.Queue()
        self._can_write = asyncio.Event()
        self._parser = httptools.HttpRequestParser(self)
        self._start_message()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to answer."""
        self._transport = cast("asyncio.Transport", transport)
        # Every write is complete before the next: what was written before a reset has been handed over.
        self._transport.set_write_buffer_limits(high=0)
        self._can_write.set()
        self._task = asyncio.get_running_loop().create_task(self._answer_requests())
        self.number = self._owner.opened(self)

    def connection_lost(self, exception: Exception | None) -> None:  # noqa: ARG002
        """Give up the answer under way."""
        self._task.cancel()
        self._task.add_done_callback(lambda _: self._owner.closed(self))

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._transport.write(_BAD_REQUEST)
            self._transport.close()

    def pause_writing(self) -> None:
        """Hold writers back: the client does not read."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self._can_write.set()

    async def write(self, data: bytes) -> None:
        """Write bytes at once; returns when the network has taken them."""
        # The other connections' turn comes before: a client that leaves once it has the last byte must not
        # find an answer that is still under way.
        await asyncio.sleep(0)
        self._transport.write(data)
        await self._can_write.wait()

    def close(self) -> None:
        """Close in an orderly way: the client reads the end of the bytes."""
        self._transport.close()

    async def reset(self) -> None:
        """Close so that the client sees the connection reset, with all that was written before it."""
        await self._all_sent()
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    async def _all_sent(self) -> None:
        """Wait until the kernel has sent what it was given: a reset drops what it still holds.

        Guarded by `test_a_large_body_is_complete_before_the_reset` of
        `tests/testing/test_scripted_upstream_faults.py`.
        """
        loop = asyncio.get_running_loop()
        with self._transport.get_extra_info("socket").dup() as duplicate:
            # A socket with this option is writable when less than one byte waits to be sent.
            duplicate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 1)
            sent = asyncio.Event()
            loop.add_writer(duplicate, sent.set)
            try:
                await sent.wait()
            finally:
                loop.remove_writer(duplicate)

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    async def _answer_requests(self) -> None:
        while not self._transport.is_closing():
            await self._owner.answer(await self._requests.get(), self)

    def _start_message(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def on_message_begin(self) -> None:
        """Called by the parser where a request begins."""
        self._start_message()

    def on_url(self, url: bytes) -> None:
        """Called by the parser with the target, or a piece of it."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser with each header."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Called by the parser at the end of the head; who asks whether to go on is told so."""
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Called by the parser with each piece of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser at the end of a request."""
        message = Message(
            method=self._parser.get_method().decode("latin-1"),
            target=self._target.decode("latin-1"),
            headers=self._headers,
            body=bytes(self._body),
            keeps_alive=self._parser.should_keep_alive(),
            is_http_1_0=self._parser.get_http_version() == "1.0",
        )
        self._requests.put_nowait(message)
