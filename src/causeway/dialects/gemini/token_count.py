"""countTokens: how many tokens a chat's prompt has, as Google's callers ask.

The chat stands in the body itself, or as a whole generateContent body in `generateContentRequest`.
"""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.gemini.companion_face import GeminiCompanionFace
from causeway.dialects.gemini.decode_request import decode_tree
from causeway.dialects.gemini.request_body import invalid, read_tree
from causeway.dialects.gemini.request_schema import WireGenerateRequest
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount

INNER = "generateContentRequest"
# What has to stand in it then; the path names the model.
BESIDE_INNER = tuple(name for name in WireGenerateRequest.__struct_encode_fields__ if name != "model")


class WireCount(Struct, rename="camel"):
    """What the endpoint answers."""

    total_tokens: int


class GeminiTokenCount(GeminiCompanionFace, frozen=True):
    """The client face. The path names the model."""

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the chat, its model empty; raises ClientError, naming the field."""
        tree: Any = read_tree(body)
        if not isinstance(tree, dict):
            raise InvalidRequestError("Invalid value at the body: expected an object.")
        if (inner := tree.get(INNER)) is None:
            return decode_tree(tree, losses)
        for name in BESIDE_INNER:
            if tree.get(name) is not None:
                raise invalid(name, f"it is given beside '{INNER}'")
        if not isinstance(inner, dict):
            raise invalid(INNER, "expected an object")
        return decode_tree(inner, losses)

    def encode_response(self, count: TokenCount) -> bytes:
        """Return the JSON body of the answer."""
        return msgspec.json.encode(WireCount(count.input_tokens))
