"""`POST /model/{modelId}/count-tokens` as the gateway calls it."""

from typing import ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.bedrock import decode_error
from causeway.dialects.bedrock.additional_fields import FIELDS
from causeway.dialects.bedrock.encode_request import converse_body
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount

# What the tokens of a prompt depend on; Bedrock takes nothing else here.
_COUNTED = ("messages", "system", "toolConfig", FIELDS)


class WireCount(Struct, rename="camel"):
    """The body of the answer."""

    input_tokens: int


_decode = msgspec.json.Decoder(WireCount).decode


class BedrockTokenCountProvider(Struct, frozen=True):
    """The provider face of token counts."""

    dialect: ClassVar[str] = "bedrock"

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`."""
        body = converse_body(request, losses)
        counted = {name: body[name] for name in _COUNTED if name in body}
        return msgspec.json.encode({"input": {"converse": counted}})

    def decode_response(self, body: bytes, request: ChatRequest) -> TokenCount:  # noqa: ARG002
        """Return the count; raises UpstreamProtocolError where the body tells none."""
        try:
            return TokenCount(_decode(body).input_tokens)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocolError("the provider's answer tells no number of tokens") from None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error.decode_error(status, body)
