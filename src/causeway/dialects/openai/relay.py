"""Adds `extra_fields` to what a provider of this dialect sent, without reading it.

Only the end of each JSON object is touched: the members are put before its last brace.
"""

import re

# A frame that is one object on one line, as every vendor writes it; comments and `[DONE]` are none.
_OBJECT_LINE = re.compile(rb"^(data: ?\{[^\n]*[^\s{])([ \t]*\}[ \t\r]*)$", re.MULTILINE)
_OBJECT = re.compile(rb"(\s*\{.*[^\s{])(\s*\}\s*)", re.DOTALL)


def splice_frames(frames: bytes, members: bytes) -> bytes:
    """Return whole frames of a stream with `members` (JSON, without braces) added to each object."""
    return _OBJECT_LINE.sub(lambda match: match[1] + b"," + members + match[2], frames)


def splice_body(body: bytes, members: bytes) -> bytes:
    """Return a JSON object with `members` added to it; what is no object, or an empty one, stays as it is."""
    match = _OBJECT.fullmatch(body)
    if match is None:
        return body
    view, end = memoryview(body), match.end(1)  # a body may be large: it is copied once
    return b"".join((view[:end], b",", members, view[end:]))
