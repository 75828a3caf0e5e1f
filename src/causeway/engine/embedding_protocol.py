"""What the gateway and its embedding worker say to each other: one JSON object per line.

The worker speaks first, with `EmbedderReady` or `EmbedderFailed`. From then on it answers each
question before it reads the next one, so nothing needs a number.
"""

from typing import Literal

import msgspec
from msgspec import Struct


class EncodeTexts(Struct, frozen=True, tag=True):
    """Make vectors of texts, answered with `EncodedTexts` or `TextTooLong`.

    Of each text, `max_tokens` tokens count; `truncation` says which, and `none` refuses more.
    `dimension` of `None` is the model's own.
    """

    texts: tuple[str, ...]
    truncation: Literal["none", "start", "end"]
    max_tokens: int
    dimension: int | None = None


class CompareTexts(Struct, frozen=True, tag=True):
    """Compare texts with a vector of `EncodedTexts`, answered with `ComparedTexts`."""

    vector: bytes
    texts: tuple[str, ...]
    max_tokens: int


Question = EncodeTexts | CompareTexts


class EmbedderReady(Struct, frozen=True, tag=True):
    """The model is loaded. `max_tokens` counts the caller's tokens, not the model's own marks."""

    dimension: int
    max_tokens: int


class EmbedderFailed(Struct, frozen=True, tag=True):
    """The model cannot be loaded; the worker exits. `reason` is for people."""

    reason: str


class EncodedTexts(Struct, frozen=True, tag=True):
    """A vector of length 1 for each text, as little-endian 32-bit floats.

    `tokens` is how many of its tokens each text was read by, `cut` how many texts had more.
    """

    vectors: tuple[bytes, ...]
    tokens: tuple[int, ...]
    cut: int


class ComparedTexts(Struct, frozen=True, tag=True):
    """The cosine of each text and the vector; `cut` is how many texts were longer than was read."""

    cosines: tuple[float, ...]
    cut: int


class TextTooLong(Struct, frozen=True, tag=True):
    """The text at `index` has more tokens than were allowed."""

    index: int


Answer = EncodedTexts | ComparedTexts | TextTooLong
FromEmbedder = EmbedderReady | EmbedderFailed | Answer


def to_line(message: Question | FromEmbedder) -> bytes:
    """Return one message as it goes over the connection."""
    return msgspec.json.encode(message) + b"\n"
