"""Errors of providers of OpenAI's dialect, in all the shapes that they have.

OpenAI's `{"error": {...}}` is the rule; others write the message at the top, call it `detail`, wrap the
whole in a list, or answer with a page of HTML. Never fails: what cannot be read becomes a plain sentence.
"""

from typing import Any

import msgspec

from causeway.model.errors import UpstreamRefusedError

MAX_MESSAGE_CHARACTERS = 2_000
_MAX_LABEL_CHARACTERS = 200

_decode = msgspec.json.Decoder(Any).decode


def decode_error(status: int, body: bytes) -> UpstreamRefusedError:
    """Return the error that an answer of this status tells."""
    try:
        payload = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        payload = None
    return decode_error_payload(status, payload)


def decode_error_payload(status: int, payload: Any) -> UpstreamRefusedError:
    """Return the error that a JSON value tells: a body, or a frame of a stream."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    members = payload if isinstance(payload, dict) else {}
    error = members.get("error")
    if isinstance(error, dict):
        members = error
    elif isinstance(error, str):
        members = {**members, "message": error}
    message = _message(members)
    return UpstreamRefusedError(
        message[:MAX_MESSAGE_CHARACTERS]
        or f"the provider answered with status {status} and no readable message",
        status=status,
        type=_label(members.get("type")),
        param=_label(members.get("param")),
        provider_code=_code(members.get("code"), status),
    )


def status_in(error: Any, otherwise: int = 502) -> int:
    """Return the status that an error object names as its `code`, if it does."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code <= 599 else otherwise


def _message(members: dict[str, Any]) -> str:
    message = _text(members.get("message")) or _text(members.get("detail"))
    metadata = members.get("metadata")
    raw = (
        _text(metadata.get("raw")) if isinstance(metadata, dict) else ""
    )  # whom OpenRouter asked, in their words
    return f"{message}: {raw}" if message and raw else message or raw


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case {"detail": detail}:  # as Mistral wraps what its validation found
            return _text(detail)
        case list() if value and all(isinstance(item, dict) and "msg" in item for item in value):
            return "; ".join(_problem(item) for item in value)
    return msgspec.json.encode(value).decode()


def _problem(item: dict[str, Any]) -> str:
    location = item.get("loc")
    path = ".".join(str(step) for step in location) if isinstance(location, list) else ""
    return f"{path}: {item['msg']}" if path else str(item["msg"])


def _label(value: Any) -> str | None:
    return value[:_MAX_LABEL_CHARACTERS] if isinstance(value, str) and value else None


def _code(value: Any, status: int) -> str | None:
    is_other_number = isinstance(value, int) and not isinstance(value, bool) and value != status
    return str(value) if is_other_number else _label(value)
