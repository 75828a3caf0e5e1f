"""generateContent and streamGenerateContent as the gateway calls them, at Google AI and at Vertex."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.gemini.decode_error import decode_error
from causeway.dialects.gemini.decode_options import MAX_STOP_SEQUENCES
from causeway.dialects.gemini.decode_response import decode_response
from causeway.dialects.gemini.decode_stream import StreamDecoder
from causeway.dialects.gemini.encode_request import encode_request
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse


class GeminiProvider(Struct, frozen=True):
    """The provider face. The address names the model, and `alt=sse` in it makes its streams events."""

    dialect: ClassVar[str] = "gemini"
    reads_documents: ClassVar[bool] = False
    max_stop_sequences: ClassVar[int] = MAX_STOP_SEQUENCES
    # Every piece has counts, but only the last ones count.
    tap_markers: ClassVar[tuple[bytes, ...]] = (b'"finishReason"', b'"promptFeedback"', b'"error"')
    stream_media_type: ClassVar[str] = "text/event-stream"
    has_own_blocks: ClassVar[bool] = True
    is_model_in_body: ClassVar[bool] = False

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:  # noqa: ARG002
        """Whether the body of this request may go to the provider as it is."""
        return request.is_verbatim and len(request.sampling.stop_sequences) <= MAX_STOP_SEQUENCES

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        return encode_request(request, losses)

    def decode_response(self, body: bytes) -> ChatResponse:
        """Return the whole answer; raises UpstreamProtocolError and UpstreamRefusedError."""
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
