"""Reads requests off the bytes of one connection, within bounds, into ASGI scopes. No I/O, no clock.

Where RFC 9112 leaves a recipient the choice, this one is strict, since another reader of the same bytes might
see other requests in them: folded lines, lines that end without CR, control characters, two lengths, a
length beside a transfer encoding, any transfer encoding but plain `chunked`, and a missing or second Host are
refused. A blank line before a request is skipped. A wish to speak another protocol is not heard.

Sources of truth: RFC 9112; llhttp in its strict mode, which httptools leaves on.
tests/adapters/inbound/test_request_reader.py.
"""

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

from causeway.adapters.inbound.asgi import Headers, Scope
from causeway.adapters.inbound.refusal import (
    MALFORMED,
    WRONG_CODING,
    WRONG_HOST,
    WRONG_TARGET,
    WRONG_VERSION,
    Refusal,
)

MAX_TARGET_BYTES = 8 * 1024
MAX_HEAD_BYTES = 64 * 1024
"""Where a head follows another request in the same read, what comes with that read is not counted."""
MAX_HEAD_FIELDS = 100
MAX_FRAMING_BYTES = 64 * 1024
"""How much of chunks' extensions or of a trailer may come without a byte of the body."""
MAX_PIPELINED_REQUESTS = 32
"""How many requests one read may hold; of more, these are answered, and then the connection ends."""

_LONG_TARGET = Refusal(414, f"the request's target is longer than {MAX_TARGET_BYTES} bytes")
_LARGE_HEAD = Refusal(431, f"the request's header is larger than {MAX_HEAD_BYTES} bytes")
_MANY_FIELDS = Refusal(431, f"the request has more than {MAX_HEAD_FIELDS} headers")
_MUCH_FRAMING = Refusal(
    400, f"more than {MAX_FRAMING_BYTES} bytes came that are no part of the request's body"
)

# It calls nobody, and so has a hold on nobody.
_NO_PARSER = HttpRequestParser(None)


class Request:
    """One request, as far as it has come: its head, and what of its body was not taken yet.

    `is_kept_alive` says that another request may follow, `expects_continue` that the body may not come
    before the server has asked for it.
    """

    __slots__ = ("buffered_bytes", "expects_continue", "is_complete", "is_kept_alive", "pieces", "scope")

    def __init__(self, scope: Scope, is_kept_alive: bool, expects_continue: bool) -> None:
        self.scope = scope
        self.is_kept_alive = is_kept_alive
        self.expects_continue = expects_continue
        self.is_complete = False
        self.pieces: list[bytes] = []
        self.buffered_bytes = 0

    def take(self) -> bytes:
        """Return what has come of the body and was not taken."""
        pieces = self.pieces
        content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.buffered_bytes = 0
        return content


