"""Reads bodies, with errors that name the field."""

from typing import ClassVar

from causeway.dialects.body_reader import Body, BodyWords, WordedBodyReader

__all__ = ["BodyReader", "invalid", "invalid_choice", "missing"]

_WORDS = BodyWords(
    malformed="The body is not valid JSON: {reason}.",
    invalid_value="Invalid value at '{field}': {problem}.",
    missing_field="Missing required field '{field}'.",
    invalid_type="Invalid type at {subject}: {problem}.",
)
invalid, invalid_choice, missing = _WORDS.invalid, _WORDS.invalid_choice, _WORDS.missing


class BodyReader(WordedBodyReader[Body]):
    """Reads bodies of one type."""

    words: ClassVar[BodyWords] = _WORDS
