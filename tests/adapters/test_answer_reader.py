"""The reader of answers: the same answer however its bytes come, and none that readers could differ on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.adapters.outbound.httptools_client.answer import (
    MAX_FRAMING_BYTES,
    MAX_HEAD_BYTES,
    Answer,
    AnswerReader,
)
from causeway.model.errors import UpstreamProtocolError
from support.http_answers import CUTS, Written, cut, damaged_answers, written_answers
from support.outbound import answer, chunk, head


def read(reader: AnswerReader, parts: list[bytes], *, has_body: bool = True) -> tuple[Answer, list[bytes]]:
    """Feed an answer until it is complete; return it, and the parts that are left."""
    got = reader.expect(has_body=has_body)
    for index, part in enumerate(parts):
        reader.feed(part)
        if got.is_complete:
            return got, parts[index + 1 :]
    return got, []


@given(st.lists(st.tuples(written_answers(("length", "chunked", "none")), CUTS), min_size=1, max_size=3))
def test_answers_cut_anywhere_are_the_same_answers(sent: list[tuple[Written, list[int]]]) -> None:
    reader = AnswerReader("a.test:80")
    for written, places in sent:
        got, rest = read(reader, cut(written.content, places))
        assert got.is_complete
        assert rest == []
        assert (got.status, got.headers, got.take()) == (written.status, written.headers, written.body)
        assert reader.is_reusable == written.is_kept_alive
        if not reader.is_reusable:
            break


@given(written_answers(("close",)), CUTS)
def test_a_body_without_a_length_ends_with_the_connection(written: Written, places: list[int]) -> None:
    reader = AnswerReader("a.test:80")
    got, _ = read(reader, cut(written.content, places))
    assert not got.is_complete
    reader.finish()
    assert got.is_complete
    assert (got.status, got.headers, got.take()) == (written.status, written.headers, written.body)
    assert not reader.is_reusable


@given(written_answers(("length", "chunked")), st.data())
def test_an_answer_that_breaks_off_is_never_complete(written: Written, data: st.DataObject) -> None:
    reader = AnswerReader("a.test:80")
    end = data.draw(st.integers(0, len(written.content) - 1))
    got, _ = read(reader, cut(written.content[:end], data.draw(CUTS)))
    reader.finish()
    assert not got.is_complete
    assert written.body.startswith(got.take())


@given(
    written_answers(("length", "chunked", "none")),
    st.binary(min_size=1, max_size=80).filter(lambda content: content.strip(b"\r\n")[:1] == content[:1]),
    CUTS,
)
def test_what_follows_an_answer_is_no_part_of_it(written: Written, unasked: bytes, places: list[int]) -> None:
    reader = AnswerReader("a.test:80")
    got, rest = read(reader, cut(written.content + unasked, places))
    assert got.is_complete
    assert (got.status, got.headers, got.take()) == (written.status, written.headers, written.body)
    if len(b"".join(rest)) < len(unasked):
        assert not reader.is_reusable


@given(written_answers(), CUTS)
def test_the_answer_to_head_ends_with_its_head(written: Written, places: list[int]) -> None:
    reader = AnswerReader("a.test:80")
    got, rest = read(reader, cut(written.content[: written.head_size], places), has_body=False)
    assert got.is_complete
    assert rest == []
    assert (got.status, got.headers, got.take()) == (written.status, written.headers, b"")
    if reader.is_reusable:
        following, _ = read(reader, [answer(b"next")])
        assert following.take() == b"next"


@pytest.mark.parametrize(
    "parts", [[head(b"content-length: 4") + b"body"], [head(b"content-length: 4") + b"b"]]
)
def test_a_body_that_was_sent_to_head_leaves_no_connection(parts: list[bytes]) -> None:
    reader = AnswerReader("a.test:80")
    got, _ = read(reader, parts, has_body=False)
    assert got.is_complete
    assert got.take() == b""
    assert not reader.is_reusable


def outcome(parts: list[bytes]) -> tuple[str, int, bytes]:
    reader = AnswerReader("a.test:80")
    got = reader.expect(has_body=True)
    for part in parts:
        try:
            reader.feed(part)
        except UpstreamProtocolError:
            return "refused", got.status, got.take()
        if got.is_complete:
            return "complete", got.status, got.take()
    return "open", got.status, got.take()


@given(damaged_answers() | st.binary(max_size=100), CUTS)
def test_damage_means_the_same_however_it_comes(content: bytes, places: list[int]) -> None:
    assert outcome(cut(content, places)) == outcome([content] if content else [])


REFUSED = {
    "a folded line": head(b"x: a", b" b", b"content-length: 0"),
    "a NUL": head(b"x: a\0b", b"content-length: 0"),
    "a control character": head(b"x: a\x01b", b"content-length: 0"),
    "a line that ends with LF": b"HTTP/1.1 200 OK\r\nx: a\ncontent-length: 0\r\n\r\n",
    "a head that ends with LF": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\n",
    "CR within a line": head(b"x: a\rb", b"content-length: 0"),
    "a space before a colon": head(b"x : a", b"content-length: 0"),
    "a name that is no token": head(b"x\xe9: a", b"content-length: 0"),
    "one length twice": head(b"content-length: 2", b"content-length: 2") + b"ok",
    "a list of lengths": head(b"content-length: 2, 2") + b"ok",
    "a signed length": head(b"content-length: +2") + b"ok",
    "a length past counting": head(b"content-length: 99999999999999999999"),
    "a length and chunks": head(b"content-length: 2", b"transfer-encoding: chunked") + chunk(b""),
    "chunks and a length": head(b"transfer-encoding: chunked", b"content-length: 2") + chunk(b""),
    "chunked twice": head(b"transfer-encoding: chunked", b"transfer-encoding: chunked") + chunk(b""),
    "nearly chunked": head(b"transfer-encoding: xchunked") + chunk(b""),
    "chunked and a tab": head(b"transfer-encoding: chunked\t") + chunk(b""),
    "chunked and a space": head(b"transfer-encoding: chunked ") + chunk(b""),
    "a chunk's line that ends with LF": head(b"transfer-encoding: chunked") + b"2\nok\r\n0\r\n\r\n",
    "a chunk that ends with LF": head(b"transfer-encoding: chunked") + b"2\r\nok\n0\r\n\r\n",
    "a chunk's size past counting": head(b"transfer-encoding: chunked") + b"f" * 17 + b"\r\n",
    "a chunk's size with 0x": head(b"transfer-encoding: chunked") + b"0x2\r\nok\r\n",
    "a status below 100": head(status=b"099 No") + b"ok",
    "a request": b"GET / HTTP/1.1\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_readers_could_differ_on_is_refused(case: str) -> None:
    assert outcome([REFUSED[case]])[0] == "refused"
    assert outcome([bytes([byte]) for byte in REFUSED[case]])[0] == "refused"


def test_blank_lines_before_an_answer_are_skipped() -> None:
    reader = AnswerReader("a.test:80")
    got, _ = read(reader, [answer(b"one") + b"\r\n"])
    assert got.take() == b"one"
    assert reader.is_reusable
    got, _ = read(reader, [b"\r\n\r\n" + answer(b"two")])
    assert got.take() == b"two"


ENDLESS = {
    "a status line": (b"HTTP/1.1 200 ", b"y"),
    "a field": (b"HTTP/1.1 200 OK\r\nx: ", b"y"),
    "a name": (b"HTTP/1.1 200 OK\r\n", b"y"),
    "fields": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
    "blank lines": (b"", b"\r\n"),
    "announcements": (b"", head(status=b"100 Continue")),
    "a chunk's size": (head(b"transfer-encoding: chunked"), b"0"),
    "a chunk's extension": (head(b"transfer-encoding: chunked") + b"5;", b"y"),
    "a trailer": (head(b"transfer-encoding: chunked") + b"0\r\n", b"x: y\r\n"),
    "a field of a trailer": (head(b"transfer-encoding: chunked") + b"0\r\nx: ", b"y"),
}


@pytest.mark.parametrize("case", ENDLESS)
@pytest.mark.parametrize("size", [7, 1000, 250_000])
def test_what_has_no_end_is_refused_within_bounds(case: str, size: int) -> None:
    begun, more = ENDLESS[case]
    content = (more * (size // len(more) + 1))[: size - size % len(more) or len(more)]
    reader, fed = AnswerReader("a.test:80"), 0

    def feed_until_refused() -> None:
        nonlocal fed
        while fed <= MAX_HEAD_BYTES + MAX_FRAMING_BYTES + size:
            reader.feed(content)
            fed += len(content)

    reader.expect(has_body=True)
    reader.feed(begun)
    with pytest.raises(UpstreamProtocolError):
        feed_until_refused()
    assert fed <= max(MAX_HEAD_BYTES, MAX_FRAMING_BYTES)


def test_a_long_stream_of_small_chunks_is_no_endless_framing() -> None:
    reader = AnswerReader("a.test:80")
    got = reader.expect(has_body=True)
    reader.feed(head(b"transfer-encoding: chunked"))
    for _ in range(MAX_FRAMING_BYTES):
        reader.feed(chunk(b"x"))
    assert got.buffered_bytes == MAX_FRAMING_BYTES
