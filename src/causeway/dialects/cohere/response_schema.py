"""What `POST /v2/chat` answers, as types: the whole answer, and the events of its stream.

They describe; the encoders write. `tests/law/test_response_schema.py` holds the two together: all
that the encoders can say is of these types, with no field besides.
"""

from typing import Literal

from causeway.dialects.cohere.request_schema import TextContent, ThinkingContent, WireCitation, WireStruct

FinishReason = Literal["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR", "TIMEOUT"]


class SpokenFunction(WireStruct):
    """The function of a tool call; `arguments` is JSON text."""

    name: str
    arguments: str


class SpokenToolCall(WireStruct):
    """A tool call."""

    id: str
    type: Literal["function"]
    function: SpokenFunction


class SpokenMessage(WireStruct):
    """The assistant's turn. What there is none of is left out."""

    role: Literal["assistant"]
    content: list[TextContent | ThinkingContent] | None = None
    tool_plan: str | None = None
    tool_calls: list[SpokenToolCall] | None = None
    citations: list[WireCitation] | None = None


class SpokenBilledUnits(WireStruct):
    """What is billed: the caller's own tokens."""

    input_tokens: int
    output_tokens: int
    search_units: int | None = None
    classifications: int | None = None


class SpokenTokens(WireStruct):
    """What the model read and wrote, its scaffolding included."""

    input_tokens: int
    output_tokens: int
    image_tokens: int | None = None


class SpokenUsage(WireStruct):
    """Both counts, which are always there."""

    billed_units: SpokenBilledUnits
    tokens: SpokenTokens
    cached_tokens: int | None = None


class SpokenLogprobs(WireStruct):
    """The log probabilities of one piece of text."""

    text: str
    token_ids: list[int]
    logprobs: list[float]


class ChatAnswer(WireStruct):
    """The body of a whole answer. `error` and `error_type` are there where it broke off."""

    id: str
    message: SpokenMessage
    finish_reason: FinishReason
    usage: SpokenUsage
    logprobs: list[SpokenLogprobs] | None = None
    error: str | None = None
    error_type: str | None = None


class OpeningMessage(WireStruct):
    """An assistant's turn before anything is in it."""

    role: Literal["assistant"]
    content: list[TextContent | ThinkingContent]
    tool_plan: str
    tool_calls: list[SpokenToolCall]
    citations: list[WireCitation]


class ContentPiece(WireStruct):
    """A piece of text or of thinking; a key that a piece does not need would be misread."""

    text: str | None = None
    thinking: str | None = None


class FunctionPiece(WireStruct):
    """A piece of a tool call's arguments."""

    arguments: str


class ToolCallPiece(WireStruct):
    """A piece of a tool call."""

    function: FunctionPiece


class MessageWithContent(WireStruct):
    """A message with the block that opens."""

    content: TextContent | ThinkingContent


class MessageWithPiece(WireStruct):
    """A message with a piece of its content."""

    content: ContentPiece


class MessageWithPlan(WireStruct):
    """A message with a piece of its plan."""

    tool_plan: str


class MessageWithToolCall(WireStruct):
    """A message with the tool call that opens: an object, not a list."""

    tool_calls: SpokenToolCall


class MessageWithToolCallPiece(WireStruct):
    """A message with a piece of its tool call."""

    tool_calls: ToolCallPiece


class MessageWithCitation(WireStruct):
    """A message with a citation: an object, not a list."""

    citations: WireCitation


class OpeningDelta(WireStruct):
    """What a message-start adds."""

    message: OpeningMessage


class ContentStartDelta(WireStruct):
    """What a content-start adds."""

    message: MessageWithContent


class ContentDelta(WireStruct):
    """What a content-delta adds."""

    message: MessageWithPiece


class PlanDelta(WireStruct):
    """What a tool-plan-delta adds."""

    message: MessageWithPlan


class ToolCallStartDelta(WireStruct):
    """What a tool-call-start adds."""

    message: MessageWithToolCall


class ToolCallDelta(WireStruct):
    """What a tool-call-delta adds."""

    message: MessageWithToolCallPiece


class CitationDelta(WireStruct):
    """What a citation-start adds."""

    message: MessageWithCitation


class EndDelta(WireStruct):
    """How the message ended."""

    finish_reason: FinishReason
    usage: SpokenUsage
    error: str | None = None
    error_type: str | None = None


class MessageStartEvent(WireStruct, tag_field="type", tag="message-start"):
    """The first event."""

    id: str
    delta: OpeningDelta


class ContentStartEvent(WireStruct, tag_field="type", tag="content-start"):
    """A block of text or of thinking opens."""

    index: int
    delta: ContentStartDelta


class ContentDeltaEvent(WireStruct, tag_field="type", tag="content-delta"):
    """More of the open block."""

    index: int
    delta: ContentDelta
    logprobs: SpokenLogprobs | None = None


class ContentEndEvent(WireStruct, tag_field="type", tag="content-end"):
    """The open block closes."""

    index: int


class ToolPlanDeltaEvent(WireStruct, tag_field="type", tag="tool-plan-delta"):
    """More of the text before the tool calls."""

    delta: PlanDelta


class ToolCallStartEvent(WireStruct, tag_field="type", tag="tool-call-start"):
    """A tool call opens."""

    index: int
    delta: ToolCallStartDelta


class ToolCallDeltaEvent(WireStruct, tag_field="type", tag="tool-call-delta"):
    """More of the open tool call's arguments."""

    index: int
    delta: ToolCallDelta


class ToolCallEndEvent(WireStruct, tag_field="type", tag="tool-call-end"):
    """The open tool call closes."""

    index: int


class CitationStartEvent(WireStruct, tag_field="type", tag="citation-start"):
    """A citation of what has been said so far."""

    index: int
    delta: CitationDelta


class CitationEndEvent(WireStruct, tag_field="type", tag="citation-end"):
    """The citation is complete."""

    index: int


class MessageEndEvent(WireStruct, tag_field="type", tag="message-end"):
    """The last event before `[DONE]`."""

    delta: EndDelta


StreamEvent = (
    MessageStartEvent
    | ContentStartEvent
    | ContentDeltaEvent
    | ContentEndEvent
    | ToolPlanDeltaEvent
    | ToolCallStartEvent
    | ToolCallDeltaEvent
    | ToolCallEndEvent
    | CitationStartEvent
    | CitationEndEvent
    | MessageEndEvent
)


class ErrorBody(WireStruct):
    """An error. Cohere's own paths say `id` and `message`; the prefixed ones the other two as well."""

    id: str
    message: str
    type: str | None = None
    code: str | None = None
