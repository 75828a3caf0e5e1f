"""Which keywords a schema may use, by what it is for, and where the schemas inside a schema are.

Everything that walks a schema walks it through `subschemas` and `rebuild`, so that a property which
happens to be called `enum` is never taken for the keyword.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from msgspec import Struct

Schema = dict[str, Any]

_ANNOTATIONS = {
    "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly",
}  # fmt: skip
_STRUCTURE = {
    "type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf",
    "pattern", "format", "$ref", "$defs", "definitions",
}  # fmt: skip
BOUNDS = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems",
}  # fmt: skip
# They name a schema or its language, and would let a reference point elsewhere.
_IDENTIFIERS = {"$schema", "$id", "id", "$comment", "$anchor", "$vocabulary"}

_OF_NAMES = ("properties", "$defs", "definitions")
_ONE = ("items", "additionalProperties")
_LISTS = ("anyOf", "oneOf", "allOf")

FORMATS = frozenset({"date-time", "date", "time", "uuid"})
CONSTRAINING = frozenset((_STRUCTURE - {"required", "$defs", "definitions"}) | BOUNDS)

_PYTHON_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "dict": "object",
    "NoneType": "null",
    "None": "null",
}


class Profile(Struct, frozen=True):
    """What a schema is for, and so what it may say.

    A lenient profile drops what it does not know, as a loss, where a strict one refuses the schema.
    """

    name: Literal["response_format", "strict tool", "tool"]
    keywords: frozenset[str]
    is_lenient: bool


RESPONSE_FORMAT = Profile("response_format", frozenset(_ANNOTATIONS | _STRUCTURE), is_lenient=False)
STRICT_TOOL = Profile("strict tool", frozenset(_ANNOTATIONS | _STRUCTURE), is_lenient=False)
TOOL = Profile("tool", frozenset(_ANNOTATIONS | _STRUCTURE | BOUNDS), is_lenient=True)


def subschemas(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Yield the schemas directly inside a schema, each with the path that leads to it."""
    for keyword in _OF_NAMES:
        named = schema.get(keyword)
        if isinstance(named, dict):
            for name, inner in named.items():
                yield f"{keyword}.{name}", inner
    for keyword in _ONE:
        if keyword in schema:
            yield keyword, schema[keyword]
    for keyword in _LISTS:
        listed = schema.get(keyword)
        if isinstance(listed, list):
            for index, inner in enumerate(listed):
                yield f"{keyword}[{index}]", inner


def rebuild(schema: Schema, change: Callable[[Any, str], Any], path: str = "") -> Schema:
    """Return a copy of a schema in which `change(schema, path)` has replaced those directly inside it."""
    rebuilt = dict(schema)
    for keyword in _OF_NAMES:
        named = schema.get(keyword)
        if isinstance(named, dict):
            rebuilt[keyword] = {
                name: change(inner, f"{path}.{keyword}.{name}") for name, inner in named.items()
            }
    for keyword in _ONE:
        if keyword in schema:
            rebuilt[keyword] = change(schema[keyword], f"{path}.{keyword}")
    for keyword in _LISTS:
        listed = schema.get(keyword)
        if isinstance(listed, list):
            rebuilt[keyword] = [
                change(inner, f"{path}.{keyword}[{index}]") for index, inner in enumerate(listed)
            ]
    return rebuilt


def in_json_words(schema: Any) -> Any:
    """Return a schema with JSON's type names for Python's, and without identifiers.

    Cohere's own examples say `str` and `int`, and its API takes them.
    """
    if not isinstance(schema, dict):
        return schema
    rebuilt = rebuild(schema, lambda inner, _: in_json_words(inner))
    for identifier in _IDENTIFIERS & rebuilt.keys():
        del rebuilt[identifier]
    kind = rebuilt.get("type")
    if isinstance(kind, str):
        rebuilt["type"] = _PYTHON_TYPES.get(kind, kind)
    elif isinstance(kind, list):
        rebuilt["type"] = [_PYTHON_TYPES.get(one, one) if isinstance(one, str) else one for one in kind]
    return rebuilt
