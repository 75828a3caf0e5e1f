"""A small value for a JSON Schema, as a model would fill it in that only repeats what it was told.

Knows types, bounds, `enum`, `const`, `$ref`, `anyOf`, `oneOf` and `allOf`; not `pattern`, `not`, `if`.
"""

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]

_FORMATS = {
    "date": "2000-01-01",
    "time": "00:00:00Z",
    "date-time": "2000-01-01T00:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "someone@example.com",
    "uri": "https://example.com/",
}
# Cohere takes Python's names of types as well.
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
_MAX_DEPTH = 24


class EndlessSchemaError(ValueError):
    """Every value of the schema is endless, or nested too deep."""


def small_value(schema: Any, echo: str) -> Any:
    """Return a value with nothing that is not required; free strings are `echo`.

    Raises EndlessSchemaError.
    """
    return _Filler(schema, echo).fill(schema, 0)


class _Filler:
    def __init__(self, root: Any, echo: str) -> None:
        self._root = root
        self._echo = echo

    def fill(self, schema: Any, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise EndlessSchemaError("the schema has no value that ends")
        if not isinstance(schema, dict):
            return self._echo
        if "$ref" in schema:
            return self.fill(self._resolve(schema["$ref"]), depth + 1)
        if "allOf" in schema:
            schema = _merged(schema, [self._followed(part) for part in schema["allOf"]])
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        for keyword in ("anyOf", "oneOf"):
            if schema.get(keyword):
                return self._fill_one_of(schema, keyword, depth)
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) and kind else kind
        match _TYPES.get(kind, kind) if isinstance(kind, str) else None:
            case "object":
                return self._fill_object(schema, depth)
            case "array":
                return self._fill_array(schema, depth)
            case "integer" | "number" as number:
                return _number(schema, is_whole=number == "integer")
            case "boolean":
                return False
            case "null":
                return None
            case "string":
                return self._text(schema)
        return self._fill_object(schema, depth) if "properties" in schema else self._text(schema)

    def _fill_one_of(self, schema: Schema, keyword: str, depth: int) -> Any:
        beside = {name: value for name, value in schema.items() if name != keyword}
        # What is nested comes last: it may be the schema itself again.
        branches = sorted(schema[keyword], key=_is_nested)
        for number, branch in enumerate(branches):
            try:
                return self.fill(_merged(beside, [branch]), depth + 1)
            except EndlessSchemaError:
                if number == len(branches) - 1:
                    raise
        raise AssertionError("unreachable: there is a branch")

    def _fill_object(self, schema: Schema, depth: int) -> Schema:
        properties = schema.get("properties", {})
        return {name: self.fill(properties.get(name, {}), depth + 1) for name in schema.get("required", ())}

    def _fill_array(self, schema: Schema, depth: int) -> list[Any]:
        places = schema.get("prefixItems", [])
        count = max(schema.get("minItems", 0), 0)
        schemas = [places[n] if n < len(places) else schema.get("items", {}) for n in range(count)]
        return [self.fill(place, depth + 1) for place in schemas]

    def _text(self, schema: Schema) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        return self._echo.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]

    def _followed(self, schema: Any) -> Any:
        """Return what a schema refers to, as far as that is a bare reference."""
        for _ in range(_MAX_DEPTH):
            if not isinstance(schema, dict) or "$ref" not in schema:
                return schema
            schema = self._resolve(schema["$ref"])
        raise EndlessSchemaError("the schema refers to itself")

    def _resolve(self, reference: str) -> Any:
        found = self._root
        for name in reference.removeprefix("#").strip("/").split("/"):
            if name:
                found = found.get(name.replace("~1", "/").replace("~0", "~"), {})
        return found


def _is_nested(schema: Any) -> bool:
    return isinstance(schema, dict) and ("$ref" in schema or "properties" in schema or "items" in schema)


def _merged(schema: Schema, parts: Sequence[Any]) -> Schema:
    """Return one schema of several that hold at once."""
    merged = {name: value for name, value in schema.items() if name != "allOf"}
    for part in parts:
        if not isinstance(part, dict):
            continue
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = list(dict.fromkeys([*merged.get("required", ()), *part.get("required", ())]))
        merged = {**merged, **part}
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = required
    return merged


def _number(schema: Schema, *, is_whole: bool) -> float:
    step = schema.get("multipleOf", 1)
    if "minimum" in schema or "exclusiveMinimum" in schema:
        lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + step)
        number = -(-lowest // step) * step if is_whole or "multipleOf" in schema else lowest
    else:
        highest = schema.get("maximum", schema.get("exclusiveMaximum", step) - step)
        number = min(0, highest // step * step)
    return int(number) if is_whole else number
