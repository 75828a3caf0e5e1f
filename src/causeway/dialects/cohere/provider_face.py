"""Cohere's chat endpoint as the gateway calls it."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.cohere.decode_error import decode_error
from causeway.dialects.cohere.decode_options import MAX_STOP_SEQUENCES
from causeway.dialects.cohere.decode_response import decode_response
from causeway.dialects.cohere.decode_stream import StreamDecoder
from causeway.dialects.cohere.encode_request import encode_request
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse


class CohereProvider(Struct, frozen=True):
    """The provider face of `POST /v2/chat`."""

    dialect: ClassVar[str] = "cohere"
    reads_documents: ClassVar[bool] = True
    max_stop_sequences: ClassVar[int] = MAX_STOP_SEQUENCES
    # All but the pieces of text: what opens and closes, so that a broken stream can be closed properly.
    tap_markers: ClassVar[tuple[bytes, ...]] = (b"-start", b"-end", b"tool-call-delta", b"error")
    stream_media_type: ClassVar[str] = "text/event-stream"
    has_own_blocks: ClassVar[bool] = False
    is_model_in_body: ClassVar[bool] = True

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:  # noqa: ARG002
        """Whether the body of this request may go to Cohere as it is."""
        return request.is_verbatim

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`."""
        return encode_request(request, losses)

    def decode_response(self, body: bytes) -> ChatResponse:
        """Return the whole answer; raises UpstreamProtocolError where the body is not one."""
        return decode_response(body)

    def decode_ending(self, body: bytes) -> AnswerEnding:
        """Return how a whole answer ended; raises as `decode_response` does."""
        return decode_response(body).ending()

    def stream_decoder(self) -> StreamDecoder:
        """Return the decoder of one streamed answer."""
        return StreamDecoder()

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)
