"""Ids for answers: Bedrock tells its own in a header. The same whenever the same answer is decoded."""

from base64 import b32encode
from hashlib import sha256


def invented_id(data: bytes) -> str:
    """Return the id of an answer; `data` is its body, or the first frames of its stream."""
    return f"bedrock-{b32encode(sha256(data).digest()).decode().lower()[:24]}"
