"""`POST /model/{modelId}/count-tokens` as its callers see it."""

from base64 import b64decode
from typing import Any

from msgspec import Struct

from causeway.dialects.bedrock.decode_request import decode_converse
from causeway.dialects.bedrock.face import BedrockFace
from causeway.dialects.bedrock.invoke_face import BedrockInvoke
from causeway.dialects.bedrock.request_body import BodyReader, invalid, missing
from causeway.dialects.bedrock.request_schema import WireConverseRequest
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount
from causeway.wire.ascii_json import encode_ascii


class WireInvokeTokens(Struct, rename="camel"):
    """A body of InvokeModel, as base64."""

    body: str


class WireCountInput(Struct, rename="camel"):
    """What to count: one of two."""

    converse: dict[str, Any] | None = None
    invoke_model: WireInvokeTokens | None = None


class WireCountRequest(Struct, rename="camel"):
    """The body."""

    input: WireCountInput


_reader = BodyReader(WireCountRequest)
_converse_reader = BodyReader(WireConverseRequest)


class BedrockTokenCount(BedrockFace, frozen=True):
    """The client face of token counts; `invoke` reads the bodies of InvokeModel."""

    invoke: BedrockInvoke

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the chat, without a model; raises ClientError, naming the field."""
        wire, _ = _reader.read(body)
        if wire.input.converse is not None:
            tree = wire.input.converse
            return decode_converse(_converse_reader.convert(tree, "input.converse"), tree, losses)
        if wire.input.invoke_model is None:
            raise missing("input.converse")
        try:
            model_body = b64decode(wire.input.invoke_model.body, validate=True)
        except ValueError:
            raise invalid("input.invokeModel.body", "expected base64") from None
        return self.invoke.decode_request(model_body, losses)

    def encode_response(self, count: TokenCount) -> bytes:
        """Return the JSON body of the answer."""
        return encode_ascii({"inputTokens": count.input_tokens})
