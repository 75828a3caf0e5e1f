"""What a dialect looks like from outside: the faces that the server and the providers use."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Protocol, runtime_checkable

from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse
from causeway.model.usage import Usage


class StreamEncoder(Protocol):
    """Turns the events of one stream into bytes."""

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none.

        The frames of MessageEnd include the dialect's terminator. Raises IllegalEventOrderError.
        """

    def encode_all(self, events: Iterable[Event]) -> bytes:
        """Return the frames of events that came together, as `encode` returns those of each."""
        return b"".join(map(self.encode, events))


class StreamDecoder(Protocol):
    """Turns the bytes of one stream, cut anywhere, into events in the order that `EventOrder` allows."""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that these bytes complete.

        Raises UpstreamRefusedError where the stream says that it failed, and UpstreamProtocolError where
        it is none.
        """

    def finish(self) -> Iterator[Event]:
        """Yield what is left once the bytes have ended.

        Raises UpstreamProtocolError where the stream broke off before it said that it was over.
        """


class ClientFace(Protocol):
    """What every side of a dialect that faces a caller has, whatever the endpoint."""

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error; `id` is the call's trace id."""

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:
        """Return the headers in which the dialect itself tells what was lost."""


@runtime_checkable
class HeaderErrors(Protocol):
    """What a client face has besides where its dialect tells of errors in headers too."""

    def error_headers(self, error: CausewayError) -> list[tuple[bytes, bytes]]:
        """Return the headers of an error's answer."""


class ChatClientFace(ClientFace, Protocol):
    """The side of a dialect that faces the caller of a chat endpoint.

    `heartbeat` is what may be sent between two frames of a stream without meaning anything, empty where the
    dialect has no such thing.
    """

    dialect: ClassVar[str]
    stream_media_type: ClassVar[bytes]
    heartbeat: ClassVar[bytes]

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, in words that the dialect's users know.

        What the canonical request has no place for is added to `losses`.
        """

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer to `request`, as `decode_request` returned it."""

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what `encode_response` cannot say of this answer."""

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer to `request`."""

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:
        """Return the headers that the dialect adds to a whole answer."""

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:
        """Return a whole answer of a provider that speaks this dialect, as the caller shall have it."""

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:
        """Return whole frames of such a provider's stream, one or more, as the caller shall have them."""


class ChatProviderFace(Protocol):
    """The side of a dialect that faces a provider's chat endpoint.

    `reads_documents` says that the provider takes documents and cites them itself; those sealed in its own
    dialect it is given whatever this says.
    `max_stop_sequences` is how many the provider takes; the first so many are written. A stream that is
    passed on unread is read where it holds one of `tap_markers`: its usage, its end and its failures do.
    `stream_media_type` is what the provider's streams are; only server-sent events are ever passed on unread.
    `has_own_blocks` says that its answers may hold an OpaqueBlock or a Seal. `is_model_in_body` is false
    where the address alone names the model.
    """

    dialect: ClassVar[str]
    reads_documents: ClassVar[bool]
    tap_markers: ClassVar[tuple[bytes, ...]]
    stream_media_type: ClassVar[str]
    has_own_blocks: ClassVar[bool]
    is_model_in_body: ClassVar[bool]

    @property
    def max_stop_sequences(self) -> int:
        """How many stop sequences the provider takes."""

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:
        """Whether `body`, in which the request came in this dialect, may go to the provider as it is."""

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`."""

    def decode_response(self, body: bytes) -> ChatResponse:
        """Return the whole answer; raises UpstreamProtocolError where the body is not one."""

    def decode_ending(self, body: bytes) -> AnswerEnding:
        """Return what `decode_response(body).ending()` does, for an answer that is passed on unread.

        Raises as `decode_response` does, but for what is wrong inside fields that neither has a use for.
        """

    def stream_decoder(self) -> StreamDecoder:
        """Return the decoder of one streamed answer."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails, whatever the body is.

        A message that is not in the dialect's shape (HTML, nothing) is replaced by a plain sentence.
        """