class RequestReader:
    """Reads the requests of one connection, one after another. `scope` is what they have in common.

    `arrived` are those whose head has come, for the connection to take; they grow while they are fed.
    `has_begun` says that a part of a head has come, `is_finished` that nothing after this is read.
    """

    __slots__ = (
        "_common_scope", "_fields", "_framing_bytes", "_head_bytes", "_is_body_owed", "_is_in_head",
        "_parser", "_refusal", "_request", "_target", "arrived", "is_finished",
    )  # fmt: skip

    def __init__(self, common_scope: dict[str, Any]) -> None:
        self._common_scope = common_scope
        self._parser = HttpRequestParser(self)
        self._request: Request
        self._refusal = MALFORMED
        self._target = b""
        self._fields: Headers = []
        self._head_bytes = 0
        self._framing_bytes = 0
        self._is_in_head = True
        self._is_body_owed = False
        self.arrived: list[Request] = []
        self.is_finished = False

    @property
    def has_begun(self) -> bool:
        """Whether a part of a head has come in a read of its own, and not all of it."""
        return self._is_in_head and self._head_bytes > 0

    def feed(self, content: bytes | memoryview) -> Refusal | None:
        """Take the next bytes; returns why what they belong to is not served, after which none are read."""
        if self.is_finished:
            return None
        if self._is_in_head:
            self._head_bytes += len(content)
            if self._head_bytes > MAX_HEAD_BYTES:
                return self._feed_long(content)
        else:
            self._framing_bytes += len(content)
        try:
            self._parser.feed_data(content)
            if self._framing_bytes > MAX_FRAMING_BYTES:
                self._refuse(_MUCH_FRAMING)
        except HttpParserUpgrade as upgrade:
            self._change_parser()
            return self.feed(content[upgrade.args[0] :])
        except HttpParserError:
            if self.is_finished:  # it is what came after the last request
                return None
            self.is_finished = True
            return self._refusal
        return None

    def close(self) -> None:
        """Let go of the parser, which has a hold on this. Nothing is read any more."""
        self.is_finished = True
        self._parser = _NO_PARSER

    def _feed_long(self, content: bytes | memoryview) -> Refusal | None:
        """Take bytes that may hold more than a head, but not more of a head than is allowed."""
        self._head_bytes -= len(content)
        room = MAX_HEAD_BYTES - self._head_bytes
        view = memoryview(content)
        refusal = self.feed(view[:room])
        if refusal is None and self._is_in_head and self._head_bytes == MAX_HEAD_BYTES:
            self.is_finished = True
            return _LARGE_HEAD
        return refusal or self.feed(view[room:])

    def _change_parser(self) -> None:
        """Read on where the parser takes what follows for another protocol: it is the body, or a request."""
        self._parser = parser = HttpRequestParser(self)
        if self._is_body_owed:
            length = dict(self._request.scope["headers"]).get(b"content-length")
            framing = b"transfer-encoding: chunked" if length is None else b"content-length: " + length
            parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n")
            self._is_body_owed = False

    # What the parser calls. What it raises ends the parsing.

    def on_url(self, part: bytes) -> None:
        """Take a part of the target."""
        self._target += part
        if len(self._target) > MAX_TARGET_BYTES:
            self._refuse(_LONG_TARGET)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of a head, or of a trailer, which nobody reads."""
        if self._is_in_head:
            self._fields.append((name.lower(), value.rstrip()))  # the parser leaves blanks behind it

    def on_headers_complete(self) -> None:
        """Take the end of a head."""
        if self._is_body_owed:
            return
        parser, headers = self._parser, self._fields
        fields = dict(headers)
        version = parser.get_http_version()
        is_usual = version == "1.1" and b"host" in fields and b"transfer-encoding" not in fields
        if not is_usual or len(fields) != len(headers) or len(headers) > MAX_HEAD_FIELDS:
            self._check_head(version, headers, fields)
        if self.arrived or self.is_finished:
            self._check_turn()
        method = parser.get_method().decode()
        target = self._target
        if target.startswith(b"/") and b"#" not in target and method != "CONNECT":
            raw_path, _, query = target.partition(b"?")
        else:
            raw_path, query = self._split_target(target, method)
        path = raw_path.decode()
        scope = self._common_scope.copy()
        scope["http_version"] = version
        scope["method"] = method
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        scope["query_string"] = query
        scope["headers"] = headers
        expects_continue = b"expect" in fields and fields[b"expect"].lower() == b"100-continue"
        self._request = request = Request(
            scope, parser.should_keep_alive(), expects_continue and version == "1.1"
        )
        self.arrived.append(request)
        self._is_in_head = False
        self._framing_bytes = 0
        if b"upgrade" in fields and parser.should_upgrade():
            has_length = int(fields.get(b"content-length", 0)) > 0
            self._is_body_owed = has_length or b"transfer-encoding" in fields

    def on_body(self, piece: bytes) -> None:
        """Take a part of a body."""
        request = self._request
        request.pieces.append(piece)
        request.buffered_bytes += len(piece)
        self._framing_bytes = 0

    def on_message_complete(self) -> None:
        """Take the end of a request, unless the parser only means to read no further."""
        if self._is_body_owed:
            return
        request = self._request
        request.is_complete = True
        self.is_finished = not request.is_kept_alive
        del self._request  # which may be large, while the next may not come for long
        self._is_in_head = True
        self._head_bytes = 0
        self._target = b""
        self._fields = []

    def _check_head(self, version: str, headers: Headers, fields: Mapping[bytes, bytes]) -> None:
        if len(headers) > MAX_HEAD_FIELDS:
            self._refuse(_MANY_FIELDS)
        if version not in ("1.1", "1.0"):
            self._refuse(WRONG_VERSION)
        hosts = sum(name == b"host" for name, _ in headers)
        if hosts > 1 or (version == "1.1" and not hosts):
            self._refuse(WRONG_HOST)
        coding = fields.get(b"transfer-encoding")
        # To the parser `chunked` with a tab behind it is another coding, and `gzip, chunked` is chunked.
        if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
            self._refuse(WRONG_CODING)

    def _check_turn(self) -> None:
        """Raise where no request may follow those that have arrived."""
        if len(self.arrived) == MAX_PIPELINED_REQUESTS:
            self.arrived[-1].is_kept_alive = False
            self.is_finished = True
        if self.is_finished:
            raise HttpParserError

    def _split_target(self, target: bytes, method: str) -> tuple[bytes, bytes]:
        """Return the path and the query of a target that is not a path by itself."""
        if target == b"*" and method == "OPTIONS":
            return target, b""
        if b"#" in target or method == "CONNECT" or target.startswith((b"/", b"*")):
            self._refuse(WRONG_TARGET)
        url = parse_url(target)
        if url.schema is None or url.schema.lower() not in (b"http", b"https"):
            self._refuse(WRONG_TARGET)
        return url.path or b"/", url.query or b""

    def _refuse(self, refusal: Refusal) -> NoReturn:
        self._refusal = refusal
        raise HttpParserError(refusal.message)
