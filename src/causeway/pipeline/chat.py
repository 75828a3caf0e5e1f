"""A chat call from decoded request to events, for both kinds of answer.

Buffered and streamed answers come from the same events. They differ in one thing: what goes wrong
in the middle is an error to the one and a well-formed end of the stream to the other.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import uuid4

from causeway.model.errors import CausewayError, InternalError
from causeway.model.events import Event, MessageEnd, MessageStart
from causeway.model.fold import Fold
from causeway.model.loss import LossReport
from causeway.model.order import EventOrder
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, Failure, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.ports import ChatModel

_log = logging.getLogger(__name__)


async def answer_chat(
    directory: ModelDirectory[ChatModel], request: ChatRequest, losses: LossReport
) -> ChatResponse:
    """Return the whole answer; raises CausewayError."""
    events = directory.find(request.model, losses).stream_chat(request, losses)
    collected = Fold()
    async with aclosing(events):
        async for event in events:
            collected.add(event)
    return collected.response()


async def stream_chat(
    directory: ModelDirectory[ChatModel], request: ChatRequest, losses: LossReport
) -> AsyncGenerator[Event, None]:
    """Yield the answer's events.

    An error before the first event is raised as CausewayError. After it the stream is always brought
    to its end: what is open is closed and MessageEnd says what went wrong.
    """
    events = directory.find(request.model, losses).stream_chat(request, losses)
    order = EventOrder()
    async with aclosing(events):
        try:
            async for event in events:
                order.advance(event)
                yield event
        except Exception as error:
            if not order.has_started:
                raise
            for closing in order.closing_events():
                yield closing
            yield _failed_end(error)


def failed_stream(error: Exception) -> list[Event]:
    """Return the events of a stream that failed before it had any, for a status already sent."""
    return [MessageStart(str(uuid4())), _failed_end(error)]


def _failed_end(error: Exception) -> MessageEnd:
    failed = as_causeway_error(error)
    return MessageEnd(FinishReason.ERROR, Usage(), Failure(failed.message, failed.code.upper()))


def as_causeway_error(error: Exception) -> CausewayError:
    """Return what the caller may know of an error; a defect is logged and told as InternalError."""
    if isinstance(error, CausewayError):
        return error
    _log.error("unexpected error", exc_info=error)
    return InternalError("internal server error")
