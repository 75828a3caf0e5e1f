"""What the embedded models need of the engines that run them, wherever those run.

The engines are this process's own (`local_language`, `local_embedding`) or the main process's, asked from
a worker of the gateway (`remote`). Who asks cannot tell which.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from causeway.engine.embedding_protocol import Answer, EmbedderReady, Question
from causeway.engine.protocol import (
    Detokenized,
    EngineSampling,
    GenerationMessage,
    PromptMessage,
    Refused,
    Tokenized,
)
from causeway.engine.supervisor import EngineState


class EngineStatus(Struct, frozen=True, kw_only=True):
    """How a language engine is; `context_tokens` is not known before a model is loaded."""

    state: EngineState
    detail: str
    slots: int
    busy: int
    waiting: int
    context_tokens: int | None
    restarts: int


class Generating(Protocol):
    """One generation under way. Iterate over it once, to its `Finished` or `Refused`."""

    def __aiter__(self) -> "Generating":
        """Return itself."""

    async def __anext__(self) -> GenerationMessage:
        """Return the next message; raises EngineFailedError where the engine is lost before the last."""

    def cancel(self) -> None:
        """Have the engine stop. Never waits."""


class LanguageEngine(Protocol):
    """Runs one language model."""

    def start(self) -> None:
        """Begin to load the model; returns at once."""

    async def stop(self) -> None:
        """End the engine. What is under way fails; later calls do nothing."""

    async def status(self) -> EngineStatus:
        """Return how it is now."""

    async def generate(
        self, messages: tuple[PromptMessage, ...], sampling: EngineSampling, priority: int
    ) -> Generating:
        """Begin a generation; the caller must cancel it, also after its end.

        Raises OverloadedError, ModelUnavailableError and EngineFailedError, now or while it is read.
        """

    async def tokenize(self, text: str) -> Tokenized | Refused:
        """Return the tokens of a text; raises ModelUnavailableError and EngineFailedError."""

    async def detokenize(self, token_ids: tuple[int, ...]) -> Detokenized | Refused:
        """Return the text of tokens; raises ModelUnavailableError and EngineFailedError."""


class EmbeddingTurn(Protocol):
    """The right to ask an embedding engine, held for one request. `ready` says what its model can do."""

    @property
    def ready(self) -> EmbedderReady:
        """What the model said of itself when it was loaded."""

    async def ask(self, question: Question) -> Answer:
        """Return the answer; raises ModelUnavailableError and EngineFailedError. One at a time."""


class EmbeddingEngine(Protocol):
    """Runs one embedding model, started when it is first needed. One caller is served at a time."""

    def turn(self, priority: int) -> AbstractAsyncContextManager[EmbeddingTurn]:
        """Wait for a turn; the lowest `priority` goes first.

        Raises OverloadedError, ModelUnavailableError and EngineFailedError.
        """

    async def known_facts(self) -> EmbedderReady | None:
        """Return what is known of the model: nothing before it was first loaded."""

    async def stop(self) -> None:
        """End the engine. What it was asked fails; later calls do nothing."""
