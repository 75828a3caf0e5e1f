"""Errors in OpenAI's shape, and in the envelope of Bifrost's unified endpoints around the same."""

from typing import Any

from causeway.model.errors import (
    CausewayError,
    InvalidGenerationError,
    ModelNotFoundError,
    UpstreamRefusedError,
)
from causeway.model.response import Failure, FinishReason
from causeway.wire.ascii_json import encode_ascii

# OpenAI's types; where it has none for a status, that of its imitators.
_TYPES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    429: "rate_limit_error",
}
_FAILURES = {
    FinishReason.ERROR: Failure("the model broke its answer off", "upstream_error"),
    FinishReason.TIMEOUT: Failure("the model took too long and broke its answer off", "request_timed_out"),
}


def encode_error(error: CausewayError, id: str, *, is_unified: bool, request_type: str) -> bytes:
    """Return the JSON body of an error. In the envelope `id`, the call's trace id, is the `event_id`.

    `request_type` is Bifrost's name for what was asked, empty where it has none here.
    """
    members = {
        "message": error.message,
        "type": _type_of(error),
        "param": error.field,
        "code": error.code,
    }
    if not is_unified:
        return encode_ascii({"error": members})
    return encode_ascii(
        {
            "event_id": id,
            "type": members["type"],
            "is_bifrost_error": _is_own(error),
            "status_code": error.status,
            "error": {name: value for name, value in members.items() if value is not None},
            "extra_fields": {"request_type": request_type} if request_type else {},
        }
    )


def encode_failure(reason: FinishReason, failure: Failure | None) -> dict[str, Any] | None:
    """Return the error of an answer that broke off after it had begun, or none."""
    if reason not in _FAILURES:
        return None
    told = failure or _FAILURES[reason]
    return {
        "message": told.message,
        "type": "server_error",
        "param": None,
        "code": (told.type or _FAILURES[reason].type or "").lower(),
    }


def encode_broken_stream(failure: dict[str, Any], extra_fields: dict[str, Any] | None) -> bytes:
    """Return the JSON that ends a stream in place of a finish; `extra_fields` make it the envelope."""
    if extra_fields is None:
        return encode_ascii({"error": failure})
    return encode_ascii(
        {
            "type": failure["type"],
            "is_bifrost_error": False,
            "error": {name: value for name, value in failure.items() if value is not None},
            "extra_fields": extra_fields,
        }
    )


def _type_of(error: CausewayError) -> str:
    if isinstance(error, UpstreamRefusedError) and error.type is not None:
        return error.type
    # A status of 422 is the request's fault, but for a model that did not write what it should.
    is_request = error.status < 500 and not isinstance(error, InvalidGenerationError)
    return _TYPES.get(error.status, "invalid_request_error" if is_request else "server_error")


def _is_own(error: CausewayError) -> bool:
    """Whether no provider, and no mistake in the request, is what stands behind the error."""
    if isinstance(error, UpstreamRefusedError):
        return False
    return error.fault != "client" or isinstance(error, ModelNotFoundError)
