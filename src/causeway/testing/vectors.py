"""Vectors and relevance without a model: texts that share words, or parts of words, are near each other.

The same text gives the same numbers in every run and on every machine.
"""

import base64
import math
import re
import struct
import zlib
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
_TRIGRAM_WEIGHT = 0.25


def embed(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1: words and parts of three letters, hashed into so many dimensions."""
    vector = [0.0] * dimensions
    for word in _words(text) or [text]:
        _add(vector, word, 1.0)
        padded = f" {word} "
        for start in range(len(padded) - 2):
            _add(vector, padded[start : start + 3], _TRIGRAM_WEIGHT)
    length = math.sqrt(sum(value * value for value in vector))
    if not length:  # features of opposite signs in the same few places
        return [1.0] + [0.0] * (dimensions - 1)
    return [value / length for value in vector]


def relevance(query: str, document: str) -> float:
    """Return 0 to 1: mostly how many of the query's words the document has."""
    asked, told = set(_words(query)), set(_words(document))
    if not asked or not told:
        return 0.0
    shared = len(asked & told)
    return 0.9 * shared / len(asked) + 0.1 * shared / len(asked | told)


def pack_floats(vector: Sequence[float]) -> str:
    """Return a vector as little-endian 32-bit floats in base64."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def to_int8(vector: Sequence[float]) -> list[int]:
    """Return a vector with -1 to 1 spread over -127 to 127."""
    return [round(value * 127) for value in vector]


def to_bits(vector: Sequence[float]) -> list[int]:
    """Return a byte for every eight components, a bit for each that is above 0, the first highest."""
    bits = [value > 0 for value in vector]
    return [
        sum(is_set << (7 - place) for place, is_set in enumerate(bits[start : start + 8]))
        for start in range(0, len(bits), 8)
    ]


def _add(vector: list[float], feature: str, weight: float) -> None:
    number = zlib.crc32(feature.encode())
    vector[(number >> 1) % len(vector)] += weight if number & 1 else -weight


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
