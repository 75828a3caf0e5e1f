"""From the bytes of a completion, or of a chunk of one, to plain values and their typed shape."""

from typing import Any

import msgspec

from causeway.dialects.openai.completion_schema import WireCompletion
from causeway.dialects.openai.decode_error import decode_error_payload, status_in
from causeway.model.errors import UpstreamProtocolError


def read_completion(data: bytes | str) -> tuple[dict[str, Any], WireCompletion]:
    """Return a completion or a chunk as plain values and typed.

    Raises UpstreamProtocolError where it is neither, and UpstreamRefusedError where it is an error.
    """
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamProtocolError("the provider's answer is not JSON") from None
    if not isinstance(tree, dict):
        raise UpstreamProtocolError("the provider's answer is no JSON object")
    if (error := tree.get("error")) or tree.get("object") == "error":
        raise decode_error_payload(status_in(error or tree), tree)
    try:
        return tree, msgspec.convert(tree, WireCompletion)
    except (msgspec.ValidationError, OverflowError) as problem:
        raise UpstreamProtocolError(f"the provider's answer is not a chat completion: {problem}") from None
