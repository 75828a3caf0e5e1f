"""From the bytes of a response to plain values that have the shape of one."""

from typing import Any

import msgspec

from causeway.dialects.openai.decode_error import decode_error_payload, status_in
from causeway.dialects.openai.invented_ids import invented_id
from causeway.model.errors import UpstreamProtocolError


def read_response(body: bytes) -> dict[str, Any]:
    """Return a whole response.

    Raises UpstreamProtocolError where it is none, and UpstreamRefusedError where it is an error.
    """
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamProtocolError("the provider's answer is not JSON") from None
    if not isinstance(tree, dict):
        raise UpstreamProtocolError("the provider's answer is no JSON object")
    if "output" not in tree and (error := tree.get("error")):
        raise decode_error_payload(status_in(error), tree)
    output_of(tree)
    return tree


def output_of(response: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a response; raises UpstreamProtocolError where there is no list of them."""
    output = response.get("output")
    if not isinstance(output, list) or not all(isinstance(item, dict) for item in output):
        raise UpstreamProtocolError("the provider's answer is no response: 'output' is not an array of items")
    return output


def id_of(response: dict[str, Any], data: bytes) -> str:
    """Return a response's id, or one made of `data` where it has none."""
    id = response.get("id")
    return id if isinstance(id, str) and id else invented_id(data)


def model_of(response: dict[str, Any]) -> str:
    """Return what the provider calls the model, empty where it does not say."""
    model = response.get("model")
    return model if isinstance(model, str) else ""


def created_of(response: dict[str, Any]) -> int | None:
    """Return when the response was created, in Unix seconds, none where it does not say."""
    created = response.get("created_at")
    if isinstance(created, bool) or not isinstance(created, int | float) or not abs(created) < 2**53:
        return None
    return int(created)
