"""How many tokens a request's prompt has, on both sides: `POST /responses/input_tokens`."""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.openai import decode_error
from causeway.dialects.openai.encode_error import encode_error
from causeway.dialects.responses.decode_request import decode_request
from causeway.dialects.responses.encode_request import encode_body
from causeway.dialects.responses.items import DIALECT
from causeway.model.errors import CausewayError, UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount
from causeway.wire.ascii_json import encode_ascii

REQUEST_TYPE = "count_tokens"

# The endpoint takes no more than what the prompt is made of.
_PROMPT_FIELDS = frozenset(
    {
        "model",
        "input",
        "instructions",
        "conversation",
        "parallel_tool_calls",
        "previous_response_id",
        "reasoning",
        "text",
        "tool_choice",
        "tools",
        "truncation",
    }
)


class WireCount(Struct):
    """The body of an answer."""

    input_tokens: int


_decode_count = msgspec.json.Decoder(WireCount).decode


class ResponsesTokenCount(Struct, frozen=True):
    """The client face. `is_unified` is Bifrost's path, where the items may stand under `messages`.

    `needs_model` is false where the path names the model.
    """

    is_unified: bool
    needs_model: bool = True

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the chat whose prompt is to be counted; raises ClientError, naming the field."""
        return decode_request(self._with_input(body), losses, needs_model=self.needs_model)

    def encode_response(self, count: TokenCount) -> bytes:
        """Return the JSON body of the answer."""
        return encode_ascii({"object": "response.input_tokens", "input_tokens": count.input_tokens})

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id, is_unified=self.is_unified, request_type=REQUEST_TYPE)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []

    def _with_input(self, body: bytes) -> bytes:
        if not self.is_unified or b'"messages"' not in body:
            return body
        try:
            tree = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return body  # which is an error, and is told as one where it is read
        if not isinstance(tree, dict) or "messages" not in tree or "input" in tree:
            return body
        tree["input"] = tree.pop("messages")
        return msgspec.json.encode(tree)


class ResponsesTokenCountProvider(Struct, frozen=True):
    """The provider face."""

    dialect: ClassVar[str] = DIALECT

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        body: dict[str, Any] = encode_body(request, losses)
        return msgspec.json.encode({name: body[name] for name in body if name in _PROMPT_FIELDS})

    def decode_response(self, body: bytes, request: ChatRequest) -> TokenCount:  # noqa: ARG002
        """Return the count; raises UpstreamProtocolError where the body tells none."""
        try:
            count = _decode_count(body).input_tokens
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamProtocolError("the provider's answer tells no number of tokens") from None
        if count < 0:
            raise UpstreamProtocolError("the provider's answer tells a negative number of tokens")
        return TokenCount(count)

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error.decode_error(status, body)
