"""What Converse answers, whole and in a stream, as msgspec types.

Source of truth: recorded answers; botocore's service model for what was not recorded. The strict types are
for answers in which nothing is unknown, which are read in one pass; of any other the body is parsed to plain
values besides, to keep what nobody knows.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from causeway.dialects.bedrock.content_schema import WireCitation, WireReasoning


class WireUsage(Struct, rename="camel"):
    """The counts of a call. `inputTokens` leaves out what was read from the cache or written to it.

    The `...TokenCount` are the same counts under the names that they had first.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    cache_read_input_token_count: int | None = None
    cache_write_input_token_count: int | None = None
    cache_details: list[dict[str, Any]] | None = None
    server_tool_usage: dict[str, Any] | None = None


class WireAnsweredCall(Struct, rename="camel"):
    """A tool call of an answer; its `input` is kept as the model wrote it."""

    tool_use_id: str
    name: str
    input: msgspec.Raw
    type: str | None = None


class WireAnsweredBlock(Struct, rename="camel"):
    """One block of an answer: the members exclude each other."""

    text: str | None = None
    tool_use: WireAnsweredCall | None = None
    reasoning_content: WireReasoning | None = None
    citations_content: dict[str, Any] | None = None
    tool_result: dict[str, Any] | None = None
    image: dict[str, Any] | None = None


class WireAnsweredMessage(Struct, rename="camel"):
    """The message of an answer."""

    content: list[WireAnsweredBlock]
    role: str = "assistant"


class WireOutput(Struct, rename="camel"):
    """What a call puts out."""

    message: WireAnsweredMessage


class WireAnswer(Struct, rename="camel"):
    """The body that `POST /model/{modelId}/converse` answers with."""

    output: WireOutput
    stop_reason: str
    usage: WireUsage
    metrics: dict[str, Any] | None = None
    trace: dict[str, Any] | None = None
    performance_config: dict[str, Any] | None = None
    service_tier: dict[str, Any] | None = None
    additional_model_response_fields: Any = None


class PlainUsage(WireUsage, rename="camel", forbid_unknown_fields=True):
    """Counts of which every one is known."""


class PlainBlock(WireAnsweredBlock, rename="camel", forbid_unknown_fields=True):
    """A block of a known kind."""


class PlainMessage(WireAnsweredMessage, rename="camel", forbid_unknown_fields=True):
    """A message of known blocks."""

    content: list[PlainBlock]  # type: ignore[assignment]


class PlainOutput(WireOutput, rename="camel", forbid_unknown_fields=True):
    """An output in which nothing is unknown."""

    message: PlainMessage


class PlainAnswer(WireAnswer, rename="camel", forbid_unknown_fields=True):
    """An answer in which nothing is unknown."""

    output: PlainOutput
    usage: PlainUsage


class WireBlockStart(Struct, rename="camel"):
    """The event that opens a block; a text needs none."""

    content_block_index: int
    start: dict[str, Any]


class WireCallDelta(Struct, rename="camel"):
    """More of a tool call's input, as JSON text."""

    input: str = ""


class WireReasoningDelta(Struct, rename="camel"):
    """More of a reasoning."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class WireDelta(Struct, rename="camel"):
    """More of a block: the members exclude each other."""

    text: str | None = None
    tool_use: WireCallDelta | None = None
    reasoning_content: WireReasoningDelta | None = None
    citation: WireCitation | None = None
    tool_result: list[dict[str, Any]] | None = None
    image: dict[str, Any] | None = None


class WireBlockDelta(Struct, rename="camel"):
    """The event that adds to a block."""

    content_block_index: int
    delta: WireDelta


class WireBlockStop(Struct, rename="camel"):
    """The event that closes a block."""

    content_block_index: int


class WireMessageStop(Struct, rename="camel"):
    """The event that says why the model stopped."""

    stop_reason: str
    additional_model_response_fields: Any = None


class WireMetadata(Struct, rename="camel"):
    """The event that says what the call used."""

    usage: WireUsage = field(default_factory=WireUsage)
