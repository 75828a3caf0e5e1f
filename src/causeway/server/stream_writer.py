"""Writes one stream to its caller, each part where it comes. Knows a dialect only by its face."""

import asyncio
from collections.abc import Awaitable
from typing import cast

from causeway.dialects.faces import ChatClientFace, StreamEncoder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.pipeline.answers import Part
from causeway.server.asgi import Headers, Send, chunk_message, end_stream, send_chunk, start_stream
from causeway.server.broken_end import BrokenEnd


class StreamWriter:
    """Encodes parts and sends them, between `start` and `end`; before the first, `begin` says whose they are.

    With `sends_at_once` (`SENDS_AT_ONCE`) a part is sent when it is taken, until the client reads too
    slowly; without, when `drain` is waited for.
    """

    __slots__ = (
        "_broken_end", "_encoder", "_face", "_pending", "_provenance", "_send", "_sends_at_once",
        "has_started",
    )  # fmt: skip

    def __init__(self, face: ChatClientFace, send: Send, *, sends_at_once: bool) -> None:
        self._face = face
        self._send = send
        self._sends_at_once = sends_at_once
        self._encoder: StreamEncoder
        self._provenance: Provenance
        self._broken_end: BrokenEnd | None = None
        self._pending: bytes | Awaitable[None] = b""
        self.has_started = False

    async def start(self, headers: Headers) -> None:
        """Commit the status."""
        self.has_started = True
        await start_stream(self._send, self._face.stream_media_type, headers)

    async def beat(self) -> None:
        """Send what keeps a silent stream alive."""
        if self._face.heartbeat:
            await send_chunk(self._send, self._face.heartbeat)

    def begin(self, request: ChatRequest, provenance: Provenance) -> None:
        """Take note of what is answered, and who answers it."""
        self._encoder = self._face.stream_encoder(request, provenance)
        self._provenance = provenance

    def take(self, part: Part) -> bool:
        """Take a part, as `TakePart` says. Once it has enough, `drain` is to be waited for."""
        if isinstance(part, bytes):
            if self._broken_end is None:
                self._broken_end = BrokenEnd(self._encoder)
            frames = self._face.relay_frame(part, self._provenance)
        else:
            frames = (self._broken_end or self._encoder).encode_all(part)
        if not frames:
            return False
        if not self._sends_at_once:
            self._pending = frames
            return True
        sent = cast("asyncio.Future[None]", self._send(chunk_message(frames)))
        if sent.done():
            return False
        self._pending = sent
        return True

    async def drain(self) -> None:
        """Wait until what was taken has been sent, and the client has read most of it."""
        pending, self._pending = self._pending, b""
        if not isinstance(pending, bytes):
            await pending
        elif pending:
            await send_chunk(self._send, pending)

    async def end(self) -> None:
        """Close the stream."""
        await end_stream(self._send)
