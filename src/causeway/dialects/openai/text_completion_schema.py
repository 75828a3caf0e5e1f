"""The bodies of `POST /completions`, the API from before there were chats: what is read and what is answered.

The types of answers describe; the encoders write. Source of truth: OpenAI's API reference and SDK.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from causeway.dialects.openai.request_schema import WireStreamOptions
from causeway.dialects.openai.response_schema import (
    AnswerFields,
    ChunkFields,
    CompletionUsage,
    Spoken,
    SpokenError,
)


class WireTextRequest(Struct):
    """The body. `logprobs` is how many alternatives of each token are wanted; `fallbacks` is Bifrost's."""

    model: str | None = None
    prompt: str | list[Any] | None = None
    suffix: str | None = None
    echo: bool | None = None
    stream: bool | None = None
    stream_options: WireStreamOptions | None = None
    n: int | None = None
    best_of: int | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: int | None = None
    fallbacks: list[str] | None = None


class TextLogprobs(Spoken):
    """The log probabilities of the tokens, one of each list for each; offsets are into the text."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class TextChoice(Spoken):
    """The text, or a piece of it; the last piece says why it ended."""

    text: str
    index: int
    logprobs: TextLogprobs | None
    finish_reason: str | None


class TextCompletion(Spoken):
    """The body of a whole answer. `error` is there where it broke off."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[TextChoice]
    usage: CompletionUsage
    error: SpokenError | None = None


class UnifiedTextCompletion(TextCompletion, kw_only=True):
    """The same, on the unified path."""

    extra_fields: AnswerFields


class TextChunk(Spoken):
    """A piece of a stream. With `stream_options.include_usage` the last one has the usage and no choice."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[TextChoice]
    usage: CompletionUsage | UnsetType | None = UNSET


class UnifiedTextChunk(TextChunk, kw_only=True):
    """The same, on the unified path."""

    extra_fields: ChunkFields
