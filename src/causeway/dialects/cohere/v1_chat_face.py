"""Cohere's older chat endpoint as its callers see it."""

from typing import ClassVar

from causeway.dialects.cohere.chat_face import token_count_header
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.response_losses import report_losses
from causeway.dialects.cohere.v1_chat_request import decode_v1_request
from causeway.dialects.cohere.v1_chat_response import encode_v1_answer
from causeway.dialects.cohere.v1_chat_stream import V1StreamEncoder
from causeway.dialects.faces import StreamEncoder
from causeway.model.content import ThinkingBlock
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii


class CohereV1Chat(CohereFace, frozen=True):
    """The client face of `POST /v1/chat`; `is_native` as for the newer one."""

    dialect: ClassVar[str] = "cohere-v1"
    stream_media_type: ClassVar[bytes] = b"application/stream+json"
    # An empty line is no event; both generations of the SDK pass over it.
    heartbeat: ClassVar[bytes] = b"\n"

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field."""
        return decode_v1_request(body, strict=self.is_native, losses=losses)

    def encode_response(
        self,
        response: ChatResponse,
        request: ChatRequest,
        provenance: Provenance,  # noqa: ARG002
    ) -> bytes:
        """Return the JSON body of a whole answer, which repeats the conversation."""
        return encode_ascii(encode_v1_answer(response, request))

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:  # noqa: ARG002
        """Return the encoder of one streamed answer."""
        return V1StreamEncoder(request)

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:
        """Return `num_tokens`."""
        return [token_count_header(usage)]

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what Cohere's answers have no field for; the older ones have none for thinking either."""
        report_losses(response, losses)
        for index, block in enumerate(response.content):
            if isinstance(block, ThinkingBlock):
                losses.add("dropped", f"response.content[{index}]", "the older API has no place for thinking")

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frame as it is."""
        return frame
