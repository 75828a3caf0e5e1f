"""Undoes the compression of a provider's answer, a bounded piece at a time.

Answers are asked for uncompressed; some servers compress them all the same. A few kilobytes can stand for
gigabytes, so no piece is larger than `PIECE_BYTES`, and whoever collects the pieces sets the bound. No I/O.
"""

import zlib
from collections.abc import Awaitable, Callable, Iterator

from causeway.model.errors import UpstreamProtocolError

PIECE_BYTES = 64 * 1024
_GZIP_WBITS, _ZLIB_WBITS, _RAW_WBITS = 31, 15, -15
_DAMAGED = "the answer's compressed body is damaged"


class Inflater:
    """Decompresses one body of `gzip` or `deflate`."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._pieces: Iterator[bytes] = iter(())
        self._stream: zlib._Decompress | None = None

    async def pump(self, next_chunk: Callable[[], Awaitable[bytes]], take: Callable[[bytes], bool]) -> bool:
        """Hand what chunks stand for to `take`; they end with an empty one.

        Returns true at the end, and false once `take` has enough: the next call goes on from there.
        """
        while True:
            for piece in self._pieces:
                if take(piece):
                    return False
            chunk = await next_chunk()
            if not chunk:
                self.finish()
                return True
            self._pieces = self.feed(chunk)

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Yield what the next bytes stand for; raises UpstreamProtocolError where they stand for nothing."""
        stream, piece = self._stream, b""
        # A full piece may leave more behind than the bytes that it has not taken yet.
        while content or (stream is not None and not stream.eof and len(piece) == PIECE_BYTES):
            if stream is None or stream.eof:
                stream = self._stream = self._begin(content[0], is_first=stream is None)
            try:
                piece = stream.decompress(content, PIECE_BYTES)
            except zlib.error:
                raise UpstreamProtocolError(_DAMAGED) from None
            content = stream.unconsumed_tail or stream.unused_data
            if piece:
                yield piece

    def finish(self) -> None:
        """Say that the body has ended; raises UpstreamProtocolError in the midst of it."""
        if self._stream is not None and not self._stream.eof:
            raise UpstreamProtocolError("the answer's compressed body is cut short")

    def _begin(self, first_byte: int, *, is_first: bool) -> "zlib._Decompress":
        if self._is_gzip:  # a body may be several, one after another
            return zlib.decompressobj(_GZIP_WBITS)
        if not is_first:
            raise UpstreamProtocolError(_DAMAGED)
        # Some servers leave out the zlib header, whose first byte says method 8.
        return zlib.decompressobj(_ZLIB_WBITS if first_byte & 0x0F == 8 else _RAW_WBITS)


def inflater_for(content_encoding: str) -> Inflater | None:
    """Return what undoes a `content-encoding`, or nothing where there is nothing to undo.

    Raises UpstreamProtocolError for one that was not asked for and is not known.
    """
    coding = content_encoding.strip().lower()
    if coding in ("", "identity"):
        return None
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise UpstreamProtocolError(f"the answer is encoded as {coding[:40]!r}, which was not asked for")
    return Inflater(is_gzip=coding != "deflate")
