"""Which JSON Schemas OpenAI enforces: those whose objects are closed and have no optional property.

Source of truth: OpenAI's guide to structured outputs.
"""

from typing import Any

_NAMED_SCHEMAS = ("properties", "$defs", "definitions")
_SCHEMA_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")


def can_be_strict(schema: dict[str, Any]) -> bool:
    """Return whether every object in a schema forbids other properties and requires its own."""
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, dict):
        named = properties if isinstance(properties, dict) else {}
        required = schema.get("required")
        if schema.get("additionalProperties") is not False:
            return False
        if not named.keys() <= set(required if isinstance(required, list) else ()):
            return False
    return all(can_be_strict(inner) for inner in _inner_schemas(schema))


def _inner_schemas(schema: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[Any] = [schema.get("items")]
    for name in _NAMED_SCHEMAS:
        members = schema.get(name)
        if isinstance(members, dict):
            found += members.values()
    for name in _SCHEMA_LISTS:
        members = schema.get(name)
        if isinstance(members, list):
            found += members
    return [inner for inner in found if isinstance(inner, dict)]
