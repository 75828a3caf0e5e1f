"""JSON text with every non-ASCII character escaped.

Streams are sent this way because it survives every client: a raw U+2028 or U+0085 ends a line early
in some parsers, and a UTF-8 character cut in two by a network chunk is garbled by others. The value
is the same JSON value, so no reader can tell (`tests/wire/test_ascii_json.py`).
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder().decode
# msgspec has no option to escape. This is slower than it, but cheaper than escaping its text: a pattern
# that replaces each character took a third of a second for a megabyte of Russian.
_encode_escaped = json.JSONEncoder(separators=(",", ":")).encode


def encode_ascii(value: Any) -> bytes:
    """Return compact JSON of `value` in ASCII bytes; raises TypeError for what JSON cannot hold."""
    encoded = _encode(value)
    if encoded.isascii():
        return encoded
    return _encode_escaped(_decode(encoded)).encode()


def encode_ascii_each(texts: Sequence[str], before: bytes, after: bytes) -> bytes:
    """Return each of one or more texts as JSON in ASCII bytes, with `before` and `after` around it."""
    if len(texts) == 1:
        return before + encode_ascii(texts[0]) + after
    lines = _encode_lines(texts)
    if not lines.isascii():
        lines = b"".join(encode_ascii(text) + b"\n" for text in texts)
    return before + lines[:-1].replace(b"\n", after + before) + after
