"""One client's connection: takes requests one after another, and answers them in their order.

It has no timer: it has a deadline, and the server looks at all of them once a second. A client that has
ended its side of the connection counts as gone, whatever it could still read.
tests/adapters/inbound/test_connection.py.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable
from typing import cast

from causeway.adapters.inbound.asgi import CANCELS_ON_DISCONNECT
from causeway.adapters.inbound.exchange import Exchange
from causeway.adapters.inbound.refusal import LATE_HEAD, TOO_MANY_CONNECTIONS, Refusal, encode_refusal
from causeway.adapters.inbound.request_reader import Request, RequestReader
from causeway.adapters.inbound.shared_state import SharedState

_READ_PAUSE_BYTES = 128 * 1024
"""How much of a body waits for the application before no more is read; the last read comes on top of it."""
_WRITE_PAUSE_BYTES = 64 * 1024
_NEVER = float("inf")
_ASGI = {"version": "3.0", "spec_version": "2.3"}
_EXTENSIONS: dict[str, dict[str, object]] = {CANCELS_ON_DISCONNECT: {}}
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """One connection. It is `Guest` to its server and `Line` to its exchange.

    While a request is answered it reads on, since nothing else would tell that the client has gone; but not
    when a further request has come, or when the application does not take what comes.
    """

    __slots__ = (
        "_drain_waiter", "_exchange", "_is_ending", "_is_head_timed", "_is_read_paused", "_reader",
        "_refusal", "_request", "_shared", "deadline", "is_write_paused", "transport",
    )  # fmt: skip

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self.transport: asyncio.Transport
        self.deadline = _NEVER
        self.is_write_paused = False
        self._reader: RequestReader
        self._request: Request | None = None  # of which something is still to come, or to be answered
        self._exchange: Exchange | None = None  # unless it has been answered
        self._refusal: Refusal | None = None  # for when all before it has been answered
        self._drain_waiter: asyncio.Future[None] | None = None
        self._is_read_paused = False
        self._is_head_timed = False
        self._is_ending = False  # and what comes is for nobody

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection, or refuse it where there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        client, server = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._reader = RequestReader(
            {
                "type": "http",
                "asgi": _ASGI,
                "scheme": "http",
                "root_path": "",
                "client": client and client[:2],
                "server": server and server[:2],
                "extensions": _EXTENSIONS,
            }
        )
        shared = self._shared
        if shared.admit(self):
            self.transport.set_write_buffer_limits(high=_WRITE_PAUSE_BYTES)
            self.deadline = shared.now + shared.limits.keep_alive_seconds
        else:
            self.transport.write(encode_refusal(TOO_MANY_CONNECTIONS, shared.date_line))
            self._close()

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        if self._is_ending:
            return
        reader = self._reader
        refusal = reader.feed(data)
        if refusal is not None:
            self._take_refusal(refusal)
        request = self._request
        if self._exchange is not None:
            self._exchange.wake()
        elif request is None or request.is_complete:
            self._proceed()
        else:
            request.take()  # it has been answered
        if reader.arrived or (request is not None and request.buffered_bytes > _READ_PAUSE_BYTES):
            self._pause()

    def eof_received(self) -> None:
        """Take the client's word that it has said everything."""
        self._lose()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Take note of the end."""
        self._lose()
        self._shared.forget(self)

    def pause_writing(self) -> None:
        """Take note that the client takes less than is sent."""
        self.is_write_paused = True
        self.deadline = self._shared.now + self._shared.limits.stall_seconds

    def resume_writing(self) -> None:
        """Take note that the client has taken most of what was sent."""
        self.is_write_paused = False
        if self._is_ending:
            self._set_last_deadline()
        else:
            self.deadline = _NEVER
            self._proceed()
        self._wake_sender()

    # What its exchange calls.

    def drained(self) -> Awaitable[None]:
        """See `Line.drained`."""
        if self._drain_waiter is None or self._drain_waiter.done():
            self._drain_waiter = self._shared.loop.create_future()
        return self._drain_waiter

    def resume(self) -> None:
        """See `Line.resume`."""
        if self._is_read_paused and not self._reader.arrived:
            self._is_read_paused = False
            self.transport.resume_reading()

    def complete(self, *, is_kept_alive: bool) -> None:
        """See `Line.complete`."""
        self._exchange = None
        if self._request is not None and self._request.is_complete:
            self._request = None
        if is_kept_alive and not self._shared.is_stopping:
            self._proceed()
        else:
            self._say_farewell()

    def break_off(self, refusal: Refusal | None, *, is_delimited: bool) -> None:
        """See `Line.break_off`."""
        if refusal is not None:
            self._refuse(refusal)
            return
        if not is_delimited:  # then an orderly end would say that this was all
            connected: socket.socket = self.transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        self._close()

    # What its server calls.

    def expire(self) -> None:
        """End it, since its deadline has passed."""
        if self._is_ending or self.is_write_paused:
            self.abort()
        elif self._is_head_timed:
            self._refuse(LATE_HEAD)
        else:
            self._close()

    def stop(self) -> None:
        """End it, once what is under way has been answered."""
        if self._exchange is None and not self._is_ending:
            self._close()

    def abort(self) -> None:
        """End it at once."""
        self._lose()
        self.transport.abort()

    def _proceed(self) -> None:
        """Go on to the next request, or wait for it."""
        shared, reader, request = self._shared, self._reader, self._request
        if self._exchange is not None or self.is_write_paused or self._is_ending:
            return
        if request is not None and not request.is_complete:
            request.take()
            self.resume()
            self.deadline = shared.now + shared.limits.rest_seconds
        elif reader.arrived:
            self._request = request = reader.arrived.pop(0)
            self._exchange = exchange = Exchange(self, request, shared)
            self._is_head_timed = False
            self.deadline = _NEVER
            self.resume()
            exchange.start()
        elif self._refusal is not None:
            self._refuse(self._refusal)
        elif reader.is_finished:
            self._say_farewell()
        elif not reader.has_begun:
            self._is_head_timed = False
            self.deadline = shared.now + shared.limits.keep_alive_seconds
        elif not self._is_head_timed:
            self._is_head_timed = True
            self.deadline = shared.now + shared.limits.head_seconds

    def _take_refusal(self, refusal: Refusal) -> None:
        """Take note of bytes that are no request, to say so when all before them has been answered."""
        self._refusal = refusal
        arrived, exchange, request = self._reader.arrived, self._exchange, self._request
        if arrived:
            if not arrived[-1].is_complete:
                arrived.pop()
        elif request is not None and not request.is_complete:
            if exchange is None:
                self._say_farewell()
            else:
                self._exchange = None
                exchange.break_off(refusal)
                exchange.end()

    def _refuse(self, refusal: Refusal) -> None:
        self.transport.write(encode_refusal(refusal, self._shared.date_line))
        self._say_farewell()

    def _say_farewell(self) -> None:
        """End it in a way that lets the client read what was sent, though it may be sending itself."""
        request, reader = self._request, self._reader
        is_all_read = (request is None or request.is_complete) and self._refusal is None
        if is_all_read and not reader.arrived and not reader.has_begun:
            self._close()
            return
        self._is_ending = True
        if self._is_read_paused:
            self._is_read_paused = False
            self.transport.resume_reading()
        # To close what has not been read is a reset, which may overtake what was sent.
        self.transport.write_eof()
        self._set_last_deadline()

    def _close(self) -> None:
        """End it once what was written has been taken."""
        self._is_ending = True
        self.transport.close()
        self._set_last_deadline()

    def _set_last_deadline(self) -> None:
        limits = self._shared.limits
        seconds = limits.stall_seconds if self.is_write_paused else limits.farewell_seconds
        self.deadline = self._shared.now + seconds

    def _lose(self) -> None:
        self._is_ending = True
        self._reader.close()
        exchange = self._exchange
        if exchange is not None:
            self._exchange = None
            exchange.end()
        self._wake_sender()
        self._set_last_deadline()

    def _pause(self) -> None:
        if not self._is_read_paused:
            self._is_read_paused = True
            self.transport.pause_reading()

    def _wake_sender(self) -> None:
        waiter = self._drain_waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
