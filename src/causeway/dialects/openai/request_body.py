"""Reads bodies, with errors that name the field as OpenAI does."""

from typing import ClassVar

from causeway.dialects.body_reader import Body, BodyWords, WordedBodyReader, drop_unknown

__all__ = ["BodyReader", "drop_unknown", "invalid", "invalid_choice", "missing"]

_WORDS = BodyWords(
    malformed="The body is not valid JSON: {reason}.",
    invalid_value="Invalid '{field}': {problem}.",
    missing_field="Missing required parameter: '{field}'.",
    invalid_type="Invalid type for {subject}: {problem}.",
)
invalid, invalid_choice, missing = _WORDS.invalid, _WORDS.invalid_choice, _WORDS.missing


class BodyReader(WordedBodyReader[Body]):
    """Reads bodies of one type."""

    words: ClassVar[BodyWords] = _WORDS
