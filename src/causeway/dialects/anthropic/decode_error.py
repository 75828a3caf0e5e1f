"""Errors of Anthropic, whole or in a stream. Never fails: what cannot be read becomes a plain sentence."""

from typing import Any

import msgspec

from causeway.model.errors import UpstreamRefusedError

MAX_MESSAGE_CHARACTERS = 2_000
_MAX_LABEL_CHARACTERS = 200

# What Anthropic's types mean where no status says it, as inside a stream.
STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

_decode = msgspec.json.Decoder().decode


def decode_error(status: int, body: bytes) -> UpstreamRefusedError:
    """Return the error that an answer of this status tells."""
    try:
        payload = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        payload = None
    return decode_error_payload(payload, status)


def decode_error_payload(payload: Any, status: int | None = None) -> UpstreamRefusedError:
    """Return the error that a JSON value tells; without a status its type says it."""
    error = payload.get("error") if isinstance(payload, dict) else None
    members = error if isinstance(error, dict) else {}
    kind = members.get("type")
    type = kind[:_MAX_LABEL_CHARACTERS] if isinstance(kind, str) and kind else None
    if status is None:
        status = STATUSES.get(type or "", 502)
    message = members.get("message")
    text = message.strip() if isinstance(message, str) else error if isinstance(error, str) else ""
    return UpstreamRefusedError(
        text[:MAX_MESSAGE_CHARACTERS]
        or f"the provider answered with status {status} and no readable message",
        status=status,
        type=type,
    )
