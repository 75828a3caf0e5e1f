"""How large a schema may be, so that no schema can keep the gateway or an engine busy.

Measured against the engine's grammar compiler and the validator: within these limits the slowest
schema of `tests/schemas` takes milliseconds, and the engine begins to answer at once.
"""

from typing import Any

from causeway.model.errors import InvalidRequestError

MAX_CHARACTERS = 1_000_000
MAX_VALUES = 100_000
MAX_JSON_DEPTH = 100
MAX_SCHEMA_DEPTH = 32
MAX_ENUM_VALUES = 1000
MAX_PROPERTIES = 500
MAX_ANY_OF_BRANCHES = 200
MAX_DEFINITIONS = 100
MAX_PATTERNS = 50
MAX_PATTERN_CHARACTERS = 500


def check_size(schema: Any, path: str) -> None:
    """Raise InvalidRequestError where the JSON of a schema is too large or too deep to look at."""
    characters = values = 0
    waiting: list[tuple[Any, int]] = [(schema, 1)]
    while waiting:
        value, depth = waiting.pop()
        values += 1
        if depth > MAX_JSON_DEPTH:
            raise _too_much(path, "levels of nesting", MAX_JSON_DEPTH)
        match value:
            case str():
                characters += len(value)
            case dict():
                characters += sum(len(name) for name in value)
                waiting += [(inner, depth + 1) for inner in value.values()]
            case list():
                waiting += [(inner, depth + 1) for inner in value]
        if characters > MAX_CHARACTERS:
            raise _too_much(path, "characters", MAX_CHARACTERS)
        if values > MAX_VALUES:
            raise _too_much(path, "values", MAX_VALUES)


class Counters:
    """Counts what a schema is made of; `add` raises InvalidRequestError where it is too much."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._enum_values = 0
        self._properties = 0
        self._branches = 0
        self._definitions = 0
        self._patterns = 0

    def add(self, schema: dict[str, Any], path: str, depth: int) -> None:
        """Count one schema, without those inside it."""
        if depth > MAX_SCHEMA_DEPTH:
            raise _too_much(self._path, "levels of nesting", MAX_SCHEMA_DEPTH)
        self._enum_values += len(schema.get("enum") or ())
        if self._enum_values > MAX_ENUM_VALUES:
            raise _too_much(f"{path}.enum", "enum values in a schema", MAX_ENUM_VALUES)
        self._properties += len(schema.get("properties") or ())
        if self._properties > MAX_PROPERTIES:
            raise _too_much(f"{path}.properties", "properties in a schema", MAX_PROPERTIES)
        self._branches += len(schema.get("anyOf") or ())
        if self._branches > MAX_ANY_OF_BRANCHES:
            raise _too_much(f"{path}.anyOf", "anyOf branches in a schema", MAX_ANY_OF_BRANCHES)
        self._definitions += len(schema.get("$defs") or ()) + len(schema.get("definitions") or ())
        if self._definitions > MAX_DEFINITIONS:
            raise _too_much(f"{path}.$defs", "definitions in a schema", MAX_DEFINITIONS)
        pattern = schema.get("pattern")
        if pattern is not None:
            self._patterns += 1
            if self._patterns > MAX_PATTERNS:
                raise _too_much(f"{path}.pattern", "patterns in a schema", MAX_PATTERNS)
            if len(pattern) > MAX_PATTERN_CHARACTERS:
                raise _too_much(f"{path}.pattern", "characters in a pattern", MAX_PATTERN_CHARACTERS)


def _too_much(path: str, what: str, limit: int) -> InvalidRequestError:
    return InvalidRequestError(f"invalid request: {path}: more than {limit} {what}.", field=path)
