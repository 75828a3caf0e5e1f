"""Reads bodies, with errors that name the field as Anthropic does."""

from typing import Any, ClassVar

from causeway.dialects.body_reader import Body, BodyWords, WordedBodyReader

__all__ = ["BodyReader", "invalid", "invalid_choice", "missing", "required_object", "required_text"]

_WORDS = BodyWords(
    malformed="The body is not valid JSON: {reason}",
    invalid_value="{field}: {problem}",
    missing_field="{field}: Field required",
    invalid_type="{subject}: {problem}",
    subject="{field}",
)
invalid, invalid_choice, missing = _WORDS.invalid, _WORDS.invalid_choice, _WORDS.missing


class BodyReader(WordedBodyReader[Body]):
    """Reads bodies of one type."""

    words: ClassVar[BodyWords] = _WORDS


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
