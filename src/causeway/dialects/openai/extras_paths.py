"""Writes what the dialect's own providers said beyond the canonical answer back to where it stood.

`completion_extras.py` collects it, and says how its keys are laid out.
"""

import re
from collections.abc import Mapping
from typing import Any

from causeway.dialects.openai.completion_extras import ANNOTATIONS, REASONING
from causeway.model.extras import Extras

_STEP = re.compile(r"\[(?P<index>\d{1,6})\]|(?P<name>[^.\[\]]+)")
# A provider may call a field of its own anything; these are not for it to replace.
_HOLDERS = frozenset({"choices", "choices[0]", "choices[0].message", "usage"})
_CONTENT_PART = re.compile(r"choices\[0\]\.message\.content\[(\d{1,6})\]")


def own_fields(extras: Extras | None) -> Mapping[str, Any]:
    """Return the fields that this dialect's providers said; another dialect's are none of them."""
    return extras.fields if extras is not None and extras.dialect == "openai" else {}


def thinks_as_reasoning(fields: Mapping[str, Any]) -> bool:
    """Whether the provider's thinking came as `reasoning`, and not as `reasoning_content`."""
    return fields.get(REASONING, "") is None


def write_fields(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    """Set each field at its path in a completion; one that leads through a plain value is passed over."""
    message = body["choices"][0]["message"]
    for path, value in fields.items():
        if path == ANNOTATIONS and isinstance(value, list):  # beside those that are citations
            message["annotations"] = [*message.get("annotations", ()), *value]
        elif part := _CONTENT_PART.fullmatch(path):
            _insert_part(message, int(part[1]), value)
        elif path not in _HOLDERS and (path != REASONING or value is not None):
            _write(body, _steps(path), value)


def _insert_part(message: dict[str, Any], position: int, part: Any) -> None:
    """Put a part that only its vendor knows back into the content, which is a list for it."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    if content and isinstance(content, str):
        parts = [{"type": "text", "text": content}]
    parts.insert(position, part)
    message["content"] = parts


def _steps(path: str) -> list[str | int]:
    return [int(step["index"]) if step["index"] else step["name"] for step in _STEP.finditer(path)]


def _write(holder: Any, steps: list[str | int], value: Any) -> None:
    if not steps:
        return
    *way, last = steps
    for step, following in zip(way, steps[1:], strict=True):
        holder = _held(holder, step, [] if isinstance(following, int) else {})
    if isinstance(holder, dict) and isinstance(last, str):
        holder[last] = value
    elif isinstance(holder, list) and isinstance(last, int):
        holder[last : last + 1] = [value]


def _held(holder: Any, step: str | int, absent: Any) -> Any:
    if isinstance(holder, dict) and isinstance(step, str):
        if holder.get(step) is None:
            holder[step] = absent
        return holder[step]
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        return holder[step]
    return None
