"""`POST /v2/embed` and `POST /v1/embed`: texts to vectors.

Source of truth: Cohere's OpenAPI document, and recorded exchanges of LangChain's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from causeway.dialects.cohere.companion_face import (
    ApiVersion,
    VersionedFace,
    WireBilled,
    WireMeta,
    WireVersion,
    at_least_one,
    decode_model,
    invalid,
    usage_hint,
)
from causeway.dialects.cohere.decode_options import PRIORITY_RANGE, decode_fallbacks, in_range
from causeway.dialects.cohere.embedding_types import encode_vector
from causeway.dialects.cohere.request_body import BodyReader
from causeway.dialects.cohere.request_schema import ImageContent, TextContent, WireStruct
from causeway.model.embedding import (
    EmbeddingRequest,
    EmbeddingResponse,
    EmbeddingType,
    EncodedVector,
    InputType,
    Truncation,
)
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.wire.ascii_json import encode_ascii

MAX_TEXTS = 96
INPUT_TYPES: Mapping[str, InputType] = {name: name for name in get_args(InputType)}
TRUNCATIONS: Mapping[str, Truncation] = {"NONE": "none", "START": "start", "END": "end"}
EMBEDDING_TYPES: Mapping[str, EmbeddingType] = {name: name for name in get_args(EmbeddingType)}


class WireEmbedInput(WireStruct):
    """One input, in parts."""

    content: list[TextContent | ImageContent]


class WireV2EmbedRequest(WireStruct):
    """The body of `POST /v2/embed`. `fallbacks` is the gateway's own."""

    model: str | None = None
    input_type: str | None = None
    texts: list[str] | None = None
    images: list[str] | None = None
    inputs: list[WireEmbedInput] | None = None
    max_tokens: int | None = None
    output_dimension: int | None = None
    embedding_types: list[str] | None = None
    truncate: str | None = None
    priority: int | None = None
    fallbacks: list[str] | None = None


class WireV1EmbedRequest(WireStruct):
    """The body of `POST /v1/embed`. `fallbacks` is the gateway's own."""

    texts: list[str] | None = None
    images: list[str] | None = None
    model: str | None = None
    input_type: str | None = None
    embedding_types: list[str] | None = None
    truncate: str | None = None
    fallbacks: list[str] | None = None


class WireEmbedByTypeAnswer(WireStruct):
    """Vectors in the forms that were asked for."""

    id: str
    texts: tuple[str, ...]
    embeddings: dict[EmbeddingType, Sequence[Any]]
    meta: WireMeta
    response_type: Literal["embeddings_by_type"]


class WireEmbedFloatsAnswer(WireStruct):
    """Vectors in version 1's first form."""

    id: str
    texts: tuple[str, ...]
    embeddings: tuple[tuple[float, ...], ...]
    meta: WireMeta
    response_type: Literal["embeddings_floats"]


_HINT = usage_hint("embed")
_read_v1 = BodyReader(WireV1EmbedRequest, _HINT).read
_read_v2 = BodyReader(WireV2EmbedRequest, _HINT).read


class CohereEmbed(VersionedFace, frozen=True):
    """The client face of embed."""

    def decode_request(self, body: bytes, losses: LossReport) -> EmbeddingRequest:
        """Return the request; raises ClientError, naming the field."""
        strict = self.refuses_unknown_fields
        if self.version == "1":
            return _decode_v1(_read_v1(body, strict=strict, losses=losses))
        return _decode_v2(_read_v2(body, strict=strict, losses=losses))

    def encode_response(
        self,
        response: EmbeddingResponse,
        request: EmbeddingRequest,
        provenance: Provenance,  # noqa: ARG002
    ) -> bytes:
        """Return the JSON body of the answer."""
        meta = WireMeta(WireVersion(self.version), WireBilled(input_tokens=response.input_tokens))
        if not request.embedding_types:
            return encode_ascii(
                WireEmbedFloatsAnswer(response.id, request.texts, response.vectors, meta, "embeddings_floats")
            )
        embeddings: dict[EmbeddingType, Sequence[EncodedVector]] = {
            kind: response.encoded.get(kind) or [encode_vector(vector, kind) for vector in response.vectors]
            for kind in request.embedding_types
        }
        return encode_ascii(
            WireEmbedByTypeAnswer(response.id, request.texts, embeddings, meta, "embeddings_by_type")
        )

    def response_headers(
        self, response: EmbeddingResponse, request: EmbeddingRequest
    ) -> list[tuple[bytes, bytes]]:
        """Return `num_chars` and `num_tokens`."""
        characters = sum(map(len, request.texts))
        return [
            (b"num_chars", str(characters).encode()),
            (b"num_tokens", str(response.input_tokens).encode()),
        ]


