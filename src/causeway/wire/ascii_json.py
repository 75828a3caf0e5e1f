"""JSON text with every non-ASCII character escaped.

Streams are sent this way because it survives every client: a raw U+2028 or U+0085 ends a line early
in some parsers, and a UTF-8 character cut in two by a network chunk is garbled by others. The value
is the same JSON value, so no reader can tell (`tests/wire/test_ascii_json.py`).
"""

import re
from typing import Any

import msgspec

_NON_ASCII = re.compile("[^\x00-\x7f]")
_encode = msgspec.json.Encoder().encode


def encode_ascii(value: Any) -> bytes:
    """Return compact JSON of `value` in ASCII bytes; raises TypeError for what JSON cannot hold."""
    encoded = _encode(value)
    if encoded.isascii():
        return encoded
    return _NON_ASCII.sub(_escape, encoded.decode()).encode()


def _escape(match: re.Match[str]) -> str:
    code_point = ord(match.group())
    if code_point < 0x10000:
        return f"\\u{code_point:04x}"
    code_point -= 0x10000
    return f"\\u{0xD800 + (code_point >> 10):04x}\\u{0xDC00 + (code_point & 0x3FF):04x}"
