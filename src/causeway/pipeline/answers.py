"""What a target gives back: a whole answer, or a stream that has begun to say something."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack

from msgspec import Struct

from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, MessageStart, TextDelta
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.response import AnswerEnding, ChatResponse, Failure

# A part of a stream: events that came together, or frames that are in the caller's dialect already.
# What comes together goes out together: a write for each event of a burst costs more than all the rest.
Part = list[Event] | bytes


class WholeAnswer(Struct, frozen=True, kw_only=True):
    """A finished answer: what was said, or the provider's own bytes where they may go to the caller."""

    said: ChatResponse | bytes
    ending: AnswerEnding
    losses: LossReport
    provenance: Provenance


class OpenStream:
    """A stream whose first content is there; iterate its parts once, then close it.

    `resources` holds what it reads from, and is released by `aclose`. `on_end` is told how the reading
    ended: with an error, or none where the stream came to its end.
    """

    def __init__(
        self,
        head: list[Part],
        rest: AsyncGenerator[Part, None],
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

    async def parts(self) -> AsyncIterator[Part]:
        """Yield the parts in order."""
        part: Part = []
        try:
            for part in self._head:
                yield part
            async for part in self._rest:
                yield part
        except CausewayError as error:
            self._on_end(error)
            raise
        end = part[-1] if part else None
        failure = end.failure if isinstance(end, MessageEnd) else None
        self._on_end(None if failure is None else _told_failure(failure))

    async def aclose(self) -> None:
        """Free the connection, the engine's slot, or whatever else the stream holds."""
        try:
            await self._rest.aclose()
        finally:
            await self._resources.aclose()


async def read_head(parts: AsyncGenerator[Part, None]) -> list[Part]:
    """Return the parts up to the first that says something: until then another target may answer.

    Raises UpstreamRefusedError where the stream says that it failed before it said anything.
    """
    head: list[Part] = []
    async for part in parts:
        head.append(part)
        if isinstance(part, bytes):
            break
        for event in part:
            if isinstance(event, MessageEnd) and event.failure is not None:
                raise _told_failure(event.failure)
            if isinstance(event, MessageEnd) or says_something(event):
                return head
    return head


def _told_failure(failure: Failure) -> UpstreamRefusedError:
    message = failure.message or "the provider broke the answer off"
    return UpstreamRefusedError(message, status=502, type=failure.type)


def says_something(event: Event) -> bool:
    """Whether the caller has seen a part of the answer once this event has gone out."""
    if isinstance(event, TextDelta):
        return bool(event.text)
    return not isinstance(event, MessageStart | ContentStart | ContentEnd | MessageEnd)