def _decode_v1(wire: WireV1EmbedRequest) -> EmbeddingRequest:
    return EmbeddingRequest(
        model=decode_model(wire.model, "1"),
        texts=_decode_texts(wire.texts, wire.images, None),
        input_type=_decode_input_type(wire.input_type, "1"),
        truncation=_decode_truncation(wire.truncate),
        embedding_types=_decode_types(wire.embedding_types),
        fallbacks=decode_fallbacks(wire.fallbacks),
    )


def _decode_v2(wire: WireV2EmbedRequest) -> EmbeddingRequest:
    return EmbeddingRequest(
        model=decode_model(wire.model, "2"),
        texts=_decode_texts(wire.texts, wire.images, wire.inputs),
        input_type=_decode_input_type(wire.input_type, "2"),
        truncation=_decode_truncation(wire.truncate),
        max_tokens=at_least_one("max_tokens", wire.max_tokens),
        output_dimension=at_least_one("output_dimension", wire.output_dimension),
        embedding_types=_decode_types(wire.embedding_types) or ("float",),
        priority=in_range("priority", wire.priority, *PRIORITY_RANGE) or 0,
        fallbacks=decode_fallbacks(wire.fallbacks),
    )


def _decode_texts(
    texts: list[str] | None, images: list[str] | None, inputs: list[WireEmbedInput] | None
) -> tuple[str, ...]:
    if images:
        raise invalid("images", "images are not supported, this model embeds text")
    if texts and inputs:
        raise invalid("inputs", "cannot be given together with texts")
    if inputs:
        texts = [_decode_input(input, f"inputs[{index}]") for index, input in enumerate(inputs)]
    if not texts:
        raise invalid("texts", "must contain at least 1 text")
    if len(texts) > MAX_TEXTS:
        raise InvalidRequestError(
            f"invalid request: total number of texts must be at most {MAX_TEXTS} - received {len(texts)}.",
            field="texts",
        )
    return tuple(texts)


def _decode_input(wire: WireEmbedInput, path: str) -> str:
    parts = []
    for index, part in enumerate(wire.content):
        if isinstance(part, ImageContent):
            raise invalid(f"{path}.content[{index}]", "images are not supported, this model embeds text")
        parts.append(part.text)
    if not parts:
        raise invalid(f"{path}.content", "must contain at least 1 part")
    return "\n".join(parts)


def _decode_input_type(wire: str | None, version: ApiVersion) -> InputType | None:
    if wire is None:
        if version == "2":
            raise invalid("input_type", "required field is missing")
        return None
    if wire == "image":
        raise invalid("input_type", "images are not supported, this model embeds text")
    if wire not in INPUT_TYPES:
        raise invalid("input_type", f"expected one of {', '.join(INPUT_TYPES)}")
    return INPUT_TYPES[wire]


def _decode_truncation(wire: str | None) -> Truncation:
    if wire is None:
        return "end"
    if wire.upper() not in TRUNCATIONS:
        raise invalid("truncate", f"expected one of {', '.join(TRUNCATIONS)}")
    return TRUNCATIONS[wire.upper()]


def _decode_types(wire: list[str] | None) -> tuple[EmbeddingType, ...]:
    for index, name in enumerate(wire or ()):
        if name not in EMBEDDING_TYPES:
            raise invalid(f"embedding_types[{index}]", f"expected one of {', '.join(EMBEDDING_TYPES)}")
    return tuple(EMBEDDING_TYPES[name] for name in dict.fromkeys(wire or ()))
