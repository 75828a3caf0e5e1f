"""The shapes of a chat completion's body, as clients of OpenAI and of its imitators send them.

Here stands what has a place in the canonical request, and what decides how to read it; every other field
of the body is kept as it came. Types only: ranges and combinations are judged where they are decoded.
Source of truth: OpenAI's API reference and SDK, and the recorded requests of its imitators.
"""

from typing import Any

from msgspec import Struct


class WireFunctionCall(Struct):
    """The function of a tool call; `arguments` is JSON text."""

    name: str | None = None
    arguments: str | None = None


class WireCustomCall(Struct):
    """A call of a tool that takes one text."""

    name: str | None = None
    input: str | None = None


class WireToolCall(Struct):
    """A tool call in the history."""

    id: str | None = None
    type: str | None = None
    function: WireFunctionCall | None = None
    custom: WireCustomCall | None = None


class WireMessage(Struct):
    """A turn of any role. `function_call` and the role `function` are from before there were tools."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    tool_calls: list[WireToolCall] | None = None
    tool_call_id: str | None = None
    function_call: WireFunctionCall | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class WireImageUrl(Struct):
    """The address of an image."""

    url: str
    detail: str | None = None


class WireFunction(Struct):
    """A function that may be called; `parameters` is a JSON Schema."""

    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class WireTool(Struct):
    """A tool definition. Types other than `function` are the vendor's own."""

    type: str | None = None
    function: WireFunction | None = None


class WireNamed(Struct):
    """Something called by its name."""

    name: str


class WireAllowedTools(Struct):
    """Some of the tools, by name, and whether one of them has to be called."""

    tools: list[WireTool]
    mode: str = "auto"


class WireToolChoice(Struct):
    """Which tool to call, where a word does not say it."""

    type: str
    function: WireNamed | None = None
    allowed_tools: WireAllowedTools | None = None


class WireJsonSchema(Struct):
    """A schema and what it is called."""

    schema: dict[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


class WireResponseFormat(Struct):
    """The form of the answer. Some vendors take a `schema` with `json_object`."""

    type: str
    json_schema: WireJsonSchema | None = None
    schema: dict[str, Any] | None = None


class WireReasoning(Struct):
    """How much to reason, as OpenRouter and Bifrost spell it."""

    enabled: bool | None = None
    effort: str | None = None
    max_tokens: int | None = None


class WireStreamOptions(Struct):
    """What a stream should have besides."""

    include_usage: bool | None = None


class WireDocument(Struct):
    """A document, as Cohere has it: named fields, or one text."""

    data: dict[str, Any] | str
    id: str | None = None


class WireCitationOptions(Struct):
    """How to cite, as Cohere has it."""

    mode: str | None = None


class WireChatRequest(Struct):
    """The body of `POST /chat/completions`, as far as it is read.

    `reasoning` and `reasoning_max_tokens` are other vendors' words; `fallbacks` is Bifrost's; the last four
    are Cohere's, taken here so that grounded answers can be asked for in this dialect.
    """

    model: str | None = None
    messages: list[WireMessage] | None = None
    stream: bool | None = None
    stream_options: WireStreamOptions | None = None
    n: int | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    tools: list[WireTool] | None = None
    tool_choice: str | WireToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: WireResponseFormat | None = None
    reasoning_effort: str | None = None
    reasoning: WireReasoning | None = None
    reasoning_max_tokens: int | None = None
    fallbacks: list[str] | None = None
    documents: list[str | WireDocument] | None = None
    citation_options: WireCitationOptions | None = None
    safety_mode: str | None = None
    priority: int | None = None
