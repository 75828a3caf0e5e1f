"""Writes one stream to its caller, each part where it comes. Knows a dialect only by its face."""

from collections.abc import Awaitable, Callable

from causeway.dialects.faces import ChatClientFace, StreamEncoder
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.pipeline.answers import Part
from causeway.server.asgi import Headers, Send, Write, end_stream, send_chunk, start_stream
from causeway.server.broken_end import BrokenEnd

Hear = Callable[[bytes, str], None]


class StreamWriter:
    """Encodes parts and sends them, between `start` and `end`; before the first, `begin` says whose they are.

    With `write` (`WRITE`) a part is sent when it is taken, until the client reads too slowly; without, when
    `drain` is waited for. `hear` is told what is sent, and who has said it in these very bytes, if anybody.
    """

    __slots__ = (
        "_broken_end", "_encoder", "_face", "_hear", "_pending", "_provenance", "_send", "_write",
        "has_started",
    )  # fmt: skip

    def __init__(
        self, face: ChatClientFace, send: Send, write: Write | None, hear: Hear | None = None
    ) -> None:
        self._face = face
        self._hear = hear
        self._send = send
        self._write = write
        self._encoder: StreamEncoder
        self._provenance: Provenance
        self._broken_end: BrokenEnd | None = None
        self._pending: bytes | Awaitable[None] | None = None
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
        if self._hear is not None:
            self._hear(frames, self._provenance.provider if isinstance(part, bytes) else "")
        write = self._write
        self._pending = pending = frames if write is None else write(frames)
        return pending is not None

    async def drain(self) -> None:
        """Wait until what was taken has been sent, and the client has read most of it."""
        pending, self._pending = self._pending, None
        if isinstance(pending, bytes):
            await send_chunk(self._send, pending)
        elif pending is not None:
            await pending

    async def end(self) -> None:
        """Close the stream."""
        await end_stream(self._send)
