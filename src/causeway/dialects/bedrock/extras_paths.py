"""Writes what only this dialect knows back to where it stood.

The keys of `Extras.fields` are paths in the body: `trace`, `usage.cacheDetails`,
`messages[0].content[1].document.citations`. The values are the JSON as it came.
"""

import re
from collections.abc import Mapping
from typing import Any

from causeway.model.extras import Extras

_STEP = re.compile(r"\[(?P<index>\d{1,6})\]|(?P<name>[^.\[\]]+)")
_PLAIN_NAME = re.compile(r"[^.\[\]]{1,200}")
# Inside these only what is there may be changed: another turn may stand at the place now.
_LISTS = ("messages[", "output.")


def is_plain_name(name: str) -> bool:
    """Whether a member's name can be part of a path."""
    return _PLAIN_NAME.fullmatch(name) is not None


def own_fields(extras: Extras | None) -> Mapping[str, Any]:
    """Return the fields that this dialect said; another dialect's are none of them."""
    return extras.fields if extras is not None and extras.dialect == "bedrock" else {}


def write_fields(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    """Set each field at its path in a body; one whose place is not there is passed over."""
    for path, value in fields.items():
        steps = [int(step["index"]) if step["index"] else step["name"] for step in _STEP.finditer(path)]
        _write(body, steps, value, may_create=not path.startswith(_LISTS))


def _write(holder: Any, steps: list[str | int], value: Any, *, may_create: bool) -> None:
    *way, last = steps
    for step in way:
        if isinstance(holder, dict) and isinstance(step, str):
            if may_create and holder.get(step) is None:
                holder[step] = {}
            holder = holder.get(step)
        elif isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            holder = holder[step]
        else:
            return
    if isinstance(holder, dict) and isinstance(last, str):
        holder[last] = value
