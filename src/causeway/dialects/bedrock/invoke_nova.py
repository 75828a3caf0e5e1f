"""Nova's bodies of InvokeModel: Converse's in all but the sampling, of which it has one more."""

from typing import Any

from msgspec.structs import replace

from causeway.dialects.bedrock.decode_request import decode_converse
from causeway.dialects.bedrock.request_body import BodyReader, invalid
from causeway.dialects.bedrock.request_schema import WireConverseRequest
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

DIALECT = "bedrock-nova"

_NAMES = {"max_new_tokens": "maxTokens", "top_p": "topP"}
_reader = BodyReader(WireConverseRequest)


def decode_nova(tree: dict[str, Any], losses: LossReport) -> ChatRequest:
    """Return the request of Nova's body; raises InvalidRequestError."""
    body = {name: value for name, value in tree.items() if name != "schemaVersion"}
    config = body.get("inferenceConfig")
    top_k: Any = None
    if isinstance(config, dict):
        renamed = {_NAMES.get(name, name): value for name, value in config.items()}
        top_k = renamed.pop("topK", renamed.pop("top_k", None))
        body["inferenceConfig"] = renamed
    if top_k is not None and (type(top_k) is not int or top_k < 0):
        raise invalid("inferenceConfig.topK", "expected an integer of at least 0")
    request = decode_converse(_reader.convert(body), body, losses)
    sampling = replace(request.sampling, top_k=request.sampling.top_k if top_k is None else top_k)
    return replace(request, dialect=DIALECT, sampling=sampling, is_verbatim=False)
