"""Puts a reply on the wire, byte for byte, with the delays, cuts and faults that it asks for.

Knows no dialect and decides nothing: which bytes, and what happens between them, is all in the reply.
"""

import asyncio
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import accumulate, pairwise

from causeway.testing.connection import Connection, Message
from causeway.testing.dialect import Rendered
from causeway.testing.gate import Gate
from causeway.testing.replies import Raw, Reply

_ENDLESS_VALUE = b"x" * 1000


async def deliver_raw(reply: Raw, connection: Connection) -> None:
    """Send exact bytes and close."""
    await _wait_for_head(reply)
    if await _deliver_pieces(reply.pieces, reply, connection, is_chunked=False):
        connection.close()


async def deliver(rendered: Rendered, reply: Reply, message: Message, connection: Connection) -> None:
    """Send a response. The connection stays open where both sides can go on with it."""
    await _wait_for_head(reply)
    is_chunked = rendered.is_stream and not message.is_http_1_0
    keeps_alive = message.keeps_alive and (is_chunked or not rendered.is_stream)
    headers = _headers(rendered, reply, is_chunked=is_chunked, keeps_alive=keeps_alive)
    head = _encode_head(rendered.status, headers)
    if reply.has_endless_header:
        await _send_without_end(head, connection)
    await connection.write(head + b"\r\n")
    pieces = () if message.method == "HEAD" else rendered.pieces
    if not await _deliver_pieces(pieces, reply, connection, is_chunked=is_chunked):
        return
    if is_chunked:
        await connection.write(b"0\r\n\r\n")
    if not keeps_alive:
        connection.close()


async def _wait_for_head(reply: Reply) -> None:
    if reply.delay_seconds:
        await asyncio.sleep(reply.delay_seconds)
    if reply.head_gate is not None:
        await reply.head_gate.passed()


def _headers(rendered: Rendered, reply: Reply, *, is_chunked: bool, keeps_alive: bool) -> dict[str, str]:
    content_type = rendered.content_type if reply.content_type is None else reply.content_type
    headers = {"content-type": content_type} if content_type else {}
    headers |= rendered.headers
    if is_chunked:
        headers["transfer-encoding"] = "chunked"
    elif not rendered.is_stream:
        headers["content-length"] = str(sum(map(len, rendered.pieces)))
    if not keeps_alive:
        headers["connection"] = "close"
    return headers | {name.lower(): value for name, value in reply.headers.items()}


def _encode_head(status: int, headers: dict[str, str]) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # 498 and the like
        phrase = ""
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), ""]
    return "\r\n".join(lines).encode("latin-1")


async def _send_without_end(head: bytes, connection: Connection) -> None:
    await connection.write(head)
    number = 0
    while True:
        await connection.write(b"x-endless-%d: %b\r\n" % (number, _ENDLESS_VALUE))
        number += 1


async def _deliver_pieces(
    pieces: Sequence[bytes], reply: Reply, connection: Connection, *, is_chunked: bool
) -> bool:
    """Send a body; returns whether the connection is still open after it."""
    size = sum(map(len, pieces))
    stops = (reply.pause_after_bytes, reply.reset_after_bytes, reply.close_after_bytes)
    pause_at, reset_at, close_at = (None if stop is None else min(stop, size) for stop in stops)
    boundaries = {stop for stop in (pause_at, reset_at, close_at) if stop is not None}
    sent = 0
    for piece in [b"", *_cut(pieces, reply, boundaries)]:
        if piece:
            if sent and reply.pace_seconds:
                await asyncio.sleep(reply.pace_seconds)
            await connection.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
            sent += len(piece)
        if sent == pause_at:
            await (reply.body_gate or Gate()).passed()
        if sent == reset_at:
            await connection.reset()
            return False
        if sent == close_at:
            connection.close()
            return False
    return True


def _cut(pieces: Sequence[bytes], reply: Reply, boundaries: set[int]) -> Iterator[bytes]:
    """Yield a body in pieces: as they are, or cut as the reply says, and at all boundaries."""
    body = b"".join(pieces)
    if reply.chunk_bytes is not None:
        offsets = set(range(0, len(body), reply.chunk_bytes))
    elif reply.cuts:
        offsets = set(reply.cuts)
    else:
        offsets = set(accumulate(map(len, pieces)))
    inside = {offset for offset in offsets | boundaries if 0 < offset < len(body)}
    for start, end in pairwise([0, *sorted(inside), len(body)]):
        if start < end:
            yield body[start:end]
