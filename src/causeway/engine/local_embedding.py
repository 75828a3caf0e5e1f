"""The embedding engine of this process: a child that is started when it is first needed.

It is started again when it is needed after it died. One caller is served at a time, a question at a time,
so that a caller who leaves is soon forgotten.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from causeway.engine.admission import AdmissionQueue, Slot
from causeway.engine.embedding_process import EmbeddingProcess, EmbeddingWorkerError
from causeway.engine.embedding_protocol import Answer, EmbedderReady, Question
from causeway.engine.weights import HOW_TO_ADD_EMBEDDER
from causeway.model.errors import EngineFailedError, ModelUnavailableError


class LocalEmbeddingEngine:
    """An `EmbeddingEngine` for the model in `folder`; without a folder it says how to add one."""

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
    def worker_pid(self) -> int | None:
        """The process id of the child, while there is one."""
        return None if self._process is None else self._process.pid

    async def known_facts(self) -> EmbedderReady | None:
        """Return what is known of the model: nothing before it was first loaded."""
        return self._ready

    async def stop(self) -> None:
        """End the child. What it was asked fails; later calls do nothing."""
        self._is_stopped = True
        await self._drop()

    @asynccontextmanager
    async def turn(self, priority: int) -> AsyncIterator["LocalTurn"]:
        """Wait for a turn, and for the model, as `EmbeddingEngine` says."""
        slot = await self._admission.acquire(priority)
        try:
            turn = LocalTurn((await self._running()).ready, self._ask, slot)
        except BaseException:
            slot.release()
            raise
        try:
            yield turn
        finally:
            turn.end()

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


class LocalTurn:
    """An `EmbeddingTurn` that holds the slot of the queue."""

    def __init__(
        self, ready: EmbedderReady, ask: Callable[[Question], Coroutine[Any, Any, Answer]], slot: Slot
    ) -> None:
        self.ready = ready
        self._ask = ask
        self._slot = slot
        self._asking: asyncio.Task[Answer] | None = None

    async def ask(self, question: Question) -> Answer:
        """Return the answer; raises ModelUnavailableError and EngineFailedError."""
        self._asking = asyncio.create_task(self._ask(question))
        # The child answers all the same when the caller leaves, and that answer has to be read.
        return await asyncio.shield(self._asking)

    def end(self) -> None:
        """Give the slot back, once the child owes no answer."""
        if self._asking is None or self._asking.done():
            self._slot.release()
        else:
            self._asking.add_done_callback(lambda _: self._slot.release())


def _thread_count() -> int:
    # The language model takes the rest; more than a few threads bring nothing for texts this short.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores // 2))
