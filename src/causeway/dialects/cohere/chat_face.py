"""Cohere's chat endpoint as its callers see it, on the native path and under the prefixes."""

from typing import ClassVar

from msgspec.structs import replace

from causeway.dialects.cohere.decode_request import decode_request
from causeway.dialects.cohere.encode_response import encode_response
from causeway.dialects.cohere.encode_stream import DualStreamEncoder, NativeStreamEncoder
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.response_losses import report_losses
from causeway.dialects.faces import StreamEncoder
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage
from causeway.wire.server_sent_events import HEARTBEAT


class CohereChat(CohereFace, frozen=True):
    """The client face of Cohere's chat.

    `is_native` routes refuse unknown fields and answer errors as Cohere does; the others are
    lenient, as gateways are. `has_event_types` asks for the frames of `/v2/chat/stream`.
    """

    has_event_types: bool
    dialect: ClassVar[str] = "cohere"
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    heartbeat: ClassVar[bytes] = HEARTBEAT

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field.

        Frames with event types are the gateway's own, so that such an answer cannot be passed on as it is.
        """
        request = decode_request(body, strict=self.is_native, losses=losses)
        return replace(request, is_verbatim=False) if self.has_event_types else request

    def encode_response(
        self,
        response: ChatResponse,
        request: ChatRequest,  # noqa: ARG002
        provenance: Provenance,  # noqa: ARG002
    ) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_response(response)

    def stream_encoder(
        self,
        request: ChatRequest,  # noqa: ARG002
        provenance: Provenance,  # noqa: ARG002
    ) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return DualStreamEncoder() if self.has_event_types else NativeStreamEncoder()

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:
        """Return `num_tokens`."""
        return [token_count_header(usage)]

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what Cohere's answers have no field for."""
        report_losses(response, losses)

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frame as it is."""
        return frame


def token_count_header(usage: Usage) -> tuple[bytes, bytes]:
    """Return `num_tokens`, which is billed input and output together in every recording."""
    return b"num_tokens", str(usage.billed_input_tokens + usage.billed_output_tokens).encode()
