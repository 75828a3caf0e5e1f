"""The reader of requests: the same however their bytes come, and none that readers could differ on."""

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.adapters.inbound.refusal import Refusal
from causeway.adapters.inbound.request_reader import (
    MAX_FRAMING_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEAD_FIELDS,
    MAX_PIPELINED_REQUESTS,
    MAX_TARGET_BYTES,
    Request,
    RequestReader,
)
from support.http_answers import CUTS, cut
from support.http_requests import WrittenRequest, damaged_requests, written_requests

HOST = b"host: a.test"


def head(*fields: bytes, line: bytes = b"POST / HTTP/1.1", host: bytes = HOST) -> bytes:
    return b"\r\n".join([line, *([host] if host else []), *fields, b"", b""])


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def read(parts: list[bytes]) -> tuple[list[Request], Refusal | None]:
    """Feed parts; return the requests that have come, and why the rest was refused."""
    reader = RequestReader({"type": "http"})
    refusal = None
    for part in parts:
        refusal = refusal or reader.feed(part)
    return reader.arrived, refusal


def outcome(parts: list[bytes]) -> list[tuple[Any, ...]]:
    """Return what a connection would make of parts: a last request whose body is malformed is none."""
    requests, refusal = read(parts)
    if refusal is not None and requests and not requests[-1].is_complete:
        requests.pop()
    seen: list[tuple[Any, ...]] = [
        (request.scope, request.is_complete, request.is_kept_alive, request.expects_continue, request.take())
        for request in requests
    ]
    return [*seen, (refusal,)]


@given(st.lists(written_requests(), min_size=1, max_size=4), CUTS)
def test_requests_cut_anywhere_are_the_same_requests(sent: list[WrittenRequest], places: list[int]) -> None:
    requests, refusal = read(cut(b"".join(written.content for written in sent), places))
    assert refusal is None
    assert len(requests) == len(sent)
    for request, written in zip(requests, sent, strict=True):
        path, _, query = written.target.partition(b"?")
        assert request.scope == {
            "type": "http",
            "http_version": "1.1",
            "method": written.method,
            "path": unquote(path.decode()),
            "raw_path": path,
            "query_string": query,
            "headers": written.headers,
        }
        assert request.is_complete
        assert request.is_kept_alive
        assert request.buffered_bytes == len(written.body)
        assert request.take() == written.body


@given(damaged_requests() | st.binary(max_size=100), CUTS)
def test_damage_means_the_same_however_it_comes(content: bytes, places: list[int]) -> None:
    assert outcome(cut(content, places)) == outcome([content] if content else [])


@given(written_requests(), st.data())
def test_a_request_that_breaks_off_is_never_complete(written: WrittenRequest, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(written.content) - 1))
    requests, refusal = read(cut(written.content[:end], data.draw(CUTS)))
    assert refusal is None
    assert not any(request.is_complete for request in requests)


