"""What there is to say about Cohere's chat endpoints in the OpenAPI document, one row each.

A row says nothing that the code says already: ranges come from the tables that requests are checked
against, and shapes from the types that they are decoded into.
"""

from collections.abc import Iterator, Mapping
from typing import get_args

from causeway.dialects.cohere.decode_options import (
    CITATION_MODES,
    MAX_STOP_SEQUENCES,
    PRIORITY_RANGE,
    RESPONSE_FORMATS,
    SAFETY_MODES,
    SAMPLING_RANGES,
)
from causeway.dialects.cohere.decode_request import THINKING_TYPES, TOOL_CHOICES
from causeway.dialects.cohere.request_schema import (
    WireChatRequest,
    WireCitationOptions,
    WireFunction,
    WireResponseFormat,
    WireSystemMessage,
    WireThinking,
    WireUserMessage,
)
from causeway.dialects.cohere.response_schema import ChatAnswer, ErrorBody, StreamEvent
from causeway.dialects.cohere.v1_chat_history import ROLES
from causeway.dialects.cohere.v1_chat_request import PROMPT_TRUNCATIONS
from causeway.dialects.cohere.v1_chat_schema import (
    WireV1Answer,
    WireV1ChatRequest,
    WireV1Message,
    WireV1StreamEvent,
    WireV1Tool,
    WireV1ToolCall,
)
from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openapi import MediaStream, Operation, Schema

_FILLED: Schema = {"minLength": 1}
_NAMES: Schema = {"items": {"type": "string", "minLength": 1}}
_SSE = "Server-sent events, each with one JSON object as its data; the last data is `[DONE]`."
_DONE = "[DONE]"
_LINES = "One JSON object a line; the last one has the whole answer."


def chat_operations() -> Iterator[Operation]:
    """Yield the endpoints by their paths without a prefix."""
    events = get_args(StreamEvent)
    statuses = error_statuses()
    constraints = _chat_constraints()
    yield Operation(
        id="chat",
        method="POST",
        path="/v2/chat",
        tag="chat",
        summary="Answer a conversation, whole or as a stream",
        request=WireChatRequest,
        required=("model", "messages"),
        constraints=constraints,
        answers=(ChatAnswer,),
        streams=(MediaStream("text/event-stream", events, _SSE, _DONE),),
        statuses=statuses,
        other_statuses=provider_error(),
        error=ErrorBody,
    )
    yield Operation(
        id="streamChat",
        method="POST",
        path="/v2/chat/stream",
        tag="chat",
        summary="Answer a conversation as a stream, whatever `stream` says",
        request=WireChatRequest,
        required=("model", "messages"),
        constraints=constraints,
        streams=(
            MediaStream(
                "text/event-stream",
                (),
                f"{_SSE} Each has `event_type` beside `type`; content-start and content-end are left out.",
                _DONE,
            ),
        ),
        statuses=statuses,
        other_statuses=provider_error(),
        error=ErrorBody,
    )
    yield Operation(
        id="chatV1",
        method="POST",
        path="/v1/chat",
        tag="chat",
        summary="Answer a message in the older API, whole or as a stream",
        request=WireV1ChatRequest,
        required=("message",),
        constraints=_v1_chat_constraints(),
        ignores_unknown_fields=True,
        answers=(WireV1Answer,),
        streams=(MediaStream("application/stream+json", get_args(WireV1StreamEvent), _LINES),),
        statuses=statuses,
        other_statuses=provider_error(),
        error=ErrorBody,
    )


def _chat_constraints() -> dict[type, Mapping[str, Schema]]:
    lowest, highest = PRIORITY_RANGE
    return {
        WireChatRequest: _sampling_constraints()
        | {
            "model": _FILLED,
            "messages": {"minItems": 1},
            "priority": {"minimum": lowest, "maximum": highest},
            "tool_choice": _choices(TOOL_CHOICES),
            "fallbacks": _NAMES,
        },
        WireUserMessage: {"content": _FILLED | {"minItems": 1}},
        WireSystemMessage: {"content": _FILLED | {"minItems": 1}},
        WireFunction: {"name": _FILLED},
        WireResponseFormat: {"type": {"enum": list(RESPONSE_FORMATS)}},
        WireCitationOptions: {"mode": _choices(CITATION_MODES)},
        WireThinking: {"type": {"enum": list(THINKING_TYPES)}, "token_budget": {"minimum": 1}},
    }


def _v1_chat_constraints() -> dict[type, Mapping[str, Schema]]:
    return {
        WireV1ChatRequest: _sampling_constraints()
        | {
            "citation_quality": _choices(CITATION_MODES),
            "prompt_truncation": {"enum": list(PROMPT_TRUNCATIONS)},
            "fallbacks": _NAMES,
        },
        WireV1Message: {"role": {"enum": list(ROLES)}},
        WireV1ToolCall: {"name": _FILLED},
        WireV1Tool: {"name": _FILLED},
        WireResponseFormat: {"type": {"enum": list(RESPONSE_FORMATS)}},
    }


def _sampling_constraints() -> dict[str, Schema]:
    ranges: dict[str, Schema] = {
        name: {"minimum": lowest, "maximum": highest} for name, (lowest, highest) in SAMPLING_RANGES.items()
    }
    return ranges | {
        "max_tokens": {"minimum": 1},
        "stop_sequences": {"maxItems": MAX_STOP_SEQUENCES, "items": {"type": "string", "minLength": 1}},
        "safety_mode": _choices(SAFETY_MODES),
    }


def _choices(names: Mapping[str, object]) -> Schema:
    return {"enum": list(names)}
