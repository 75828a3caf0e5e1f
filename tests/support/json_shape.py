"""Which fields JSON values have, for a comparison of what is written with what was recorded."""

from collections.abc import Collection, Iterator
from typing import Any


def fields_of(value: Any, *, free: Collection[str] = (), prefix: str = "") -> Iterator[str]:
    """Yield every field by its path, in which an object's `type` is named; `free` ones are not entered."""
    if isinstance(value, list):
        for item in value:
            yield from fields_of(item, free=free, prefix=f"{prefix}[]")
    if isinstance(value, dict):
        kind = value.get("type")
        place = f"{prefix}<{kind}>" if isinstance(kind, str) else prefix
        for name, inner in value.items():
            yield f"{place}.{name}"
            if name not in free:
                yield from fields_of(inner, free=free, prefix=f"{place}.{name}")
