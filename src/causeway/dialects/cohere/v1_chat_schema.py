"""The shapes of the older `POST /v1/chat`: its request body, its answer, and the events of its stream.

Types only; what they mean is said in `v1_chat_request.py` and `v1_chat_response.py`. Source of truth:
Cohere's OpenAPI document, and recorded exchanges of LangChain's ReAct agent.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from causeway.dialects.cohere.request_schema import WireResponseFormat, WireStruct


class WireV1ToolCall(WireStruct):
    """A tool call. It has no id, and its parameters are an object, not text."""

    name: str
    parameters: dict[str, Any] | None = None


class WireV1ToolResult(WireStruct):
    """The results of one tool call, each an object."""

    call: WireV1ToolCall
    outputs: list[dict[str, Any]]


class WireV1Message(WireStruct):
    """A turn of the history. `message` belongs to every role but TOOL, which has `tool_results`."""

    role: str
    message: str | None = None
    tool_calls: list[WireV1ToolCall] | None = None
    tool_results: list[WireV1ToolResult] | None = None


class WireV1Parameter(WireStruct):
    """A tool's parameter; `type` is the name of a Python type."""

    type: str
    description: str | None = None
    required: bool | None = None


class WireV1Tool(WireStruct):
    """A tool definition."""

    name: str
    description: str | None = None
    parameter_definitions: dict[str, WireV1Parameter] | None = None


class WireV1Connector(WireStruct):
    """A connector, which would search for documents."""

    id: str
    user_access_token: str | None = None
    continue_on_failure: bool | None = None
    options: dict[str, Any] | None = None


class WireV1ChatRequest(WireStruct):
    """The body of `POST /v1/chat`. `fallbacks` is the gateway's own."""

    message: str | None = None
    model: str | None = None
    stream: bool | None = None
    preamble: str | None = None
    chat_history: list[WireV1Message] | None = None
    conversation_id: str | None = None
    prompt_truncation: str | bool | None = None
    connectors: list[WireV1Connector] | None = None
    search_queries_only: bool | None = None
    documents: list[dict[str, Any]] | None = None
    citation_quality: str | bool | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    max_input_tokens: int | None = None
    k: int | None = None
    p: float | None = None
    seed: int | None = None
    stop_sequences: list[str] | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    raw_prompting: bool | None = None
    tools: list[WireV1Tool] | None = None
    tool_results: list[WireV1ToolResult] | None = None
    force_single_step: bool | None = None
    response_format: WireResponseFormat | None = None
    safety_mode: str | bool | None = None
    fallbacks: list[str] | None = None


WireV1FinishReason = Literal["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "ERROR", "ERROR_TOXIC", "TIMEOUT"]


class WireV1Citation(Struct, omit_defaults=True):
    """A span of the answer and the documents that support it."""

    start: int
    end: int
    text: str
    document_ids: list[str]
    type: Literal["TEXT_CONTENT", "PLAN"] | None = None


class WireV1Units(Struct, omit_defaults=True):
    """One of the two counts."""

    input_tokens: int
    output_tokens: int
    search_units: int | None = None
    classifications: int | None = None


class WireV1ApiVersion(Struct):
    """Which API answered."""

    version: Literal["1"]


class WireV1Meta(Struct, omit_defaults=True):
    """What the call used."""

    api_version: WireV1ApiVersion
    billed_units: WireV1Units
    tokens: WireV1Units
    cached_tokens: int | None = None


class WireV1Answer(Struct, omit_defaults=True):
    """The body that `POST /v1/chat` answers with, keys in the recorded order."""

    response_id: str
    text: str
    generation_id: str
    chat_history: list[WireV1Message]
    finish_reason: WireV1FinishReason
    meta: WireV1Meta
    citations: list[WireV1Citation] | None = None
    documents: list[dict[str, Any]] | None = None
    tool_calls: list[WireV1ToolCall] | None = None
    error: str | None = None


class WireV1StreamStart(Struct, kw_only=True):
    """The first event. As in every event, `is_finished` comes before the type on the wire."""

    is_finished: bool = False
    event_type: Literal["stream-start"] = "stream-start"
    generation_id: str


class WireV1TextGeneration(Struct, kw_only=True):
    """More of the answer."""

    is_finished: bool = False
    event_type: Literal["text-generation"] = "text-generation"
    text: str


class WireV1CitationGeneration(Struct, kw_only=True):
    """Citations of what has been said so far."""

    is_finished: bool = False
    event_type: Literal["citation-generation"] = "citation-generation"
    citations: list[WireV1Citation]


class WireV1ToolCallDelta(Struct, omit_defaults=True):
    """A piece of a tool call: its name first, then its parameters as JSON text."""

    index: int
    name: str | None = None
    parameters: str | None = None


class WireV1ToolCallsChunk(Struct, kw_only=True):
    """A piece of a tool call, or else of the text before the calls."""

    is_finished: bool = False
    event_type: Literal["tool-calls-chunk"] = "tool-calls-chunk"
    tool_call_delta: WireV1ToolCallDelta | UnsetType = UNSET
    text: str | UnsetType = UNSET


class WireV1ToolCallsGeneration(Struct, kw_only=True):
    """All the tool calls, whole."""

    is_finished: bool = False
    event_type: Literal["tool-calls-generation"] = "tool-calls-generation"
    text: str | UnsetType = UNSET
    tool_calls: list[WireV1ToolCall]


class WireV1StreamEnd(Struct, kw_only=True):
    """The last event, with the whole answer."""

    is_finished: bool = True
    event_type: Literal["stream-end"] = "stream-end"
    response: WireV1Answer
    finish_reason: WireV1FinishReason
    error: str | UnsetType = UNSET


WireV1StreamEvent = (
    WireV1StreamStart
    | WireV1TextGeneration
    | WireV1CitationGeneration
    | WireV1ToolCallsChunk
    | WireV1ToolCallsGeneration
    | WireV1StreamEnd
)
