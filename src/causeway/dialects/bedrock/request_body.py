"""From the bytes of a body to its typed wire shape, with errors that name the field.

The body is parsed once, to plain values, and these are checked against the type: what the type does not
know is still at hand.
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
_decode = msgspec.json.Decoder(Any).decode


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
            raise MalformedJsonError(f"The body is not valid JSON: {malformed_reason(error)}.") from None
        return self.convert(tree), tree

    def convert(self, tree: Any, path: str = "") -> Body:
        """Return a value that has been parsed, typed; `path` is where in the body it stood.

        Raises InvalidRequestError.
        """
        try:
            return msgspec.convert(tree, self._type)
        except msgspec.ValidationError as error:
            raise _invalid_type(error, path) from None


def invalid(field: str, problem: str) -> InvalidRequestError:
    """Return the error that says what is wrong with a field."""
    return InvalidRequestError(f"Invalid value at '{field}': {problem}.", field=field)


def invalid_choice(field: str, value: str, choices: tuple[str, ...]) -> InvalidRequestError:
    """Return the error of a field that has a value other than the few that it may have."""
    return invalid(field, f"expected one of {', '.join(choices)}, got '{shortened(value)}'")


def missing(field: str) -> InvalidRequestError:
    """Return the error of a field that must be given."""
    return InvalidRequestError(f"Missing required field '{field}'.", field=field)


def _invalid_type(error: msgspec.ValidationError, above: str) -> InvalidRequestError:
    problem, inside = locate(error)
    path = join_path(above, inside) if inside else above
    if match := _MISSING.match(problem):
        return missing(join_path(path, match["name"]))
    if match := _EXPECTED.match(problem):
        expected = [_TYPE_NAMES.get(name, name) for name in match["expected"].split(" | ") if name != "null"]
        got = _TYPE_NAMES.get(match["got"], match["got"])
        problem = f"expected {' or '.join(expected)}, got {got}"
    subject = f"'{path}'" if path else "the body"
    return InvalidRequestError(f"Invalid type at {subject}: {shortened(problem)}.", field=path or None)
