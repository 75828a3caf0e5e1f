"""`POST /v1/tokenize` and `POST /v1/detokenize`: text to a model's tokens and back.

Source of truth: Cohere's OpenAPI document, and recorded exchanges of LangChain's.
"""

from causeway.dialects.cohere.companion_face import (
    WireMeta,
    WireVersion,
    invalid,
    usage_hint,
)
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.request_body import BodyReader
from causeway.dialects.cohere.request_schema import WireStruct
from causeway.model.loss import LossReport
from causeway.model.tokenization import DetokenizeRequest, Tokenization, TokenizeRequest
from causeway.wire.ascii_json import encode_ascii

MAX_CHARACTERS = 65536
MAX_TOKENS = 65536
MAX_TOKEN_ID = 2**31 - 1


class WireTokenizeRequest(WireStruct):
    """The body of `POST /v1/tokenize`."""

    text: str | None = None
    model: str | None = None


class WireTokenizeAnswer(WireStruct):
    """What `POST /v1/tokenize` answers."""

    tokens: tuple[int, ...]
    token_strings: tuple[str, ...]
    meta: WireMeta


class WireDetokenizeRequest(WireStruct):
    """The body of `POST /v1/detokenize`."""

    tokens: list[int] | None = None
    model: str | None = None


class WireDetokenizeAnswer(WireStruct):
    """What `POST /v1/detokenize` answers."""

    text: str
    meta: WireMeta


_read_tokenize = BodyReader(WireTokenizeRequest, usage_hint("tokenize")).read
_read_detokenize = BodyReader(WireDetokenizeRequest, usage_hint("detokenize")).read


class CohereTokenize(CohereFace, frozen=True):
    """The client face of tokenize. An unknown field is only warned of, as by Cohere itself."""

    def decode_request(self, body: bytes, losses: LossReport) -> TokenizeRequest:
        """Return the request; raises ClientError, naming the field."""
        wire = _read_tokenize(body, strict=False, losses=losses)
        if wire.text is None:
            raise invalid("text", "required field is missing")
        if not 1 <= len(wire.text) <= MAX_CHARACTERS:
            problem = f"must have 1 to {MAX_CHARACTERS} characters, received {len(wire.text)}"
            raise invalid("text", problem)
        return TokenizeRequest(wire.model or "", wire.text)

    def encode_response(self, response: Tokenization) -> bytes:
        """Return the JSON body of the answer."""
        return encode_ascii(WireTokenizeAnswer(response.token_ids, response.pieces, _meta()))


class CohereDetokenize(CohereFace, frozen=True):
    """The client face of detokenize. An unknown field is only warned of, as by Cohere itself."""

    def decode_request(self, body: bytes, losses: LossReport) -> DetokenizeRequest:
        """Return the request; raises ClientError, naming the field."""
        wire = _read_detokenize(body, strict=False, losses=losses)
        if wire.tokens is None:
            raise invalid("tokens", "required field is missing")
        if not 1 <= len(wire.tokens) <= MAX_TOKENS:
            raise invalid("tokens", f"must contain 1 to {MAX_TOKENS} tokens, received {len(wire.tokens)}")
        for index, token in enumerate(wire.tokens):
            if not 0 <= token <= MAX_TOKEN_ID:
                raise invalid(f"tokens[{index}]", f"must be between 0 and {MAX_TOKEN_ID}")
        return DetokenizeRequest(wire.model or "", tuple(wire.tokens))

    def encode_response(self, text: str) -> bytes:
        """Return the JSON body of the answer."""
        return encode_ascii(WireDetokenizeAnswer(text, _meta()))


def _meta() -> WireMeta:
    return WireMeta(WireVersion("1"))
