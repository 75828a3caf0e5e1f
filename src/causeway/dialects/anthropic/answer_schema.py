"""The shapes of what Anthropic's callers are answered, for the OpenAPI document.

`tests/dialects/anthropic/test_anthropic_schemas.py` holds the encoders to them. What an answer of
Anthropic's own says beyond them, whole blocks among it, is passed on as it came. Source of truth:
Anthropic's SDK.
"""

from typing import Any, Literal

from msgspec import Struct


class WireLocation(Struct, omit_defaults=True):
    """What a citation points to; which members it has depends on its type."""

    type: Literal[
        "char_location",
        "content_block_location",
        "page_location",
        "search_result_location",
        "web_search_result_location",
    ]
    cited_text: str
    document_index: int | None = None
    document_title: str | None = None
    source: str | None = None
    url: str | None = None
    title: str | None = None
    encrypted_index: str | None = None
    search_result_index: int | None = None
    start_char_index: int | None = None
    end_char_index: int | None = None
    start_block_index: int | None = None
    end_block_index: int | None = None


class WireText(Struct, tag_field="type", tag="text", omit_defaults=True):
    """Text, and what all of it rests on."""

    text: str
    citations: list[WireLocation] | None = None


class WireThinkingText(Struct, tag_field="type", tag="thinking"):
    """What the model thought; the signature is empty where it is not Anthropic's."""

    thinking: str
    signature: str


class WireToolUse(Struct, tag_field="type", tag="tool_use"):
    """A call of a tool."""

    id: str
    name: str
    input: dict[str, Any]


class WireTokensThought(Struct):
    """How many of the output's tokens were thought."""

    thinking_tokens: int


class WireCounts(Struct, omit_defaults=True):
    """Counts of tokens. Those of the cache are no part of `input_tokens`."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: WireTokensThought | None = None


StopReason = Literal[
    "end_turn",
    "stop_sequence",
    "max_tokens",
    "tool_use",
    "refusal",
    "pause_turn",
    "model_context_window_exceeded",
    "error",
]
ErrorType = Literal[
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "timeout_error",
    "overloaded_error",
]


class WireErrorMembers(Struct):
    """What went wrong."""

    type: ErrorType
    message: str


class WireErrorBody(Struct):
    """An error."""

    type: Literal["error"]
    error: WireErrorMembers
    request_id: str


class WireAnswered(Struct, omit_defaults=True):
    """A message; `error` says why it broke off, where it did."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[WireText | WireThinkingText | WireToolUse]
    stop_reason: StopReason | None
    stop_sequence: str | None
    usage: WireCounts
    error: WireErrorMembers | None = None


class WireMessageStart(Struct, tag_field="type", tag="message_start"):
    """The message begins; it is empty, and its counts are told at its end."""

    message: WireAnswered


class WireBlockStart(Struct, tag_field="type", tag="content_block_start"):
    """A block begins."""

    index: int
    content_block: WireText | WireThinkingText | WireToolUse


class WireTextDelta(Struct, tag_field="type", tag="text_delta"):
    """More text."""

    text: str


class WireThinkingDelta(Struct, tag_field="type", tag="thinking_delta"):
    """More of what the model thought."""

    thinking: str


class WireSignatureDelta(Struct, tag_field="type", tag="signature_delta"):
    """The signature of what it thought."""

    signature: str


class WireInputDelta(Struct, tag_field="type", tag="input_json_delta"):
    """More of a call's input, as JSON text."""

    partial_json: str


class WireCitationsDelta(Struct, tag_field="type", tag="citations_delta"):
    """What the open text rests on."""

    citation: WireLocation


class WireBlockDelta(Struct, tag_field="type", tag="content_block_delta"):
    """More of the open block."""

    index: int
    delta: WireTextDelta | WireThinkingDelta | WireSignatureDelta | WireInputDelta | WireCitationsDelta


class WireBlockStop(Struct, tag_field="type", tag="content_block_stop"):
    """A block is over."""

    index: int


class WireEnding(Struct):
    """Why the model stopped."""

    stop_reason: StopReason
    stop_sequence: str | None


class WireMessageDelta(Struct, tag_field="type", tag="message_delta"):
    """The end of the message, and what it used."""

    delta: WireEnding
    usage: WireCounts


class WireMessageStop(Struct, tag_field="type", tag="message_stop"):
    """The stream is over."""


class WirePing(Struct, tag_field="type", tag="ping"):
    """Nothing: the stream is alive."""


class WireBrokenStream(Struct, tag_field="type", tag="error"):
    """The message broke off; nothing follows."""

    error: WireErrorMembers


STREAM_EVENTS = (
    WireMessageStart,
    WireBlockStart,
    WireBlockDelta,
    WireBlockStop,
    WireMessageDelta,
    WireMessageStop,
    WirePing,
    WireBrokenStream,
)


class WireCompletionCounts(Struct):
    """What a completion used."""

    input_tokens: int
    output_tokens: int


class WireCompletion(Struct, omit_defaults=True):
    """A completion, or in a stream a piece of one."""

    type: Literal["completion"]
    id: str
    model: str
    completion: str
    stop_reason: Literal["stop_sequence", "max_tokens", "error"] | None
    stop: str | None
    usage: WireCompletionCounts | None = None
    error: WireErrorMembers | None = None
