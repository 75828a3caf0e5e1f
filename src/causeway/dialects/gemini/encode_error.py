"""Errors in Google's shape: the HTTP status, a message, and the name that Google has for the status."""

from collections.abc import Mapping
from typing import Any

from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.response import Failure, FinishReason
from causeway.wire.ascii_json import encode_ascii

STATUSES: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_GOOGLES = frozenset({*STATUSES.values(), "FAILED_PRECONDITION", "OUT_OF_RANGE", "ALREADY_EXISTS", "UNKNOWN"})
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_FAILURES = {
    FinishReason.ERROR: (502, "the model broke its answer off"),
    FinishReason.TIMEOUT: (504, "the model took too long and broke its answer off"),
}


def encode_error(error: CausewayError) -> bytes:
    """Return the JSON body of an error."""
    details: list[dict[str, Any]] = []
    if error.field is not None:
        violation = {"field": error.field, "description": error.message}
        details.append({"@type": _BAD_REQUEST, "fieldViolations": [violation]})
    if error.retry_after_seconds is not None:
        details.append({"@type": _RETRY_INFO, "retryDelay": f"{error.retry_after_seconds}s"})
    members: dict[str, Any] = {
        "code": error.status,
        "message": error.message,
        "status": _status_of(error),
    }
    if details:
        members["details"] = details
    return encode_ascii({"error": members})


def encode_failure(reason: FinishReason, failure: Failure | None) -> bytes | None:
    """Return the JSON object that ends a stream which broke off, or none."""
    if reason not in _FAILURES:
        return None
    code, sentence = _FAILURES[reason]
    message = sentence if failure is None else failure.message
    return encode_ascii({"error": {"code": code, "message": message, "status": STATUSES[code]}})


def failure_message(reason: FinishReason, failure: Failure | None) -> str | None:
    """Return what a whole answer says of its breaking off, or none."""
    if failure is not None:
        return failure.message
    return _FAILURES[reason][1] if reason in _FAILURES else None


def _status_of(error: CausewayError) -> str:
    if isinstance(error, UpstreamRefusedError) and error.provider_code in _GOOGLES:
        return error.provider_code
    return STATUSES.get(error.status, "INTERNAL" if error.status >= 500 else "INVALID_ARGUMENT")
