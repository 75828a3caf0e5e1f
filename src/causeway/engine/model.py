"""The embedded model as the pipeline sees it: a `ChatModel` that is always there.

It ties the parts together: find out what kind of answer is wanted, and lend the engine to it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Self

from causeway.engine.conversation import (
    BUNDLED_SYSTEM_TEXT,
    answer_sampling,
    prompt_messages,
    refuse_unsupported,
)
from causeway.engine.json_answer import accept_response_format, answer_json
from causeway.engine.ports import EngineStatus, LanguageEngine
from causeway.engine.text_answer import answer_text
from causeway.engine.tokenizer import EmbeddedTokenizer
from causeway.engine.tool_calling import argument_sampling, call_tools
from causeway.engine.tool_choice import accept_tools, plan_calls
from causeway.engine.weights import bundled_weights, served_name
from causeway.model.catalog import ModelFacts
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

_FEATURES = ("json_mode", "json_schema", "strict_tools", "safety_modes", "tools", "logprobs")


class EmbeddedModel:
    """Answers conversations with a language engine.

    `default_system_text` is said to the model where the caller gives no system message.
    """

    def __init__(self, name: str, engine: LanguageEngine, default_system_text: str | None = None) -> None:
        self._name = name
        self._engine = engine
        self._default_system_text = default_system_text

    @classmethod
    def for_weights(cls, weights: Path | None, engine: LanguageEngine) -> Self:
        """Return the model of a file, or of none, that `engine` runs."""
        is_bundled = weights is None or weights == bundled_weights()
        return cls(served_name(weights), engine, BUNDLED_SYSTEM_TEXT if is_bundled else None)

    @property
    def name(self) -> str:
        """The model's name in requests and warnings."""
        return self._name

    def start(self) -> None:
        """Begin to load the model; returns at once."""
        self._engine.start()

    async def stop(self) -> None:
        """End the engine. Answers under way fail; later calls do nothing."""
        await self._engine.stop()

    async def status(self) -> EngineStatus:
        """Return how its engine is now; raises CausewayError where that cannot be known."""
        return await self._engine.status()

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
        start = partial(self._engine.generate, priority=request.priority)
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
        return EmbeddedTokenizer(self._name, self._engine)

    async def facts(self) -> ModelFacts:
        """Return what can be told of it."""
        return ModelFacts(
            name=self._name,
            endpoints=("chat",),
            default_endpoints=("chat",),
            context_tokens=(await self._engine.status()).context_tokens,
            features=_FEATURES,
        )
