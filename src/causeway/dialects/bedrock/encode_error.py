"""Errors in Amazon's shape: `message` and `__type` in a body, and exception frames in a stream."""

from causeway.dialects.bedrock.error_types import STATUSES, error_type
from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.response import Failure, FinishReason
from causeway.wire.ascii_json import encode_ascii

# What an exception frame of a Converse stream may be; SDKs read the message of no other.
STREAM_EXCEPTIONS = (
    "modelStreamErrorException",
    "internalServerException",
    "validationException",
    "throttlingException",
    "serviceUnavailableException",
)
_BY_NAME = {name.lower(): name for name in STREAM_EXCEPTIONS} | {
    "overloaded": "serviceUnavailableException",
    "circuit_open": "serviceUnavailableException",
    "no_eligible_keys": "serviceUnavailableException",
    "internal_error": "internalServerException",
}
_FAILURES = {
    FinishReason.ERROR: "the model broke its answer off",
    FinishReason.TIMEOUT: "the model took too long and broke its answer off",
}


def encode_error(error: CausewayError) -> bytes:
    """Return the JSON body of an error."""
    return encode_ascii({"message": error.message, "__type": type_of(error)})


def type_of(error: CausewayError) -> str:
    """Return Amazon's name for an error, which `x-amzn-ErrorType` tells besides."""
    told = error.type if isinstance(error, UpstreamRefusedError) else None
    return error_type(error.status) if told is None or told not in STATUSES else told


def encode_failure(reason: FinishReason, failure: Failure | None) -> tuple[str, bytes] | None:
    """Return the exception that ends a stream which broke off, as its name and its payload, or none."""
    if reason not in _FAILURES:
        return None
    message = _FAILURES[reason] if failure is None else failure.message
    type = "" if failure is None or failure.type is None else failure.type
    return _BY_NAME.get(type.lower(), STREAM_EXCEPTIONS[0]), encode_ascii({"message": message})
