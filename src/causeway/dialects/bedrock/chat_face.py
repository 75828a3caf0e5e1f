"""Converse as its callers see it."""

from typing import ClassVar

from causeway.dialects.bedrock.decode_request import decode_request
from causeway.dialects.bedrock.encode_response import encode_response
from causeway.dialects.bedrock.encode_stream import FrameEncoder
from causeway.dialects.bedrock.face import BedrockFace
from causeway.dialects.bedrock.response_losses import report_losses
from causeway.dialects.faces import StreamEncoder
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage
from causeway.wire.aws_event_stream import MEDIA_TYPE


class BedrockConverse(BedrockFace, frozen=True):
    """The client face of `converse` and `converse-stream`; the path names the model and says which."""

    stream_media_type: ClassVar[bytes] = MEDIA_TYPE.encode()
    heartbeat: ClassVar[bytes] = b""

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request, without a model; raises ClientError, naming the field."""
        return decode_request(body, losses)

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_response(response, request, provenance)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what Converse has no field for."""
        report_losses(response, losses)

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return FrameEncoder(request, provenance)

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect adds no header."""
        return []

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frames as they are."""
        return frame
