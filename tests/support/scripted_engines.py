"""Engines that do as they are told, and remember what was asked of them and whether it was given up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from causeway.engine.embedding_protocol import Answer, EmbedderReady, Question
from causeway.engine.ports import EngineStatus
from causeway.engine.protocol import (
    Detokenized,
    EngineSampling,
    GenerationMessage,
    PromptMessage,
    Refused,
    Tokenized,
)

STATUS = EngineStatus(
    state="ready", detail="loaded", slots=4, busy=1, waiting=2, context_tokens=4096, restarts=3
)
READY = EmbedderReady(384, 254)
Step = GenerationMessage | Exception | asyncio.Event


class ScriptedGeneration:
    """Yields messages, raises exceptions, and waits for events."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = iter(steps)
        self.was_cancelled = asyncio.Event()

    def __aiter__(self) -> "ScriptedGeneration":
        return self

    async def __anext__(self) -> GenerationMessage:
        for step in self._steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
                continue
            return step
        raise StopAsyncIteration

    def cancel(self) -> None:
        self.was_cancelled.set()


class ScriptedLanguageEngine:
    """`gate` is waited for before a generation begins; `tokenize` and `detokenize` answer with `answer`."""

    def __init__(self, *steps: Step, answer: Tokenized | Detokenized | Refused | Exception = STATUS) -> None:  # type: ignore[assignment]
        self.generation = ScriptedGeneration(steps)
        self.answer = answer
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[object] = []
        self.waits = asyncio.Event()
        self.gave_up_waiting = asyncio.Event()

    def start(self) -> None:
        raise AssertionError("it is not the host's to start")

    async def stop(self) -> None:
        raise AssertionError("it is not the host's to stop")

    async def status(self) -> EngineStatus:
        return STATUS

    async def generate(
        self, messages: tuple[PromptMessage, ...], sampling: EngineSampling, priority: int
    ) -> ScriptedGeneration:
        self.asked.append((messages, sampling, priority))
        self.waits.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.gave_up_waiting.set()
            raise
        return self.generation

    async def tokenize(self, text: str) -> Tokenized | Refused:
        self.asked.append(text)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]

    async def detokenize(self, token_ids: tuple[int, ...]) -> Detokenized | Refused:
        self.asked.append(token_ids)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


class ScriptedEmbeddingEngine:
    """Answers questions with `answer`; `turn_ended` is set whenever a turn is given back."""

    def __init__(self, answer: Callable[[Question], Answer] | None = None) -> None:
        self._answer = answer
        self.priorities: list[int] = []
        self.turn_ended = asyncio.Event()

    @asynccontextmanager
    async def turn(self, priority: int) -> AsyncIterator["ScriptedTurn"]:
        self.priorities.append(priority)
        try:
            yield ScriptedTurn(self._answer)
        finally:
            self.turn_ended.set()

    async def known_facts(self) -> EmbedderReady | None:
        return READY

    async def stop(self) -> None:
        raise AssertionError("it is not the host's to stop")


class ScriptedTurn:
    """Without an answer it waits for ever."""

    ready = READY

    def __init__(self, answer: Callable[[Question], Answer] | None) -> None:
        self._answer = answer

    async def ask(self, question: Question) -> Answer:
        if self._answer is None:
            await asyncio.Event().wait()
        assert self._answer is not None
        return self._answer(question)
