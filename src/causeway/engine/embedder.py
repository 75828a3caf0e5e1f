"""The embedded embedding model as the pipeline sees it: it embeds, and ranks by what it embeds.

The engine is asked about a few texts at a time, so that a caller who leaves is soon forgotten.
"""

import itertools
import struct
from collections.abc import Sequence
from math import exp
from uuid import uuid4

from causeway.engine.embedding_protocol import (
    ComparedTexts,
    CompareTexts,
    EmbedderReady,
    EncodedTexts,
    EncodeTexts,
    TextTooLong,
)
from causeway.engine.ports import EmbeddingEngine
from causeway.engine.weights import BUNDLED_EMBEDDER
from causeway.model.catalog import ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import ContextOverflowError, InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.rerank import RankedDocument, RerankRequest, RerankResponse

# What one question may take is what a caller who has left still holds: 8 texts are 0.6 s at most.
_TEXTS_PER_QUESTION = 8
_FLOAT_BYTES = 4
# This model's cosines are about 0 for the unrelated and 0.5 to 0.9 for the related. The curve spreads
# them over 0 to 1; it keeps their order, and is no probability.
_MIDDLE_COSINE = 0.35
_STEEPNESS = 10.0
_RELEVANCE_DIGITS = 6


class EmbeddedEmbedder:
    """Embeds and ranks with the vectors that `engine` makes."""

    def __init__(self, engine: EmbeddingEngine) -> None:
        self.engine = engine

    @property
    def name(self) -> str:
        """The model's name in requests and warnings."""
        return f"local/{BUNDLED_EMBEDDER}"

    async def facts(self) -> ModelFacts:
        """Return what can be told of it."""
        known = await self.engine.known_facts()
        return ModelFacts(
            name=self.name,
            endpoints=("embed", "rerank"),
            default_endpoints=("embed", "rerank"),
            context_tokens=None if known is None else known.max_tokens,
        )

    async def stop(self) -> None:
        """End the engine. What it was asked fails; later calls do nothing."""
        await self.engine.stop()

    async def embed(self, request: EmbeddingRequest, losses: LossReport) -> EmbeddingResponse:
        """Return the vectors of texts; how often a text stands in the request costs nothing.

        Raises InvalidRequestError, ContextOverflowError, OverloadedError, ModelUnavailableError and
        EngineFailedError.
        """
        texts = tuple(dict.fromkeys(request.texts_alone()))
        vectors: dict[str, tuple[float, ...]] = {}
        tokens: dict[str, int] = {}
        cut = 0
        async with self.engine.turn(request.priority) as turn:
            ready = turn.ready
            dimension = self._dimension(request.output_dimension, ready, losses)
            max_tokens = min(request.max_tokens or ready.max_tokens, ready.max_tokens)
            for batch in _batches(texts):
                answer = await turn.ask(EncodeTexts(batch, request.truncation, max_tokens, dimension))
                if isinstance(answer, TextTooLong):
                    raise _too_long(request.texts.index(batch[answer.index]), max_tokens)
                assert isinstance(answer, EncodedTexts)  # noqa: S101  # the protocol says so
                vectors.update(zip(batch, map(_floats, answer.vectors), strict=True))
                tokens.update(zip(batch, answer.tokens, strict=True))
                cut += answer.cut
        if cut:
            losses.add("approximated", "texts", f"{cut} were cut to {max_tokens} tokens")
        return EmbeddingResponse(
            id=str(uuid4()),
            vectors=tuple(vectors[text] for text in request.texts),
            input_tokens=sum(tokens[text] for text in request.texts),
        )

    async def rerank(self, request: RerankRequest, losses: LossReport) -> RerankResponse:
        """Return documents by the likeness of their vectors to the query's; equal ones keep their order.

        Raises OverloadedError, ModelUnavailableError and EngineFailedError.
        """
        texts = tuple(dict.fromkeys(document.text for document in request.documents))
        relevance: dict[str, float] = {}
        cut = 0
        async with self.engine.turn(request.priority) as turn:
            ready = turn.ready
            max_tokens = min(request.max_tokens_per_document or ready.max_tokens, ready.max_tokens)
            query = await turn.ask(EncodeTexts((request.query,), "end", ready.max_tokens))
            assert isinstance(query, EncodedTexts)  # noqa: S101  # the protocol says so
            for batch in _batches(texts):
                answer = await turn.ask(CompareTexts(query.vectors[0], batch, max_tokens))
                assert isinstance(answer, ComparedTexts)  # noqa: S101  # the protocol says so
                relevance.update(zip(batch, map(relevance_of, answer.cosines), strict=True))
                cut += answer.cut
        if query.cut:
            losses.add("approximated", "query", f"cut to {ready.max_tokens} tokens")
        if cut:
            losses.add("approximated", "documents", f"of {cut} only the first {max_tokens} tokens were read")
        results = [
            RankedDocument(index, relevance[document.text])
            for index, document in enumerate(request.documents)
        ]
        results.sort(key=lambda result: -result.relevance)
        return RerankResponse(str(uuid4()), tuple(results[: request.limit]))

    def _dimension(self, wanted: int | None, ready: EmbedderReady, losses: LossReport) -> int | None:
        if wanted is None or wanted == ready.dimension:
            return None
        if wanted > ready.dimension:
            raise InvalidRequestError(
                f"invalid request: output_dimension: {self.name} has {ready.dimension} dimensions.",
                field="output_dimension",
            )
        losses.add("approximated", "output_dimension", f"the first {wanted} of {ready.dimension} dimensions")
        return wanted


def relevance_of(cosine: float) -> float:
    """Return the relevance, from 0 to 1, that a cosine stands for."""
    return round(1.0 / (1.0 + exp(-_STEEPNESS * (cosine - _MIDDLE_COSINE))), _RELEVANCE_DIGITS)


def _batches(texts: Sequence[str]) -> Sequence[tuple[str, ...]]:
    return [
        tuple(itertools.islice(texts, start, start + _TEXTS_PER_QUESTION))
        for start in range(0, len(texts), _TEXTS_PER_QUESTION)
    ]


def _floats(vector: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(vector) // _FLOAT_BYTES}f", vector)


def _too_long(index: int, max_tokens: int) -> ContextOverflowError:
    return ContextOverflowError(
        f"too many tokens: texts[{index}] has more than {max_tokens} tokens, and truncate is NONE.",
        field=f"texts[{index}]",
    )
