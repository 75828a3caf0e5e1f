"""The streams of InvokeModel: each event of the vendor's is a `chunk` frame, which holds it as base64.

The last one tells besides what Bedrock counts, as it does for every vendor.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.dialects.bedrock.encode_error import encode_failure
from causeway.dialects.bedrock.encode_stream import FrameEncoder
from causeway.dialects.bedrock.invoke_text import TextBody
from causeway.dialects.bedrock.stream_frames import encode_event_frame, encode_exception_frame
from causeway.dialects.faces import StreamEncoder
from causeway.model.events import Event, MessageEnd, PlanDelta, TextDelta
from causeway.model.order import EventOrder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii
from causeway.wire.aws_event_stream import FrameReader
from causeway.wire.server_sent_events import EventReader

_METRICS = "amazon-bedrock-invocationMetrics"
_DONE = "[DONE]"


class ChunkEncoder(StreamEncoder):
    """What every vendor's stream has in common; `vendor_events` are the JSON objects of one event."""

    def __init__(self, provenance: Provenance) -> None:
        self._latency = round(provenance.upstream_milliseconds)

    def encode(self, event: Event) -> bytes:
        """Return the frames of the next event, which may be none; raises IllegalEventOrderError."""
        events = [bytes(payload) for payload in self.vendor_events(event)]
        if isinstance(event, MessageEnd):
            if failure := encode_failure(event.finish_reason, event.failure):
                return encode_exception_frame(*failure)
            if events:
                events[-1] = self._with_metrics(events[-1], event.usage)
        return b"".join(map(_encode_chunk, events))

    def vendor_events(self, event: Event) -> Iterator[bytes]:
        """Yield what the vendor sends for an event."""
        raise NotImplementedError

    def _with_metrics(self, payload: bytes, usage: Usage) -> bytes:
        last: dict[str, Any] = msgspec.json.decode(payload)
        last[_METRICS] = {
            "inputTokenCount": usage.input_tokens,
            "outputTokenCount": usage.output_tokens,
            "invocationLatency": self._latency,
            "firstByteLatency": self._latency,
        }
        return encode_ascii(last)


class WrappedEncoder(ChunkEncoder):
    """The stream of a vendor whose own face writes server-sent events, or JSON in lines."""

    def __init__(self, encoder: StreamEncoder, provenance: Provenance, *, has_lines: bool) -> None:
        super().__init__(provenance)
        self._encoder = encoder
        self._reader = None if has_lines else EventReader()

    def vendor_events(self, event: Event) -> Iterator[bytes]:
        """Yield the data of each."""
        frames = self._encoder.encode(event)
        if self._reader is None:
            yield from filter(None, frames.split(b"\n"))
            return
        for frame in self._reader.feed(frames):
            if frame.data != _DONE:
                yield frame.data.encode()


class NovaEncoder(ChunkEncoder):
    """Nova's stream: Converse's events, each under its name."""

    def __init__(self, request: ChatRequest, provenance: Provenance) -> None:
        super().__init__(provenance)
        self._encoder = FrameEncoder(request, provenance)
        self._reader = FrameReader()

    def vendor_events(self, event: Event) -> Iterator[bytes]:
        """Yield each event as a member of an object."""
        for frame in self._reader.feed(self._encoder.encode(event)):
            name = frame.headers.get(":event-type")
            if isinstance(name, str):
                yield b'{"%b":%b}' % (name.encode(), frame.payload)


class TextEncoder(ChunkEncoder):
    """The stream of a body that is one text."""

    def __init__(self, body: TextBody, provenance: Provenance) -> None:
        super().__init__(provenance)
        self._order = EventOrder()
        self._body = body

    def vendor_events(self, event: Event) -> Iterator[bytes]:
        """Yield the text, and the end; nothing else can be said."""
        self._order.advance(event)
        match event:
            case TextDelta(text=text) | PlanDelta(text=text):
                yield encode_ascii(self._body.encode_piece(text))
            case MessageEnd(finish_reason=reason, usage=usage):
                yield encode_ascii(self._body.encode_end(reason, usage))
            case _:
                pass


def _encode_chunk(payload: bytes) -> bytes:
    return encode_event_frame("chunk", b'{"bytes":"%b"}' % b64encode(payload))
