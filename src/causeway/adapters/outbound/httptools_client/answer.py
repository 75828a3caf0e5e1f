"""Reads answers off the bytes of one connection, within bounds. No I/O, no clock.

Where RFC 9112 leaves a recipient the choice, this one is strict: a folded header line, a line that ends
without CR, a NUL or another control character in a header, two lengths, a length beside a transfer
encoding, and a transfer encoding other than `chunked` are refused, since another reader of the same bytes
might see another answer in them. A blank line before an answer is skipped. Whatever else follows an
answer unasked makes the connection unfit for another request.

Sources of truth: RFC 9112; llhttp in its strict mode, which httptools leaves on.
tests/adapters/test_answer_reader.py.
"""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from causeway.model.errors import UpstreamError, UpstreamProtocolError

MAX_HEAD_BYTES = 64 * 1024
MAX_HEAD_FIELDS = 128
MAX_FRAMING_BYTES = 64 * 1024
"""How much of a chunk's extension or of a trailer may come without a byte of the body."""


class Answer:
    """One answer, as far as it has come.

    `status` and `headers`, by names in lower case, are there once `has_head` says so. `has_begun` says
    that a byte has come. `error` is what ended it before its end; `is_lost` that this was the connection.
    """

    __slots__ = (
        "buffered_bytes", "error", "has_begun", "has_head", "headers", "is_complete", "is_lost", "pieces",
        "status",
    )  # fmt: skip

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self.buffered_bytes = 0
        self.has_begun = False
        self.has_head = False
        self.is_complete = False
        self.is_lost = False
        self.error: UpstreamError | None = None

    def take(self) -> bytes:
        """Return what has come of the body and was not taken."""
        pieces = self.pieces
        content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.buffered_bytes = 0
        return content


class AnswerReader:
    """Reads the answers of one connection, one after another. `origin` is named in errors.

    `is_reusable` says of the last answer, once it is complete, that another may follow on its connection.
    """

    __slots__ = (
        "_answer", "_fields", "_framing_bytes", "_has_body", "_head_bytes", "_is_interim", "_origin",
        "_parser", "_pieces", "_refusal", "is_reusable", "on_body",
    )  # fmt: skip

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._pieces: list[bytes] = []  # of the body, out of what is being fed
        self.on_body = self._pieces.append  # itself, since it is called for each event of a stream
        self._parser = HttpResponseParser(self)
        self._answer = Answer()
        self._has_body = True
        self._is_interim = False
        self._refusal = ""
        self._fields: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._framing_bytes = 0
        self.is_reusable = False

    def expect(self, *, has_body: bool) -> Answer:
        """Begin to read the next answer, once the last is complete. That to HEAD has no body."""
        if not self._has_body:  # of which the parser knows nothing, and may wait for it still
            self._parser = HttpResponseParser(self)
        self._answer = answer = Answer()
        self._has_body = has_body
        self._fields = []
        self._head_bytes = self._framing_bytes = 0
        self.is_reusable = False
        return answer

    def feed(self, content: bytes) -> None:
        """Take the next bytes; raises UpstreamProtocolError for what is no answer or passes a bound.

        Nothing may be fed after an error, nor once the answer is complete.
        """
        answer = self._answer
        had_head = answer.has_head
        answer.has_begun = True
        try:
            if had_head:
                self._parser.feed_data(content)
            else:
                self._feed_head(content)
        except (HttpParserError, HttpParserUpgrade):
            self._keep_pieces()  # which came before what is malformed
            if not answer.is_complete:  # or it is what follows that is malformed
                reason = self._refusal or f"what {self._origin} sent is not HTTP"
                raise UpstreamProtocolError(reason) from None
            self.is_reusable = False
            return
        pieces = self._pieces
        if pieces:
            if len(pieces) == 1 and not answer.is_complete:  # as with nearly every event of a stream
                piece = pieces.pop()
                answer.pieces.append(piece)
                answer.buffered_bytes += len(piece)
            else:
                self._keep_pieces()
            self._framing_bytes = 0
        elif had_head and not answer.is_complete:
            self._framing_bytes += len(content)
            if self._framing_bytes > MAX_FRAMING_BYTES:
                raise UpstreamProtocolError(
                    f"{self._origin} sent more than {MAX_FRAMING_BYTES} bytes that are no part of its answer"
                )

    def finish(self) -> None:
        """Take the connection's orderly end, which is the end of an answer that has no other."""
        answer = self._answer
        has_framing = b"content-length" in answer.headers or b"transfer-encoding" in answer.headers
        if answer.has_head and not has_framing:
            answer.is_complete = True

    def _feed_head(self, content: bytes) -> None:
        room = MAX_HEAD_BYTES - self._head_bytes
        self._head_bytes += len(content)
        if len(content) <= room:
            self._parser.feed_data(content)
            return
        view = memoryview(content)
        self._parser.feed_data(view[:room])
        if not self._answer.has_head:
            raise UpstreamProtocolError(
                f"the header that {self._origin} sent is larger than {MAX_HEAD_BYTES} bytes"
            )
        self._parser.feed_data(view[room:])

    def _keep_pieces(self) -> None:
        """Add to the answer what has come of its body; what comes after its end is not its own."""
        answer, pieces = self._answer, self._pieces
        if answer.is_complete:
            self.is_reusable = False
        elif pieces:
            content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            answer.pieces.append(content)
            answer.buffered_bytes += len(content)
        pieces.clear()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Note that an answer begins, which nobody asked for if the last one is complete."""
        if self._answer.is_complete:
            self.is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of a head, or of a trailer, which nobody reads."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Take the end of a head; raises UpstreamProtocolError, which ends the parsing."""
        answer, fields = self._answer, self._fields
        if answer.is_complete:
            return
        status = self._parser.get_status_code()
        self._fields = []
        if status < 200:
            self._check_interim(status)
            return
        if len(fields) > MAX_HEAD_FIELDS:
            self._refuse(f"the header that {self._origin} sent has more than {MAX_HEAD_FIELDS} fields")
        headers = answer.headers
        for name, value in fields:
            name = name.lower()
            # To the parser `chunked` with a tab behind it is another coding, and the body has no end.
            if name == b"transfer-encoding" and (value.lower() != b"chunked" or name in headers):
                self._refuse(f"{self._origin} sent a transfer encoding that was not asked for")
            value = value.strip()
            headers[name] = headers[name] + b", " + value if name in headers else value
        answer.status = status
        answer.has_head = True
        if not self._has_body:
            answer.is_complete = True
            self.is_reusable = self._parser.should_keep_alive()

    def on_message_complete(self) -> None:
        """Take the end of an answer, or of one that only announces another."""
        answer = self._answer
        if self._is_interim:
            self._is_interim = False
        elif not answer.is_complete:
            self._keep_pieces()
            answer.is_complete = True
            self.is_reusable = self._parser.should_keep_alive()

    def _check_interim(self, status: int) -> None:
        if status == 101:
            self._refuse(f"{self._origin} switched to another protocol unasked")
        if status < 100:
            self._refuse(f"what {self._origin} sent has no status that HTTP knows")
        self._is_interim = True

    def _refuse(self, reason: str) -> None:
        self._refusal = reason
        raise UpstreamProtocolError(reason)
