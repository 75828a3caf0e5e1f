"""What is wrong with a body that could not be read, in pieces that a dialect words in its own way."""

import re

import msgspec

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


def locate(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the problem and the path of the field that has it; the path of the body itself is empty."""
    text = str(error)
    at = _AT.search(text)
    return (text[: at.start()], at["path"]) if at else (text, "")


def join_path(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def malformed_reason(error: Exception) -> str:
    """Return why a body is not JSON, from what the decoder raised."""
    if isinstance(error, RecursionError):
        return "the document is nested too deeply"
    return str(error).removeprefix("JSON is malformed: ")


def shortened(text: str) -> str:
    """Return text that came from the caller, bounded."""
    return text if len(text) <= 200 else f"{text[:200]}..."
