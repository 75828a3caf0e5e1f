"""JSON Schemas as Anthropic enforces them: every object is closed, and sizes are not bounded.

Source of truth: Anthropic's guide to structured outputs, and what its SDK does to schemas.
"""

from typing import Any

from msgspec import Struct

_NAMED_SCHEMAS = ("properties", "$defs", "definitions")
_SCHEMA_LISTS = ("anyOf", "allOf", "prefixItems")
_NOT_ENFORCED = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems", "uniqueItems", "minProperties", "maxProperties", "contains", "minContains",
        "maxContains", "propertyNames", "dependentRequired", "not", "if", "then", "else",
    }
)  # fmt: skip


class EnforceableSchema(Struct, frozen=True):
    """A schema, and the keywords that it no longer has."""

    schema: dict[str, Any]
    left_out: tuple[str, ...]


def enforceable(schema: dict[str, Any]) -> EnforceableSchema | None:
    """Return a schema that can be enforced, whose values all hold against the one that is given but for
    what is left out; none where there is an object that may have any property.
    """
    left_out: set[str] = set()
    try:
        closed = _close(schema, left_out)
    except _OpenObjectError:
        return None
    return EnforceableSchema(closed, tuple(sorted(left_out)))


class _OpenObjectError(ValueError):
    """An object that may have any property cannot be closed."""


def _close(schema: dict[str, Any], left_out: set[str]) -> dict[str, Any]:
    closed: dict[str, Any] = {}
    for name, value in schema.items():
        if name in _NOT_ENFORCED or (name == "minItems" and value not in (0, 1)):
            left_out.add(name)
        elif name in _NAMED_SCHEMAS and isinstance(value, dict):
            closed[name] = {key: _inner(member, left_out) for key, member in value.items()}
        elif name == "oneOf" and isinstance(value, list):
            closed["anyOf"] = [_inner(item, left_out) for item in value]
        elif name in _SCHEMA_LISTS and isinstance(value, list):
            closed[name] = [_inner(item, left_out) for item in value]
        elif name == "items":
            closed[name] = _inner(value, left_out)
        else:
            closed[name] = value
    types = schema.get("type")
    if types == "object" or (isinstance(types, list) and "object" in types) or "properties" in schema:
        has_others = schema.get("additionalProperties") not in (None, False) or "patternProperties" in schema
        if has_others or not schema.get("properties"):
            raise _OpenObjectError
        closed["additionalProperties"] = False
    return closed


def _inner(schema: Any, left_out: set[str]) -> Any:
    return _close(schema, left_out) if isinstance(schema, dict) else schema
