"""The events of a streamed response, in the order that `model/order.py` allows.

Indexes count from 0, apart for content blocks, tool calls and citations.
"""

from typing import Literal

from msgspec import Struct

from causeway.model.content import Citation, OpaqueBlock, Seal
from causeway.model.extras import Extras
from causeway.model.response import Failure, FinishReason, TokenLogprobs
from causeway.model.usage import Usage


class MessageStart(Struct, frozen=True):
    """The response begins; always the first event. `model` and `created` are as in `ChatResponse`."""

    id: str
    model: str = ""
    created: int | None = None


class ContentStart(Struct, frozen=True):
    """A block of text or of thinking opens."""

    index: int
    kind: Literal["text", "thinking"]


class TextDelta(Struct, frozen=True):
    """More of the open text block."""

    index: int
    text: str
    logprobs: TokenLogprobs | None = None


class ThinkingDelta(Struct, frozen=True):
    """More of the open thinking block."""

    index: int
    thinking: str


class ContentEnd(Struct, frozen=True):
    """The open content block closes; `seal` is what its provider wants back with it."""

    index: int
    seal: Seal | None = None


class OpaqueAdded(Struct, frozen=True):
    """A content block that only its own dialect knows, whole. It has an index like any other."""

    index: int
    block: OpaqueBlock


class PlanDelta(Struct, frozen=True):
    """More of the text that a model writes before it calls tools."""

    text: str


class ToolCallStart(Struct, frozen=True):
    """A tool call opens."""

    index: int
    id: str
    name: str


class ToolCallDelta(Struct, frozen=True):
    """More of the open tool call's arguments, as JSON text."""

    index: int
    arguments: str


class ToolCallEnd(Struct, frozen=True):
    """The open tool call closes; `seal` is what its provider wants back with it."""

    index: int
    seal: Seal | None = None


class CitationAdded(Struct, frozen=True):
    """A citation of what has been said so far."""

    index: int
    citation: Citation


class MessageEnd(Struct, frozen=True):
    """The response is over; always the last event."""

    finish_reason: FinishReason
    usage: Usage
    failure: Failure | None = None
    extras: Extras | None = None


Event = (
    MessageStart
    | ContentStart
    | TextDelta
    | ThinkingDelta
    | ContentEnd
    | OpaqueAdded
    | PlanDelta
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | CitationAdded
    | MessageEnd
)
