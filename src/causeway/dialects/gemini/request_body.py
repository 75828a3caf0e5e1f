"""From the bytes of a body to its typed wire shape, with errors that name the field as Google does.

Google's servers take a field's name in camelCase and in snake_case; here every name becomes camelCase, but
for those inside values that are the caller's own: arguments, results, schemas, labels.
"""

import re
from typing import Any, Generic, TypeVar

import msgspec

from causeway.dialects.body_errors import join_path, locate, malformed_reason, shortened
from causeway.model.errors import InvalidRequestError, MalformedJsonError
from causeway.model.loss import LossReport

Body = TypeVar("Body")

# Whose members are not fields of the API. A schema's own fields are read in both spellings where it is.
_CALLERS_OWN = frozenset(
    {
        "args",
        "headers",
        "labels",
        "parameters",
        "parametersJsonSchema",
        "partMetadata",
        "response",
        "responseJsonSchema",
        "responseSchema",
    }
)
_EXPECTED = re.compile(r"^Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$")
_TYPE_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_SNAKE_NAME = re.compile(rb'_[A-Za-z0-9_]*"\s*:')
_UNDERSCORE = re.compile(r"_+([A-Za-z0-9])")
_decode = msgspec.json.Decoder(Any).decode


class BodyReader(Generic[Body]):
    """Reads bodies of one type."""

    def __init__(self, type: type[Body]) -> None:
        self._type = type

    def read(self, body: bytes) -> tuple[Body, dict[str, Any]]:
        """Return the typed body and the same as plain values, with all names in camelCase.

        Raises MalformedJsonError and InvalidRequestError, which names the field.
        """
        tree = read_tree(body)
        return self.convert(tree), tree

    def convert(self, tree: Any) -> Body:
        """Return plain values typed; raises InvalidRequestError, which names the field."""
        try:
            return msgspec.convert(tree, self._type)
        except (msgspec.ValidationError, OverflowError) as error:
            raise _invalid_type(error) from None


def read_tree(body: bytes) -> Any:
    """Return a body as plain values, with all names in camelCase.

    Raises MalformedJsonError, and InvalidRequestError where a field is there in both spellings.
    """
    try:
        tree: Any = _decode(body)
        return _in_camel_case(tree, "") if _SNAKE_NAME.search(body) else tree
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJsonError(f"Invalid JSON payload received: {malformed_reason(error)}.") from None


def camel_case(name: str) -> str:
    """Return a field's name in camelCase, whichever way it is spelled."""
    if "_" not in name:
        return name
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


def invalid(field: str, problem: str) -> InvalidRequestError:
    """Return the error that says what is wrong with a field."""
    return InvalidRequestError(f"Invalid value at '{field}': {problem}.", field=field)


def invalid_choice(field: str, value: str, choices: tuple[str, ...]) -> InvalidRequestError:
    """Return the error of a field that has a value other than the few that it may have."""
    return invalid(field, f"expected one of {', '.join(choices)}, got '{shortened(value)}'")


def missing(field: str) -> InvalidRequestError:
    """Return the error of a field that must be given."""
    return InvalidRequestError(f"Missing required field: '{field}'.", field=field)


def drop_unknown(members: dict[str, Any], known: frozenset[str], path: str, losses: LossReport) -> None:
    """Report the members that the canonical request has no place for; one that says nothing is no loss."""
    for name, value in members.items():
        if name not in known and value:
            losses.add("dropped", join_path(path, shortened(name)), "the gateway has no place for it")


def as_list(value: Any) -> list[Any]:
    """Return a repeated field's items: Google takes one item in place of a list of it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _in_camel_case(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_in_camel_case(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    renamed: dict[str, Any] = {}
    for name, member in value.items():
        spelled = camel_case(name)
        at = join_path(path, spelled)
        if spelled in renamed:
            raise invalid(shortened(at), "it is given twice, in two spellings")
        renamed[spelled] = member if spelled in _CALLERS_OWN else _in_camel_case(member, at)
    return renamed


def _invalid_type(error: Exception) -> InvalidRequestError:
    if not isinstance(error, msgspec.ValidationError):
        return InvalidRequestError("Invalid value: a number is too large.")
    problem, path = locate(error)
    if match := _MISSING.match(problem):
        return missing(join_path(path, match["name"]))
    if match := _EXPECTED.match(problem):
        expected = [_TYPE_NAMES.get(name, name) for name in match["expected"].split(" | ") if name != "null"]
        got = _TYPE_NAMES.get(match["got"], match["got"])
        problem = f"expected {' or '.join(expected)}, got {got}"
    subject = f"'{path}'" if path else "the body"
    return InvalidRequestError(f"Invalid value at {subject}: {shortened(problem)}.", field=path or None)
