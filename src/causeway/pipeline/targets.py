"""Who may answer a chat, and the order in which they are asked."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from causeway.model.errors import CausewayError
from causeway.pipeline.answers import OpenStream, WholeAnswer
from causeway.pipeline.call import ChatCall, Trail
from causeway.rules.retry import may_fall_back

Target = TypeVar("Target")
Answer = TypeVar("Answer")


class Place(Struct, frozen=True):
    """Where a target stands among those of a call: 0 is the primary."""

    fallback_index: int
    primary_provider: str
    primary_model: str


class ChatTarget(Protocol):
    """A model that can be asked."""

    @property
    def provider(self) -> str:
        """The provider's name; `local` for the embedded engine."""

    @property
    def model(self) -> str:
        """The model's name, without its provider."""

    async def answer(self, call: ChatCall, trail: Trail, place: Place) -> WholeAnswer:
        """Return the whole answer; raises CausewayError."""

    async def open_stream(self, call: ChatCall, trail: Trail, place: Place) -> OpenStream:
        """Return the answer once it has begun to say something; raises CausewayError."""


async def first_answer(targets: Sequence[Target], ask: Callable[[int, Target], Awaitable[Answer]]) -> Answer:
    """Return what the first target gives that does not fail; `ask` gets its index too.

    Where all fail, the primary's error is raised: it is the one that the caller asked for.
    """
    primary_error: CausewayError | None = None
    for index, target in enumerate(targets):
        try:
            return await ask(index, target)
        except CausewayError as error:
            primary_error = primary_error or error
            if not may_fall_back(error):
                break
    if primary_error is None:
        raise ValueError("there is nobody to ask")
    raise primary_error
