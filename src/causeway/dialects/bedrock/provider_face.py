"""Converse as the gateway calls it, for every vendor's models on Bedrock."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.bedrock import decode_error, decode_response, decode_stream, encode_request
from causeway.dialects.faces import StreamDecoder
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse
from causeway.wire.aws_event_stream import MEDIA_TYPE


class BedrockProvider(Struct, frozen=True):
    """The provider face of Converse."""

    dialect: ClassVar[str] = "bedrock"
    # Only some models cite, and a model's id need not say which: the gateway grounds for all of them, but
    # for callers of Converse, whose own blocks go to the model that they chose.
    reads_documents: ClassVar[bool] = False
    tap_markers: ClassVar[tuple[bytes, ...]] = ()
    stream_media_type: ClassVar[str] = MEDIA_TYPE
    has_own_blocks: ClassVar[bool] = True
    is_model_in_body: ClassVar[bool] = False

    @property
    def max_stop_sequences(self) -> int:
        """How many stop sequences the provider takes."""
        return encode_request.MAX_STOP_SEQUENCES

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:  # noqa: ARG002
        """Whether the body may go to the provider as it is: only one whose answer is whole.

        A binary stream cannot be passed on unread.
        """
        return request.is_verbatim and not request.stream

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        return encode_request.encode_request(request, losses)

    def decode_response(self, body: bytes) -> ChatResponse:
        """Return the whole answer; raises UpstreamProtocolError."""
        return decode_response.decode_response(body)

    def decode_ending(self, body: bytes) -> AnswerEnding:
        """Return how a whole answer ended; raises as `decode_response` does."""
        return decode_response.decode_response(body).ending()

    def stream_decoder(self) -> StreamDecoder:
        """Return the decoder of one streamed answer."""
        return decode_stream.StreamDecoder()

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error.decode_error(status, body)
