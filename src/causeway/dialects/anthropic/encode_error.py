"""Errors in Anthropic's shape."""

from typing import Any

from causeway.dialects.anthropic.decode_error import STATUSES
from causeway.model.errors import CausewayError, InvalidGenerationError, UpstreamRefusedError
from causeway.model.response import Failure, FinishReason
from causeway.wire.ascii_json import encode_ascii
from causeway.wire.server_sent_events import encode_event

_TYPES = {status: type for type, status in STATUSES.items()} | {
    408: "timeout_error",
    422: "invalid_request_error",
    503: "overloaded_error",
}
_FAILURES = {
    FinishReason.ERROR: Failure("the model broke its answer off", "api_error"),
    FinishReason.TIMEOUT: Failure("the model took too long and broke its answer off", "timeout_error"),
}


def encode_error(error: CausewayError, id: str) -> bytes:
    """Return the JSON body of an error; `id`, the call's trace id, is the `request_id`."""
    told = {"type": _type_of(error), "message": error.message}
    return encode_ascii({"type": "error", "error": told, "request_id": id})


def encode_failure(reason: FinishReason, failure: Failure | None) -> dict[str, Any] | None:
    """Return the error of an answer that broke off after it had begun, or none."""
    if reason not in _FAILURES:
        return None
    otherwise = _FAILURES[reason]
    told = failure or otherwise
    return {"type": told.type if told.type in STATUSES else otherwise.type, "message": told.message}


def encode_broken_stream(failure: dict[str, Any]) -> bytes:
    """Return the frame that ends a stream in place of its end."""
    return encode_event("error", encode_ascii({"type": "error", "error": failure}))


def _type_of(error: CausewayError) -> str:
    if isinstance(error, UpstreamRefusedError) and error.type in STATUSES:
        return error.type or ""
    if isinstance(error, InvalidGenerationError):
        return "api_error"
    # As Anthropic does, one type stands for all other mistakes in a request, and one for all other failures.
    return _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
