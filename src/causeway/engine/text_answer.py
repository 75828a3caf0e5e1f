"""An answer in text: the engine's messages told as events.

What every kind of answer shares is here too: how a generation ends, what it used, and what its
refusal means to the caller.
"""

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

from causeway.engine.ports import Generating
from causeway.engine.protocol import (
    EndReason,
    EngineSampling,
    Finished,
    GenerationMessage,
    PromptMessage,
    Refused,
    Started,
    Token,
)
from causeway.model.errors import (
    CausewayError,
    ContextOverflowError,
    EngineFailedError,
    InvalidRequestError,
)
from causeway.model.events import ContentEnd, ContentStart, Event, MessageEnd, MessageStart, TextDelta
from causeway.model.response import FinishReason, TokenLogprobs
from causeway.model.usage import Usage

Start = Callable[[tuple[PromptMessage, ...], EngineSampling], Awaitable[Generating]]

_FINISH_REASONS: dict[EndReason, FinishReason] = {
    "end": FinishReason.COMPLETE,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "length": FinishReason.MAX_TOKENS,
}


async def answer_text(
    start: Start, messages: tuple[PromptMessage, ...], sampling: EngineSampling
) -> AsyncGenerator[Event, None]:
    """Answer with what the model writes."""
    teller = TextTeller(sampling.logprobs)
    generation = await start(messages, sampling)
    try:
        async for message in generation:
            for event in teller.tell(message):
                yield event
    finally:
        generation.cancel()


class TextTeller:
    """Tells the messages of one generation as the events of one text."""

    def __init__(self, wants_logprobs: bool) -> None:
        self._wants_logprobs = wants_logprobs
        self._content_tokens = 0
        self._has_begun = False

    def tell(self, message: GenerationMessage) -> Iterator[Event]:
        """Yield the events of the next message; raises where it is a refusal."""
        match message:
            case Started(content_tokens=content_tokens):
                self._content_tokens = content_tokens
            case Token(text=text):
                yield from self._begin()
                yield TextDelta(0, text, _logprobs_of(message) if self._wants_logprobs else None)
            case Finished():
                yield from self._begin()
                yield ContentEnd(0)
                yield MessageEnd(_FINISH_REASONS[message.reason], usage_of(message, self._content_tokens))
            case Refused():
                raise error_of(message)

    def _begin(self) -> Iterator[Event]:
        if not self._has_begun:
            self._has_begun = True
            yield MessageStart(str(uuid.uuid4()))
            yield ContentStart(0, "text")


def usage_of(finished: Finished, content_tokens: int) -> Usage:
    """Return what a generation used; `content_tokens` of its prompt were the caller's."""
    return Usage(
        input_tokens=finished.prompt_tokens,
        output_tokens=finished.output_tokens,
        billed_input_tokens=content_tokens,
        billed_output_tokens=finished.output_tokens,
        cached_tokens=finished.cached_tokens,
    )


def error_of(refused: Refused) -> CausewayError:
    """Return what a refusal means to the caller."""
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


def _logprobs_of(token: Token) -> TokenLogprobs:
    return TokenLogprobs(token.text, token.token_ids, token.logprobs)
