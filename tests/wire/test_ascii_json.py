"""Escaped JSON is the same JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.wire.ascii_json import encode_ascii, encode_ascii_each

texts = st.text(st.characters(exclude_categories=["Cs"]))
floats = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | floats | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(values)
def test_same_value_in_ascii(value: object) -> None:
    encoded = encode_ascii(value)
    assert encoded.isascii()
    assert json.loads(encoded) == value


@pytest.mark.parametrize("nasty", ["\u2028", "\u2029", "\u0085", "24°C", "\U0001f600", "日本語"])
def test_characters_that_break_clients_are_escaped(nasty: str) -> None:
    assert encode_ascii(nasty) == json.dumps(nasty).encode()


@given(st.lists(texts, min_size=1), st.binary(), st.binary())
def test_texts_encoded_together_are_those_encoded_alone(
    several: list[str], before: bytes, after: bytes
) -> None:
    alone = [before + encode_ascii(text) + after for text in several]
    assert encode_ascii_each(several, before, after) == b"".join(alone)
