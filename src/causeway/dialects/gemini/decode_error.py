"""Google's errors: a code, a message, a status in words, and details of several types.

Never fails: what cannot be read becomes a plain sentence.
"""

import math
from typing import Any

import msgspec

from causeway.model.errors import UpstreamRefusedError

MAX_MESSAGE_CHARACTERS = 2_000
_MAX_LABEL_CHARACTERS = 200
_MAX_DELAY_SECONDS = 86_400

_decode = msgspec.json.Decoder(Any).decode


def decode_error(status: int, body: bytes) -> UpstreamRefusedError:
    """Return the error that an answer of this status tells."""
    try:
        payload = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        payload = None
    return decode_error_payload(status, payload)


def decode_error_payload(status: int, payload: Any) -> UpstreamRefusedError:
    """Return the error that a JSON value tells: a body, alone or in a list, or a frame of a stream."""
    if isinstance(payload, list) and payload:
        payload = payload[0]
    error = payload.get("error") if isinstance(payload, dict) else None
    members = error if isinstance(error, dict) else {"message": error}
    message = members.get("message")
    text = message.strip() if isinstance(message, str) else ""
    details = members.get("details")
    found = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return UpstreamRefusedError(
        text[:MAX_MESSAGE_CHARACTERS]
        or f"the provider answered with status {status} and no readable message",
        status=status,
        param=_field(found),
        provider_code=_label(members.get("status")),
        retry_after_seconds=_delay(found),
    )


def status_in(error: Any, otherwise: int = 502) -> int:
    """Return the HTTP status that an error object names as its `code`, if it does."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code <= 599 else otherwise


def _label(value: Any) -> str | None:
    return value[:_MAX_LABEL_CHARACTERS] if isinstance(value, str) and value else None


def _field(details: list[dict[str, Any]]) -> str | None:
    for detail in details:
        match detail.get("fieldViolations"):
            case [{"field": str(field)}, *_] if field:
                return _label(field)
    return None


def _delay(details: list[dict[str, Any]]) -> int | None:
    """Return after how many seconds Google says that asking again may help."""
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                seconds = float(delay[:-1])
            except ValueError:
                return None
            return math.ceil(seconds) if 0 <= seconds <= _MAX_DELAY_SECONDS else None
    return None