CHUNKED = b"transfer-encoding: chunked"
REFUSED = {
    "two lengths that differ": (400, head(b"content-length: 2", b"content-length: 3") + b"ok"),
    "one length twice": (400, head(b"content-length: 2", b"content-length: 2") + b"ok"),
    "a list of lengths": (400, head(b"content-length: 2, 2") + b"ok"),
    "a signed length": (400, head(b"content-length: +2") + b"ok"),
    "a length below none": (400, head(b"content-length: -2") + b"ok"),
    "no length": (400, head(b"content-length:") + b"ok"),
    "a length past counting": (400, head(b"content-length: 99999999999999999999")),
    "a length and chunks": (400, head(b"content-length: 2", CHUNKED) + chunk(b"")),
    "chunks and a length": (400, head(CHUNKED, b"content-length: 2") + chunk(b"")),
    "a coding that is unknown": (400, head(b"transfer-encoding: gzip") + chunk(b"")),
    "a coding before chunks": (400, head(b"transfer-encoding: gzip, chunked") + chunk(b"")),
    "a coding after chunks": (400, head(b"transfer-encoding: chunked, gzip") + chunk(b"")),
    "chunked twice": (400, head(CHUNKED, CHUNKED) + chunk(b"")),
    "nearly chunked": (400, head(b"transfer-encoding: xchunked") + chunk(b"")),
    "chunked and a tab": (400, head(CHUNKED + b"\t") + chunk(b"")),
    "chunked and nothing": (400, head(b"transfer-encoding:") + chunk(b"")),
    "chunks in HTTP/1.0": (400, head(CHUNKED, line=b"POST / HTTP/1.0") + chunk(b"")),
    "a folded line": (400, head(b"x: a", b" b")),
    "a folded first line": (400, head(host=b" host: a")),
    "a line that ends with LF": (400, head(b"x: a\ny: b")),
    "a request line that ends with LF": (400, b"GET / HTTP/1.1\nhost: a\r\n\r\n"),
    "a head that ends with LF": (400, b"GET / HTTP/1.1\r\nhost: a\r\n\n"),
    "CR within a line": (400, head(b"x: a\rb")),
    "a NUL": (400, head(b"x: a\0b")),
    "a control character": (400, head(b"x: a\x01b")),
    "a space before a colon": (400, head(b"x : a")),
    "a tab before a colon": (400, head(b"content-length\t: 2")),
    "a name that is no token": (400, head(b"x\xe9: a")),
    "no name": (400, head(b": a")),
    "no colon": (400, head(b"abc")),
    "no host": (400, head(host=b"")),
    "two hosts": (400, head(b"Host: b.test")),
    "one host twice": (400, head(HOST)),
    "two hosts in HTTP/1.0": (400, head(HOST, line=b"GET / HTTP/1.0")),
    "the preface of HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/2": (505, head(line=b"GET / HTTP/2.0")),
    "HTTP/0.9": (505, head(line=b"GET / HTTP/0.9")),
    "no version": (505, b"GET /\r\n\r\n"),
    "a version that is none": (400, head(line=b"GET / HTTP/1.2")),
    "a method that is unknown": (400, head(line=b"BREW / HTTP/1.1")),
    "a method in lower case": (400, head(line=b"get / HTTP/1.1")),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "a target with a fragment": (400, head(line=b"GET /a#b HTTP/1.1")),
    "a target that is an authority": (400, head(line=b"CONNECT a.test:1 HTTP/1.1")),
    "a path to connect to": (400, head(line=b"CONNECT /a HTTP/1.1")),
    "a target of another scheme": (400, head(line=b"GET ftp://a.test/ HTTP/1.1")),
    "a star that is not asked about": (400, head(line=b"GET * HTTP/1.1")),
    "a target that is a name": (400, head(line=b"GET a HTTP/1.1")),
    "a target with a space": (400, head(line=b"GET /a b HTTP/1.1")),
    "a target that is not ASCII": (400, head(line=b"GET /\xc3\xa9 HTTP/1.1")),
    "a chunk's line that ends with LF": (400, head(CHUNKED) + b"2\nok\r\n0\r\n\r\n"),
    "a chunk that ends with LF": (400, head(CHUNKED) + b"2\r\nok\n0\r\n\r\n"),
    "a chunk longer than its size": (400, head(CHUNKED) + b"2\r\nokay\r\n0\r\n\r\n"),
    "a chunk's size past counting": (400, head(CHUNKED) + b"f" * 17 + b"\r\n"),
    "a chunk's size with 0x": (400, head(CHUNKED) + b"0x2\r\nok\r\n"),
    "a space after a chunk's size": (400, head(CHUNKED) + b"2 \r\nok\r\n0\r\n\r\n"),
    "a long target": (414, head(line=b"GET /" + b"a" * MAX_TARGET_BYTES + b" HTTP/1.1")),
    "many fields": (431, head(*[b"x: y"] * MAX_HEAD_FIELDS)),
    "a large field": (431, head(b"x: " + b"y" * MAX_HEAD_BYTES)),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_readers_could_differ_on_is_refused(case: str) -> None:
    status, content = REFUSED[case]
    (refusal,) = outcome([content])[-1]
    assert refusal is not None
    assert refusal.status == status
    assert outcome([bytes([byte]) for byte in content]) == [(refusal,)]


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_no_part_of_the_request_before(case: str) -> None:
    status, content = REFUSED[case]
    first, *others = outcome([head(b"content-length: 2") + b"ok" + content])
    assert first[1:] == (True, True, False, b"ok")
    if status != 431:  # of which bytes are counted from the next read on
        assert [other.status for (other,) in others] == [status]


def test_the_largest_head_is_read() -> None:
    target = b"/" + b"a" * (MAX_TARGET_BYTES - 1)
    fields = [b"x%d: y" % number for number in range(MAX_HEAD_FIELDS - 1)]
    smaller = head(*fields, line=b"GET " + target + b" HTTP/1.1")
    fields[0] += b"y" * (MAX_HEAD_BYTES - len(smaller))
    content = head(*fields, line=b"GET " + target + b" HTTP/1.1")
    assert len(content) == MAX_HEAD_BYTES
    for parts in ([content], cut(content, list(range(0, len(content), 7)))):
        (request,), refusal = read(parts)
        assert refusal is None
        assert request.is_complete
        assert request.scope["raw_path"] == target


def test_a_large_body_in_one_read_with_its_head_is_no_large_head() -> None:
    body = b"x" * (3 * MAX_HEAD_BYTES)
    content = head(b"content-length: %d" % len(body)) + body
    (first, second), refusal = read([content * 2])
    assert refusal is None
    assert first.take() == second.take() == body


ENDLESS = {
    "a request line": (b"GET /", b"y", 414),
    "a field": (b"GET / HTTP/1.1\r\nx: ", b"y", 431),
    "a name": (b"GET / HTTP/1.1\r\n", b"y", 431),
    "fields": (b"GET / HTTP/1.1\r\n", b"x: y\r\n", 431),
    "blank lines": (b"", b"\r\n", 431),
    "a chunk's size": (head(CHUNKED), b"0", 400),
    "a chunk's extension": (head(CHUNKED) + b"5;", b"y", 400),
    "a trailer": (head(CHUNKED) + b"0\r\n", b"x: y\r\n", 400),
    "a field of a trailer": (head(CHUNKED) + b"0\r\nx: ", b"y", 400),
}


@pytest.mark.parametrize("case", ENDLESS)
@pytest.mark.parametrize("size", [7, 1000, 250_000])
def test_what_has_no_end_is_refused_within_bounds(case: str, size: int) -> None:
    begun, more, status = ENDLESS[case]
    content = (more * (size // len(more) + 1))[: size - size % len(more) or len(more)]
    reader = RequestReader({})
    refusal = reader.feed(begun) if begun else None
    fed = 0
    while refusal is None and fed <= MAX_HEAD_BYTES + MAX_FRAMING_BYTES + size:
        refusal = reader.feed(content)
        fed += len(content)
    assert refusal is not None
    assert refusal.status == status
    assert fed <= max(MAX_HEAD_BYTES, MAX_FRAMING_BYTES) + size


def test_a_long_body_of_small_chunks_is_no_endless_framing() -> None:
    reader = RequestReader({})
    assert reader.feed(head(CHUNKED)) is None
    for _ in range(MAX_FRAMING_BYTES):
        assert reader.feed(chunk(b"x")) is None
    assert reader.arrived[0].buffered_bytes == MAX_FRAMING_BYTES


TARGETS = {
    b"/": ("/", b"/", b""),
    b"/a%20b/%C3%A9?c=%20": ("/a b/é", b"/a%20b/%C3%A9", b"c=%20"),
    b"//a/../b": ("//a/../b", b"//a/../b", b""),
    b"/?a?b": ("/", b"/", b"a?b"),
    b"http://other.test/a?b": ("/a", b"/a", b"b"),
    b"HTTPS://other.test:1?b": ("/", b"/", b"b"),
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_a_path_and_a_query(target: bytes) -> None:
    (request,), _ = read([head(line=b"GET " + target + b" HTTP/1.1")])
    scope = request.scope
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == TARGETS[target]


def test_a_star_may_be_asked_for_its_options() -> None:
    (request,), _ = read([head(line=b"OPTIONS * HTTP/1.1")])
    assert request.scope["path"] == "*"


UPGRADES = {
    "nothing": (b"", b""),
    "no bytes": (b"content-length: 0 \r\n", b""),
    "a length": (b"content-length: 5\r\n", b"hello"),
    "chunks": (b"Transfer-Encoding: Chunked\r\n", chunk(b"hel") + chunk(b"lo") + chunk(b"")),
}


@pytest.mark.parametrize("case", UPGRADES)
@pytest.mark.parametrize("places", [[], [90], list(range(300))], ids=["whole", "cut", "by bytes"])
def test_a_wish_for_another_protocol_is_not_heard(case: str, places: list[int]) -> None:
    """Neither of it nor of what follows is anything lost, though to the parser both are that protocol."""
    framing, body = UPGRADES[case]
    fields = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    content = b"POST /a HTTP/1.1\r\n" + HOST + b"\r\n" + fields + framing + b"\r\n" + body
    requests, refusal = read(cut(content * 2 + head(line=b"GET /last HTTP/1.1"), places))
    assert refusal is None
    assert [request.scope["path"] for request in requests] == ["/a", "/a", "/last"]
    assert all(request.is_complete and request.is_kept_alive for request in requests)
    assert [request.take() for request in requests] == [b"hello" if body else b""] * 2 + [b""]


def test_nothing_is_read_after_the_last_request() -> None:
    for last in (
        head(b"connection: close", line=b"GET / HTTP/1.1"),
        head(line=b"GET / HTTP/1.0"),
        head(b"connection: upgrade, close", b"upgrade: x", line=b"GET / HTTP/1.1"),
    ):
        for parts in ([last + last], [last, last], [last + b"nonsense"], [last, b"nonsense"]):
            (request,), refusal = read(parts)
            assert refusal is None
            assert not request.is_kept_alive


def test_a_connection_of_http_1_0_stays_only_if_it_is_asked_to() -> None:
    (request,), _ = read([head(b"connection: keep-alive", line=b"GET / HTTP/1.0", host=b"")])
    assert request.scope["http_version"] == "1.0"
    assert request.is_kept_alive


def test_of_too_many_requests_at_once_the_first_are_read() -> None:
    one = head(line=b"GET / HTTP/1.1")
    requests, refusal = read([one * MAX_PIPELINED_REQUESTS])
    assert refusal is None
    assert all(request.is_kept_alive for request in requests)
    requests, refusal = read([one * (MAX_PIPELINED_REQUESTS + 1)])
    assert refusal is None
    assert len(requests) == MAX_PIPELINED_REQUESTS
    assert [request.is_kept_alive for request in requests[-2:]] == [True, False]


def test_leave_to_send_is_expected_in_http_1_1_only() -> None:
    expectations = {b"100-Continue": True, b"100-continue, x": False, b"x": False}
    for value, expects in expectations.items():
        for version, is_heard in ((b"1.1", expects), (b"1.0", False)):
            content = head(b"expect: " + value, b"content-length: 1", line=b"PUT / HTTP/" + version)
            (request,), _ = read([content])
            assert request.expects_continue == is_heard
