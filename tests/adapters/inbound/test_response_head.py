"""Heads of answers: what is written is what the application said, and can be read in one way only."""

from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.adapters.inbound.response_head import ResponseHead, encode_response_head
from support.http_answers import FIELDS

DATE = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
Headers = list[tuple[bytes, bytes]]


def encode(
    headers: Headers,
    status: int = 200,
    *,
    method: str = "GET",
    version: str = "1.1",
    is_kept_alive: bool = True,
) -> ResponseHead:
    message = {"type": "http.response.start", "status": status, "headers": headers}
    request = {"method": method, "http_version": version}
    return encode_response_head(message, request, DATE, is_kept_alive=is_kept_alive)


def framing(head: ResponseHead) -> list[bytes]:
    """Return what the server itself has written of the body and the connection."""
    lines = head.content.lower().split(b"\r\n")
    return [
        line for line in lines if line.startswith((b"connection", b"transfer-encoding", b"content-length"))
    ]


@given(st.sampled_from([200, 201, 404, 429, 500, 599]), FIELDS, st.booleans())
def test_what_is_written_is_what_was_said(status: int, fields: list[tuple[str, str]], stays: bool) -> None:
    headers = [(name.lower().encode(), value.strip().encode("latin-1")) for name, value in fields]
    headers = [(name, value.strip(b" \t\x85\xa0")) for name, value in headers]
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    client.receive_data(encode(headers, status, is_kept_alive=stays).content)
    answer: Any = client.next_event()
    assert answer.status_code == status
    added = [b"date", b"transfer-encoding"] if stays else [b"date", b"connection", b"transfer-encoding"]
    assert [name for name, _ in answer.headers] == [
        added[0],
        *(name for name, _ in headers),
        *added[1:],
    ]
    assert list(answer.headers)[1 : len(headers) + 1] == headers


CHUNKED, CLOSE, STAY = b"transfer-encoding: chunked", b"connection: close", b"connection: keep-alive"
LENGTH = (b"content-length", b"5")
FRAMINGS: dict[str, tuple[ResponseHead, list[bytes], bool]] = {
    "a length": (encode([LENGTH]), [b"content-length: 5"], True),
    "no length": (encode([]), [CHUNKED], True),
    "the last answer": (encode([], is_kept_alive=False), [CLOSE, CHUNKED], False),
    "the application's last answer": (encode([(b"connection", b"x, Close")]), [CLOSE, CHUNKED], False),
    "what the application says of connections": (encode([(b"connection", b"keep-alive")]), [CHUNKED], True),
    "what the application says of codings": (
        encode([(b"Transfer-Encoding", b"chunked"), LENGTH]), [b"content-length: 5"], True
    ),
    "HTTP/1.0": (encode([], version="1.0"), [CLOSE], False),
    "HTTP/1.0 and a length": (encode([LENGTH], version="1.0"), [b"content-length: 5", STAY], True),
    "HTTP/1.0, the last": (
        encode([LENGTH], version="1.0", is_kept_alive=False), [b"content-length: 5", CLOSE], False
    ),
    "HEAD": (encode([LENGTH], method="HEAD"), [b"content-length: 5"], True),
    "HEAD and no length": (encode([], method="HEAD"), [], True),
    "HEAD in HTTP/1.0": (encode([], method="HEAD", version="1.0"), [STAY], True),
    "204": (encode([LENGTH], 204), [], True),
    "304": (encode([LENGTH], 304), [b"content-length: 5"], True),
}  # fmt: skip


@pytest.mark.parametrize("case", FRAMINGS)
def test_the_server_says_how_the_body_goes(case: str) -> None:
    head, lines, is_kept_alive = FRAMINGS[case]
    assert framing(head) == lines
    assert head.is_kept_alive == is_kept_alive
    assert head.is_chunked == (CHUNKED in lines)
    has_body = case not in ("HEAD", "HEAD and no length", "HEAD in HTTP/1.0", "204", "304")
    assert head.has_body == has_body
    assert head.length == (5 if has_body and b"content-length: 5" in lines else None)


def test_a_date_of_the_application_s_own_is_kept() -> None:
    assert encode([(b"Date", b"today")]).content.count(b"date: ") == 1


def test_an_unknown_status_has_no_phrase() -> None:
    assert encode([], 299).content.startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x", b"a\r\nset-cookie: b")],
        [(b"x", b"a\nb")],
        [(b"x", b"a\rb")],
        [(b"x", b"a\0b")],
        [(b"x\r\ny", b"a")],
        [(b"x", b"a\r"), (b"y", b"b\n")],
        [(b"x", b"\r\n")],
        [LENGTH, LENGTH],
        [LENGTH, (b"Content-Length", b"6")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"5, 5")],
        [(b"content-length", b"")],
    ],
)
def test_headers_that_would_say_something_else_are_refused(headers: Headers) -> None:
    with pytest.raises(ValueError, match=r"header|content-length"):
        encode([(b"content-type", b"a"), *headers])
    with pytest.raises(ValueError, match=r"header|content-length"):
        encode([*headers, (b"content-type", b"a")])


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, -1, "200", None])
def test_what_is_no_status_of_an_answer_is_refused(status: Any) -> None:
    with pytest.raises(ValueError, match="status"):
        encode([], status)
