"""`POST /v2/embed` as the gateway calls it.

Source of truth: Cohere's OpenAPI document, and recorded answers.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.cohere.decode_error import decode_error
from causeway.dialects.cohere.decode_response import not_an_answer
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse, EmbeddingType, EncodedVector
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport

# Cohere requires one, and what is embedded without saying so is most often what will be searched.
_DEFAULT_INPUT_TYPE = "search_document"


class WireVectors(Struct, rename={"floats": "float"}):
    """The vectors in the forms that were asked for."""

    floats: tuple[tuple[float, ...], ...] | None = None
    int8: tuple[tuple[int, ...], ...] | None = None
    uint8: tuple[tuple[int, ...], ...] | None = None
    binary: tuple[tuple[int, ...], ...] | None = None
    ubinary: tuple[tuple[int, ...], ...] | None = None
    base64: tuple[str, ...] | None = None


class WireBilledTokens(Struct):
    """What is billed; the number may be written as a float."""

    input_tokens: float | None = None


class WireEmbedMeta(Struct):
    """The last part of the answer."""

    billed_units: WireBilledTokens | None = None


class WireEmbedding(Struct):
    """The body that `POST /v2/embed` answers with."""

    id: str
    embeddings: WireVectors
    meta: WireEmbedMeta | None = None


_decode = msgspec.json.Decoder(WireEmbedding).decode


class CohereEmbedProvider(Struct, frozen=True):
    """The provider face of embed."""

    dialect: ClassVar[str] = "cohere"

    def encode_request(self, request: EmbeddingRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`.

        Raises InvalidRequestError where the caller gave token ids.
        """
        texts = request.texts_alone()
        if request.input_type is None:
            detail = f"Cohere asks what vectors are for: {_DEFAULT_INPUT_TYPE} is assumed"
            losses.add("approximated", "input_type", detail)
        if request.extras is not None and request.extras.dialect != self.dialect:
            for name in request.extras.fields:
                losses.add("dropped", name, "Cohere has nothing like it")
        body: dict[str, Any] = {
            "model": request.model,
            "input_type": request.input_type or _DEFAULT_INPUT_TYPE,
            "texts": texts,
            "embedding_types": _asked_types(request),
            "truncate": request.truncation.upper(),
            "max_tokens": request.max_tokens,
            "output_dimension": request.output_dimension,
            "priority": request.priority or None,
        }
        return msgspec.json.encode({name: value for name, value in body.items() if value is not None})

    def decode_response(self, body: bytes, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return the vectors; raises UpstreamProtocolError where the body is no answer to `request`."""
        try:
            wire = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise not_an_answer(error) from None
        forms = _forms(wire.embeddings)
        for kind in _asked_types(request):
            if len(forms.get(kind, ())) != request.input_count():
                raise UpstreamProtocolError(f"the provider did not send a vector ({kind}) for each input")
        billed = wire.meta.billed_units if wire.meta else None
        return EmbeddingResponse(
            id=wire.id,
            vectors=wire.embeddings.floats or (),
            input_tokens=int(billed.input_tokens or 0) if billed else 0,
            encoded={kind: form for kind, form in forms.items() if kind != "float"},
        )

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)


def _asked_types(request: EmbeddingRequest) -> tuple[EmbeddingType, ...]:
    """Return the forms to ask for; what other dialects mean by the same name is made of the floats."""
    return (request.embedding_types if request.dialect == "cohere" else ()) or ("float",)


def _forms(wire: WireVectors) -> dict[EmbeddingType, tuple[EncodedVector, ...]]:
    """Return the vectors in every form that came."""
    forms: dict[EmbeddingType, tuple[EncodedVector, ...] | None] = {
        "float": wire.floats,
        "int8": wire.int8,
        "uint8": wire.uint8,
        "binary": wire.binary,
        "ubinary": wire.ubinary,
        "base64": wire.base64,
    }
    return {kind: form for kind, form in forms.items() if form is not None}
