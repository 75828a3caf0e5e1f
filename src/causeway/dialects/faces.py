"""What a dialect looks like from outside: the faces that the server and the providers use."""

from typing import ClassVar, Protocol

from causeway.model.errors import CausewayError
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse


class StreamEncoder(Protocol):
    """Turns the events of one stream into bytes."""

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none.

        The frames of MessageEnd include the dialect's terminator. Raises IllegalEventOrderError.
        """


class ClientFace(Protocol):
    """What every side of a dialect that faces a caller has, whatever the endpoint."""

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error; `id` is the call's trace id."""

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell the caller what was lost."""


class ChatClientFace(ClientFace, Protocol):
    """The side of a dialect that faces the caller of a chat endpoint.

    `heartbeat` is what may be sent between two frames of a stream without meaning anything.
    """

    stream_media_type: ClassVar[bytes]
    heartbeat: ClassVar[bytes]

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, in words that the dialect's users know."""

    def encode_response(self, response: ChatResponse, request: ChatRequest) -> bytes:
        """Return the JSON body of a whole answer to `request`, as `decode_request` returned it."""

    def stream_encoder(self, request: ChatRequest) -> StreamEncoder:
        """Return the encoder of one streamed answer to `request`."""

    def response_headers(self, response: ChatResponse) -> list[tuple[bytes, bytes]]:
        """Return the headers that the dialect adds to a whole answer."""
