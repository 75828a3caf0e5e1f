"""Texts to vectors as the gateway asks for them: batchEmbedContents at Google AI, and Vertex's predictions.

Source of truth: Google's API reference, its SDK, and a recorded answer.
"""

from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import Struct

from causeway.dialects.gemini.decode_error import decode_error
from causeway.dialects.gemini.embeddings import TASK_TYPE, TASK_TYPES, TITLE
from causeway.dialects.gemini.model_names import resource_name
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport

Answer = TypeVar("Answer")

_WORDS = {input_type: word for word, input_type in TASK_TYPES.items()}


class WireValues(Struct):
    """A vector."""

    values: tuple[float, ...]


class WireVectorUsage(Struct, rename="camel"):
    """The counts, where they are told."""

    prompt_token_count: int = 0


class WireVectors(Struct, rename="camel"):
    """What batchEmbedContents answers."""

    embeddings: list[WireValues]
    usage_metadata: WireVectorUsage | None = None


class WireStatistics(Struct):
    """What Vertex tells of a text."""

    token_count: float = 0


class WirePredictedVector(WireValues):
    """A vector of Vertex's."""

    statistics: WireStatistics | None = None


class WirePrediction(Struct):
    """What Vertex predicts of a text."""

    embeddings: WirePredictedVector


class WirePredictions(Struct):
    """What Vertex answers."""

    predictions: list[WirePrediction]


_decode_vectors = msgspec.json.Decoder(WireVectors)
_decode_predictions = msgspec.json.Decoder(WirePredictions)


class GeminiEmbeddingsProvider(Struct, frozen=True):
    """The provider face at Google AI."""

    dialect: ClassVar[str] = "gemini"

    def encode_request(self, request: EmbeddingRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises InvalidRequestError for token ids."""
        if request.truncation != "end":
            losses.add("dropped", "truncate", "Gemini cuts the end off a text that is too long")
        options = {
            "model": resource_name(request.model),
            TASK_TYPE: _task_type(request),
            TITLE: _extra(request, TITLE),
            "outputDimensionality": request.output_dimension,
        }
        given = {name: value for name, value in options.items() if value is not None}
        _report_losses(request, losses)
        texts = request.texts_alone()
        return msgspec.json.encode(
            {"requests": [{"content": {"parts": [{"text": text}]}, **given} for text in texts]}
        )

    def decode_response(self, body: bytes, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return the vectors; raises UpstreamProtocolError where the body is no answer to `request`."""
        wire = _read(_decode_vectors, body)
        tokens = 0 if wire.usage_metadata is None else wire.usage_metadata.prompt_token_count
        return _response([one.values for one in wire.embeddings], tokens, request)

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)


class VertexEmbeddingsProvider(GeminiEmbeddingsProvider, frozen=True):
    """The provider face at Vertex, whose older interface to all models has predictions of instances."""

    def encode_request(self, request: EmbeddingRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises InvalidRequestError for token ids."""
        if request.truncation == "start":
            losses.add("dropped", "truncate", "Vertex cuts the end off a text that is too long")
        instance = {"task_type": _task_type(request), "title": _extra(request, TITLE)}
        parameters = {
            "autoTruncate": request.truncation != "none",
            "outputDimensionality": request.output_dimension,
        }
        _report_losses(request, losses)
        body: dict[str, Any] = {
            "instances": [{"content": text, **_given(instance)} for text in request.texts_alone()],
            "parameters": _given(parameters),
        }
        return msgspec.json.encode(body)

    def decode_response(self, body: bytes, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return the vectors; raises UpstreamProtocolError where the body is no answer to `request`."""
        predicted = [one.embeddings for one in _read(_decode_predictions, body).predictions]
        tokens = sum(one.statistics.token_count for one in predicted if one.statistics is not None)
        return _response([one.values for one in predicted], int(tokens), request)


def _response(
    vectors: list[tuple[float, ...]], input_tokens: int, request: EmbeddingRequest
) -> EmbeddingResponse:
    if len(vectors) != request.input_count():
        raise UpstreamProtocolError("the provider did not send one vector for each input")
    return EmbeddingResponse(id="", vectors=tuple(vectors), input_tokens=input_tokens)


def _read(decoder: msgspec.json.Decoder[Answer], body: bytes) -> Answer:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamProtocolError(f"the provider did not send embeddings: {str(error)[:200]}") from None


def _task_type(request: EmbeddingRequest) -> str | None:
    own: str | None = _extra(request, TASK_TYPE)
    return own if request.input_type is None else _WORDS[request.input_type]


def _extra(request: EmbeddingRequest, name: str) -> Any:
    is_own = request.extras is not None and request.extras.dialect == "gemini"
    return request.extras.fields.get(name) if request.extras is not None and is_own else None


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _report_losses(request: EmbeddingRequest, losses: LossReport) -> None:
    if request.max_tokens is not None:
        losses.add("dropped", "max_tokens", "Gemini reads a text as far as its model can")
    if request.priority:
        losses.add("dropped", "priority", "Gemini's queue is not ordered by its callers")
    if request.extras is not None and request.extras.dialect != "gemini":
        for name in request.extras.fields:
            losses.add("dropped", name, "Gemini has nothing like it")
