"""The embedded embedding model as the pipeline sees it: it embeds, and ranks by what it embeds.

Its worker is started when it is first needed, and again when it is needed after it died. One caller
is served at a time, a few texts in one question, so that a caller who leaves is soon forgotten.
"""

import asyncio
import itertools
import os
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from math import exp
from pathlib import Path
from typing import Any
from uuid import uuid4

from causeway.engine.admission import AdmissionQueue, Slot
from causeway.engine.embedding_process import EmbeddingProcess, EmbeddingWorkerError
from causeway.engine.embedding_protocol import (
    Answer,
    ComparedTexts,
    CompareTexts,
    EmbedderReady,
    EncodedTexts,
    EncodeTexts,
    Question,
    TextTooLong,
)
from causeway.engine.weights import BUNDLED_EMBEDDER, HOW_TO_ADD_EMBEDDER
from causeway.model.catalog import ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import (
    ContextOverflowError,
    EngineFailedError,
    InvalidRequestError,
    ModelUnavailableError,
)
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
    """Embeds and ranks with the model in `folder`; without a folder it says how to add one."""

    def __init__(
        self,
        folder: Path | None,
        *,
        queue_limit: int = 64,
        load_timeout_seconds: float = 60.0,
        answer_timeout_seconds: float = 60.0,
    ) -> None:
        self._folder = folder
        self._admission = AdmissionQueue(1, queue_limit)
        self._load_timeout_seconds = load_timeout_seconds
        self._answer_timeout_seconds = answer_timeout_seconds
        self._process: EmbeddingProcess | None = None
        self._ready: EmbedderReady | None = None
        self._is_stopped = False

    @property
    def name(self) -> str:
        """The model's name in requests and warnings."""
        return f"local/{BUNDLED_EMBEDDER}"

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while there is one."""
        return None if self._process is None else self._process.pid

    def facts(self) -> ModelFacts:
        """Return what can be told of it."""
        return ModelFacts(
            name=self.name,
            endpoints=("embed", "rerank"),
            default_endpoints=("embed", "rerank"),
            context_tokens=None if self._ready is None else self._ready.max_tokens,
        )

    async def stop(self) -> None:
        """End the worker. What it was asked fails; later calls do nothing."""
        self._is_stopped = True
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def embed(self, request: EmbeddingRequest, losses: LossReport) -> EmbeddingResponse:
        """Return the vectors of texts; how often a text stands in the request costs nothing.

        Raises InvalidRequestError, ContextOverflowError, OverloadedError, ModelUnavailableError and
        EngineFailedError.
        """
        texts = tuple(dict.fromkeys(request.texts))
        vectors: dict[str, tuple[float, ...]] = {}
        tokens: dict[str, int] = {}
        cut = 0
        async with self._turn(request.priority) as turn:
            ready = await self._running_ready()
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
        async with self._turn(request.priority) as turn:
            ready = await self._running_ready()
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

    @asynccontextmanager
    async def _turn(self, priority: int) -> AsyncIterator["_Turn"]:
        turn = _Turn(self._ask, await self._admission.acquire(priority))
        try:
            yield turn
        finally:
            turn.end()

    async def _running_ready(self) -> EmbedderReady:
        return (await self._running()).ready

    async def _running(self) -> EmbeddingProcess:
        if self._folder is None:
            raise ModelUnavailableError(f"no embedding model is installed. {HOW_TO_ADD_EMBEDDER}")
        if self._process is not None and self._process.has_hung_up:
            await self._drop()
        if self._is_stopped:
            raise ModelUnavailableError("the gateway is stopping")
        if self._process is None:
            try:
                process = await EmbeddingProcess.start(
                    self._folder, threads=_thread_count(), load_timeout_seconds=self._load_timeout_seconds
                )
            except (EmbeddingWorkerError, OSError) as error:
                raise ModelUnavailableError(f"the embedding model cannot be run: {error}") from error
            if self._is_stopped:
                await process.end()
                raise ModelUnavailableError("the gateway is stopping")
            self._process, self._ready = process, process.ready
        return self._process

    async def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def _ask(self, question: Question) -> Answer:
        process = await self._running()
        try:
            return await process.ask(question, timeout_seconds=self._answer_timeout_seconds)
        except EmbeddingWorkerError as error:
            await self._drop()
            raise EngineFailedError(
                f"the embedding model failed: {error}; it is started again for the next request"
            ) from error


class _Turn:
    """The right to ask, held for one request."""

    def __init__(self, ask: Callable[[Question], Coroutine[Any, Any, Answer]], slot: Slot) -> None:
        self._ask = ask
        self._slot = slot
        self._asking: asyncio.Task[Answer] | None = None

    async def ask(self, question: Question) -> Answer:
        self._asking = asyncio.create_task(self._ask(question))
        # The worker answers all the same when the caller leaves, and that answer has to be read.
        return await asyncio.shield(self._asking)

    def end(self) -> None:
        if self._asking is None or self._asking.done():
            self._slot.release()
        else:
            self._asking.add_done_callback(lambda _: self._slot.release())


def _thread_count() -> int:
    # The language model takes the rest; more than a few threads bring nothing for texts this short.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores // 2))


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
