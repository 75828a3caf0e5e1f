"""The smallest instance of a schema: what can always be answered, and the proof that an answer ends.

It knows nothing of patterns: a string that has one is left empty, and only the validator can tell
whether the instance holds.
"""

from collections.abc import Iterable
from typing import Any

from causeway.schemas.vocabulary import Schema

MAX_INSTANCE_VALUES = 1000

_EXAMPLES = {
    "date": "2000-01-01",
    "time": "00:00:00Z",
    "date-time": "2000-01-01T00:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_Instance = tuple[Any, int]  # with the number of values in it


class NoSmallInstanceError(ValueError):
    """Every instance of the schema is endless, or too large."""


def smallest_instance(schema: Schema) -> Any:
    """Return a small instance; raises NoSmallInstanceError.

    Definitions are settled from those that need no others upwards, so that a recursive one is
    settled by its way out, where it has one.
    """
    definitions: dict[str, Any] = {"#": schema}
    for keyword in ("$defs", "definitions"):
        for name, definition in schema.get(keyword, {}).items():
            definitions[f"#/{keyword}/{name}"] = definition
    settled: dict[str, _Instance] = {}
    is_changing = True
    while is_changing:
        is_changing = False
        for reference in definitions.keys() - settled.keys():
            try:
                settled[reference] = _settle(definitions[reference], settled)
                is_changing = True
            except NoSmallInstanceError:
                continue
    if "#" not in settled:
        raise NoSmallInstanceError("no instance of this schema ends")
    return settled["#"][0]


def _settle(schema: Any, settled: dict[str, _Instance]) -> _Instance:
    if not isinstance(schema, dict):
        return "", 1
    if "const" in schema:
        return schema["const"], 1
    if schema.get("enum"):
        return schema["enum"][0], 1
    if "$ref" in schema:
        if schema["$ref"] not in settled:
            raise NoSmallInstanceError(schema["$ref"])
        return settled[schema["$ref"]]
    if schema.get("anyOf"):
        return _settle_any_of(schema, settled)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    match kind:
        case "object":
            return _settle_object(schema, settled)
        case "array":
            count = min(schema.get("minItems", 0), MAX_INSTANCE_VALUES + 1)
            return _bounded([_settle(schema.get("items", {}), settled)] * count if count else [])
        case "integer" | "number":
            return _settle_number(schema), 1
        case "boolean":
            return False, 1
        case "null":
            return None, 1
        case _:
            if "properties" in schema:
                return _settle_object(schema, settled)
            return _EXAMPLES.get(schema.get("format", ""), "x" * min(schema.get("minLength", 0), 1000)), 1


def _settle_any_of(schema: Schema, settled: dict[str, _Instance]) -> _Instance:
    beside = {key: value for key, value in schema.items() if key != "anyOf"}
    found = []
    for branch in schema["anyOf"]:
        if isinstance(branch, dict):
            try:
                found.append(_settle({**beside, **branch}, settled))
            except NoSmallInstanceError:
                continue
    if not found:
        raise NoSmallInstanceError("anyOf")
    return min(found, key=lambda instance: instance[1])


def _settle_object(schema: Schema, settled: dict[str, _Instance]) -> _Instance:
    properties = schema.get("properties", {})
    required = [name for name in properties if name in schema.get("required", ())]
    instances = {name: _settle(properties[name], settled) for name in required}
    _, size = _bounded(instances.values())
    return {name: value for name, (value, _) in instances.items()}, size


def _bounded(instances: Iterable[_Instance]) -> _Instance:
    listed = list(instances)
    size = 1 + sum(size for _, size in listed)
    if size > MAX_INSTANCE_VALUES:
        raise NoSmallInstanceError("too large")
    return [value for value, _ in listed], size


def _settle_number(schema: Schema) -> Any:
    step = schema.get("multipleOf", 1)
    if "minimum" in schema:
        lowest = schema["minimum"]
    elif "exclusiveMinimum" in schema:
        lowest = schema["exclusiveMinimum"] + step
    else:
        highest = schema.get("maximum", schema.get("exclusiveMaximum", 1) - step)
        lowest = min(0, highest)
    if schema.get("type") == "integer" or "multipleOf" in schema:
        lowest = -(-lowest // step) * step
    return int(lowest) if schema.get("type") == "integer" else lowest
