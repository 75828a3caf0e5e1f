"""How a response ended and what it used, from the response object of a whole answer or a stream."""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.openai.decode_error import decode_error_payload, status_in
from causeway.dialects.responses.items import DIALECT
from causeway.dialects.responses.response_fields import ECHO, STATUSES, encode_usage, incomplete_reason
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.extras import Extras
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage

# Of what failed, the status that it would have had as an answer of its own.
_STATUS_OF_CODE = {
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "invalid_prompt": 400,
    "server_error": 500,
}
_CALLS = ("function_call", "custom_tool_call")
_CORE = frozenset({"id", "object", "created_at", "model", "output", "usage", "status", "error",
                   "incomplete_details"})  # fmt: skip


class WireInputDetails(Struct):
    """What the prompt's tokens were."""

    cached_tokens: int | float | None = None
    cache_write_tokens: int | float | None = None


class WireOutputDetails(Struct):
    """What the answer's tokens were."""

    reasoning_tokens: int | float | None = None


class WireUsage(Struct):
    """The counts."""

    input_tokens: int | float | None = None
    output_tokens: int | float | None = None
    input_tokens_details: WireInputDetails | None = None
    output_tokens_details: WireOutputDetails | None = None


class DecodedEnding(Struct, frozen=True):
    """How the response ended, and what it says beside its output."""

    finish_reason: FinishReason
    usage: Usage
    failure: Failure | None
    extras: Extras | None


_NO_USAGE = WireUsage()
_NO_INPUT_DETAILS = WireInputDetails()
_NO_OUTPUT_DETAILS = WireOutputDetails()


def decode_response_ending(response: dict[str, Any], *, has_calls: bool) -> DecodedEnding:
    """Return how a response ended; raises UpstreamProtocolError where its counts are none."""
    reason, failure = _decode_reason(response, has_calls=has_calls)
    usage = decode_usage(response.get("usage"))
    return DecodedEnding(reason, usage, failure, _collect(response, reason, failure, usage))


def has_calls(output: list[dict[str, Any]]) -> bool:
    """Whether an output calls tools that the caller runs."""
    return any(item.get("type") in _CALLS for item in output)


def failure_of(response: dict[str, Any]) -> UpstreamRefusedError:
    """Return the error that a failed response tells."""
    error = response.get("error") or "the response failed"
    return decode_error_payload(failure_status(error), {"error": error})


def failure_status(error: Any) -> int:
    """Return the status that an error inside an answer would have had as an answer of its own."""
    code = error.get("code") if isinstance(error, dict) else None
    return _STATUS_OF_CODE.get(code, 502) if isinstance(code, str) else status_in(error)


def decode_usage(wire: Any) -> Usage:
    """Return the counts, all zero where there are none; raises UpstreamProtocolError."""
    if wire is None:
        return Usage()
    try:
        counts = msgspec.convert(wire, WireUsage)
        details = counts.input_tokens_details or _NO_INPUT_DETAILS
        reasoning = (counts.output_tokens_details or _NO_OUTPUT_DETAILS).reasoning_tokens
        prompt, answer = int(counts.input_tokens or 0), int(counts.output_tokens or 0)
        return Usage(
            input_tokens=prompt,
            output_tokens=answer,
            billed_input_tokens=prompt,
            billed_output_tokens=answer,
            cached_tokens=_whole(details.cached_tokens),
            cache_write_tokens=_whole(details.cache_write_tokens),
            reasoning_tokens=_whole(reasoning),
        )
    except (msgspec.ValidationError, OverflowError, ValueError):
        raise UpstreamProtocolError("the provider's usage is not what it should be") from None


def _decode_reason(response: dict[str, Any], *, has_calls: bool) -> tuple[FinishReason, Failure | None]:
    match response.get("status"):
        case "incomplete":
            if incomplete_reason(response) == "content_filter":
                return FinishReason.CONTENT_FILTER, None
            return FinishReason.MAX_TOKENS, None
        case "failed":
            error = failure_of(response)
            return FinishReason.ERROR, Failure(error.message, error.provider_code)
        case "cancelled":
            return FinishReason.ERROR, Failure("the response was cancelled", "cancelled")
    return (FinishReason.TOOL_CALL if has_calls else FinishReason.COMPLETE), None


def _collect(
    response: dict[str, Any], reason: FinishReason, failure: Failure | None, usage: Usage
) -> Extras | None:
    """Return what the canonical answer has no place for; of the rest, what would be said otherwise.

    The fields that repeat the request or the model's settings stand together under one name.
    """
    fields: dict[str, Any] = {}
    told: dict[str, Any] = {
        "object": "response",
        "status": STATUSES[reason],
        "usage": encode_usage(usage, is_own=True),
        "error": None,
        "incomplete_details": None,
    }
    if reason is FinishReason.MAX_TOKENS:
        told["incomplete_details"] = {"reason": "max_output_tokens"}
    elif reason is FinishReason.CONTENT_FILTER:
        told["incomplete_details"] = {"reason": "content_filter"}
    elif failure is not None:
        told["error"] = {"code": failure.type or "server_error", "message": failure.message}
    for name, value in told.items():
        if name in response and response[name] != value:
            fields[name] = response[name]
    if echo := {name: value for name, value in response.items() if name not in _CORE}:
        fields[ECHO] = echo
    return Extras(DIALECT, fields) if fields else None


def _whole(number: int | float | None) -> int | None:
    return None if number is None else int(number)
