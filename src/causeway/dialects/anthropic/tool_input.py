"""A tool call's arguments: JSON text in the canonical model, an object in Anthropic's."""

from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode


def decode_input(wire: dict[str, Any]) -> str:
    """Return the arguments as JSON text."""
    return msgspec.json.encode(wire).decode()


def encode_input(arguments: str) -> msgspec.Raw | None:
    """Return the object as it was written, an empty one for no arguments, none where it is no object."""
    if not arguments.strip():
        return msgspec.Raw(b"{}")
    encoded = arguments.encode()
    try:
        value = _decode(encoded)
    except (msgspec.DecodeError, RecursionError):
        return None
    return msgspec.Raw(encoded) if isinstance(value, dict) else None
