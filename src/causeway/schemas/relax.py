"""Makes a tool's schema one that can be kept: what cannot is dropped or approximated, as a loss.

For lenient profiles. What it returns holds for at least everything that the schema held for.
"""

from typing import Any

from causeway.model.loss import LossReport
from causeway.schemas.patterns import unsupported_part, without_outer_anchors
from causeway.schemas.vocabulary import BOUNDS, FORMATS, Profile, Schema, rebuild

_NOT_ENFORCED = "not enforced"
_LARGEST_COUNT = 1000
_LARGEST_NUMBER = 1e15
_FINEST_STEP = 1e-9


def relaxed(schema: Schema, path: str, profile: Profile, losses: LossReport) -> Schema:
    """Return the schema in the words of a profile; what that costs is added to `losses`."""

    def relax(inner: Any, at: str) -> Any:
        if not isinstance(inner, dict):
            return inner if at.endswith(".additionalProperties") else {}
        return relaxed(inner, at, profile, losses)

    kept = _without_combinators(schema, path, losses)
    kept = _without_details(kept, path, profile, losses)
    kept = rebuild(kept, relax, path)
    undeclared = [name for name in kept.get("required", ()) if name not in kept.get("properties", {})]
    if undeclared:
        kept["properties"] = {**kept.get("properties", {}), **{name: {} for name in undeclared}}
    return kept


def _without_combinators(schema: Schema, path: str, losses: LossReport) -> Schema:
    kept = dict(schema)
    every = kept.get("allOf")
    if isinstance(every, list) and len(every) == 1 and "anyOf" not in kept:
        kept["anyOf"] = kept.pop("allOf")  # all of one is any of one
    if "oneOf" in kept and "anyOf" not in kept:
        kept["anyOf"] = kept.pop("oneOf")
        losses.add("approximated", f"{path}.oneOf", "read as anyOf")
    return kept


def _without_details(schema: Schema, path: str, profile: Profile, losses: LossReport) -> Schema:
    kept = {}
    for keyword, value in schema.items():
        at = f"{path}.{keyword}"
        if keyword not in profile.keywords:
            losses.add("dropped", at, _NOT_ENFORCED)
        elif keyword == "format" and value not in FORMATS:
            losses.add("dropped", at, f"the format {value} is {_NOT_ENFORCED}")
        elif keyword == "pattern":
            inner = without_outer_anchors(value)
            part = unsupported_part(inner)
            if part is None:
                kept[keyword] = inner
            else:
                losses.add("dropped", at, f"{part} in a pattern is {_NOT_ENFORCED}")
        elif keyword in BOUNDS and not _is_moderate(keyword, value):
            losses.add("dropped", at, f"{value:.6g} is {_NOT_ENFORCED}")
        else:
            kept[keyword] = value
    return kept


def _is_moderate(keyword: str, value: float) -> bool:
    """Whether a bound is one that can be counted and reckoned with."""
    if keyword in ("minLength", "minItems"):
        return value <= _LARGEST_COUNT
    if keyword == "multipleOf":
        return _FINEST_STEP <= value <= _LARGEST_NUMBER
    return abs(value) <= _LARGEST_NUMBER
