"""One request and its answer as the application sees them: ASGI's `receive` and `send`.

It knows neither time nor other requests. The head of an answer is held back and written with the first of
its body, as ASGI allows. tests/adapters/inbound/test_connection.py.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Protocol

from causeway.adapters.inbound.asgi import WHOLE_BODY, WRITE, AsgiApplication, AsgiMessage
from causeway.adapters.inbound.refusal import FAILED, Refusal
from causeway.adapters.inbound.request_reader import Request
from causeway.adapters.inbound.response_head import ResponseHead, encode_response_head
from causeway.adapters.inbound.shared_state import SharedState

_log = logging.getLogger(__name__)

_MAX_JOINED_BYTES = 64 * 1024
_LAST_CHUNK = b"0\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Line(Protocol):
    """The connection that an exchange is on. `is_write_paused`: the client takes less than is sent."""

    transport: asyncio.Transport
    is_write_paused: bool

    def drained(self) -> Awaitable[None]:
        """Wait until the client has taken most of what was written."""

    def resume(self) -> None:
        """Read on, where reading has paused since nobody took what had come."""

    def complete(self, *, is_kept_alive: bool) -> None:
        """Take note that the answer is complete."""

    def break_off(self, refusal: Refusal | None, *, is_delimited: bool) -> None:
        """End the connection, with a refusal if nothing of the answer was written.

        `is_delimited` says that a reader of what was written sees that more was to come.
        """


class Exchange:
    """A request that the application is asked, in a task of its own, and the answer to it.

    One `receive` may wait at a time. What is sent once the connection is over goes nowhere, as ASGI has it.
    """

    __slots__ = (
        "_has_started", "_head", "_is_body_read", "_is_complete", "_is_head_sent", "_is_over", "_line",
        "_request", "_shared", "_task", "_unsent_bytes", "_waiter",
    )  # fmt: skip

    def __init__(self, line: Line, request: Request, shared: SharedState) -> None:
        self._line = line
        self._shared = shared
        self._request = request
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._has_started = False
        self._is_body_read = False
        self._head: ResponseHead | None = None
        self._is_head_sent = False
        self._unsent_bytes = 0  # of those that the head announces
        self._is_complete = False
        self._is_over = False

    # What its connection calls.

    def start(self) -> None:
        """Ask the application."""
        shared, request = self._shared, self._request
        extensions = request.scope["extensions"] = {**request.scope["extensions"], WRITE: self.write}
        if request.is_complete and request.buffered_bytes <= _MAX_JOINED_BYTES:
            extensions[WHOLE_BODY] = b"".join(request.pieces)
        shared.exchanges.add(self)  # nothing else may have a hold on it once its connection has ended
        self._task = shared.loop.create_task(self._run(shared.application))

    def wake(self) -> None:
        """Let `receive` look at what has come."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def end(self) -> None:
        """Take note that the connection is over; cancels the application."""
        self._is_over = True
        self.wake()
        # A task that is cancelled before its first step takes none, not even to say that it has ended.
        if self._task is not None and self._has_started:
            self._task.cancel()

    def break_off(self, refusal: Refusal) -> None:
        """End the connection before the answer is complete, with a refusal if nothing of it was written."""
        self._is_over = True
        head = self._head
        is_delimited = head is not None and (head.is_chunked or head.length is not None)
        self._line.break_off(None if self._is_head_sent else refusal, is_delimited=is_delimited)

    # What the application calls.

    async def receive(self) -> AsgiMessage:
        """Return what has come of the body, and after its end that the client has gone or has its answer."""
        request = self._request
        while not self._is_over and not self._is_complete:
            if request.pieces or (request.is_complete and not self._is_body_read):
                body = request.take()
                self._is_body_read = request.is_complete
                self._line.resume()
                return {"type": "http.request", "body": body, "more_body": not request.is_complete}
            await self._wait()
        return {"type": "http.disconnect"}

    def send(self, message: AsgiMessage) -> Awaitable[None]:
        """Take a part of the answer.

        What is returned is to be waited for: it makes the application wait while the client does not read.
        Raises RuntimeError and ValueError for what is not its turn, or not an answer.
        """
        kind = message["type"]
        if kind == "http.response.body":
            return self._send_body(message.get("body", b""), is_last=not message.get("more_body", False))
        if kind != "http.response.start" or self._head is not None:
            raise RuntimeError(f"an ASGI message out of turn: {kind}")
        shared, request = self._shared, self._request
        is_body_held = request.expects_continue and not request.is_complete  # and may never come
        self._head = head = encode_response_head(
            message,
            request.scope,
            shared.date_line,
            is_kept_alive=request.is_kept_alive and not shared.is_stopping and not is_body_held,
        )
        self._unsent_bytes = head.length or 0
        return shared.done

    def write(self, body: bytes) -> Awaitable[None] | None:
        """Send a part of the body, as `Write` says; raises as `send` does."""
        line, head = self._line, self._head
        if self._is_head_sent and head is not None and head.is_chunked and body and not self._is_complete:
            if self._is_over:
                return None
            line.transport.write(b"%x\r\n%b\r\n" % (len(body), body))
            return line.drained() if line.is_write_paused else None
        sent = self._send_body(body, is_last=False)
        return None if sent is self._shared.done else sent

    def _send_body(self, body: bytes, *, is_last: bool) -> Awaitable[None]:
        line, done = self._line, self._shared.done
        if self._is_over:
            return done
        write = line.transport.write
        head = self._head
        if head is None or self._is_complete:
            raise RuntimeError("an ASGI message out of turn: http.response.body")
        if head.length is not None:
            self._unsent_bytes -= len(body)
            if self._unsent_bytes < 0 or (is_last and self._unsent_bytes):
                self.break_off(FAILED)
                raise RuntimeError("the body is not as long as the content-length says")
        if not head.has_body:
            content = b""
        elif not head.is_chunked:
            content = body
        else:
            content = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if is_last:
                content += _LAST_CHUNK
        if not self._is_head_sent:
            self._is_head_sent = True
            if len(content) <= _MAX_JOINED_BYTES:
                content = head.content + content
            else:
                write(head.content)
        if content:
            write(content)
        if not is_last:
            return line.drained() if line.is_write_paused else done
        self._is_complete = True
        self.wake()
        line.complete(is_kept_alive=head.is_kept_alive)
        return done

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("somebody else waits to receive already")
        request = self._request
        if request.expects_continue and not request.is_complete and not self._is_head_sent:
            request.expects_continue = False
            self._line.transport.write(_CONTINUE)
        self._waiter = self._shared.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def _run(self, application: AsgiApplication) -> None:
        self._has_started = True
        try:
            if not self._is_over:
                await application(self._request.scope, self.receive, self.send)
                if not self._is_complete and not self._is_over:
                    _log.error("the application returned before its answer was complete")
        except Exception as error:
            _log.error("the application failed", exc_info=error)
        finally:
            self._task = None
            self._request.scope["extensions"].pop(WRITE, None)  # which has a hold on all of this
            self._shared.leave(self)
            if not self._is_complete and not self._is_over:
                self.break_off(FAILED)
