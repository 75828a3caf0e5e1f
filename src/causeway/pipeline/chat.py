"""A chat call from decoded request to answer, for both kinds of answer, and the record of what became of it.

Buffered and streamed answers come from the same targets. They differ in one thing: what goes wrong in
the middle is an error to the one and a well-formed end of the stream to the other.
"""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

from msgspec.structs import replace

from causeway.model.errors import CausewayError, InternalError
from causeway.model.events import Event, MessageEnd, MessageStart
from causeway.model.order import EventOrder
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.answers import Item, OpenStream, WholeAnswer
from causeway.pipeline.call import ChatCall
from causeway.pipeline.journal import Journal
from causeway.pipeline.ports import CallLog
from causeway.pipeline.router import ChatRouter
from causeway.pipeline.targets import ChatTarget, Place, first_answer

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


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
            answer = await self._ask(call, lambda target, place: target.answer(call, journal.trail, place))
        except BaseException as error:
            journal.close_failed(error)
            raise
        if answer.response.created is None:
            dated = replace(answer.response, created=int(self._unix_seconds()))
            answer = replace(answer, response=dated)
        failure = answer.response.failure
        journal.close(answer.provenance, answer.losses, answer.response.usage, failure)
        return answer

    async def open_stream(self, call: ChatCall) -> "ChatStream":
        """Return the stream once it has begun to say something; until then raises CausewayError."""
        journal = self._journal(call)
        try:
            stream = await self._ask(
                call, lambda target, place: target.open_stream(call, journal.trail, place)
            )
        except BaseException as error:
            journal.close_failed(error)
            raise
        return ChatStream(stream, journal, int(self._unix_seconds()))

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

    async def _ask(self, call: ChatCall, ask: Callable[[ChatTarget, Place], Awaitable[Answer]]) -> Answer:
        targets = self._router.targets(call.request, call.losses)
        primary = targets[0]

        async def ask_one(index: int, target: ChatTarget) -> Answer:
            return await ask(target, Place(index, primary.provider, primary.model))

        return await first_answer(targets, ask_one)


class ChatStream:
    """A stream under way. Iterate `items` once, then close it, whatever happened.

    Whatever goes wrong after the start, the items come to an end: what is open is closed and MessageEnd
    says why. Relayed frames have said their end themselves: among them come only the events of an end that
    they have not.
    """

    def __init__(self, stream: OpenStream, journal: Journal, created: int) -> None:
        self._stream = stream
        self._journal = journal
        self._created = created
        self.losses = stream.losses
        self.provenance = stream.provenance
        self._end: MessageEnd | None = None

    async def items(self) -> AsyncIterator[Item]:
        """Yield the parts in order."""
        order, is_relayed = EventOrder(), False
        try:
            async for item in self._stream.items():
                if isinstance(item, bytes):
                    is_relayed = True
                elif isinstance(item, MessageEnd):
                    self._end = item
                    if is_relayed:  # the frames have said it
                        continue
                    order.advance(item)
                elif not is_relayed:
                    order.advance(item)
                    if isinstance(item, MessageStart) and item.created is None:
                        item = replace(item, created=self._created)
                yield item
        except Exception as error:
            self._end = _failed_end(error)
            for closing in () if is_relayed else order.closing_events():
                yield closing
            yield self._end

    async def aclose(self) -> None:
        """Free what the stream holds, and record how it ended."""
        try:
            await self._stream.aclose()
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
