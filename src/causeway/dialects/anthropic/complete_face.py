"""Anthropic's Text Completions, the API before Messages, as its callers see it. There is no provider face."""

from typing import Any, ClassVar

from causeway.dialects.anthropic.companion_face import AnthropicCompanionFace
from causeway.dialects.anthropic.complete_request import decode_complete_request
from causeway.dialects.anthropic.encode_error import encode_broken_stream, encode_failure
from causeway.dialects.anthropic.encode_response import encode_ending
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.response_losses import report_losses
from causeway.dialects.faces import StreamEncoder
from causeway.model.content import TextBlock
from causeway.model.events import Event, MessageEnd, MessageStart, PlanDelta, TextDelta
from causeway.model.loss import LossReport
from causeway.model.order import EventOrder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii
from causeway.wire.server_sent_events import encode_event

# To this API the end of a turn is a stop sequence too.
_STOP_REASONS = {
    FinishReason.COMPLETE: "stop_sequence",
    FinishReason.STOP_SEQUENCE: "stop_sequence",
    FinishReason.MAX_TOKENS: "max_tokens",
    FinishReason.TOOL_CALL: "stop_sequence",
}


class AnthropicComplete(AnthropicCompanionFace, frozen=True):
    """The client face of `POST /complete`."""

    dialect: ClassVar[str] = DIALECT
    stream_media_type: ClassVar[bytes] = b"text/event-stream"
    heartbeat: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request; raises ClientError, naming the field."""
        return decode_complete_request(body, losses)

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer: its text, and nothing else of it."""
        texts = [block.text for block in response.content if isinstance(block, TextBlock)]
        usage = {
            "input_tokens": response.usage.input_tokens,
            "output_tokens": response.usage.output_tokens,
        }
        body = {
            **_members(response.id, response.model or provenance.model),
            "completion": (response.tool_plan or "") + "".join(texts),
            **_ending(response.finish_reason, request),
            "usage": usage,
        }
        if failure := encode_failure(response.finish_reason, response.failure):
            body["error"] = failure
        return encode_ascii(body)

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what a completion, which is a text, has no place for."""
        report_losses(response, losses)
        if any(not isinstance(block, TextBlock) for block in response.content):
            losses.add("dropped", "response.content", "a completion has text only")
        if response.tool_calls:
            losses.add("dropped", "response.tool_calls", "a completion has text only")

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        return _CompletionEncoder(request, provenance)

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect adds no header."""
        return []

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is; no provider is spoken to in this API."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frames as they are; no provider is spoken to in this API."""
        return frame


class _CompletionEncoder(StreamEncoder):
    """The frames of one streamed completion."""

    def __init__(self, request: ChatRequest, provenance: Provenance) -> None:
        self._order = EventOrder()
        self._request = request
        self._members = _members("", provenance.model)

    def encode(self, event: Event) -> bytes:
        """Return the frame of the next event, which may be none; raises IllegalEventOrderError."""
        self._order.advance(event)
        match event:
            case MessageStart(id=id, model=model):
                self._members = _members(id, model or self._members["model"])
            case TextDelta(text=text) | PlanDelta(text=text):
                return self._frame({"completion": text, "stop_reason": None, "stop": None})
            case MessageEnd():
                if failure := encode_failure(event.finish_reason, event.failure):
                    return encode_broken_stream(failure)
                return self._frame({"completion": "", **_ending(event.finish_reason, self._request)})
        return b""

    def _frame(self, members: dict[str, Any]) -> bytes:
        return encode_event("completion", encode_ascii({**self._members, **members}))


def _members(id: str, model: str) -> dict[str, Any]:
    return {"type": "completion", "id": id, "model": model}


def _ending(reason: FinishReason, request: ChatRequest) -> dict[str, Any]:
    met = encode_ending(reason, request, None)["stop_sequence"]
    return {"stop_reason": _STOP_REASONS.get(reason, "error"), "stop": met}
