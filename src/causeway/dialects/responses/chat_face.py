"""OpenAI's Responses API as its callers see it, on OpenAI's own paths and on the unified one."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.encode_error import encode_error
from causeway.dialects.openai.extra_fields import answer_fields, chunk_fields
from causeway.dialects.openai.relay import splice_body, splice_frames
from causeway.dialects.responses.decode_request import decode_request
from causeway.dialects.responses.encode_response import encode_response
from causeway.dialects.responses.encode_stream import EventEncoder
from causeway.dialects.responses.items import DIALECT
from causeway.dialects.responses.response_losses import report_losses
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii

# Bifrost's name for what is asked here.
REQUEST_TYPE = "responses"


class ResponsesChat(Struct, frozen=True):
    """The client face of `POST /responses`.

    `is_unified` is Bifrost's `/v1/responses`, whose bodies, events and errors say in `extra_fields` who
    answered. `needs_model` is false where the path names the model.
    """

    is_unified: bool
    needs_model: bool = True
    dialect: ClassVar[str] = DIALECT
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    # Without a blank line after it, as in chat completions: some readers take that for an empty event.
    heartbeat: ClassVar[bytes] = b": keep-alive\n"

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field."""
        return decode_request(body, losses, needs_model=self.needs_model)

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer."""
        return encode_response(response, request, provenance, is_unified=self.is_unified)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what a response has no field for."""
        report_losses(response, losses)

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return EventEncoder(request, provenance, is_unified=self.is_unified)

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id, is_unified=self.is_unified, request_type=REQUEST_TYPE)

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
