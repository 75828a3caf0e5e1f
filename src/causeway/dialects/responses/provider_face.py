"""OpenAI's Responses API as the gateway calls it, with any vendor that speaks it."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.faces import StreamDecoder
from causeway.dialects.openai import decode_error
from causeway.dialects.responses import decode_response, decode_stream, encode_request
from causeway.dialects.responses.items import DIALECT
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse


class ResponsesProvider(Struct, frozen=True):
    """The provider face of the dialect."""

    dialect: ClassVar[str] = DIALECT
    reads_documents: ClassVar[bool] = False
    # The events that end a stream have a response with its usage; nothing else has a need to be read.
    tap_markers: ClassVar[tuple[bytes, ...]] = (
        b"response.completed",
        b"response.incomplete",
        b"response.failed",
        b"response.cancelled",
        b'"type":"error"',
        b'"type": "error"',
    )
    stream_media_type: ClassVar[str] = "text/event-stream"
    has_own_blocks: ClassVar[bool] = True
    is_model_in_body: ClassVar[bool] = True

    @property
    def max_stop_sequences(self) -> int:
        """How many stop sequences the provider takes: the API has none."""
        return 0

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:  # noqa: ARG002
        """Whether `body`, which is the request's, may go to the provider as it is."""
        return request.is_verbatim and not request.sampling.stop_sequences

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        return encode_request.encode_request(request, losses)

    def decode_response(self, body: bytes) -> ChatResponse:
        """Return the whole answer; raises UpstreamProtocolError and UpstreamRefusedError."""
        return decode_response.decode_response(body)

    def decode_ending(self, body: bytes) -> AnswerEnding:
        """Return how a whole answer ended; raises as `decode_response` does."""
        return decode_response.decode_ending(body)

    def stream_decoder(self) -> StreamDecoder:
        """Return the decoder of one streamed answer."""
        return decode_stream.StreamDecoder()

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error.decode_error(status, body)
