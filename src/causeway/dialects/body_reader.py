"""From the bytes of a body to its typed wire shape, with errors that name the field in a dialect's words.

The body is parsed once, to plain values, and these are checked against the type: what the type does not
know is still at hand, since a dialect has more fields than any one reader of it.
"""

import re
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Struct

from causeway.dialects.body_errors import join_path, locate, malformed_reason, shortened
from causeway.model.errors import InvalidRequestError, MalformedJsonError
from causeway.model.loss import LossReport

Body = TypeVar("Body")

_EXPECTED = re.compile(r"^Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$")
_TYPE_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_decode = msgspec.json.Decoder(Any).decode


class BodyWords(Struct, frozen=True, kw_only=True):
    """How a dialect says what is wrong with a body, as templates.

    `malformed` has a place for the `reason`, `invalid_value` for `field` and `problem`, `missing_field` for
    `field`, and `invalid_type` for `subject` and `problem`; `subject` is how a `field` is named there.
    """

    malformed: str
    invalid_value: str
    missing_field: str
    invalid_type: str
    subject: str = "'{field}'"

    def invalid(self, field: str, problem: str) -> InvalidRequestError:
        """Return the error that says what is wrong with a field."""
        return InvalidRequestError(self.invalid_value.format(field=field, problem=problem), field=field)

    def invalid_choice(self, field: str, value: str, choices: tuple[str, ...]) -> InvalidRequestError:
        """Return the error of a field that has a value other than the few that it may have."""
        return self.invalid(field, f"expected one of {', '.join(choices)}, got '{shortened(value)}'")

    def missing(self, field: str) -> InvalidRequestError:
        """Return the error of a field that must be given."""
        return InvalidRequestError(self.missing_field.format(field=field), field=field)

    def wrong_type(self, error: Exception, above: str) -> InvalidRequestError:
        """Return the error of what `msgspec.convert` raised for the value at the path `above`."""
        if not isinstance(error, msgspec.ValidationError):
            return self._wrong_type(above, "a number is too large")
        problem, inside = locate(error)
        path = join_path(above, inside) if inside else above
        if match := _MISSING.match(problem):
            return self.missing(join_path(path, match["name"]))
        if match := _EXPECTED.match(problem):
            names = [name for name in match["expected"].split(" | ") if name != "null"]
            expected = " or ".join(_TYPE_NAMES.get(name, name) for name in names)
            problem = f"expected {expected}, got {_TYPE_NAMES.get(match['got'], match['got'])}"
        return self._wrong_type(path, shortened(problem))

    def _wrong_type(self, path: str, problem: str) -> InvalidRequestError:
        subject = self.subject.format(field=path) if path else "the body"
        message = self.invalid_type.format(subject=subject, problem=problem)
        return InvalidRequestError(message, field=path or None)


class WordedBodyReader(Generic[Body]):
    """Reads bodies of one type; a dialect's own reader says in which `words` it complains."""

    words: ClassVar[BodyWords]

    def __init__(self, type: type[Body]) -> None:
        self._type = type

    def read(self, body: bytes) -> tuple[Body, dict[str, Any]]:
        """Return the typed body and the same as plain values.

        Raises MalformedJsonError and InvalidRequestError, which names the field.
        """
        tree = self.parse(body)
        return self.convert(tree), tree

    def parse(self, body: bytes) -> Any:
        """Return a body as plain values; raises MalformedJsonError."""
        try:
            return _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedJsonError(self.words.malformed.format(reason=malformed_reason(error))) from None

    def convert(self, tree: Any, path: str = "") -> Body:
        """Return plain values typed; `path` is where in the body they stood. Raises InvalidRequestError."""
        try:
            return msgspec.convert(tree, self._type)
        except (msgspec.ValidationError, OverflowError) as error:
            raise self.words.wrong_type(error, path) from None


def drop_unknown(members: dict[str, Any], known: frozenset[str], path: str, losses: LossReport) -> None:
    """Report the members that the canonical request has no place for; one that says nothing is no loss."""
    for name, value in members.items():
        if name not in known and value:
            losses.add("dropped", join_path(path, shortened(name)), "the gateway has no place for it")
