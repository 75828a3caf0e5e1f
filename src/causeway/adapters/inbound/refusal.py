"""What the server answers without asking the application: a status and a sentence, never the input."""

from http import HTTPStatus

import msgspec
from msgspec import Struct


class Refusal(Struct, frozen=True):
    """Why a request is not served. Its connection ends with it."""

    status: int
    message: str


MALFORMED = Refusal(400, "the request is not well-formed HTTP/1.1")
WRONG_HOST = Refusal(400, "a request of HTTP/1.1 has exactly one Host header")
WRONG_CODING = Refusal(400, "the only transfer encoding that is understood is chunked, in HTTP/1.1")
WRONG_TARGET = Refusal(400, "the request's target is neither a path nor an http URL")
WRONG_VERSION = Refusal(505, "HTTP/1.1 and HTTP/1.0 are understood here")
LATE_HEAD = Refusal(408, "the request's header did not arrive in time")
TOO_MANY_CONNECTIONS = Refusal(503, "too many connections are open")
FAILED = Refusal(500, "internal server error")


def encode_refusal(refusal: Refusal, date_line: bytes) -> bytes:
    """Return the whole answer; `date_line` is a header with its end."""
    body = msgspec.json.encode({"message": refusal.message})
    status_line = f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n".encode()
    framing = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    return status_line + date_line + b"content-type: application/json\r\n" + framing + body
