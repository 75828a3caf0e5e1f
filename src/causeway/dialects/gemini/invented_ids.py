"""Ids for what Gemini gave none: the same whenever the same thing is decoded, and known for what they are.

Gemini never sees them: a call that came without an id is told without one.
"""

import re
from base64 import b32encode
from hashlib import sha256

_INVENTED_CALL = re.compile(r"gemini_[a-z2-7]{20}")


def invented_id(data: bytes) -> str:
    """Return the id of an answer; `data` is its body, or the first frame of its stream."""
    return f"gemini-{_digest(data, 24)}"


def invented_call_id(place: str, index: int, name: str) -> str:
    """Return the id of the call at `index` in `place`, which is its answer's id or its turn's path."""
    return f"gemini_{_digest(f'{place}/{index}/{name}'.encode(), 20)}"


def is_invented(id: str) -> bool:
    """Whether an id was made here, and not by a model or a caller."""
    return _INVENTED_CALL.fullmatch(id) is not None


def _digest(data: bytes, characters: int) -> str:
    return b32encode(sha256(data).digest()).decode().lower()[:characters]
