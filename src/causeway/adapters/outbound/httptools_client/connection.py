"""One connection to a provider, or to a proxy before it: sends requests, one at a time, and hears answers.

It knows nothing of names, of TLS and of how it was opened. Whoever uses it waits with `wait`, which costs
one future and no timer of its own: a connection has a single timer, which is set anew only when a limit
ends before it would fire. Who waits may listen: what comes is handed on where it arrives, and he wakes only
at the end. tests/adapters/test_httptools_faults.py.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol, cast

from causeway.adapters.outbound.failure_reason import failure_reason
from causeway.adapters.outbound.httptools_client.answer import Answer, AnswerReader
from causeway.adapters.outbound.httptools_client.limits import Limit
from causeway.model.errors import UpstreamConnectionError, UpstreamError, UpstreamProtocolError
from causeway.pipeline.ports import TakeBytes

_MAX_JOINED_BYTES = 64 * 1024
_PAUSE_BYTES = 128 * 1024
_NEVER = float("inf")
_CLOCK_SECONDS = 0.001  # uvloop counts in milliseconds, and may call a little too early


EndOfSilence = Callable[[float], tuple[float, Limit]]
"""Returns until when more must come, by the moment when something came last, and the limit that says so."""


class Owner(Protocol):
    """Whoever hands connections out. It is told of each one when it is open and when it has ended."""

    def add(self, connection: "Connection") -> None:
        """Take note of a connection that is open now."""

    def give_back(self, connection: "Connection", *, is_reusable: bool) -> None:
        """Take a connection that is used no more."""

    def discard(self, connection: "Connection") -> None:
        """Forget a connection that has ended."""


class Connection(asyncio.Protocol):
    """One connection. `origin` is named in errors; `is_used` says that it has carried a request."""

    __slots__ = (
        "_answer", "_deadline", "_end_of_silence", "_hear", "_heard_at", "_is_paused", "_limit", "_loop",
        "_origin", "_owner", "_readable", "_reader", "_timer", "_timer_moment", "_transport", "_waiter",
        "_wanted_bytes", "is_used",
    )  # fmt: skip

    def __init__(self, owner: Owner, origin: str, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner
        self._origin = origin
        self._loop = loop
        self._reader = AnswerReader(origin)
        self._transport: asyncio.Transport
        self._readable = select.poll()
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[bool] | None = None
        self._hear: TakeBytes | None = None
        self._heard_at = 0.0
        self._end_of_silence: EndOfSilence | None = None
        self._wanted_bytes = 0
        self._is_paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_moment = self._deadline = _NEVER
        self._limit: Limit
        self.is_used = False

    # What its user calls.

    def is_silent(self) -> bool:
        """Whether it is open and nothing has come that was not asked for, not even its end."""
        return not self._transport.is_closing() and not self._readable.poll(0)

    def is_closing(self) -> bool:
        """Whether it has ended, or is about to."""
        return self._transport.is_closing()

    def ask(self, head: bytes, body: bytes, *, has_answer_body: bool) -> Answer:
        """Send a request and return the answer to it, of which nothing is there yet."""
        answer = self._answer = self._reader.expect(has_body=has_answer_body)
        self.is_used = True
        self._wanted_bytes = 0
        if len(body) <= _MAX_JOINED_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)
        return answer

    def wait(self, wanted_bytes: int, moment: float, limit: Limit) -> asyncio.Future[bool]:
        """Wait until the answer has its head and so many bytes, is complete, or has failed.

        At the `moment` of the loop's clock it fails with the error of `limit`. To be called where none of
        this is so yet.
        """
        self._wanted_bytes = wanted_bytes
        self._deadline = moment
        self._limit = limit
        if moment < self._timer_moment:
            self._set_timer(moment)
        waiter = self._waiter = self._loop.create_future()
        return waiter

    def listen(self, hear: TakeBytes, end_of_silence: EndOfSilence) -> None:
        """Let `hear` have what comes before the last, while somebody waits.

        The wait ends with true once it says that this is enough, and with what it raises. With all that
        comes the moment is put off, as `end_of_silence` says.
        """
        self._hear = hear
        self._heard_at = 0.0
        self._end_of_silence = end_of_silence

    def resume(self, answer: Answer) -> None:
        """Read on, where reading has paused since nobody took what had come."""
        if self._is_paused and answer is self._answer:
            self._is_paused = False
            self._transport.resume_reading()

    def leave(self, answer: Answer) -> None:
        """End the connection at once, unless the answer is complete or has failed: then it was given back."""
        if answer is self._answer:
            self._end(is_reusable=False)

    def fail(self, error: UpstreamError) -> None:
        """End the connection at once, and with it the answer that is under way."""
        if self._answer is None:
            self.abort()
            return
        self._answer.error = error
        self._end(is_reusable=False)

    def abort(self) -> None:
        """End the connection at once, though something may still be on its way."""
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport of a connection that is open now."""
        self._transport = cast("asyncio.Transport", transport)
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._owner.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes. Those that come when nothing was asked would be read as the next answer."""
        answer = self._answer
        if answer is None:
            self._owner.discard(self)
            self.abort()
            return
        try:
            self._reader.feed(data)
        except UpstreamProtocolError as error:
            self.fail(error)
            return
        if answer.is_complete:
            has_sent_all = not self._transport.get_write_buffer_size()
            self._end(is_reusable=self._reader.is_reusable and has_sent_all)
        elif self._hear is not None and answer.pieces:
            self._push(answer, self._hear)
        elif answer.has_head and answer.buffered_bytes >= self._wanted_bytes:
            if answer.buffered_bytes > _PAUSE_BYTES and not self._is_paused:
                self._is_paused = True
                self._transport.pause_reading()
            self._wake()

    def eof_received(self) -> None:
        """Take the other end's word that it has said everything."""
        self._lose(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        self._lose(exc)
        if self._timer is not None:
            self._timer.cancel()

    def _lose(self, error: Exception | None) -> None:
        self._owner.discard(self)
        answer = self._answer
        if answer is None:
            return
        if error is None:
            self._reader.finish()
        if not answer.is_complete:
            reason = f": {failure_reason(error)}"
            if answer.has_head:
                reason = " broke off in the midst of its answer"
            answer.is_lost = True
            answer.error = UpstreamConnectionError(f"{self._origin}{reason}")
        self._end(is_reusable=False)

    def _end(self, *, is_reusable: bool) -> None:
        """Give the connection back, exactly once for each request."""
        self._answer = None
        if self._is_paused:
            self._is_paused = False
            if is_reusable:
                self._transport.resume_reading()
        self._wake()
        self._owner.give_back(self, is_reusable=is_reusable)

    def _push(self, answer: Answer, hear: TakeBytes) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():  # it has been cancelled, and what comes waits for its end
            self._hear = self._end_of_silence = None
            return
        try:
            is_enough = hear(answer.take())
        except Exception as error:
            self._hear = self._end_of_silence = self._waiter = None
            waiter.set_exception(error)
            return
        if is_enough:
            self._wake(is_enough=True)
        else:
            self._heard_at = self._loop.time()

    def _wake(self, *, is_enough: bool = False) -> None:
        self._hear = self._end_of_silence = None  # which have a hold on this connection
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(is_enough)

    def _set_timer(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_moment = moment
        self._timer = self._loop.call_at(moment, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer, self._timer_moment = None, _NEVER
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self._end_of_silence is not None and self._heard_at:
            self._deadline, self._limit = self._end_of_silence(self._heard_at)
        if self._loop.time() < self._deadline - _CLOCK_SECONDS:
            self._set_timer(self._deadline)
        else:
            self.fail(self._limit.exceeded_by(self._origin))
