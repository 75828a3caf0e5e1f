"""Tokens of a model that does not exist: words, each with the white space before it."""

import re
import zlib

_TOKEN = re.compile(r"\s*\S+|\s+$")


def split_tokens(text: str) -> list[str]:
    """Return the tokens of a text; joined they are the text."""
    return _TOKEN.findall(text)


def split_text(text: str, characters: int | None) -> list[str]:
    """Return the pieces in which a text is streamed: of so many characters, or tokens where none."""
    if characters is None:
        return split_tokens(text)
    return [text[start : start + characters] for start in range(0, len(text), characters)]


def token_id(token: str) -> int:
    """Return the number of a token, the same in every run."""
    return zlib.crc32(token.encode()) % 50_000


def logprob_of(token: str) -> float:
    """Return the log probability of a token, the same in every run."""
    return -(token_id(token) % 1000) / 1000


def alternatives_of(token: str, count: int) -> list[tuple[str, float]]:
    """Return so many tokens that might have stood there, itself first, each with its log probability."""
    return [(f"{token}{'~' * rank}", logprob_of(token) - rank) for rank in range(count)]
