"""From the bytes of a body to its typed wire shape, with errors that name the field as Anthropic does.

The body is parsed once, to plain values, and these are checked against the type: what the type does not
know is still at hand, since the dialect has more fields than any one reader of it.
"""

import re
from typing import Any, Generic, TypeVar

import msgspec

from causeway.dialects.body_errors import join_path, locate, malformed_reason, shortened
from causeway.model.errors import InvalidRequestError, MalformedJsonError

Body = TypeVar("Body")

_EXPECTED = re.compile(r"^Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$")
_TYPE_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_decode = msgspec.json.Decoder().decode


class BodyReader(Generic[Body]):
    """Reads bodies of one type."""

    def __init__(self, type: type[Body]) -> None:
        self._type = type

    def read(self, body: bytes) -> tuple[Body, dict[str, Any]]:
        """Return the typed body and the same as plain values.

        Raises MalformedJsonError and InvalidRequestError, which names the field.
        """
        try:
            tree: Any = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedJsonError(f"The body is not valid JSON: {malformed_reason(error)}") from None
        try:
            typed = msgspec.convert(tree, self._type)
        except msgspec.ValidationError as error:
            raise _invalid_type(error) from None
        return typed, tree


def invalid(field: str, problem: str) -> InvalidRequestError:
    """Return the error that says what is wrong with a field."""
    return InvalidRequestError(f"{field}: {problem}", field=field)


def invalid_choice(field: str, value: str, choices: tuple[str, ...]) -> InvalidRequestError:
    """Return the error of a field that has a value other than the few that it may have."""
    return invalid(field, f"expected one of {', '.join(choices)}, got '{shortened(value)}'")


def missing(field: str) -> InvalidRequestError:
    """Return the error of a field that must be given."""
    return invalid(field, "Field required")


def required_text(members: dict[str, Any], name: str, path: str) -> str:
    """Return a member that is a string; raises InvalidRequestError."""
    value = members.get(name)
    if value is None:
        raise missing(f"{path}.{name}")
    if not isinstance(value, str):
        raise invalid(f"{path}.{name}", "expected a string")
    return value


def required_object(members: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    """Return a member that is an object; raises InvalidRequestError."""
    value = members.get(name)
    if value is None:
        raise missing(f"{path}.{name}")
    if not isinstance(value, dict):
        raise invalid(f"{path}.{name}", "expected an object")
    return value


def _invalid_type(error: msgspec.ValidationError) -> InvalidRequestError:
    problem, path = locate(error)
    if match := _MISSING.match(problem):
        return missing(join_path(path, match["name"]))
    if match := _EXPECTED.match(problem):
        expected = [_TYPE_NAMES.get(name, name) for name in match["expected"].split(" | ") if name != "null"]
        got = _TYPE_NAMES.get(match["got"], match["got"])
        problem = f"expected {' or '.join(expected)}, got {got}"
    return InvalidRequestError(f"{path or 'the body'}: {shortened(problem)}", field=path or None)
