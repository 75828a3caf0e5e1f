"""Anthropic's Messages as the gateway calls them."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.anthropic import decode_error, decode_response, decode_stream, encode_request
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.quirks import AnthropicQuirks
from causeway.dialects.faces import StreamDecoder
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse


class AnthropicProvider(Struct, frozen=True):
    """The provider face of `POST /messages`, with what is particular to one provider."""

    quirks: AnthropicQuirks = AnthropicQuirks()
    dialect: ClassVar[str] = DIALECT
    reads_documents: ClassVar[bool] = True
    max_stop_sequences: ClassVar[int] = encode_request.MAX_STOP_SEQUENCES
    # All but the pieces of text: what opens and closes, so that a broken stream can be closed properly.
    tap_markers: ClassVar[tuple[bytes, ...]] = (b'"message_', b'"content_block_st', b'"error"')
    stream_media_type: ClassVar[str] = "text/event-stream"
    has_own_blocks: ClassVar[bool] = True
    is_model_in_body: ClassVar[bool] = True

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:  # noqa: ARG002
        """Whether the body of this request may go to the provider as it is."""
        return request.is_verbatim

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        return encode_request.encode_request(request, self.quirks, losses)

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
