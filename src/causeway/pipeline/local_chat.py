"""The embedded model as a target of chats."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from causeway.model.events import Event
from causeway.model.fold import Fold
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.pipeline.answers import OpenStream, TakePart, WholeAnswer, read_head
from causeway.pipeline.call import ChatCall, Trail, request_type
from causeway.pipeline.ports import ChatModel
from causeway.pipeline.targets import Place

PROVIDER = "local"


class LocalChat:
    """A `ChatTarget` for a model that runs beside the gateway."""

    provider = PROVIDER

    def __init__(self, chat_model: ChatModel) -> None:
        self._chat_model = chat_model
        self.model = chat_model.name.removeprefix(f"{PROVIDER}/")

    async def answer(self, call: ChatCall, trail: Trail, place: Place) -> WholeAnswer:  # noqa: ARG002
        """Return the whole answer; raises CausewayError."""
        losses, collected = call.losses.branch(), Fold()
        async with aclosing(self._events(call, losses)) as events:
            async for event in events:
                collected.add(event)
        response = collected.response()
        return WholeAnswer(
            said=response,
            ending=response.ending(),
            losses=losses,
            provenance=self._provenance(call, place),
        )

    async def open_stream(self, call: ChatCall, trail: Trail, place: Place) -> OpenStream:  # noqa: ARG002
        """Return the answer once it has begun; raises CausewayError."""
        losses = call.losses.branch()
        stream = EventStream(self._events(call, losses))
        try:
            head = await read_head(stream)
        except BaseException:
            await stream.aclose()
            raise
        provenance = self._provenance(call, place)
        return OpenStream(head=head, rest=stream, losses=losses, provenance=provenance)

    async def _events(self, call: ChatCall, losses: LossReport) -> AsyncGenerator[Event, None]:
        events = self._chat_model.stream_chat(call.request, losses)
        is_first = True
        async with aclosing(events):
            async for event in events:
                if is_first:  # by then all losses are known
                    losses.refuse_if_strict()
                    is_first = False
                yield event

    def _provenance(self, call: ChatCall, place: Place) -> Provenance:
        return Provenance(
            provider=self.provider,
            model=self.model,
            model_requested=call.request.model,
            request_type=request_type("chat", call.request.stream),
            fallback_index=place.fallback_index,
            primary_provider=place.primary_provider,
            primary_model=place.primary_model,
        )


class EventStream:
    """`PartSource` of events that come one by one."""

    def __init__(self, events: AsyncGenerator[Event, None]) -> None:
        self._events = events

    async def pump(self, take: TakePart) -> bool:
        """See `PartSource.pump`."""
        async for event in self._events:
            if take([event]):
                return False
        return True

    async def aclose(self) -> None:
        """See `PartSource.aclose`."""
        await self._events.aclose()
