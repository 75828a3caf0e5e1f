"""Hypothesis strategies for HTTP answers as bytes, well-formed ones and damaged ones."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_!#$%&'*+.^`|~", min_size=1, max_size=8)
VALUES = st.text([chr(code) for code in [9, *range(32, 127), *range(160, 256)]], max_size=12)
FIELDS = st.lists(st.tuples(TOKENS.map("x-{}".format), VALUES), max_size=4)
BODIES = st.binary(max_size=60)
CUTS = st.lists(st.integers(0, 400), max_size=12)


class Written(Struct, frozen=True, kw_only=True):
    """An answer as bytes, and what it says. `framing` is how the end of its body shows."""

    content: bytes
    head_size: int
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    framing: str
    is_kept_alive: bool


@st.composite
def written_answers(draw: Any, framings: tuple[str, ...] = ("length", "chunked", "close", "none")) -> Written:
    """Write an answer, perhaps after ones that only announce it."""
    framing = draw(st.sampled_from(framings))
    status = draw(
        st.sampled_from([204, 304] if framing == "none" else [200, 201, 206, 301, 404, 429, 500, 599])
    )
    body = b"" if framing == "none" else draw(BODIES)
    fields = [(name, value.strip(" \t")) for name, value in draw(FIELDS)]
    is_closed = draw(st.booleans())
    if is_closed:
        fields.append(("Connection", "close"))
    if framing == "length":
        fields.insert(draw(st.integers(0, len(fields))), ("Content-Length", f"{len(body)}"))
    if framing == "chunked":
        fields.insert(draw(st.integers(0, len(fields))), ("Transfer-Encoding", "Chunked"))
    padding = st.sampled_from(["", " ", "\t", "  \t"])
    head = f"HTTP/1.1 {status}{draw(st.sampled_from(['', ' ', ' OK', ' Not all there']))}\r\n"
    for name, value in fields:
        head += f"{name}:{draw(padding)}{value}{draw(padding) if name.startswith('x-') else ''}\r\n"
    interim = "".join(
        f"HTTP/1.1 {code}\r\n{extra}\r\n"
        for code, extra in draw(
            st.lists(
                st.tuples(st.sampled_from([100, 102, 103]), st.sampled_from(["", "link: </a>\r\n"])),
                max_size=2,
            )
        )
    )
    encoded_head = (interim + head + "\r\n").encode("latin-1")
    return Written(
        content=encoded_head + (draw(written_chunks(body)) if framing == "chunked" else body),
        head_size=len(encoded_head),
        status=status,
        headers=_joined(fields),
        body=body,
        framing=framing,
        is_kept_alive=framing != "close" and not is_closed,
    )


@st.composite
def written_chunks(draw: Any, body: bytes) -> bytes:
    """Write a body in chunks, with extensions and a trailer."""
    written = b""
    extensions = st.sampled_from([b"", b";a", b";a=b", b';a="b;c"', b";a=b;c=d"])
    while body:
        size = draw(st.integers(1, len(body)))
        digits = draw(st.sampled_from([b"%x", b"%X", b"0%x"])) % size
        written += digits + draw(extensions) + b"\r\n" + body[:size] + b"\r\n"
        body = body[size:]
    trailer = "".join(f"{name}: {value}\r\n" for name, value in draw(FIELDS)).encode("latin-1")
    return written + b"0" + draw(extensions) + b"\r\n" + trailer + b"\r\n"


def _joined(fields: list[tuple[str, str]]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in fields:
        key, content = name.lower().encode(), value.encode("latin-1")
        headers[key] = headers[key] + b", " + content if key in headers else content
    return headers


@st.composite
def damaged_answers(draw: Any) -> bytes:
    """Write an answer and change a few places of it, mostly in its framing."""
    content = draw(written_answers()).content + draw(st.sampled_from([b"", b"", b"HTTP/1.1 200 OK\r\n\r\n"]))
    pieces = st.sampled_from(
        [
            b"", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b"\0", b":", b";", b"0", b"f", b"-1",
            b"\xff",
            b"content-length: 3\r\n", b"content-length: 99999999999999999999\r\n",
            b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"HTTP/1.1 101 X\r\n\r\n",
            b"HTTP/1.1 100 X\r\n\r\n", b"HTTP/1.1 099 X\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"5\r\n",
        ]
    ) | st.binary(max_size=3)  # fmt: skip
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(pieces) + content[place + draw(st.integers(0, 3)) :]
    return content


def cut(content: bytes, places: list[int]) -> list[bytes]:
    """Return the parts of bytes that are cut at some places, none of them empty."""
    bounds = [0, *sorted(places), len(content)]
    parts = [content[start:end] for start, end in pairwise(bounds)]
    return [part for part in parts if part]
