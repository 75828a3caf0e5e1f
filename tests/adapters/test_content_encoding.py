"""Decompression: the same text however it comes, in pieces that are never large."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.adapters.outbound.content_encoding import PIECE_BYTES, Inflater, inflater_for
from causeway.model.errors import UpstreamProtocolError

COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": lambda content: zlib.compress(content, wbits=-15),
}
TEXTS = st.one_of(st.binary(max_size=200), st.integers(0, 400_000).map(lambda count: b"\0" * count))


def inflater(kind: str) -> Inflater:
    made = inflater_for(kind.split()[-1])
    assert made is not None
    return made


@given(st.sampled_from(sorted(COMPRESS)), TEXTS, st.lists(st.integers(1, 50), max_size=20))
def test_a_body_cut_anywhere_is_the_same_body(kind: str, text: bytes, sizes: list[int]) -> None:
    content = COMPRESS[kind](text)
    made, pieces = inflater(kind), []
    for size in sizes:
        pieces += made.feed(content[:size])
        content = content[size:]
    pieces += made.feed(content)
    made.finish()
    assert b"".join(pieces) == text
    assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_body_may_end_right_after_a_full_piece(kind: str) -> None:
    # What zlib still holds back then shows in no byte that it has left untaken.
    for size in range(PIECE_BYTES, PIECE_BYTES + 260):
        made = inflater(kind)
        assert sum(map(len, made.feed(COMPRESS[kind](bytes(size))))) == size
        made.finish()


@given(st.sampled_from(sorted(COMPRESS)), st.binary(min_size=1, max_size=200), st.data())
def test_a_body_that_is_cut_short_is_noticed(kind: str, text: bytes, data: st.DataObject) -> None:
    content = COMPRESS[kind](text)
    made = inflater(kind)
    list(made.feed(content[: data.draw(st.integers(1, len(content) - 1))]))
    with pytest.raises(UpstreamProtocolError, match="cut short"):
        made.finish()


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=4))
def test_gzip_bodies_may_follow_one_another(texts: list[bytes]) -> None:
    made = inflater("gzip")
    assert b"".join(made.feed(b"".join(map(gzip.compress, texts)))) == b"".join(texts)
    made.finish()


@pytest.mark.parametrize("kind", COMPRESS)
def test_what_follows_a_body_is_damage(kind: str) -> None:
    with pytest.raises(UpstreamProtocolError, match="damaged"):
        list(inflater(kind).feed(COMPRESS[kind](b"text") + b"more"))


@given(st.sampled_from(["gzip", "deflate"]), st.binary(max_size=100))
def test_any_bytes_are_a_body_or_damage(kind: str, content: bytes) -> None:
    made = inflater(kind)
    try:
        for piece in made.feed(content):
            assert len(piece) <= PIECE_BYTES
        made.finish()
    except UpstreamProtocolError as error:
        assert "compressed body" in error.message


def test_nothing_is_nothing() -> None:
    made = inflater("gzip")
    assert list(made.feed(b"")) == []
    made.finish()


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_some_bodies_are_not_compressed(coding: str) -> None:
    assert inflater_for(coding) is None
