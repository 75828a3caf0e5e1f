"""What providers of OpenAI's dialect answer, as types: a whole completion, and a chunk of a stream.

Only what has a place in the canonical answer is named; the rest is collected by `completion_extras.py`
from the same JSON. Everything is optional, since every vendor leaves something out. Source of truth:
OpenAI's API reference, and the recorded answers of its imitators.
"""

from typing import Any

from msgspec import Struct

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
    tool_calls: list[WireToolCall] | None = None
    annotations: list[dict[str, Any]] | None = None


class WireChoice(Struct):
    """One answer. A completion has its `message`, a chunk its `delta`."""

    index: int = 0
    message: WireMessage | None = None
    delta: WireMessage | None = None
    finish_reason: str | None = None


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
    """A completion, or a chunk of one."""

    id: str | None = None
    created: Number = None
    model: str | None = None
    choices: list[WireChoice] | None = None
    usage: WireUsage | None = None


class PlainDelta(Struct, forbid_unknown_fields=True):
    """More text or thinking, and nothing besides."""

    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: None = None


class PlainChoice(Struct, forbid_unknown_fields=True):
    """The one choice of a plain chunk."""

    delta: PlainDelta
    index: int = 0
    finish_reason: None = None
    logprobs: None = None
    native_finish_reason: None = None


class PlainChunk(Struct, forbid_unknown_fields=True):
    """What nearly every chunk of a stream is: more text in a known envelope, with nothing to collect.

    `obfuscation` is padding that hides the length of the text; it means nothing and is not kept.
    """

    choices: tuple[PlainChoice]
    id: str = ""
    object: str = ""
    created: int = 0
    model: str = ""
    system_fingerprint: str | None = None
    service_tier: str | None = None
    provider: str | None = None
    usage: None = None
    obfuscation: str | None = None
