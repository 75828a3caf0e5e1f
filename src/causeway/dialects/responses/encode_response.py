"""A canonical answer as the JSON of a response.

An answer that came from a provider of this dialect is said again with every field that it had.
"""

from typing import Any

from causeway.dialects.openai.extra_fields import answer_fields
from causeway.dialects.responses.encode_output import encode_output
from causeway.dialects.responses.response_fields import (
    ECHO,
    encode_echo,
    encode_ending,
    encode_usage,
    own_fields,
)
from causeway.model.extras import Extras
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.wire.ascii_json import encode_ascii


def encode_response(
    response: ChatResponse, request: ChatRequest, provenance: Provenance, *, is_unified: bool
) -> bytes:
    """Return the JSON body of a whole answer. `created_at` is 0 where nobody says when it was."""
    body = encode_response_object(
        response.id,
        response.created,
        response.model or provenance.model,
        encode_output(response),
        encode_ending(response.finish_reason, response.failure)
        | {"usage": encode_usage(response.usage, is_own=bool(own_fields(response.extras)))},
        encode_echo(request),
        response.extras,
    )
    if is_unified:
        body["extra_fields"] = answer_fields(provenance)
    return encode_ascii(body)


def encode_response_object(
    id: str,
    created: int | None,
    model: str,
    output: list[dict[str, Any]],
    ending: dict[str, Any],
    echo: dict[str, Any],
    extras: Extras | None,
) -> dict[str, Any]:
    """Return a response, whole or the beginning of one: `ending` says how far it is.

    `echo` repeats the request; what a provider of this dialect said itself stands in its place.
    """
    fields = own_fields(extras)
    core = {
        "id": id,
        "object": "response",
        "created_at": created or 0,
        "model": model,
        "output": output,
        **ending,
    }
    said = {name: value for name, value in fields.items() if name != ECHO}
    return {**core, **said, **fields.get(ECHO, echo)}
