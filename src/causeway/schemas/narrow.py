"""Narrows a schema to what a small model can finish: every instance of the result is one of the schema.

Open ends are closed: strings, arrays and numbers get a length, objects no properties beyond those
declared. What says nothing about the shape is left out.
"""

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from causeway.schemas.patterns import whole_string
from causeway.schemas.vocabulary import CONSTRAINING, Schema, rebuild

_HOUR = "(?:[01][0-9]|2[0-3])"
_TIME = f"{_HOUR}:[0-5][0-9]:[0-5][0-9]Z"
# 29 February is left out: whether it exists depends on the year.
_DATE = (
    "[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_PATTERN_OF_FORMAT = {"date": _DATE, "time": _TIME, "date-time": f"{_DATE}T{_TIME}", "uuid": _UUID}
_LARGEST_NUMBER = 10**9
_FINEST_NUMBER = 0.0001


class Bounds(Struct, frozen=True, kw_only=True):
    """How much room open ends get. `any_levels` is how deep a value may nest that has no schema."""

    string_characters: int
    array_items: int
    object_properties: int
    any_levels: int


def narrowed(schema: Schema, bounds: Bounds) -> Schema:
    """Return the narrowed schema."""
    tree: Schema = _narrow(schema, bounds)
    return tree


def only_required(schema: Schema) -> Schema:
    """Return the schema without the properties that may be absent, at any depth."""

    def prune(inner: Any, _: str) -> Any:
        return only_required(inner) if isinstance(inner, dict) else inner

    return with_properties(rebuild(schema, prune), ())


def with_properties(schema: Schema, optional: Collection[str]) -> Schema:
    """Return the schema with its required properties and those of `optional` only."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    required = schema.get("required", ())
    kept = {name: inner for name, inner in properties.items() if name in required or name in optional}
    return {**schema, "properties": kept}


def any_value(levels: int, bounds: Bounds) -> Schema:
    """Return the schema of a value of any shape, nested at most so deep; 0 levels are scalars."""
    choices: list[Schema] = [
        {"type": "string", "maxLength": bounds.string_characters},
        _number({"type": "number"}),
        {"type": "boolean"},
        {"type": "null"},
    ]
    if levels > 0:
        inner = any_value(levels - 1, bounds)
        choices += [
            {"type": "array", "items": inner, "maxItems": bounds.array_items},
            {
                "type": "object",
                "additionalProperties": inner,
                "maxProperties": bounds.object_properties,
            },
        ]
    return {"anyOf": choices}


def _narrow(schema: Any, bounds: Bounds) -> Any:
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value
        for key, value in schema.items()
        if key in CONSTRAINING or key in ("required", "$defs", "definitions")
    }
    if not CONSTRAINING & kept.keys():
        return any_value(bounds.any_levels, bounds)
    kept = rebuild(kept, lambda inner, _: _narrow(inner, bounds))
    if "enum" in kept or "const" in kept or "$ref" in kept:
        return kept
    kinds = kept.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "properties" in kept or "object" in kinds:
        kept = _object(kept, bounds)
    if "array" in kinds:
        kept = _array(kept, bounds)
    if "string" in kinds:
        kept = _string(kept, bounds)
    if kinds & {"integer", "number"}:
        kept = _number(kept)
    return kept


def _object(schema: Schema, bounds: Bounds) -> Schema:
    others = schema.get("additionalProperties", True)
    if schema.get("properties") or others is False:
        return {**schema, "additionalProperties": False}
    if others is True:
        others = any_value(max(0, bounds.any_levels - 1), bounds)
    return {**schema, "additionalProperties": others, "maxProperties": bounds.object_properties}


def _array(schema: Schema, bounds: Bounds) -> Schema:
    room = max(bounds.array_items, schema.get("minItems", 0))
    items = schema.get("items")
    return {
        **schema,
        "items": items if isinstance(items, dict) else any_value(max(0, bounds.any_levels - 1), bounds),
        "maxItems": min(schema.get("maxItems", room), room),
    }


def _string(schema: Schema, bounds: Bounds) -> Schema:
    kept = dict(schema)
    form = kept.pop("format", None)
    if "pattern" in kept:
        kept["pattern"] = whole_string(kept["pattern"])
    elif form in _PATTERN_OF_FORMAT:
        kept["pattern"] = whole_string(_PATTERN_OF_FORMAT[form])
    else:
        room = max(bounds.string_characters, kept.get("minLength", 0))
        kept["maxLength"] = min(kept.get("maxLength", room), room)
    return kept


def _number(schema: Schema) -> Schema:
    kept = dict(schema)
    is_bounded = kept.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    if not is_bounded:
        kept |= {"minimum": -_LARGEST_NUMBER, "maximum": _LARGEST_NUMBER}
        if kept.get("type") != "integer":
            kept["multipleOf"] = _FINEST_NUMBER
    elif kept.get("type") == "integer":
        lowest = kept.get("minimum", kept.get("exclusiveMinimum", 0))
        highest = kept.get("maximum", kept.get("exclusiveMaximum", 0))
        if "maximum" not in kept and "exclusiveMaximum" not in kept:
            kept["maximum"] = max(lowest, 0) + _LARGEST_NUMBER
        if "minimum" not in kept and "exclusiveMinimum" not in kept:
            kept["minimum"] = min(highest, 0) - _LARGEST_NUMBER
    return kept
