"""A finished chat response: the fold of a stream's events."""

from enum import StrEnum

from msgspec import Struct

from causeway.model.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock, ToolCall
from causeway.model.extras import Extras
from causeway.model.usage import Usage


class FinishReason(StrEnum):
    """Why the model stopped."""

    COMPLETE = "complete"
    STOP_SEQUENCE = "stop_sequence"
    MAX_TOKENS = "max_tokens"
    TOOL_CALL = "tool_call"
    ERROR = "error"
    TIMEOUT = "timeout"
    CONTENT_FILTER = "content_filter"


class TokenAlternative(Struct, frozen=True):
    """A token that might have stood in another's place."""

    text: str
    logprob: float
    utf8: tuple[int, ...] | None = None


class TokenLogprobs(Struct, frozen=True):
    """The log probabilities of the tokens that made one piece of text.

    `token_ids` is empty where a provider does not tell them. `utf8` are the bytes of the text, for
    tokens that are no whole characters.
    """

    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    utf8: tuple[int, ...] | None = None
    alternatives: tuple[TokenAlternative, ...] = ()


class Failure(Struct, frozen=True):
    """Why a response broke off after it had begun."""

    message: str
    type: str | None = None


class AnswerEnding(Struct, frozen=True):
    """How an answer ended and what it used, without what it says.

    `is_empty` says that there is neither content nor a tool call.
    """

    finish_reason: FinishReason
    usage: Usage
    failure: Failure | None
    is_empty: bool


class ChatResponse(Struct, frozen=True, kw_only=True):
    """What the model answered.

    `tool_plan` is text that a model wrote before its tool calls. `logprobs` is `None` where none
    were asked for. `model` is what the provider calls the model that answered, empty where it does not
    say; `created` is when, in Unix seconds.
    """

    id: str
    content: tuple[TextBlock | ThinkingBlock | OpaqueBlock, ...] = ()
    tool_plan: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    finish_reason: FinishReason
    usage: Usage
    logprobs: tuple[TokenLogprobs, ...] | None = None
    failure: Failure | None = None
    model: str = ""
    created: int | None = None
    extras: Extras | None = None

    def ending(self) -> AnswerEnding:
        """Return how the answer ended."""
        is_empty = not self.content and not self.tool_calls
        return AnswerEnding(self.finish_reason, self.usage, self.failure, is_empty)
