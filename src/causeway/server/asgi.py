"""ASGI's types and the few ways in which this server answers. Knows no dialect."""

from causeway.adapters.inbound.asgi import AsgiMessage, Headers, Receive, Scope, Send, Write

__all__ = ["AsgiMessage", "Headers", "Receive", "Scope", "Send", "Write"]

JSON_TYPE = (b"content-type", b"application/json")


async def send_json(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Answer with one JSON body."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [JSON_TYPE, length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def send_text(send: Send, status: int, body: bytes, media_type: bytes, headers: Headers) -> None:
    """Answer with text of some type."""
    length = (b"content-length", str(len(body)).encode())
    typed = [(b"content-type", media_type), length, *headers]
    await send({"type": "http.response.start", "status": status, "headers": typed})
    await send({"type": "http.response.body", "body": body})


async def start_stream(send: Send, media_type: bytes, headers: Headers) -> None:
    """Commit the status of a stream; from here on errors are told inside it."""
    stream_headers = [(b"content-type", media_type), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": [*stream_headers, *headers]})


async def send_chunk(send: Send, body: bytes) -> None:
    """Send a piece of a stream."""
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def end_stream(send: Send) -> None:
    """Close the stream."""
    await send({"type": "http.response.body", "body": b""})
