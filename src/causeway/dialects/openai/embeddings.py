"""`POST /v1/embeddings`: texts to vectors, as OpenAI's callers ask for them.

Source of truth: OpenAI's API reference, and its SDK.
"""

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from msgspec import Struct

from causeway.dialects.openai.companion_face import OpenAiCompanionFace
from causeway.dialects.openai.decode_extensions import decode_fallbacks
from causeway.dialects.openai.extra_fields import answer_fields
from causeway.dialects.openai.request_body import BodyReader, invalid, invalid_choice, missing
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse, EmbeddingType
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.wire.ascii_json import encode_ascii

MAX_INPUTS = 2048
ENCODING_FORMATS: Mapping[str, EmbeddingType] = {"float": "float", "base64": "base64"}


class WireEmbeddingsRequest(Struct):
    """The body; whatever else is in it is kept as it came. `fallbacks` is the gateway's own."""

    model: str | None = None
    input: str | list[str | int | list[int]] | None = None
    encoding_format: str | None = None
    dimensions: int | None = None
    fallbacks: list[str] | None = None


class WireEmbedding(Struct):
    """One input's vector."""

    object: Literal["embedding"]
    index: int
    embedding: Sequence[float] | str


class WireEmbeddingsUsage(Struct):
    """The counts, which are the same: nothing is generated."""

    prompt_tokens: int
    total_tokens: int


class WireEmbeddings(Struct, omit_defaults=True):
    """What the endpoint answers; `extra_fields` on the unified path."""

    object: Literal["list"]
    data: list[WireEmbedding]
    model: str
    usage: WireEmbeddingsUsage
    extra_fields: dict[str, Any] | None = None


_KNOWN = frozenset(WireEmbeddingsRequest.__struct_fields__)
_reader = BodyReader(WireEmbeddingsRequest)


class OpenAiEmbeddings(OpenAiCompanionFace, frozen=True):
    """The client face of embeddings. `needs_model` is false where the path names the model."""

    needs_model: bool = True
    request_type: ClassVar[str] = "embedding"

    def decode_request(self, body: bytes, losses: LossReport) -> EmbeddingRequest:  # noqa: ARG002
        """Return the request; raises ClientError, naming the field.

        OpenAI cuts no text that is too long, and so a provider that could is asked not to.
        """
        wire, tree = _reader.read(body)
        if self.needs_model and not wire.model:
            raise missing("model")
        texts, token_inputs = _decode_input(wire.input)
        extras = {name: value for name, value in tree.items() if name not in _KNOWN}
        return EmbeddingRequest(
            model=wire.model or "",
            texts=texts,
            token_inputs=token_inputs,
            dialect="openai",
            truncation="none",
            output_dimension=_decode_dimensions(wire.dimensions),
            embedding_types=(_decode_encoding_format(wire.encoding_format),),
            fallbacks=decode_fallbacks(wire.fallbacks),
            extras=Extras("openai", extras) if extras else None,
        )

    def encode_response(
        self, response: EmbeddingResponse, request: EmbeddingRequest, provenance: Provenance
    ) -> bytes:
        """Return the JSON body of the answer to `request`."""
        is_base64 = request.embedding_types == ("base64",)
        return encode_ascii(
            WireEmbeddings(
                object="list",
                data=[
                    WireEmbedding("embedding", index, _base64(vector) if is_base64 else vector)
                    for index, vector in enumerate(response.vectors)
                ],
                model=response.model or provenance.model,
                usage=WireEmbeddingsUsage(response.input_tokens, response.input_tokens),
                extra_fields=answer_fields(provenance) if self.is_unified else None,
            )
        )

    def response_headers(
        self,
        response: EmbeddingResponse,  # noqa: ARG002
        request: EmbeddingRequest,  # noqa: ARG002
    ) -> list[tuple[bytes, bytes]]:
        """Return none: the dialect adds no header."""
        return []


def _decode_input(
    wire: str | list[str | int | list[int]] | None,
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Return texts, or else the token ids of inputs."""
    if wire is None:
        raise missing("input")
    if isinstance(wire, str):
        return (wire,), ()
    if not wire:
        raise invalid("input", "expected at least one input")
    texts = [one for one in wire if isinstance(one, str)]
    token_ids = [one for one in wire if isinstance(one, int)]
    inputs = [one for one in wire if isinstance(one, list)]
    if len(wire) not in (len(texts), len(token_ids), len(inputs)):
        raise invalid("input", "expected texts, token ids or lists of token ids, not several of these")
    if max(len(texts), len(inputs)) > MAX_INPUTS:
        raise invalid("input", f"expected at most {MAX_INPUTS} inputs, got {len(wire)}")
    for index, one in enumerate(inputs or [token_ids]):
        if (inputs and not one) or any(id < 0 for id in one):
            raise invalid(f"input[{index}]" if inputs else "input", "expected token ids, from 0")
    return tuple(texts), tuple(map(tuple, [token_ids] if token_ids else inputs))


def _decode_encoding_format(wire: str | None) -> EmbeddingType:
    if wire is None:
        return "float"
    if wire not in ENCODING_FORMATS:
        raise invalid_choice("encoding_format", wire, tuple(ENCODING_FORMATS))
    return ENCODING_FORMATS[wire]


def _decode_dimensions(wire: int | None) -> int | None:
    if wire is not None and wire < 1:
        raise invalid("dimensions", "expected a value from 1")
    return wire


def _base64(vector: Sequence[float]) -> str:
    """Return 32-bit floats, the lowest byte first."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
