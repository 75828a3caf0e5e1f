"""The shapes of a `POST /v2/chat` body, as clients really send them.

Spelling variants stand beside each other here and are settled in `decode_request.py`. Types only:
ranges and combinations are judged there too. Source of truth: Cohere's OpenAPI document, its
published samples, and what its SDKs were seen to send.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType


class WireStruct(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A wire object whose fields are all known: another one is an error that names it."""


class ImageUrl(WireStruct):
    """The address of an image."""

    url: str
    detail: str | None = None


class TextContent(WireStruct, tag_field="type", tag="text"):
    """A text block."""

    text: str


class ImageContent(WireStruct, tag_field="type", tag="image_url"):
    """An image block."""

    image_url: ImageUrl


class ThinkingContent(WireStruct, tag_field="type", tag="thinking"):
    """A block of a model's reasoning."""

    thinking: str


class WireDocument(WireStruct):
    """A document: named fields, or one text."""

    data: dict[str, Any] | str
    id: str | None = None


class DocumentContent(WireStruct, tag_field="type", tag="document"):
    """A document block of a tool's result."""

    document: WireDocument


class WireFunctionCall(WireStruct):
    """The function of a tool call; `arguments` is JSON text."""

    name: str | None = None
    arguments: str | None = None


class WireToolCall(WireStruct):
    """A tool call in the history."""

    id: str | None = None
    type: str | None = None
    function: WireFunctionCall | None = None


class WireSource(WireStruct):
    """A citation's source. Which of the two payloads it carries follows its type."""

    type: str
    id: str | None = None
    document: dict[str, Any] | None = None
    tool_output: dict[str, Any] | None = None


class WireCitation(WireStruct):
    """A citation of an answer in the history or in a response."""

    start: int | None = None
    end: int | None = None
    text: str | None = None
    sources: list[WireSource] | None = None
    type: str | None = None
    content_index: int | None = None


class WireUserMessage(WireStruct, tag_field="role", tag="user"):
    """A user's turn."""

    content: str | list[TextContent | ImageContent]


class WireSystemMessage(WireStruct, tag_field="role", tag="system"):
    """A system instruction."""

    content: str | list[TextContent]


class WireAssistantMessage(WireStruct, tag_field="role", tag="assistant"):
    """A model's turn, as it was answered earlier."""

    content: str | list[TextContent | ThinkingContent] | None = None
    tool_calls: list[WireToolCall] | None = None
    tool_plan: str | None = None
    citations: list[WireCitation] | None = None


class WireToolMessage(WireStruct, tag_field="role", tag="tool"):
    """A tool's result."""

    tool_call_id: str | None = None
    content: str | list[TextContent | DocumentContent] | None = None


WireMessage = WireUserMessage | WireSystemMessage | WireAssistantMessage | WireToolMessage


class WireFunction(WireStruct):
    """A function that may be called; `parameters` is a JSON Schema."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class WireTool(WireStruct):
    """A tool definition."""

    type: str | None = None
    function: WireFunction | None = None


class WireCitationOptions(WireStruct):
    """How to cite. `false` is `OFF` after a YAML 1.1 loader has read Cohere's own specification."""

    mode: str | bool | None = None


class WireResponseFormat(WireStruct):
    """The form of the answer. An explicit `json_schema: null` is not the same as none."""

    type: str
    json_schema: dict[str, Any] | UnsetType | None = UNSET
    schema: dict[str, Any] | UnsetType | None = UNSET


class WireThinking(WireStruct):
    """Whether to reason first."""

    type: str | None = None
    token_budget: int | None = None


class WireChatRequest(WireStruct):
    """The body of `POST /v2/chat`, in every spelling.

    An alias that was not given is told from one that is null: Cohere itself knows neither. `fallbacks`
    is the gateway's own.
    """

    model: str | None = None
    messages: list[WireMessage] | None = None
    stream: bool | None = None
    tools: list[WireTool] | None = None
    tool_choice: str | None = None
    strict_tools: bool | None = None
    strict_tool_choice: bool | UnsetType | None = UNSET
    documents: list[str | WireDocument] | None = None
    citation_options: WireCitationOptions | None = None
    response_format: WireResponseFormat | None = None
    safety_mode: str | bool | None = None
    max_tokens: int | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    k: int | None = None
    p: float | None = None
    logprobs: bool | None = None
    log_probs: bool | UnsetType | None = UNSET
    thinking: WireThinking | None = None
    priority: int | None = None
    fallbacks: list[str] | None = None
