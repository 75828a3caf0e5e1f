"""Reads a request's body within bounds of size and time."""

import asyncio
from collections.abc import Mapping

from causeway.adapters.inbound.asgi import WHOLE_BODY
from causeway.model.errors import BodyTimeoutError, BodyTooLargeError, ClientDisconnectedError
from causeway.server.asgi import Receive, Scope

# A body that is too large is read to its end, or to this bound, before it is refused: a client that
# is still sending when its connection closes sees a reset instead of the 413.
_DISCARD_BYTES = 256 * 1024 * 1024
_NO_EXTENSIONS: Mapping[str, bytes] = {}


def body_at_hand(scope: Scope, max_bytes: int) -> bytes | None:
    """Return the body if the server gave it with the request (`WHOLE_BODY`); raises BodyTooLargeError."""
    body: bytes | None = scope.get("extensions", _NO_EXTENSIONS).get(WHOLE_BODY)
    if body is not None and len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], *, max_bytes: int, timeout_seconds: float
) -> bytes:
    """Return the whole body.

    Raises BodyTooLargeError, BodyTimeoutError, or ClientDisconnectedError. No more than `max_bytes`
    are ever held.
    """
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > max_bytes and b"expect" in headers:
        raise _too_large(max_bytes)  # the client waits for leave to send, and does not get it
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _read(receive, max_bytes)
    except TimeoutError:
        raise BodyTimeoutError(
            f"the request body did not arrive within {timeout_seconds:g} seconds"
        ) from None


async def _read(receive: Receive, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    received = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError("the client disconnected while it sent its request")
        chunk: bytes = message.get("body", b"")
        received += len(chunk)
        if received <= max_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()
        if not message.get("more_body", False):
            break
        if received > max_bytes + _DISCARD_BYTES:
            break
    if received > max_bytes:
        raise _too_large(max_bytes)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(max_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"invalid request: the body is larger than {max_bytes} bytes.", field="body")
