"""The embedded model as the pipeline sees it: a `ChatModel` that is always there.

It ties the parts together: find out what kind of answer is wanted, and lend the engine to it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Self

from msgspec import Struct

from causeway.engine.admission import AdmissionQueue
from causeway.engine.connection import Generation
from causeway.engine.conversation import (
    BUNDLED_SYSTEM_TEXT,
    answer_sampling,
    prompt_messages,
    refuse_unsupported,
)
from causeway.engine.json_answer import accept_response_format, answer_json
from causeway.engine.protocol import EngineSampling, EngineSettings, PromptMessage
from causeway.engine.supervisor import EngineState, OnState, Supervisor
from causeway.engine.text_answer import answer_text
from causeway.engine.tokenizer import EmbeddedTokenizer
from causeway.engine.tool_calling import argument_sampling, call_tools
from causeway.engine.tool_choice import accept_tools, plan_calls
from causeway.engine.weights import BUNDLED_MODEL, bundled_weights, model_name
from causeway.model.catalog import ModelFacts
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

_DEFAULT_SETTINGS = EngineSettings()
_FEATURES = ("json_mode", "json_schema", "strict_tools", "safety_modes", "tools", "logprobs")


class EngineStatus(Struct, frozen=True, kw_only=True):
    """How the embedded model is; `context_tokens` is not known before it is loaded."""

    state: EngineState
    detail: str
    model: str
    slots: int
    busy: int
    waiting: int
    context_tokens: int | None
    restarts: int


class EmbeddedModel:
    """Answers conversations with the engine that `supervisor` keeps alive.

    `default_system_text` is said to the model where the caller gives no system message.
    """

    def __init__(
        self,
        name: str,
        supervisor: Supervisor,
        admission: AdmissionQueue,
        default_system_text: str | None = None,
    ) -> None:
        self._name = name
        self._supervisor = supervisor
        self._admission = admission
        self._default_system_text = default_system_text

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
        """Return the model of a file; without a file, one that says how to add it."""
        is_bundled = weights is None or weights == bundled_weights()
        return cls(
            f"local/{BUNDLED_MODEL if weights is None else model_name(weights)}",
            Supervisor(
                weights,
                settings=settings,
                on_state=on_state,
                stall_timeout_seconds=stall_timeout_seconds,
            ),
            AdmissionQueue(settings.slots, queue_limit),
            BUNDLED_SYSTEM_TEXT if is_bundled else None,
        )

    @property
    def name(self) -> str:
        """The model's name in requests and warnings."""
        return self._name

    def start(self) -> None:
        """Begin to load the model; returns at once."""
        self._supervisor.start()

    async def stop(self) -> None:
        """End the engine. Answers under way fail; later calls do nothing."""
        await self._supervisor.stop()

    def state(self) -> EngineStatus:
        """Return how it is now."""
        supervisor = self._supervisor
        return EngineStatus(
            state=supervisor.state,
            detail=supervisor.detail,
            model=self._name,
            slots=self._admission.slots,
            busy=self._admission.busy,
            waiting=self._admission.waiting,
            context_tokens=None if supervisor.facts is None else supervisor.facts.context_tokens,
            restarts=supervisor.restarts,
        )

    async def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        """Answer with events, as `ChatModel` says.

        Raises the errors of `conversation.refuse_unsupported` and `schemas.accept`,
        ContextOverflowError, OverloadedError, ModelUnavailableError and, at any time,
        EngineFailedError and InvalidGenerationError.
        """
        async with aclosing(self._answer(request, losses)) as events:
            async for event in events:
                yield event

    def _answer(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        refuse_unsupported(request)
        start = partial(self._start, priority=request.priority)
        calls = plan_calls(request, accept_tools(request, losses), losses)
        sampling = answer_sampling(request, losses)
        if calls:
            return call_tools(start, calls, argument_sampling(sampling, request.sampling, losses))
        messages = prompt_messages(request, losses, self._default_system_text)
        if request.response_format is not None:
            schema = accept_response_format(request.response_format, losses)
            return answer_json(start, messages, sampling, schema)
        return answer_text(start, messages, sampling)

    def tokenizer(self) -> EmbeddedTokenizer:
        """Return what splits texts into this model's tokens."""
        return EmbeddedTokenizer(self._name, self._supervisor)

    def facts(self) -> ModelFacts:
        """Return what can be told of it."""
        facts = self._supervisor.facts
        return ModelFacts(
            name=self._name,
            endpoints=("chat",),
            default_endpoints=("chat",),
            context_tokens=None if facts is None else facts.context_tokens,
            features=_FEATURES,
        )

    async def _start(
        self, messages: tuple[PromptMessage, ...], sampling: EngineSampling, priority: int
    ) -> Generation:
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
