"""Passes a provider's stream on as it is, to a caller who speaks the same dialect.

Bytes are cut only where a frame ends, so that a stream which breaks off can still be brought to a
well-formed end. Until something has been said every frame is read; after that only those that hold one
of the dialect's `tap_markers`, for usage and for failures, and those that do not look like a frame with
one JSON object: what is none is an error of the provider's, and nobody's to pass on.
"""

import re
from contextlib import suppress

from causeway.dialects.faces import ChatProviderFace
from causeway.model.errors import CausewayError, UpstreamProtocolError
from causeway.model.events import Event, MessageEnd
from causeway.model.order import EventOrder, IllegalEventOrderError
from causeway.pipeline.answers import Part, says_something

_MAX_FRAME_BYTES = 16 * 1024 * 1024
_MARKS = (b"\n\n", b"\n\r\n")  # of a frame's end
_FRAME = re.compile(rb".*?\n(?:\r?\n)+", re.DOTALL)
# Frames as every vendor writes them. Whether the object between the braces is one is not asked.
_OBJECT_FRAMES = re.compile(rb"(?:(?:event:[^\r\n]*\r?\n)?data: ?\{[^\r\n]*\}\r?\n\r?\n)*")
_DONE = b"[DONE]"  # ends the streams of more than one dialect, after the end of the answer or as it


class FrameCutter:
    """Cuts a stream of bytes into runs of whole frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Return all frames that are complete now, as they came; raises UpstreamProtocolError."""
        if not self._rest and chunk.endswith(_MARKS[0]):
            return chunk
        # What came before holds no end of a frame, but may hold the beginning of one.
        start = max(0, len(self._rest) - 2)
        self._rest += chunk
        places = ((self._rest.rfind(mark, start), len(mark)) for mark in _MARKS)
        end = max((place + length for place, length in places if place >= 0), default=0)
        if not end:
            if len(self._rest) > _MAX_FRAME_BYTES:
                raise UpstreamProtocolError("the provider sent a frame without an end")
            return b""
        frames = bytes(self._rest[:end])
        del self._rest[:end]
        return frames

    def rest(self) -> bytes:
        """Return what was left when the stream ended."""
        return bytes(self._rest)


class Relay:
    """`PartReader` of a stream that is passed on: frames as they came, and at last the MessageEnd that they
    told, which is not to be sent.

    The first part holds everything up to the first content. After it, before an error, comes the event that
    closes what is open.
    """

    __slots__ = ("_cutter", "_held", "_tap", "is_finished")

    def __init__(self, face: ChatProviderFace) -> None:
        self._tap = _Tap(face)
        self._cutter = FrameCutter()
        self._held = b""
        self.is_finished = False

    def feed(self, chunk: bytes) -> Part:
        """See `PartReader.feed`."""
        frames = self._cutter.feed(chunk)
        if not frames:
            return b""
        passed_on, failure = self._tap.read(frames)
        self._held += passed_on
        if failure is not None:
            raise failure
        if self._tap.has_spoken:
            return self._release()
        if len(self._held) > _MAX_FRAME_BYTES:
            raise UpstreamProtocolError("the provider sent much and said nothing")
        return b""

    def finish(self) -> list[Part]:
        """See `PartReader.finish`."""
        tap = self._tap
        tap.finish()
        has_failed_early = tap.end is not None and tap.end.failure is not None and not tap.has_spoken
        rest = self._release() + self._cutter.rest()
        parts: list[Part] = [rest] if rest and not has_failed_early else []
        return parts if tap.end is None else [*parts, [tap.end]]

    def break_off(self) -> list[Part]:
        """See `PartReader.break_off`."""
        if not self._tap.has_spoken:
            return []
        parts: list[Part] = [self._release(), self._tap.order.closing_events()]
        return [part for part in parts if part]

    def _release(self) -> bytes:
        held, self._held = self._held, b""
        return held


class _Tap:
    """Reads of a stream what the gateway must know of it."""

    def __init__(self, face: ChatProviderFace) -> None:
        self._decoder = face.stream_decoder()
        self._markers = face.tap_markers
        self.order = EventOrder()
        self.has_spoken = False
        self.end: MessageEnd | None = None
        self._is_done = False

    def read(self, frames: bytes) -> tuple[bytes, CausewayError | None]:
        """Take whole frames; returns those that the caller shall have, and the failure that they tell.

        A frame that is no part of an answer is not for the caller, nor is one that follows the answer's end:
        some dialects' clients fail at an error frame, and none expects two ends.
        """
        if self.end is None and self.has_spoken and self._is_uneventful(frames):
            return frames, None
        passed_on = b""
        for frame in _FRAME.findall(frames):
            if self.end is not None and (self._is_done or _DONE not in frame):
                continue
            try:
                for event in self._decoder.feed(frame):
                    self._take(event)
            except CausewayError as error:
                return passed_on, error
            passed_on += frame
            self._is_done = self.end is not None and _DONE in frame
        return passed_on, None

    def _is_uneventful(self, frames: bytes) -> bool:
        for marker in self._markers:
            if marker in frames:
                return False
        return _OBJECT_FRAMES.fullmatch(frames) is not None

    def finish(self) -> None:
        """Take the stream's end; raises UpstreamProtocolError where it came too early."""
        for event in self._decoder.finish():
            self._take(event)

    def _take(self, event: Event) -> None:
        with suppress(IllegalEventOrderError):  # most frames are not read, so some events seem to be missing
            self.order.advance(event)
        if isinstance(event, MessageEnd):
            self.end = event
        self.has_spoken = self.has_spoken or says_something(event)
