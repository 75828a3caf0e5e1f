"""Judges the head of a provider's answer: an error in its own words, or something to read."""

import time
from typing import Protocol

from causeway.model.errors import CausewayError, UpstreamError, UpstreamProtocolError, UpstreamRefusedError
from causeway.pipeline.ports import OutboundResponse
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.retry import parse_retry_after

_MAX_ERROR_BYTES = 256 * 1024
_MIN_SECRET_CHARACTERS = 8


class ErrorFace(Protocol):
    """What every provider face has: a reader of errors."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""


async def raise_for_status(response: OutboundResponse, face: ErrorFace, key: ProviderKey) -> None:
    """Raise UpstreamRefusedError for an error status and UpstreamProtocolError for a redirect.

    A page of HTML with a status of 500 or more is told as 502 or 504: it was not the model's server that
    wrote it. The key's value is taken out of whatever the provider said.
    """
    status = response.status
    if 200 <= status < 300:
        return
    if status < 400:
        raise UpstreamProtocolError(
            f"the provider answered with a redirect (status {status}), which is not followed"
        )
    body = await _read_error(response)
    error = face.decode_error(status, body)
    retry_after = parse_retry_after(response.headers, time.time())
    is_page = "html" in response.headers.get("content-type", "") or body.lstrip()[:1] == b"<"
    refused = UpstreamRefusedError(
        error.message,
        status=(504 if status == 504 else 502) if is_page and status >= 500 else status,
        type=error.type,
        param=error.param,
        provider_code=error.provider_code,
        retry_after_seconds=retry_after,
    )
    hide_key(refused, key)
    raise refused


def hide_key(error: CausewayError, key: ProviderKey) -> None:
    """Take the key's secrets out of all that an error says: providers repeat what they were sent.

    A value shorter than any real key is a placeholder, such as `none`, and part of other words.
    """
    secrets = [secret for secret in key.secrets() if len(secret) >= _MIN_SECRET_CHARACTERS]
    for name, said in vars(error).items():
        if isinstance(said, str):
            for secret in secrets:
                said = said.replace(secret, "***")
            setattr(error, name, said)
    error.args = (error.message,)


async def _read_error(response: OutboundResponse) -> bytes:
    """Return the body of an error; none where it cannot be had, since the status has been told already."""
    try:
        return await response.read(_MAX_ERROR_BYTES)
    except UpstreamError:
        return b""


def media_type(response: OutboundResponse) -> str:
    """Return the answer's media type in lower case, without parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
