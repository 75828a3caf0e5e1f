"""Amazon's names for errors, by their statuses. Source of truth: botocore's model of bedrock-runtime."""

from collections.abc import Mapping

# Where two names have one status, the first is meant where only the status is known.
STATUSES: Mapping[str, int] = {
    "ValidationException": 400,
    "ServiceQuotaExceededException": 400,
    "ConflictException": 400,
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "UnrecognizedClientException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ModelStreamErrorException": 424,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
# Statuses of the gateway's that Bedrock does not have.
_NEAREST = {401: "AccessDeniedException", 502: "ServiceUnavailableException", 504: "ModelTimeoutException"}
_FIRST: dict[int, str] = {}
for _name, _status in STATUSES.items():
    _FIRST.setdefault(_status, _name)


def error_type(status: int) -> str:
    """Return the name of an error of this status."""
    known = _FIRST.get(status) or _NEAREST.get(status)
    return known or ("InternalServerException" if status >= 500 else "ValidationException")
