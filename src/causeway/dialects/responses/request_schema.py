"""The shapes of the body of `POST /responses`, as far as it is read.

Items, parts and tools are of so many types that they are read where they are decoded; every other field of
the body is kept as it came. Types only: ranges and combinations are judged where they are decoded.
Source of truth: OpenAI's API reference and SDK, and recorded requests.
"""

from typing import Any

from msgspec import Struct

from causeway.dialects.openai.request_schema import WireCitationOptions, WireDocument


class WireFormat(Struct):
    """The form of the answer's text."""

    type: str
    name: str | None = None
    description: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class WireText(Struct):
    """How the answer's text shall be."""

    format: WireFormat | None = None
    verbosity: str | None = None


class WireReasoning(Struct):
    """How much to reason, and to tell of it. `max_tokens` is Bifrost's."""

    effort: str | None = None
    max_tokens: int | None = None
    summary: str | None = None


class WireRepeated(Struct):
    """Settings that have no canonical place. They have types, since a response repeats them."""

    background: bool | None = None
    conversation: str | dict[str, Any] | None = None
    max_tool_calls: int | None = None
    metadata: dict[str, Any] | None = None
    previous_response_id: str | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    truncation: str | None = None
    user: str | None = None


class WireRequest(WireRepeated):
    """The body. `fallbacks` is Bifrost's; the last four are Cohere's, as in chat completions."""

    model: str | None = None
    input: str | list[dict[str, Any]] | None = None
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: int | None = None
    include: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    text: WireText | None = None
    reasoning: WireReasoning | None = None
    fallbacks: list[str] | None = None
    documents: list[str | WireDocument] | None = None
    citation_options: WireCitationOptions | None = None
    safety_mode: str | None = None
    priority: int | None = None
