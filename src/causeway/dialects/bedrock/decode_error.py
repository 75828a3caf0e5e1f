"""Errors of Bedrock, in a body or in a stream. Never fails: what cannot be read becomes a plain sentence."""

from typing import Any

import msgspec

from causeway.dialects.bedrock.error_types import STATUSES, error_type
from causeway.model.errors import UpstreamRefusedError

MAX_MESSAGE_CHARACTERS = 2_000

_decode = msgspec.json.Decoder(Any).decode


def decode_error(status: int, body: bytes) -> UpstreamRefusedError:
    """Return the error that an answer of this status tells.

    Its type stands in the body or, where it is left to a header, follows from the status.
    """
    members = _members(body)
    named = members.get("__type", members.get("code"))
    type = _plain_type(named) if isinstance(named, str) else ""
    return _error(status, type or error_type(status), members)


def decode_exception(name: str, payload: bytes, message: str = "") -> UpstreamRefusedError:
    """Return the error that an exception frame tells, which says no status; `message` is its header's."""
    type = _plain_type(name[:1].upper() + name[1:])
    members = _members(payload)
    return _error(STATUSES.get(type, 502), type, {"message": message, **members})


def _error(status: int, type: str, members: dict[str, Any]) -> UpstreamRefusedError:
    message = members.get("message") or members.get("Message")
    told = message.strip() if isinstance(message, str) else ""
    return UpstreamRefusedError(
        told[:MAX_MESSAGE_CHARACTERS]
        or f"the provider answered with status {status} and no readable message",
        status=status,
        type=type,
        provider_code=type,
    )


def _members(body: bytes) -> dict[str, Any]:
    try:
        payload = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _plain_type(name: str) -> str:
    """Return a type without its namespace before it and its address after it."""
    return name.rpartition("#")[2].partition(":")[0][:200]
