"""The shapes of the bodies of Messages, of its token count and of the older Text Completions.

Here stands what has a place in the canonical request, and what decides how to read it; every other field
of the body is kept as it came. Content is checked block by block where it is decoded, since there are more
kinds of block than the gateway knows. Types only: ranges and combinations are judged where they are
decoded. Source of truth: Anthropic's SDK, Bifrost's OpenAPI document, and the recorded requests.
"""

from typing import Any

from msgspec import Struct


class WireMessage(Struct):
    """A turn. `system` is a role too, for an instruction in the middle of the conversation."""

    role: str
    content: str | list[dict[str, Any]] | None = None


class WireToolChoice(Struct):
    """Whether to call a tool, and which."""

    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class WireThinking(Struct):
    """Whether to think first. `adaptive` leaves it to the model how much."""

    type: str
    budget_tokens: int | None = None


class WireOutputFormat(Struct):
    """The form of the answer."""

    type: str
    schema: dict[str, Any] | None = None


class WireOutputConfig(Struct):
    """How the answer should be."""

    effort: str | None = None
    format: WireOutputFormat | None = None


class WireTokenCountRequest(Struct):
    """The body of `POST /messages/count_tokens`, as far as it is read."""

    model: str | None = None
    messages: list[WireMessage] | None = None
    system: str | list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: WireToolChoice | None = None
    thinking: WireThinking | None = None
    output_config: WireOutputConfig | None = None
    output_format: WireOutputFormat | None = None


class WireMessagesRequest(WireTokenCountRequest):
    """The body of `POST /messages`, as far as it is read.

    `output_format` is the older name of `output_config.format`. Strings in `fallbacks` are the gateway's;
    anything else there is Anthropic's own.
    """

    max_tokens: int | None = None
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    fallbacks: Any = None


class WireCompleteRequest(Struct):
    """The body of `POST /complete`, as far as it is read."""

    model: str | None = None
    prompt: str | None = None
    max_tokens_to_sample: int | None = None
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    fallbacks: list[str] | None = None
