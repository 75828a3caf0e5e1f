"""From the bytes of a body to its typed wire shape, with errors that name the field as Google does.

Google's servers take a field's name in camelCase and in snake_case; here every name becomes camelCase, but
for those inside values that are the caller's own: arguments, results, schemas, labels.
"""

import re
from typing import Any, ClassVar

from causeway.dialects.body_errors import join_path, malformed_reason, shortened
from causeway.dialects.body_reader import Body, BodyWords, WordedBodyReader, drop_unknown
from causeway.model.errors import MalformedJsonError

__all__ = [
    "BodyReader",
    "as_list",
    "camel_case",
    "drop_unknown",
    "invalid",
    "invalid_choice",
    "missing",
    "read_tree",
]

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
_SNAKE_NAME = re.compile(rb'_[A-Za-z0-9_]*"\s*:')
_UNDERSCORE = re.compile(r"_+([A-Za-z0-9])")


_WORDS = BodyWords(
    malformed="Invalid JSON payload received: {reason}.",
    invalid_value="Invalid value at '{field}': {problem}.",
    missing_field="Missing required field: '{field}'.",
    invalid_type="Invalid value at {subject}: {problem}.",
)
invalid, invalid_choice, missing = _WORDS.invalid, _WORDS.invalid_choice, _WORDS.missing


class BodyReader(WordedBodyReader[Body]):
    """Reads bodies of one type."""

    words: ClassVar[BodyWords] = _WORDS

    def parse(self, body: bytes) -> Any:
        """Return a body as plain values, with all names in camelCase.

        Raises MalformedJsonError, and InvalidRequestError where a field is there in both spellings.
        """
        tree = super().parse(body)
        try:
            return _in_camel_case(tree, "") if _SNAKE_NAME.search(body) else tree
        except RecursionError as error:
            raise MalformedJsonError(_WORDS.malformed.format(reason=malformed_reason(error))) from None


_tree_reader = BodyReader(object)


def read_tree(body: bytes) -> Any:
    """Return a body as plain values, with all names in camelCase; raises as `BodyReader.parse` does."""
    return _tree_reader.parse(body)


def camel_case(name: str) -> str:
    """Return a field's name in camelCase, whichever way it is spelled."""
    if "_" not in name:
        return name
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


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
