"""The embedded model as the pipeline sees it: a `ChatModel` that is always there.

It ties the parts together: map the request, wait for a slot, run the generation, speak in events.
"""

import uuid
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Self

from msgspec import Struct

from causeway.engine.admission import AdmissionQueue
from causeway.engine.connection import Generation
from causeway.engine.conversation import (
    BUNDLED_SYSTEM_TEXT,
    engine_sampling,
    prompt_messages,
    refuse_unsupported,
)
from causeway.engine.protocol import (
    EndReason,
    EngineSampling,
    EngineSettings,
    Finished,
    GenerationMessage,
    PromptMessage,
    Refused,
    Started,
    Token,
)
from causeway.engine.supervisor import EngineState, OnState, Supervisor
from causeway.engine.weights import BUNDLED_MODEL, bundled_weights, model_name
from causeway.model.errors import (
    CausewayError,
    ContextOverflowError,
    EngineFailedError,
    InvalidRequestError,
)
from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, MessageStart, TextDelta
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import FinishReason, TokenLogprobs
from causeway.model.usage import Usage

_DEFAULT_SETTINGS = EngineSettings()
_FINISH_REASONS: dict[EndReason, FinishReason] = {
    "end": FinishReason.COMPLETE,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "length": FinishReason.MAX_TOKENS,
}


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

        Raises the errors of `conversation.refuse_unsupported`, ContextOverflowError, OverloadedError,
        ModelUnavailableError and, at any time, EngineFailedError.
        """
        refuse_unsupported(request)
        messages = prompt_messages(request, losses, self._default_system_text)
        sampling = engine_sampling(request.sampling, losses)
        teller = _Teller(sampling.logprobs)
        generation = await self._start(messages, sampling, request.priority)
        try:
            async for message in generation:
                for event in teller.tell(message):
                    yield event
        finally:
            generation.cancel()

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


class _Teller:
    """Tells the engine's messages as events."""

    def __init__(self, wants_logprobs: bool) -> None:
        self._wants_logprobs = wants_logprobs
        self._content_tokens = 0
        self._has_begun = False

    def tell(self, message: GenerationMessage) -> Iterator[Event]:
        match message:
            case Started(content_tokens=content_tokens):
                self._content_tokens = content_tokens
            case Token(text=text):
                yield from self._begin()
                yield TextDelta(0, text, _logprobs_of(message) if self._wants_logprobs else None)
            case Finished():
                yield from self._begin()
                yield ContentEnd(0)
                yield _end_of(message, self._content_tokens)
            case Refused():
                raise _error_of(message)

    def _begin(self) -> Iterator[Event]:
        if not self._has_begun:
            self._has_begun = True
            yield MessageStart(str(uuid.uuid4()))
            yield ContentStart(0, "text")


def _logprobs_of(token: Token) -> TokenLogprobs:
    return TokenLogprobs(token.text, token.token_ids, token.logprobs)


def _end_of(finished: Finished, content_tokens: int) -> MessageEnd:
    return MessageEnd(
        _FINISH_REASONS[finished.reason],
        Usage(
            input_tokens=finished.prompt_tokens,
            output_tokens=finished.output_tokens,
            billed_input_tokens=content_tokens,
            billed_output_tokens=finished.output_tokens,
            cached_tokens=finished.cached_tokens,
        ),
    )


def _error_of(refused: Refused) -> CausewayError:
    match refused.kind:
        case "context_overflow":
            return ContextOverflowError(
                f"too many tokens: the conversation has {refused.prompt_tokens} tokens, "
                f"the model's context holds {refused.context_tokens} with the answer",
                field="messages",
            )
        case "invalid":
            return InvalidRequestError(refused.message, field="messages")
        case "engine":
            return EngineFailedError(f"the embedded engine failed: {refused.message}")
