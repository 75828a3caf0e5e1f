"""The language engine of this process: a queue before it, and a supervisor that keeps it alive."""

from pathlib import Path
from typing import Self

from causeway.engine.admission import AdmissionQueue
from causeway.engine.connection import Generation
from causeway.engine.ports import EngineStatus
from causeway.engine.protocol import (
    Detokenized,
    EngineSampling,
    EngineSettings,
    PromptMessage,
    Refused,
    Tokenized,
)
from causeway.engine.supervisor import OnState, Supervisor

_DEFAULT_SETTINGS = EngineSettings()


class LocalLanguageEngine:
    """A `LanguageEngine`: the worker that `supervisor` keeps alive, for those whom `admission` lets in."""

    def __init__(self, supervisor: Supervisor, admission: AdmissionQueue) -> None:
        self._supervisor = supervisor
        self._admission = admission

    @classmethod
    def for_weights(
        cls,
        weights: Path | None,
        *,
        settings: EngineSettings = _DEFAULT_SETTINGS,
        queue_limit: int = 64,
        stall_timeout_seconds: float = 60.0,
        on_state: OnState | None = None,
    ) -> Self:
        """Return the engine for a model file; without a file, one that says how to add it."""
        supervisor = Supervisor(
            weights, settings=settings, on_state=on_state, stall_timeout_seconds=stall_timeout_seconds
        )
        return cls(supervisor, AdmissionQueue(settings.slots, queue_limit))

    def start(self) -> None:
        """Begin to load the model; returns at once."""
        self._supervisor.start()

    async def stop(self) -> None:
        """End the engine. What is under way fails; later calls do nothing."""
        await self._supervisor.stop()

    async def status(self) -> EngineStatus:
        """Return how it is now."""
        supervisor = self._supervisor
        return EngineStatus(
            state=supervisor.state,
            detail=supervisor.detail,
            slots=self._admission.slots,
            busy=self._admission.busy,
            waiting=self._admission.waiting,
            context_tokens=None if supervisor.facts is None else supervisor.facts.context_tokens,
            restarts=supervisor.restarts,
        )

    async def generate(
        self, messages: tuple[PromptMessage, ...], sampling: EngineSampling, priority: int
    ) -> Generation:
        """Wait for a slot and begin a generation, as `LanguageEngine` says."""
        slot = await self._admission.acquire(priority)
        try:
            connection = await self._supervisor.ready()
            generation = connection.start(messages, sampling)
        except BaseException:
            slot.release()
            raise
        # Not when the caller leaves: until the engine has really stopped, the slot is taken.
        generation.when_over(slot.release)
        return generation

    async def tokenize(self, text: str) -> Tokenized | Refused:
        """Return the tokens of a text; raises ModelUnavailableError and EngineFailedError."""
        return await (await self._supervisor.ready()).tokenize(text)

    async def detokenize(self, token_ids: tuple[int, ...]) -> Detokenized | Refused:
        """Return the text of tokens; raises ModelUnavailableError and EngineFailedError."""
        return await (await self._supervisor.ready()).detokenize(token_ids)
