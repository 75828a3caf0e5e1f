"""Writes the head of an answer from what the application says of it. No I/O, no clock.

What could let a reader see another answer in it is refused: line breaks in headers, several lengths, a
length that is no number. How the body is framed and whether the connection stays is the server's to say:
of the application's own headers on it, only that the connection is to close is heard.
Source of truth: RFC 9112. tests/adapters/inbound/test_response_head.py.
"""

from http import HTTPStatus

from msgspec import Struct

from causeway.adapters.inbound.asgi import AsgiMessage, Headers, Scope

_EMPTY_STATUSES = (204, 304)
_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
_STATUS_LINES = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, _PHRASES.get(status, b"")) for status in range(200, 600)
}


class ResponseHead(Struct):
    """A head with its end, and how its body goes.

    `length` is how many bytes of a body the application has announced, if it has. `has_body` says whether
    what it sends is written at all, and `is_chunked` how.
    """

    content: bytes
    length: int | None
    has_body: bool
    is_chunked: bool
    is_kept_alive: bool


def encode_response_head(
    message: AsgiMessage, request: Scope, date_line: bytes, *, is_kept_alive: bool
) -> ResponseHead:
    """Return the head that an `http.response.start` asks for; raises ValueError for what may not be sent.

    `date_line` is a header with its end, and `is_kept_alive` says whether the connection may stay.
    """
    status: int = message["status"]
    status_line = _STATUS_LINES.get(status)
    if status_line is None:
        raise ValueError(f"an answer has no status {status!r}")
    headers = list(message.get("headers", ()))
    fields = dict(headers)
    if len(fields) != len(headers) or not b"".join(fields).islower():
        headers = _unambiguous(headers)
        fields = dict(headers)
    length = None
    if b"content-length" in fields:
        length = _decode_length(fields[b"content-length"])
    if b"connection" in fields or b"transfer-encoding" in fields:
        is_kept_alive = is_kept_alive and b"close" not in fields.get(b"connection", b"").lower()
        headers = _without(headers, b"connection", b"transfer-encoding")
    has_body = request["method"] != "HEAD"
    if status in _EMPTY_STATUSES:
        has_body = False
        if status == 204:
            headers = _without(headers, b"content-length")
    if not has_body:
        length = None
    is_chunked = False
    framing = b""
    if request["http_version"] == "1.1":
        is_chunked = has_body and length is None
        if not is_kept_alive:
            framing = b"connection: close\r\n"
        if is_chunked:
            framing += b"transfer-encoding: chunked\r\n"
    else:
        # Where nothing else tells the end of the body, that of the connection does.
        is_kept_alive = is_kept_alive and not (has_body and length is None)
        framing = b"connection: keep-alive\r\n" if is_kept_alive else b"connection: close\r\n"
    return ResponseHead(
        status_line
        + (b"" if b"date" in fields else date_line)
        + _encode_headers(headers)
        + framing
        + b"\r\n",
        length,
        has_body,
        is_chunked,
        is_kept_alive,
    )


def _encode_headers(headers: Headers) -> bytes:
    if not headers:
        return b""
    written = b"\r\n".join(map(b": ".join, headers))
    if len(written) - len(written.translate(None, b"\r\n\0")) != 2 * (len(headers) - 1):
        raise ValueError("a header has a line break or a NUL in it")
    return written + b"\r\n"


def _decode_length(value: bytes) -> int:
    if not value.isdigit():
        raise ValueError("the content-length is no number")
    return int(value)


def _unambiguous(headers: Headers) -> Headers:
    """Return headers of which names are in upper case, or come twice."""
    lowered = [(name.lower(), value) for name, value in headers]
    if sum(name == b"content-length" for name, _ in lowered) > 1:
        raise ValueError("an answer has several content-lengths")
    return lowered


def _without(headers: Headers, *names: bytes) -> Headers:
    return [field for field in headers if field[0] not in names]
