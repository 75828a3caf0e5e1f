"""What a target gives back: a whole answer, or a stream that has begun to say something."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack

from msgspec import Struct

from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, MessageStart, TextDelta
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.response import ChatResponse, Failure

# A part of a stream: an event, or frames that are in the caller's dialect already.
Item = Event | bytes


class WholeAnswer(Struct, frozen=True, kw_only=True):
    """A finished answer. `body` is there where the provider's own bytes may go to the caller."""

    response: ChatResponse
    body: bytes | None
    losses: LossReport
    provenance: Provenance


class OpenStream:
    """A stream whose first content is there; iterate it once, then close it.

    `resources` holds what it reads from, and is released by `aclose`. `on_end` is told how the reading
    ended: with an error, or none where the stream came to its end.
    """

    def __init__(
        self,
        head: list[Item],
        rest: AsyncGenerator[Item, None],
        resources: AsyncExitStack,
        *,
        losses: LossReport,
        provenance: Provenance,
        on_end: Callable[[CausewayError | None], None] = lambda _: None,
    ) -> None:
        self._head = head
        self._rest = rest
        self._resources = resources
        self._on_end = on_end
        self.losses = losses
        self.provenance = provenance

    async def items(self) -> AsyncIterator[Item]:
        """Yield the parts in order."""
        item: Item | None = None
        try:
            for item in self._head:
                yield item
            async for item in self._rest:
                yield item
        except CausewayError as error:
            self._on_end(error)
            raise
        failure = item.failure if isinstance(item, MessageEnd) else None
        self._on_end(None if failure is None else _told_failure(failure))

    async def aclose(self) -> None:
        """Free the connection, the engine's slot, or whatever else the stream holds."""
        try:
            await self._rest.aclose()
        finally:
            await self._resources.aclose()


async def read_head(items: AsyncGenerator[Item, None]) -> list[Item]:
    """Return the parts up to the first that says something: until then another target may answer.

    Raises UpstreamRefusedError where the stream says that it failed before it said anything.
    """
    head: list[Item] = []
    async for item in items:
        head.append(item)
        if isinstance(item, MessageEnd) and item.failure is not None:
            raise _told_failure(item.failure)
        if isinstance(item, bytes | MessageEnd) or says_something(item):
            break
    return head


def _told_failure(failure: Failure) -> UpstreamRefusedError:
    message = failure.message or "the provider broke the answer off"
    return UpstreamRefusedError(message, status=502, type=failure.type)


def says_something(event: Event) -> bool:
    """Whether the caller has seen a part of the answer once this event has gone out."""
    if isinstance(event, TextDelta):
        return bool(event.text)
    return not isinstance(event, MessageStart | ContentStart | ContentEnd | MessageEnd)
