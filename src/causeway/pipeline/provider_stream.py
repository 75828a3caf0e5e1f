"""A provider's streamed answer as parts: bytes in, parts out, where the bytes arrive.

Between the two sockets nothing waits, so nothing need be waited for: a chunk is read, staged, encoded and
written in the call that brought it. What it becomes is a `PartReader`'s to say.
"""

from typing import Protocol

from causeway.model.errors import CausewayError
from causeway.model.events import MessageEnd
from causeway.pipeline.answers import Part, TakePart, told_failure
from causeway.pipeline.live_provider import Lease
from causeway.pipeline.ports import OutboundResponse
from causeway.pipeline.provider_answer import hide_key
from causeway.rules.provider_keys import ProviderKey


class PartReader(Protocol):
    """Turns the bytes of one streamed answer, cut anywhere, into parts. No I/O.

    `is_finished` says that the rest of the answer is not wanted.
    """

    is_finished: bool

    def feed(self, chunk: bytes) -> Part:
        """Return what these bytes complete, which may be nothing; raises CausewayError."""

    def finish(self) -> list[Part]:
        """Return what is left once the bytes have ended; raises CausewayError where they ended too early."""

    def break_off(self) -> list[Part]:
        """Return what is to be told before an error: that of `feed` or `finish`, or the connection's."""


class ProviderStream:
    """`PartSource` of a provider's answer. The lease is settled at the end, or released.

    `key` is what the provider was asked with, a token where the lease's key stands for one: no error says it.
    """

    __slots__ = ("_error", "_is_read", "_key", "_last", "_lease", "_reader", "_response", "_untold")

    def __init__(
        self, response: OutboundResponse, reader: PartReader, lease: Lease, key: ProviderKey
    ) -> None:
        self._response = response
        self._reader = reader
        self._lease = lease
        self._key = key
        self._is_read = False
        self._untold: list[Part] = []
        self._error: CausewayError | None = None
        self._last: Part = b""

    async def pump(self, take: TakePart) -> bool:
        """See `PartSource.pump`."""
        if not self._is_read and not await self._read(take):
            return False
        while self._untold:
            self._last = part = self._untold.pop(0)
            if take(part):
                return False
        error = self._error or self._told_failure()
        if error is not None:
            hide_key(error, self._key)
        self._lease.settle(error)
        if self._error is not None:
            raise self._error
        return True

    async def aclose(self) -> None:
        """See `PartSource.aclose`."""
        self._response.close()
        self._lease.release()

    async def _read(self, take: TakePart) -> bool:
        """Hand on what comes; returns whether no more will."""
        reader, feed = self._reader, self._reader.feed

        def hear(chunk: bytes) -> bool:
            part = feed(chunk)
            if not part:
                return False
            self._last = part
            return take(part) or reader.is_finished

        try:
            if await self._response.pump(hear):
                self._untold += reader.finish()
            elif reader.is_finished:
                self._response.close()
            else:
                return False
        except CausewayError as error:
            self._error = error
            self._untold += reader.break_off()
        self._is_read = True
        return True

    def _told_failure(self) -> CausewayError | None:
        end = self._last[-1] if self._last else None
        failure = end.failure if isinstance(end, MessageEnd) else None
        return None if failure is None else told_failure(failure)
