"""The embedded model as a target of chats."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from causeway.model.events import Event
from causeway.model.fold import Fold
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.pipeline.answers import OpenStream, Part, WholeAnswer, read_head
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
        parts = self._parts(call, losses)
        async with AsyncExitStack() as resources:
            resources.push_async_callback(parts.aclose)
            head = await read_head(parts)
            return OpenStream(
                head, parts, resources.pop_all(), losses=losses, provenance=self._provenance(call, place)
            )

    async def _parts(self, call: ChatCall, losses: LossReport) -> AsyncGenerator[Part, None]:
        async with aclosing(self._events(call, losses)) as events:
            async for event in events:
                yield [event]

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
