"""`POST /v1/embeddings` as the gateway calls it, at OpenAI and at its imitators.

Source of truth: OpenAI's API reference, and a recorded answer.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.openai.decode_error import decode_error
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport


class WireVector(Struct):
    """One input's vector. Not every vendor numbers them."""

    embedding: tuple[float, ...]
    index: int | None = None


class WireVectorUsage(Struct):
    """The counts, of which some vendors have only the total."""

    prompt_tokens: float | None = None
    total_tokens: float | None = None


class WireVectorList(Struct):
    """The answer's body. An id is given by some vendors only."""

    data: list[WireVector]
    id: str | None = None
    model: str | None = None
    usage: WireVectorUsage | None = None


_decode = msgspec.json.Decoder(WireVectorList).decode


class OpenAiEmbeddingsProvider(Struct, frozen=True):
    """The provider face of embeddings. Vectors are always asked for as numbers."""

    dialect: ClassVar[str] = "openai"

    def encode_request(self, request: EmbeddingRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`."""
        _report_losses(request, losses)
        has_own_extras = request.extras is not None and request.extras.dialect == self.dialect
        body: dict[str, Any] = {
            **(request.extras.fields if request.extras is not None and has_own_extras else {}),
            "model": request.model,
            "input": request.texts or request.token_inputs,
            "encoding_format": "float",
        }
        if request.output_dimension is not None:
            body["dimensions"] = request.output_dimension
        return msgspec.json.encode(body)

    def decode_response(self, body: bytes, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return the vectors; raises UpstreamProtocolError where the body is no answer to `request`.

        The id is empty where the provider gave none.
        """
        try:
            wire = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)[:200]
            raise UpstreamProtocolError(f"the provider did not send embeddings: {reason}") from None
        vectors = {
            position if one.index is None else one.index: one.embedding
            for position, one in enumerate(wire.data)
        }
        wanted = range(request.input_count())
        if len(wire.data) != len(wanted) or vectors.keys() != set(wanted):
            raise UpstreamProtocolError("the provider did not send one vector for each input")
        usage = wire.usage or WireVectorUsage()
        return EmbeddingResponse(
            id=wire.id or "",
            vectors=tuple(vectors[index] for index in wanted),
            input_tokens=int(usage.prompt_tokens or usage.total_tokens or 0),
            model=wire.model or "",
        )

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)


def _report_losses(request: EmbeddingRequest, losses: LossReport) -> None:
    if request.input_type is not None:
        losses.add("dropped", "input_type", "OpenAI makes one kind of vector")
    if request.truncation != "none":
        losses.add("dropped", "truncate", "OpenAI refuses a text that is too long")
    if request.max_tokens is not None:
        losses.add("dropped", "max_tokens", "OpenAI reads a text as far as its model can")
    if request.priority:
        losses.add("dropped", "priority", "OpenAI's queue is not ordered by its callers")
    if request.extras is not None and request.extras.dialect != "openai":
        for name in request.extras.fields:
            losses.add("dropped", name, "OpenAI has nothing like it")
