"""OpenAI's text completions as their callers see them, on OpenAI's own paths and on the unified one."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.encode_error import encode_error
from causeway.dialects.openai.response_losses import report_losses
from causeway.dialects.openai.text_completion_request import decode_text_request
from causeway.dialects.openai.text_completion_response import TextChunkEncoder, encode_text_response
from causeway.model.content import ThinkingBlock
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage

# Bifrost's name for what is asked here.
REQUEST_TYPE = "text_completion"


class OpenAiTextCompletion(Struct, frozen=True):
    """The client face of text completions. `is_unified` and `needs_model` are as in chat completions.

    Nothing is ever passed on unread: what is asked of a provider is a chat.
    """

    is_unified: bool
    needs_model: bool = True
    dialect: ClassVar[str] = "openai"
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    heartbeat: ClassVar[bytes] = b": keep-alive\n"  # as in chat completions

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field."""
        return decode_text_request(body, losses, needs_model=self.needs_model)

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_text_response(response, request, provenance, is_unified=self.is_unified)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what a text completion has no field for."""
        report_losses(response, losses)
        if any(isinstance(block, ThinkingBlock) for block in response.content):
            losses.add("dropped", "response.content", "a text completion does not show thinking")
        if response.tool_calls:
            losses.add("dropped", "response.tool_calls", "a text completion calls no tools")
        if response.citations:
            losses.add("dropped", "response.citations", "a text completion has no citations")

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return TextChunkEncoder(request, provenance, is_unified=self.is_unified)

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id, is_unified=self.is_unified, request_type=REQUEST_TYPE)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect adds no header."""
        return []

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body: no provider is asked in this form."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frame: no provider is asked in this form."""
        return frame
