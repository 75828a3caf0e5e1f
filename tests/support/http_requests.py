"""Hypothesis strategies for HTTP requests as bytes, well-formed ones and damaged ones."""

from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from support.http_answers import BODIES, FIELDS, written_chunks

_PATHS = st.text("abcXYZ019-._~!$&'()*+,;=:@/", max_size=10).map("/{}".format)
_ESCAPES = st.sampled_from(["", "%20", "%C3%A9", "%2F", "%zz", "%"])
_QUERIES = st.sampled_from(["", "?", "?a=b", "?a=b&c=%20d?e"])


class WrittenRequest(Struct, frozen=True, kw_only=True):
    """A request as bytes, and what it says."""

    content: bytes
    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


@st.composite
def written_requests(draw: Any) -> WrittenRequest:
    """Write a request of HTTP/1.1 that leaves the connection open."""
    framing = draw(st.sampled_from(["none", "length", "chunked"]))
    method = draw(st.sampled_from(["GET", "DELETE"] if framing == "none" else ["POST", "PUT", "GET"]))
    target = draw(_PATHS) + draw(_ESCAPES) + draw(_QUERIES)
    body = b"" if framing == "none" else draw(BODIES)
    fields = [(name, value.strip(" \t")) for name, value in draw(FIELDS)]
    fields.insert(draw(st.integers(0, len(fields))), ("Host", "a.test"))
    if framing == "length":
        fields.insert(draw(st.integers(0, len(fields))), ("Content-Length", f"{len(body)}"))
    if framing == "chunked":
        fields.insert(draw(st.integers(0, len(fields))), ("Transfer-Encoding", "Chunked"))
    if draw(st.booleans()):
        fields.append(("Connection", draw(st.sampled_from(["keep-alive", "upgrade, keep-alive"]))))
        fields.append(("Upgrade", "h2c"))
    head = draw(st.sampled_from(["", "\r\n"])) + f"{method} {target} HTTP/1.1\r\n"
    padding = st.sampled_from(["", " ", "\t", "  \t"])
    for name, value in fields:
        head += f"{name}:{draw(padding)}{value}{draw(padding) if name.startswith('x-') else ''}\r\n"
    return WrittenRequest(
        content=(head + "\r\n").encode("latin-1")
        + (draw(written_chunks(body)) if framing == "chunked" else body),
        method=method,
        target=target.encode(),
        headers=[(name.lower().encode(), value.encode("latin-1")) for name, value in fields],
        body=body,
    )


@st.composite
def damaged_requests(draw: Any) -> bytes:
    """Write a request and change a few places of it, mostly in its framing."""
    content: bytes = draw(written_requests()).content
    content += draw(st.sampled_from([b"", b"", b"GET /second HTTP/1.1\r\nhost: b\r\n\r\n"]))
    pieces = st.sampled_from(
        [
            b"", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b"\0", b":", b";", b"0", b"f", b"-1",
            b"\xff", b"#", b"%", b"*", b"http://", b"HTTP/1.0", b"HTTP/2.0", b"CONNECT ", b"OPTIONS * ",
            b"content-length: 3\r\n", b"content-length: 99999999999999999999\r\n", b"host: c\r\n",
            b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip, chunked\r\n",
            b"connection: close\r\n", b"connection: upgrade\r\nupgrade: x\r\n", b"expect: 100-continue\r\n",
            b"FFFFFFFFFFFFFFFFF\r\n", b"5\r\n",
        ]
    ) | st.binary(max_size=3)  # fmt: skip
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(pieces) + content[place + draw(st.integers(0, 3)) :]
    return content
