"""From the bytes of a body to its typed wire shape, with errors that name the field.

Native routes refuse an unknown field; gateway routes drop it and say so. The decoder itself finds
the unknown fields, so the schema is written down once.
"""

import re
from typing import Any, Generic, TypeVar

import msgspec

from causeway.dialects.body_errors import join_path, locate, malformed_reason, shortened
from causeway.model.errors import InvalidRequestError, MalformedJsonError, UnknownFieldError
from causeway.model.loss import LossReport

Body = TypeVar("Body")

USAGE_HINT = "For proper usage, please refer to https://docs.cohere.com/reference/chat"

_MAX_UNKNOWN_FIELDS = 64
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_CHOICES = {"role": "expected one of user, assistant, system, tool"}


class BodyReader(Generic[Body]):
    """Reads bodies of one type; `hint` tells those who get a field wrong where to look it up."""

    def __init__(self, type: type[Body], hint: str = USAGE_HINT) -> None:
        self._type = type
        self._hint = hint
        self._decode = msgspec.json.Decoder(type).decode

    def read(self, body: bytes, *, strict: bool, losses: LossReport) -> Body:
        """Return the typed body.

        With `strict` an unknown field raises UnknownFieldError; without, it is dropped and added to
        `losses`. Raises MalformedJsonError and InvalidRequestError, which names the field.
        """
        try:
            return self._decode(body)
        except msgspec.ValidationError as error:
            if not strict and _UNKNOWN.match(locate(error)[0]):
                return self._read_without_unknown_fields(body, losses)
            raise _invalid(error, self._hint) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _malformed(error) from None

    def _read_without_unknown_fields(self, body: bytes, losses: LossReport) -> Body:
        try:
            tree = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            # The unknown field stood before what is no JSON.
            raise _malformed(error) from None
        for _ in range(_MAX_UNKNOWN_FIELDS):
            try:
                return msgspec.convert(tree, self._type)
            except msgspec.ValidationError as error:
                problem, path = locate(error)
                unknown = _UNKNOWN.match(problem)
                if unknown is None:
                    raise _invalid(error, self._hint) from None
                name = unknown["name"]
                del _at(tree, path)[name]
                losses.add("unknown", join_path(path, name), "not a valid field")
        raise UnknownFieldError(f"more than {_MAX_UNKNOWN_FIELDS} unknown fields. {self._hint}")


def _malformed(error: Exception) -> MalformedJsonError:
    return MalformedJsonError(f"invalid json syntax: {malformed_reason(error)}")


def _at(tree: Any, path: str) -> dict[str, Any]:
    for index, name in _STEP.findall(path):
        tree = tree[int(index)] if index else tree[name]
    found: dict[str, Any] = tree
    return found


def _invalid(error: msgspec.ValidationError, hint: str) -> Exception:
    problem, path = locate(error)
    if unknown := _UNKNOWN.match(problem):
        field = join_path(path, unknown["name"])
        return UnknownFieldError(
            f"unknown field: parameter '{shortened(field)}' is not a valid field. {hint}", field=field
        )
    if missing := _MISSING.match(problem):
        field = join_path(path, missing["name"])
        return InvalidRequestError(f"invalid request: {field}: required field is missing.", field=field)
    problem = problem.replace("`", "").replace(" | null", "")
    problem = problem[0].lower() + problem[1:]
    if choices := _CHOICES.get(path.rpartition(".")[2]):
        problem = f"{problem}, {choices}"
    return InvalidRequestError(
        f"invalid request: {path or 'body'}: {shortened(problem)}.", field=path or None
    )
