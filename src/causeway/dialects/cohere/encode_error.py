"""Errors and warnings in Cohere's shapes.

Native routes answer `{"id", "message"}` as Cohere does; gateway routes the superset
`{"id", "type", "message", "code"}`, which the readers of either shape understand.
"""

from causeway.model.errors import CausewayError, UpstreamRefusedError
from causeway.model.loss import Loss, LossReport
from causeway.wire.ascii_json import encode_ascii

MAX_WARNING_CHARACTERS = 1500

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def encode_error(error: CausewayError, *, id: str, is_native: bool) -> bytes:
    """Return the JSON body of an error; `id` is the trace id that the headers carry too."""
    if is_native:
        body = {"id": id, "message": error.message}
        if error.fault == "upstream" and error.status == 422 and _has_reason(error):
            body["error_type"] = error.code.upper()  # as Cohere does where generation failed
        return encode_ascii(body)
    is_requests_fault = error.fault == "client" or (
        isinstance(error, UpstreamRefusedError) and error.status < 500
    )
    fallback = "invalid_request_error" if is_requests_fault else "api_error"
    return encode_ascii(
        {
            "id": id,
            "type": _TYPES.get(error.status, fallback),
            "message": error.message,
            "code": error.code,
        }
    )


def _has_reason(error: CausewayError) -> bool:
    """Whether an error's code says more than that a provider refused."""
    return not isinstance(error, UpstreamRefusedError) or error.provider_code is not None


def encode_warning(losses: LossReport) -> bytes | None:
    """Return the value of the `X-API-Warning` header, or none where nothing of the request was lost.

    Printable ASCII only, and bounded, since names of unknown fields come from the caller.
    """
    # What an answer had beyond Cohere's shape is told by the gateway's own header.
    told = [_encode_loss(loss) for loss in losses.losses if not loss.path.startswith("response.")]
    if not told:
        return None
    text = "; ".join(told)
    if losses.uncounted:
        text = f"{text}; and {losses.uncounted} more"
    printable = "".join(c if " " <= c <= "~" else "?" for c in text)
    if len(printable) > MAX_WARNING_CHARACTERS:
        printable = f"{printable[: MAX_WARNING_CHARACTERS - 3]}..."
    return printable.encode()


def _encode_loss(loss: Loss) -> str:
    if loss.kind == "unknown":  # Cohere's own wording of the same
        return f"unknown field: parameter {loss.path} is not a valid field"
    return f"{loss.path} {loss.kind}: {loss.detail}"
