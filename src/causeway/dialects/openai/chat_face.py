"""OpenAI's chat completions as their callers see them, on OpenAI's own paths and on the unified one."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.decode_request import decode_request
from causeway.dialects.openai.encode_error import encode_error
from causeway.dialects.openai.encode_response import encode_response
from causeway.dialects.openai.encode_stream import ChunkEncoder
from causeway.dialects.openai.extra_fields import answer_fields, chunk_fields
from causeway.dialects.openai.relay import splice_body, splice_frames
from causeway.dialects.openai.response_losses import report_losses
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii


class OpenAiChat(Struct, frozen=True):
    """The client face of chat completions.

    `is_unified` is Bifrost's `/v1/chat/completions`, whose bodies, chunks and errors say in `extra_fields`
    who answered. `needs_model` is false where the path names the model.
    """

    is_unified: bool
    needs_model: bool = True
    dialect: ClassVar[str] = "openai"
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    # No blank line after the comment: openai-go before March 2026 reads one as an empty event and gives the
    # stream up. Every reader of lines takes it, OpenAI's own SDKs and LangChain among them.
    heartbeat: ClassVar[bytes] = b": keep-alive\n"

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field."""
        return decode_request(body, losses, needs_model=self.needs_model)

    def encode_response(
        self,
        response: ChatResponse,
        request: ChatRequest,  # noqa: ARG002
        provenance: Provenance,
    ) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_response(response, provenance, is_unified=self.is_unified)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what a chat completion has no field for."""
        report_losses(response, losses)

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return ChunkEncoder(request, provenance, is_unified=self.is_unified)

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id, is_unified=self.is_unified, request_type="chat_completion")

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect adds no header."""
        return []

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:
        """Return the body as it is; unified, with `extra_fields`."""
        if not self.is_unified:
            return body
        return splice_body(body, b'"extra_fields":' + encode_ascii(answer_fields(provenance)))

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:
        """Return the frame, or a run of whole ones, as it is; unified, each object with `extra_fields`."""
        if not self.is_unified:
            return frame
        return splice_frames(frame, b'"extra_fields":' + encode_ascii(chunk_fields(provenance)))
