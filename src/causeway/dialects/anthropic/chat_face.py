"""Anthropic's Messages as their callers see them."""

from typing import ClassVar

from causeway.dialects.anthropic.companion_face import AnthropicCompanionFace
from causeway.dialects.anthropic.decode_request import decode_request
from causeway.dialects.anthropic.encode_response import encode_response
from causeway.dialects.anthropic.encode_stream import MessageStreamEncoder
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.response_losses import report_losses
from causeway.dialects.faces import StreamEncoder
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage


class AnthropicChat(AnthropicCompanionFace, frozen=True):
    """The client face of `POST /messages`."""

    dialect: ClassVar[str] = DIALECT
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    # What Anthropic sends itself: its SDKs and LangChain's pass over it.
    heartbeat: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field."""
        return decode_request(body, losses)

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_response(response, request, provenance)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what a message has no place for."""
        report_losses(response, losses)

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return MessageStreamEncoder(request, provenance)

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect adds no header."""
        return []

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frames as they are."""
        return frame
