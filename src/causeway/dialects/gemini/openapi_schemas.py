"""Gemini's own kind of schema, a subset of OpenAPI's, as the JSON Schema that it means.

The other way is not needed: Gemini takes JSON Schema as well, in fields of its own.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.gemini.request_body import camel_case, invalid

_SCHEMAS = frozenset({"items", "additionalProperties"})
_NAMED_SCHEMAS = {"properties": "properties", "defs": "$defs", "$defs": "$defs"}
# Gemini counts in 64 bits, which Google's JSON writes as strings.
_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_REFERENCES = {"ref": "$ref", "$ref": "$ref"}
# Said to Gemini alone: in which order to write the properties.
_UNSAID = frozenset({"propertyOrdering"})


def json_schema(schema: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the JSON Schema; raises InvalidRequestError where a part of it is no schema."""
    converted: dict[str, Any] = {}
    is_nullable = False
    for spelled, value in schema.items():
        name = camel_case(spelled)
        at = f"{path}.{name}"
        if value is None or name in _UNSAID:
            continue
        if name == "type":
            converted["type"] = _types(value, at)
        elif name == "nullable":
            is_nullable = bool(value)
        elif name in _NAMED_SCHEMAS:
            inner = _object(value, at)
            converted[_NAMED_SCHEMAS[name]] = {
                key: json_schema(_object(one, f"{at}.{key}"), f"{at}.{key}") for key, one in inner.items()
            }
        elif name in _SCHEMAS and isinstance(value, Mapping):
            converted[name] = json_schema(value, at)
        elif name == "anyOf" and isinstance(value, list):
            converted["anyOf"] = [
                json_schema(_object(one, f"{at}[{index}]"), f"{at}[{index}]")
                for index, one in enumerate(value)
            ]
        elif name in _COUNTS and isinstance(value, str) and value.isdecimal():
            converted[name] = int(value[:18])
        elif name == "example":
            converted["examples"] = [value]
        else:
            converted[_REFERENCES.get(name, name)] = value
    return _nullable(converted) if is_nullable else converted


def _types(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return [one.lower() for one in value]
    raise invalid(path, "expected the name of a type")


def _object(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise invalid(path, "expected an object")
    return value


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    types = schema.get("type")
    if types is None:
        return schema
    given = types if isinstance(types, list) else [types]
    nullable = {**schema, "type": given if "null" in given else [*given, "null"]}
    if "enum" in nullable and None not in nullable["enum"]:
        nullable["enum"] = [*nullable["enum"], None]
    return nullable
