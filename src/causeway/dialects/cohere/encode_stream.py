"""Canonical events as the server-sent events of Cohere's streams.

Two framings of the same events: the native one of `POST /v2/chat` with `stream: true`, and the one
of `POST /v2/chat/stream`, whose frames carry both the native `type` and the older `event_type` and
so serve clients of either. Encoders refuse an illegal order of events.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from causeway.dialects.cohere.encode_response import (
    encode_citation,
    encode_failure,
    encode_finish_reason,
    encode_logprobs,
    encode_usage,
)
from causeway.dialects.faces import StreamEncoder
from causeway.model.content import Citation, Source
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
from causeway.model.order import EventOrder
from causeway.wire.ascii_json import encode_ascii, encode_ascii_each
from causeway.wire.server_sent_events import encode_event

# One generation of Cohere's SDK gives up a stream with a line of more than 1 MiB.
MAX_EVENT_BYTES = 1_000_000
DONE = b"data: [DONE]\n\n"

# What `encode_payloads` says of the two kinds of piece that most of a stream is, around the piece itself.
_BEFORE_PIECE = (
    b'event: content-delta\ndata: {"type":"content-delta","index":%d,"delta":{"message":{"content":{'
)
_BEFORE_TEXT = _BEFORE_PIECE + b'"text":'
_BEFORE_THINKING = _BEFORE_PIECE + b'"thinking":'
_AFTER_PIECE = b"}}}}\n\n"

_EVENT_TYPES = {
    "message-start": "stream-start",
    "content-delta": "content-delta",
    "tool-plan-delta": "content-delta",
    "tool-call-start": "tool-call-start",
    "tool-call-delta": "tool-call-delta",
    "tool-call-end": "tool-call-end",
    "citation-start": "citation-start",
    "citation-end": "citation-end",
    "message-end": "stream-end",
}


class NativeStreamEncoder(StreamEncoder):
    """The frames that Cohere sends on `POST /v2/chat`."""

    def __init__(self) -> None:
        self._order = EventOrder()

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event; raises IllegalEventOrderError."""
        self._order.advance(event)
        if type(event) is TextDelta and event.logprobs is None:  # nearly every event of a stream
            return _BEFORE_TEXT % event.index + encode_ascii(event.text) + _AFTER_PIECE
        if type(event) is ThinkingDelta:
            return _BEFORE_THINKING % event.index + encode_ascii(event.thinking) + _AFTER_PIECE
        if type(event) is ContentStart or type(event) is ContentEnd:
            return _block_frame(event)
        frames = _encode_frames(event)
        return frames + DONE if type(event) is MessageEnd else frames

    def encode_all(self, events: Iterable[Event]) -> bytes:
        """Return the frames of events that came together; raises IllegalEventOrderError."""
        if type(events) is list and len(events) == 1:  # as nearly always, where they do not come in bursts
            return self.encode(events[0])
        frames: list[bytes] = []
        index = 0
        texts: list[str] = []
        for event in events:
            if type(event) is TextDelta and event.logprobs is None:
                if not texts or event.index != index:  # the next of a run may come where the first may
                    self._order.advance(event)
                    index = event.index
                texts.append(event.text)
                continue
            if texts:
                frames.append(encode_ascii_each(texts, _BEFORE_TEXT % index, _AFTER_PIECE))
                texts = []
            frames.append(self.encode(event))
        if texts:
            frames.append(encode_ascii_each(texts, _BEFORE_TEXT % index, _AFTER_PIECE))
        return b"".join(frames)


class DualStreamEncoder(StreamEncoder):
    """The frames of `POST /v2/chat/stream`: every JSON has `type` and `event_type`.

    The `event:` line names the `event_type`. `content-start` and `content-end` have no counterpart
    among the older types and are not sent.
    """

    def __init__(self) -> None:
        self._order = EventOrder()

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event; raises IllegalEventOrderError."""
        self._order.advance(event)
        frames = b"".join(self._frame(payload) for payload in encode_payloads(event))
        return frames + DONE if isinstance(event, MessageEnd) else frames

    def _frame(self, payload: dict[str, Any]) -> bytes:
        event_type = _EVENT_TYPES.get(payload["type"])
        if event_type is None:
            return b""
        dual: dict[str, Any] = {"event_type": event_type, **payload}
        if event_type == "stream-start":
            dual["generation_id"] = payload["id"]
        elif event_type == "stream-end":
            dual["is_finished"] = True
            dual["finish_reason"] = payload["delta"]["finish_reason"]
        return encode_event(event_type, encode_ascii(dual))


def _encode_frames(event: Event) -> bytes:
    return b"".join(
        [encode_event(payload["type"], encode_ascii(payload)) for payload in encode_payloads(event)]
    )


@lru_cache(maxsize=64)
def _block_frame(event: ContentStart | ContentEnd) -> bytes:
    """Return the frame of a block's beginning or end. Every stream has the same few."""
    return _encode_frames(event)


def encode_payloads(event: Event) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that say one event, keys in the order that Cohere writes them."""
    match event:
        case TextDelta(index=index, text=text, logprobs=logprobs):
            payload = _message_delta("content-delta", index, {"content": {"text": text}})
            if logprobs is not None:
                payload["logprobs"] = encode_logprobs(logprobs)
            yield payload
        case ThinkingDelta(index=index, thinking=thinking):
            yield _message_delta("content-delta", index, {"content": {"thinking": thinking}})
        case MessageStart(id=id):
            message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
            yield {"id": id, "type": "message-start", "delta": {"message": message}}
        case ContentStart(index=index, kind=kind):
            yield _message_delta("content-start", index, {"content": {"type": kind, kind: ""}})
        case ContentEnd(index=index):
            yield {"type": "content-end", "index": index}
        case PlanDelta(text=text):
            yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": text}}}
        case ToolCallStart(index=index, id=id, name=name):
            call = {"id": id, "type": "function", "function": {"name": name, "arguments": ""}}
            yield _message_delta("tool-call-start", index, {"tool_calls": call})
        case ToolCallDelta(index=index, arguments=arguments):
            call = {"function": {"arguments": arguments}}
            yield _message_delta("tool-call-delta", index, {"tool_calls": call})
        case ToolCallEnd(index=index):
            yield {"type": "tool-call-end", "index": index}
        case CitationAdded(index=index, citation=citation):
            yield _citation_start(index, citation)
            yield {"type": "citation-end", "index": index}
        case MessageEnd(finish_reason=finish_reason, usage=usage, failure=failure):
            # Cohere itself sends `usage: {}` with an error, which breaks langchain-cohere's
            # stream(); counts are always sent (tests/sdk/test_traps.py).
            delta: dict[str, Any] = {
                "finish_reason": encode_finish_reason(finish_reason),
                "usage": encode_usage(usage),
                **encode_failure(finish_reason, failure),
            }
            yield {"type": "message-end", "delta": delta}


def _citation_start(index: int, citation: Citation) -> dict[str, Any]:
    payload = _message_delta("citation-start", index, {"citations": encode_citation(citation)})
    if len(encode_ascii(payload)) <= MAX_EVENT_BYTES:
        return payload
    # The caller has the documents: their ids are enough to find them.
    sources = tuple(Source(source.kind, source.id, {"id": source.id}) for source in citation.sources)
    named = msgspec.structs.replace(citation, sources=sources)
    return _message_delta("citation-start", index, {"citations": encode_citation(named)})


def _message_delta(type: str, index: int, message: dict[str, Any]) -> dict[str, Any]:
    return {"type": type, "index": index, "delta": {"message": message}}
