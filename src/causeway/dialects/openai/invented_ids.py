"""Ids for what a provider gave none: the same whenever the same answer is decoded."""

from base64 import b32encode
from hashlib import sha256


def invented_id(data: bytes) -> str:
    """Return the id of an answer; `data` is its body, or the first frame of its stream."""
    return f"chatcmpl-{_digest(data, 24)}"


def invented_call_id(response_id: str, index: int, name: str) -> str:
    """Return the id of the tool call that stands at `index` in its answer."""
    return f"{name}_{_digest(f'{response_id}/{index}/{name}'.encode(), 12)}"


def _digest(data: bytes, characters: int) -> str:
    return b32encode(sha256(data).digest()).decode().lower()[:characters]
