"""What providers of OpenAI's dialect answer, as types: a whole completion, and a chunk of a stream.

Only what has a place in the canonical answer is named, and what says that there is none; the rest is
collected by `completion_extras.py` from the same JSON. Everything is optional, since every vendor leaves
something out. Source of truth: OpenAI's API reference, and the recorded answers of its imitators.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Number = int | float | None


class WireFunction(Struct):
    """The function of a tool call. `arguments` is JSON text, or from some vendors the object itself."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class WireToolCall(Struct):
    """A tool call, whole or a piece of one."""

    id: str | None = None
    index: int | None = None
    function: WireFunction | None = None


class WireAlternative(Struct):
    """A token that might have stood there."""

    token: str
    logprob: float
    bytes: list[int] | None = None


class WireTokenLogprob(Struct):
    """A token of the answer and its log probability."""

    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list[WireAlternative] | None = None


class WireLogprobs(Struct):
    """The log probabilities of a choice, or of a piece of it."""

    content: list[WireTokenLogprob] | None = None


class WireMessage(Struct):
    """The assistant's turn, whole or a piece of it.

    `content` is a text, or with Mistral a list of typed parts. Thinking is `reasoning_content` with most
    vendors and `reasoning` with the others.
    """

    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: Sequence[WireToolCall] | None = None
    annotations: list[dict[str, Any]] | None = None


class WireChoice(Struct):
    """One answer. A completion has its `message`, a chunk its `delta`.

    `stop_reason` is the sequence that vLLM stopped at, `error` what OpenRouter says of one that broke off.
    """

    index: int = 0
    message: WireMessage | None = None
    delta: WireMessage | None = None
    finish_reason: str | None = None
    stop_reason: Any = None
    error: Any = None


class WirePromptDetails(Struct):
    """What the prompt's tokens were."""

    cached_tokens: Number = None
    image_tokens: Number = None


class WireCompletionDetails(Struct):
    """What the answer's tokens were."""

    reasoning_tokens: Number = None


class WireUsage(Struct):
    """The counts. Those below the details are other vendors' names for the same."""

    prompt_tokens: Number = None
    completion_tokens: Number = None
    total_tokens: Number = None
    prompt_tokens_details: WirePromptDetails | None = None
    completion_tokens_details: WireCompletionDetails | None = None
    cached_tokens: Number = None
    num_cached_tokens: Number = None
    prompt_cache_hit_tokens: Number = None
    reasoning_tokens: Number = None


class WireCompletion(Struct):
    """A completion, or a chunk of one, or by its `object` or its `error` neither."""

    id: str | None = None
    object: Any = None
    created: Number = None
    model: str | None = None
    choices: Sequence[WireChoice] | None = None
    usage: WireUsage | None = None
    error: Any = None


class PlainToolCall(WireToolCall, forbid_unknown_fields=True):
    """A tool call of a plain completion."""

    type: str | None = None
    index: None = None


class PlainMessage(WireMessage, forbid_unknown_fields=True):
    """Text, thinking and tool calls, and nothing besides."""

    role: str | None = None
    content: str | None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: list[PlainToolCall] | None = None
    annotations: Annotated[list[dict[str, Any]], Meta(max_length=0)] | None = None


class PlainAnswer(WireChoice, forbid_unknown_fields=True):
    """The one choice of a plain completion."""

    message: PlainMessage | None = None
    delta: None = None
    logprobs: None = None
    stop_reason: None = None
    error: None = None


class PlainPromptDetails(WirePromptDetails, forbid_unknown_fields=True):
    """What the prompt's tokens were, in OpenAI's words."""

    audio_tokens: Number = None


class PlainCompletionDetails(WireCompletionDetails, forbid_unknown_fields=True):
    """What the answer's tokens were, in OpenAI's words."""

    accepted_prediction_tokens: Number = None
    audio_tokens: Number = None
    rejected_prediction_tokens: Number = None


class PlainUsage(WireUsage, forbid_unknown_fields=True):
    """The counts, by OpenAI's names alone."""

    prompt_tokens_details: PlainPromptDetails | None = None
    completion_tokens_details: PlainCompletionDetails | None = None
    cached_tokens: None = None
    num_cached_tokens: None = None
    prompt_cache_hit_tokens: None = None
    reasoning_tokens: None = None


class PlainCompletion(WireCompletion, forbid_unknown_fields=True):
    """What nearly every completion is: one answer in OpenAI's own envelope.

    All that has to be collected of it is named here (`CompletionExtras.add_plain`).
    """

    object: Literal["chat.completion"] | None = None
    choices: tuple[PlainAnswer] | None = None
    usage: PlainUsage | None = None
    error: None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    provider: str | None = None


class PlainDelta(WireMessage, forbid_unknown_fields=True):
    """More text or thinking, and nothing besides."""

    role: str | None = None
    content: str | None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: None = None
    annotations: None = None


class PlainChoice(WireChoice, forbid_unknown_fields=True, kw_only=True):
    """The one choice of a plain chunk. The last two are OpenRouter's and SGLang's, null until the end."""

    index: Literal[0] = 0
    message: None = None
    delta: PlainDelta
    logprobs: None = None
    stop_reason: None = None
    error: None = None
    native_finish_reason: None = None
    matched_stop: None = None


class PlainChunk(WireCompletion, forbid_unknown_fields=True, kw_only=True):
    """What nearly every chunk of a stream is: more text, or the end of it, in a known envelope.

    All that has to be collected of it is named here (`CompletionExtras.add_plain`). `obfuscation` is padding
    that hides the length of the text; it means nothing and is not kept.
    """

    object: Literal["chat.completion.chunk"] | None = None
    choices: Annotated[list[PlainChoice], Meta(max_length=1)]
    usage: PlainUsage | None = None
    error: None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    provider: str | None = None
    obfuscation: str | None = None
