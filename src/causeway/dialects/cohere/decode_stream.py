"""Cohere's server-sent events, decoded to canonical events.

Takes bytes cut anywhere. Frames of a type that is not known are passed over, as Cohere's own
clients do.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.dialects.cohere.decode_response import (
    WireLogprobs,
    WireUsage,
    decode_answer_citation,
    decode_finish_reason,
    decode_logprobs,
    decode_usage,
)
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.response import Failure
from causeway.wire.server_sent_events import EventReader


class StreamDecoder:
    """Reads one stream of `POST /v2/chat`."""

    def __init__(self) -> None:
        self._reader = EventReader()

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and yield the events that they complete.

        Raises msgspec.DecodeError, KeyError or TypeError where a frame is not what it says it is.
        """
        for frame in self._reader.feed(chunk):
            if frame.data != "[DONE]":
                yield from decode_payload(msgspec.json.decode(frame.data))


def decode_payload(payload: dict[str, Any]) -> Iterator[Event]:
    """Yield the canonical events of one frame's JSON."""
    match payload.get("type"):
        case "message-start":
            yield MessageStart(payload["id"])
        case "content-start":
            content = _message(payload)["content"]
            yield ContentStart(payload["index"], "thinking" if content["type"] == "thinking" else "text")
        case "content-delta":
            yield _decode_content_delta(payload)
        case "content-end":
            yield ContentEnd(payload["index"])
        case "tool-plan-delta":
            yield PlanDelta(_message(payload)["tool_plan"])
        case "tool-call-start":
            yield from _decode_tool_call_start(payload)
        case "tool-call-delta":
            arguments = _message(payload)["tool_calls"]["function"]["arguments"]
            yield ToolCallDelta(payload["index"], arguments)
        case "tool-call-end":
            yield ToolCallEnd(payload["index"])
        case "citation-start":
            citation = decode_answer_citation(_message(payload)["citations"])
            yield CitationAdded(payload["index"], citation)
        case "message-end":
            yield _decode_message_end(payload["delta"])


def _decode_content_delta(payload: dict[str, Any]) -> Event:
    content = _message(payload)["content"]
    if "thinking" in content:
        return ThinkingDelta(payload["index"], content["thinking"])
    logprobs = payload.get("logprobs")
    return TextDelta(
        payload["index"],
        content["text"],
        None if logprobs is None else decode_logprobs(msgspec.convert(logprobs, WireLogprobs)),
    )


def _decode_tool_call_start(payload: dict[str, Any]) -> Iterator[Event]:
    call = _message(payload)["tool_calls"]
    yield ToolCallStart(payload["index"], call["id"], call["function"]["name"])
    if arguments := call["function"].get("arguments"):
        yield ToolCallDelta(payload["index"], arguments)


def _decode_message_end(delta: dict[str, Any]) -> MessageEnd:
    error = delta.get("error")
    return MessageEnd(
        decode_finish_reason(delta["finish_reason"]),
        decode_usage(msgspec.convert(delta.get("usage"), WireUsage | None)),
        None if error is None else Failure(error, delta.get("error_type")),
    )


def _message(payload: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = payload["delta"]["message"]
    return message
