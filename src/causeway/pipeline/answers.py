"""What a target gives back: a whole answer, or a stream that has begun to say something."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from causeway.model.errors import UpstreamRefusedError
from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, MessageStart, TextDelta
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.response import AnswerEnding, ChatResponse, Failure

# A part of a stream: events that came together, or frames that are in the caller's dialect already.
# What comes together goes out together: a write for each event of a burst costs more than all the rest.
Part = list[Event] | bytes

TakePart = Callable[[Part], bool]
"""Takes a part, at once, and returns whether that is enough for now."""


class WholeAnswer(Struct, frozen=True, kw_only=True):
    """A finished answer: what was said, or the provider's own bytes where they may go to the caller."""

    said: ChatResponse | bytes
    ending: AnswerEnding
    losses: LossReport
    provenance: Provenance


class PartSource(Protocol):
    """Where the parts of a stream come from. It is read once, by one reader, and closed whatever happens."""

    async def pump(self, take: TakePart) -> bool:
        """Hand the parts to `take` in order, none of them empty.

        Returns true at the end, and false once `take` has enough: what comes then waits for the next `pump`.
        `take` may be called outside of any task and must not wait; what it raises is raised here, and so
        is CausewayError where the stream breaks, once all that came before has been taken.
        """

    async def aclose(self) -> None:
        """Free the connection, the engine's slot, or whatever else it holds."""


class OpenStream(Struct, frozen=True, kw_only=True):
    """A stream whose first content is there, in `head`; the rest is still to come."""

    head: list[Part]
    rest: PartSource
    losses: LossReport
    provenance: Provenance


async def read_head(source: PartSource) -> list[Part]:
    """Return the parts up to the first that says something: until then another target may answer.

    Raises UpstreamRefusedError where the stream says that it failed before it said anything.
    """
    head: list[Part] = []

    def take(part: Part) -> bool:
        head.append(part)
        return isinstance(part, bytes) or any(map(_ends_head, part))

    await source.pump(take)
    last = head[-1] if head else b""
    if not isinstance(last, bytes):
        first = next(filter(_ends_head, last), None)
        if isinstance(first, MessageEnd) and first.failure is not None:
            raise told_failure(first.failure)
    return head


def told_failure(failure: Failure) -> UpstreamRefusedError:
    """Return as an error what the end of a stream tells."""
    message = failure.message or "the provider broke the answer off"
    return UpstreamRefusedError(message, status=502, type=failure.type)


def says_something(event: Event) -> bool:
    """Whether the caller has seen a part of the answer once this event has gone out."""
    if isinstance(event, TextDelta):
        return bool(event.text)
    return not isinstance(event, MessageStart | ContentStart | ContentEnd | MessageEnd)


def _ends_head(event: Event) -> bool:
    return isinstance(event, MessageEnd) or says_something(event)
