"""A call's arguments where Vertex streams them: pieces of values, each at a path in the object.

A string comes in pieces that are joined; any other value comes whole.
"""

import re
from itertools import pairwise
from typing import Any

from causeway.dialects.gemini.answer_schema import WirePartialArgument
from causeway.model.errors import UpstreamProtocolError

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,6})\]|\[(?P<quote>['\"])(?P<quoted>.*?)(?P=quote)\]"
)
_MAX_ITEMS = 100_000


class PartialArguments:
    """The arguments of one call, as far as they have come."""

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}
        self._items = 0

    def add(self, piece: WirePartialArgument) -> None:
        """Take a piece; raises UpstreamProtocolError where its path leads nowhere."""
        steps = self._steps(piece.json_path)
        holder: Any = self.value
        for step, following in pairwise(steps):
            holder = self._held(holder, step, [] if isinstance(following, int) else {})
        last = steps[-1]
        value = _value(piece)
        if isinstance(value, str) and isinstance(before := self._found(holder, last), str):
            value = before + value
        self._set(holder, last, value)

    def _steps(self, path: str) -> list[str | int]:
        steps: list[str | int] = []
        position = 1
        while path.startswith("$") and position < len(path):
            step = _STEP.match(path, position)
            if step is None:
                break
            steps.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"] or "")
            position = step.end()
        if not steps or position != len(path):
            raise self._astray(path)
        return steps

    def _held(self, holder: Any, step: str | int, absent: Any) -> Any:
        found = self._found(holder, step)
        if not isinstance(found, dict | list):
            self._set(holder, step, absent)
            found = absent
        return found

    def _found(self, holder: Any, step: str | int) -> Any:
        if isinstance(holder, dict) and isinstance(step, str):
            return holder.get(step)
        if isinstance(holder, list) and isinstance(step, int):
            return holder[step] if step < len(holder) else None
        raise self._astray(str(step))

    def _set(self, holder: Any, step: str | int, value: Any) -> None:
        if isinstance(holder, list) and isinstance(step, int):
            self._items += max(0, step + 1 - len(holder))
            if self._items > _MAX_ITEMS:
                raise self._astray(str(step))
            holder.extend([None] * (step + 1 - len(holder)))
        holder[step] = value

    @staticmethod
    def _astray(path: str) -> UpstreamProtocolError:
        return UpstreamProtocolError(f"the provider streams an argument at no known path: {path[:100]}")


def _value(piece: WirePartialArgument) -> Any:
    if piece.string_value is not None:
        return piece.string_value
    if piece.number_value is not None:
        whole = piece.number_value.is_integer() and abs(piece.number_value) < 2**53
        return int(piece.number_value) if whole else piece.number_value
    return piece.bool_value
