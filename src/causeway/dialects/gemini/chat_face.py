"""generateContent and streamGenerateContent as their callers see them."""

from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.gemini.decode_request import decode_request
from causeway.dialects.gemini.encode_error import encode_error
from causeway.dialects.gemini.encode_response import encode_response
from causeway.dialects.gemini.encode_stream import PieceEncoder
from causeway.dialects.gemini.response_losses import report_losses
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage


class GeminiChat(Struct, frozen=True):
    """The client face, whose streams are server-sent events.

    The path names the model and says whether to stream.
    """

    dialect: ClassVar[str] = "gemini"
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    # Not a comment: Google's Python SDK takes every line that is no data for a piece of JSON. In an array
    # it is white space.
    heartbeat: ClassVar[bytes] = b"\n"
    is_sse: ClassVar[bool] = True

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request, its model empty; raises ClientError, naming the field."""
        return decode_request(body, losses)

    def encode_response(
        self,
        response: ChatResponse,
        request: ChatRequest,  # noqa: ARG002
        provenance: Provenance,
    ) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_response(response, provenance)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what Gemini's answers have no field for."""
        report_losses(response, losses)

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:  # noqa: ARG002
        """Return the encoder of one streamed answer."""
        return PieceEncoder(provenance, is_sse=self.is_sse)

    def encode_error(self, error: CausewayError, id: str) -> bytes:  # noqa: ARG002
        """Return the JSON body of an error."""
        return encode_error(error)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect adds no header."""
        return []

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frame, or a run of whole ones, as it is."""
        return frame


class GeminiArrayChat(GeminiChat, frozen=True):
    """The same for who does not ask for server-sent events: a stream is one JSON array, item by item."""

    stream_media_type: ClassVar[bytes] = b"application/json"
    is_sse: ClassVar[bool] = False

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; its provider's frames would not do as they are."""
        return replace(decode_request(body, losses), is_verbatim=False)
