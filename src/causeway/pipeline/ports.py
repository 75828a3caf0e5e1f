"""What the pipeline needs of the world, as protocols. Only the composition root names who fills them."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from causeway.model.catalog import ModelFacts
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.secret import Secret
from causeway.model.tokenization import Tokenization
from causeway.pipeline.call import CallRecord
from causeway.providers.network import OutboundRequest


class Named(Protocol):
    """A model of any kind."""

    @property
    def name(self) -> str:
        """The model's name in requests and warnings, such as `local/smollm2-135m-instruct`."""


class ChatModel(Named, Protocol):
    """Something that answers a conversation."""

    def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        """Answer with events, the first of which comes when there is something to say.

        What cannot be honoured is added to `losses` before the first event. Errors before it are
        raised as CausewayError, and so are later ones: the caller closes the stream. Closing the
        generator, or cancelling the task that waits on it, frees everything that it holds.
        """


class Tokenizer(Named, Protocol):
    """Something that knows a model's tokens."""

    async def tokenize(self, text: str) -> Tokenization:
        """Return the tokens of a text; raises CausewayError."""

    async def detokenize(self, token_ids: tuple[int, ...]) -> str:
        """Return the text of tokens; raises CausewayError."""


class Described(Named, Protocol):
    """A model that can be listed."""

    async def facts(self) -> ModelFacts:
        """Return what can be told of it now; raises CausewayError where that cannot be known."""


class CallLog(Protocol):
    """Where the records of calls go."""

    def begin(self, operation: str, is_stream: bool) -> None:
        """Take note of a call that begins; its record will follow. Returns at once and never fails."""

    def record(self, record: CallRecord) -> None:
        """Take a record; returns at once and never fails."""


class AnswerKeeper(Protocol):
    """Keeps what later turns build on: bounded, and the same for all workers of a gateway."""

    def keep(self, key: str, value: bytes) -> None:
        """Keep a value under `key`, in place of an earlier one; returns at once and never fails."""

    async def find(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or nothing; never fails."""

    async def forget(self, key: str) -> bool:
        """Delete what is kept under `key`; returns whether there was something."""


class TokenSource(Protocol):
    """Where the tokens come from that a provider's key stands for."""

    async def token(self) -> Secret:
        """Return one that is good for a while; raises UpstreamError.

        One that is kept is returned at once, and no two are asked for at the same time.
        """

    def forget(self, token: Secret) -> bool:
        """Tell that a provider refused this token; returns whether there may be a better one."""


TakeBytes = Callable[[bytes], bool]
"""Takes a piece of a body, at once, and returns whether that is enough for now."""


class OutboundResponse(Protocol):
    """A provider's answer whose head has come. Header names are in lower case."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""

    async def pump(self, take: TakeBytes) -> bool:
        """Hand the body to `take` as it comes, decoded from any transfer or content encoding.

        Returns true at its end, and false once `take` has enough: what comes then waits for the next
        `pump`. `take` may be called where bytes arrive, outside of any task; it must not wait. What it
        raises is raised here and closes the answer, and so are UpstreamConnectionError where the body
        breaks and UpstreamTimeoutError where it stops.
        """

    async def read(self, max_bytes: int) -> bytes:
        """Return the whole body; raises as `pump` does, and UpstreamProtocolError past `max_bytes`."""

    def close(self) -> None:
        """Close the connection at once, unless the whole body has come and it has been given back."""


class ConnectionUse(Struct, frozen=True):
    """How many connections are open, are in use, and may be in use, of the networks asked so far."""

    open: int
    in_use: int
    limit: int


class OutboundClient(Protocol):
    """The one way out of the gateway."""

    def connection_use(self) -> ConnectionUse:
        """Return how many connections there are now."""

    def send(self, request: OutboundRequest) -> AbstractAsyncContextManager[OutboundResponse]:
        """Send a request and wait for the head of the answer, whatever its status.

        Leaving the context before the body has been read to its end closes the connection; so does
        cancelling whoever waits. Redirects are not followed. Raises UpstreamConnectionError,
        UpstreamTimeoutError and UpstreamProtocolError.
        """

    async def open(self, request: OutboundRequest) -> OutboundResponse:
        """Do what entering the context of `send` does, for who closes the response himself."""

    async def stop(self) -> None:
        """Close every connection."""
