"""A chat call from decoded request to answer, for both kinds of answer, and the record of what became of it.

Buffered and streamed answers come from the same targets. They differ in one thing: what goes wrong in
the middle is an error to the one and a well-formed end of the stream to the other.
"""

import logging
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

from msgspec.structs import replace

from causeway.model.errors import CausewayError, InternalError
from causeway.model.events import Event, MessageEnd, MessageStart, TextDelta
from causeway.model.order import EventOrder, IllegalEventOrderError
from causeway.model.request import ChatRequest
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.answers import OpenStream, Part, TakePart, WholeAnswer
from causeway.pipeline.call import ChatCall
from causeway.pipeline.journal import Journal
from causeway.pipeline.ports import CallLog
from causeway.pipeline.router import ChatRouter
from causeway.pipeline.targets import ChatTarget, Place, first_answer

_log = logging.getLogger(__name__)


class ChatService:
    """Answers calls from the targets that a router names, and records each."""

    def __init__(
        self, router: ChatRouter, call_log: CallLog, *, unix_seconds: Callable[[], float] = time.time
    ) -> None:
        self._router = router
        self._call_log = call_log
        self._unix_seconds = unix_seconds

    async def answer(self, call: ChatCall) -> WholeAnswer:
        """Return the whole answer; raises CausewayError."""
        journal = self._journal(call)
        try:
            targets = self._router.targets(call.request, call.losses)
            answer = await first_answer(
                targets,
                lambda index, target: target.answer(call, journal.trail, _place(index, targets)),
            )
        except BaseException as error:
            journal.close_failed(error)
            raise
        said, ending = answer.said, answer.ending
        if not isinstance(said, bytes) and said.created is None:
            answer = replace(answer, said=replace(said, created=int(self._unix_seconds())))
        journal.close(answer.provenance, answer.losses, ending.usage, ending.failure)
        return answer

    async def open_stream(self, call: ChatCall) -> "ChatStream":
        """Return the stream once it has begun to say something; until then raises CausewayError."""
        journal = self._journal(call)
        try:
            targets = self._router.targets(call.request, call.losses)
            stream = await first_answer(
                targets,
                lambda index, target: target.open_stream(call, journal.trail, _place(index, targets)),
            )
        except BaseException as error:
            journal.close_failed(error)
            raise
        return ChatStream(stream, journal, int(self._unix_seconds()))

    def native_provider(self, request: ChatRequest) -> str | None:
        """Return the provider that would be asked first, if it is asked in the caller's dialect.

        Raises CausewayError where nobody could be asked.
        """
        return self._router.native_provider(request)

    def _journal(self, call: ChatCall) -> Journal:
        request = call.request
        return Journal(
            self._call_log,
            id=call.id,
            operation="chat",
            dialect=request.dialect,
            model_requested=request.model,
            is_stream=request.stream,
            losses=call.losses,
        )


def _place(index: int, targets: Sequence[ChatTarget]) -> Place:
    return Place(index, targets[0].provider, targets[0].model)


class ChatStream:
    """A stream under way. Pump it to its end, then close it, whatever happened.

    Whatever goes wrong after the start, the parts come to an end: what is open is closed and MessageEnd
    says why. Relayed frames have said their end themselves: among them come only the events of an end that
    they have not.
    """

    __slots__ = (
        "_created", "_end", "_head", "_is_over", "_is_relayed", "_journal", "_order", "_rest", "_said",
        "losses", "provenance",
    )  # fmt: skip

    def __init__(self, stream: OpenStream, journal: Journal, created: int) -> None:
        self._head = stream.head
        self._rest = stream.rest
        self._journal = journal
        self._created = created
        self.losses = stream.losses
        self.provenance = stream.provenance
        self._order = EventOrder()
        self._said = -1  # the index of the text that the last event added to, if it did
        self._is_relayed = False
        self._end: MessageEnd | None = None
        self._is_over = False  # though more may come

    async def pump(self, take: TakePart) -> bool:
        """Hand the parts to `take` as `PartSource.pump` does; raises only what `take` does."""

        def tell(part: Part) -> bool:
            if isinstance(part, bytes):
                self._is_relayed = True
            else:
                part = self._untold(part) if self._is_relayed else self._ordered(part)
            return (bool(part) and take(part)) or self._is_over

        if self._is_over:
            return True
        try:
            while self._head:
                if tell(self._head.pop(0)):
                    return False
            if not await self._rest.pump(tell):
                return False
        except Exception as error:
            self._is_over = True
            self._end = _failed_end(error)
            take([*([] if self._is_relayed else self._order.closing_events()), self._end])
            return False
        return True

    def _ordered(self, events: list[Event]) -> list[Event]:
        """Return the events; from the first on that may not come, the end of the stream instead."""
        order, said = self._order, self._said
        for index, event in enumerate(events):
            if type(event) is TextDelta and event.index == said:
                continue  # the next of a run may come where the last might
            try:
                order.advance(event)
            except IllegalEventOrderError as defect:
                self._is_over = True
                self._end = _failed_end(defect)
                return [*events[:index], *order.closing_events(), self._end]
            said = event.index if isinstance(event, TextDelta) else -1
            if isinstance(event, MessageEnd):
                self._end = event
            elif isinstance(event, MessageStart) and event.created is None:
                events[index] = replace(event, created=self._created)
        self._said = said
        return events

    def _untold(self, events: list[Event]) -> list[Event]:
        """Return the events that relayed frames have not told: all but the end, which is kept in mind."""
        for event in events:
            if isinstance(event, MessageEnd):
                self._end = event
        return [event for event in events if not isinstance(event, MessageEnd)]

    async def aclose(self) -> None:
        """Free what the stream holds, and record how it ended."""
        try:
            await self._rest.aclose()
        finally:
            self._journal.close_stream(self._end, self.provenance, self.losses)


def failed_stream(error: BaseException) -> list[Event]:
    """Return the events of a stream that failed before it had any, for a status already sent."""
    return [MessageStart(str(uuid4())), _failed_end(error)]


def _failed_end(error: BaseException) -> MessageEnd:
    failed = as_causeway_error(error)
    return MessageEnd(FinishReason.ERROR, Usage(), Failure(failed.message, failed.code.upper()))


def as_causeway_error(error: BaseException) -> CausewayError:
    """Return what the caller may know of an error; a defect is logged and told as InternalError."""
    if isinstance(error, CausewayError):
        return error
    _log.error("unexpected error", exc_info=error)
    return InternalError("internal server error")
