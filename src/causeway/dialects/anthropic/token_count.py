"""`POST /messages/count_tokens` as its callers see it and as the gateway calls it."""

from typing import ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.anthropic.companion_face import AnthropicCompanionFace
from causeway.dialects.anthropic.decode_error import decode_error
from causeway.dialects.anthropic.decode_request import decode_token_count_request
from causeway.dialects.anthropic.encode_request import encode_token_count_request
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount


class WireTokenCount(Struct):
    """How many tokens a prompt has."""

    input_tokens: int


_decode = msgspec.json.Decoder(WireTokenCount).decode


class AnthropicTokenCount(AnthropicCompanionFace, frozen=True):
    """The client face."""

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the chat; raises ClientError, naming the field."""
        return decode_token_count_request(body, losses)

    def encode_response(self, count: TokenCount) -> bytes:
        """Return the JSON body of the answer."""
        return msgspec.json.encode(WireTokenCount(count.input_tokens))


class AnthropicTokenCountProvider(Struct, frozen=True):
    """The provider face."""

    dialect: ClassVar[str] = DIALECT

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        return encode_token_count_request(request, losses)

    def decode_response(self, body: bytes, request: ChatRequest) -> TokenCount:  # noqa: ARG002
        """Return the count; raises UpstreamProtocolError where the body tells none."""
        try:
            return TokenCount(_decode(body).input_tokens)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)[:200]
            raise UpstreamProtocolError(f"the provider did not send a count of tokens: {reason}") from None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)
