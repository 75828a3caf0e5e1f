"""A finished chat response: the fold of a stream's events."""

from enum import StrEnum

from msgspec import Struct

from causeway.model.content import Citation, TextBlock, ThinkingBlock, ToolCall
from causeway.model.usage import Usage


class FinishReason(StrEnum):
    """Why the model stopped."""

    COMPLETE = "complete"
    STOP_SEQUENCE = "stop_sequence"
    MAX_TOKENS = "max_tokens"
    TOOL_CALL = "tool_call"
    ERROR = "error"
    TIMEOUT = "timeout"


class TokenLogprobs(Struct, frozen=True):
    """The log probabilities of the tokens that made one piece of text."""

    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]


class Failure(Struct, frozen=True):
    """Why a response broke off after it had begun."""

    message: str
    type: str | None = None


class ChatResponse(Struct, frozen=True, kw_only=True):
    """What the model answered.

    `tool_plan` is text that a model wrote before its tool calls. `logprobs` is `None` where none
    were asked for.
    """

    id: str
    content: tuple[TextBlock | ThinkingBlock, ...] = ()
    tool_plan: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    finish_reason: FinishReason
    usage: Usage
    logprobs: tuple[TokenLogprobs, ...] | None = None
    failure: Failure | None = None
