"""From the bytes of a body to its typed wire shape, with errors that name the field.

Native routes refuse an unknown field; gateway routes drop it and say so. The decoder itself finds
the unknown fields, so the schema is written down once.
"""

import re
from typing import Any, Generic, TypeVar

import msgspec

from causeway.model.errors import InvalidRequestError, MalformedJsonError, UnknownFieldError
from causeway.model.loss import LossReport

Body = TypeVar("Body")

USAGE_HINT = "For proper usage, please refer to https://docs.cohere.com/reference/chat"

_MAX_UNKNOWN_FIELDS = 64
_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
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
            if not strict and _UNKNOWN.match(_split(error)[0]):
                return self._read_without_unknown_fields(body, losses)
            raise _invalid(error, self._hint) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedJsonError(f"invalid json syntax: {_reason(error)}") from None

    def _read_without_unknown_fields(self, body: bytes, losses: LossReport) -> Body:
        tree = msgspec.json.decode(body)
        for _ in range(_MAX_UNKNOWN_FIELDS):
            try:
                return msgspec.convert(tree, self._type)
            except msgspec.ValidationError as error:
                problem, path = _split(error)
                unknown = _UNKNOWN.match(problem)
                if unknown is None:
                    raise _invalid(error, self._hint) from None
                name = unknown["name"]
                del _at(tree, path)[name]
                losses.add("unknown", _join(path, name), "not a valid field")
        raise UnknownFieldError(f"more than {_MAX_UNKNOWN_FIELDS} unknown fields. {self._hint}")


def _at(tree: Any, path: str) -> dict[str, Any]:
    for index, name in _STEP.findall(path):
        tree = tree[int(index)] if index else tree[name]
    found: dict[str, Any] = tree
    return found


def _split(error: msgspec.ValidationError) -> tuple[str, str]:
    text = str(error)
    at = _AT.search(text)
    return (text[: at.start()], at["path"]) if at else (text, "")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _invalid(error: msgspec.ValidationError, hint: str) -> Exception:
    problem, path = _split(error)
    if unknown := _UNKNOWN.match(problem):
        field = _join(path, unknown["name"])
        return UnknownFieldError(
            f"unknown field: parameter '{_short(field)}' is not a valid field. {hint}", field=field
        )
    if missing := _MISSING.match(problem):
        field = _join(path, missing["name"])
        return InvalidRequestError(f"invalid request: {field}: required field is missing.", field=field)
    problem = problem.replace("`", "").replace(" | null", "")
    problem = problem[0].lower() + problem[1:]
    if choices := _CHOICES.get(path.rpartition(".")[2]):
        problem = f"{problem}, {choices}"
    return InvalidRequestError(f"invalid request: {path or 'body'}: {_short(problem)}.", field=path or None)


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the document is nested too deeply"
    return str(error).removeprefix("JSON is malformed: ")
