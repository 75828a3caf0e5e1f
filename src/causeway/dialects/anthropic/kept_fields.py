"""What a request or an answer of this dialect has that the canonical model has not, kept by its path.

`Extras.fields` maps a path to a value: a member of the body itself (`metadata`), of an object of the body
(`output_config.task_budget`, `usage.service_tier`), of a tool (`tools[0].defer_loading`) or of a block
(`messages[1].content[0].citations`). Indexes are those of the canonical request, in which the encoder
finds them again.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.body_errors import shortened
from causeway.model.extras import Extras
from causeway.model.loss import LossReport

DIALECT = "anthropic"


class KeptFields:
    """The kept members, found by the path of the object that they belong to; the body's own is empty."""

    def __init__(self, extras: Extras | None) -> None:
        self._by_holder: dict[str, dict[str, Any]] = {}
        if extras is not None and extras.dialect == DIALECT:
            for path, value in extras.fields.items():
                holder, _, name = path.rpartition(".")
                self._by_holder.setdefault(holder, {})[name] = value

    def of(self, holder: str) -> dict[str, Any]:
        """Return the members that belong to the object at `holder`."""
        return self._by_holder.get(holder, {})


def keep_others(
    members: Mapping[str, Any], known: frozenset[str], holder: str, kept: dict[str, Any], losses: LossReport
) -> None:
    """Add the members that are not known to `kept`; one that is null says nothing.

    A name that would be taken for a path is reported instead.
    """
    for name, value in members.items():
        if name in known or value is None:
            continue
        path = f"{holder}.{name}" if holder else name
        if "." in name or "[" in name:
            losses.add("unknown", shortened(path), "not a valid field")
        else:
            kept[path] = value
