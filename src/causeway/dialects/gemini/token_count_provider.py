"""countTokens as the gateway calls it, at Google AI and at Vertex."""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.gemini.decode_error import decode_error
from causeway.dialects.gemini.encode_request import encode_members
from causeway.dialects.gemini.model_names import resource_name
from causeway.dialects.gemini.token_count import INNER, WireCount
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount

# What is part of a prompt; Vertex refuses the rest here.
_PROMPT = ("contents", "systemInstruction", "tools", "generationConfig")

_decode = msgspec.json.Decoder(WireCount).decode


class GeminiTokenCountProvider(Struct, frozen=True):
    """The provider face. Google AI takes a whole request, Vertex what of it belongs to the prompt."""

    is_vertex: bool = False
    dialect: ClassVar[str] = "gemini"

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        members = encode_members(request, losses)
        if self.is_vertex:
            return msgspec.json.encode({name: members[name] for name in _PROMPT if name in members})
        body: dict[str, Any] = {INNER: {"model": resource_name(request.model), **members}}
        return msgspec.json.encode(body)

    def decode_response(self, body: bytes, request: ChatRequest) -> TokenCount:  # noqa: ARG002
        """Return the count; raises UpstreamProtocolError where the body tells none."""
        try:
            return TokenCount(_decode(body).total_tokens)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocolError("the provider did not send a number of tokens") from None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)
