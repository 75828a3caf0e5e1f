"""A canonical request as the body that Cohere itself accepts.

Only what Cohere documents is written, each thing in its one canonical spelling; what was not given is
left out, and what Cohere cannot carry is reported. Combinations that Cohere refuses are left for it to
refuse. Source of truth: Cohere's OpenAPI document, and requests that it was recorded to accept.
"""

from typing import Any

import msgspec

from causeway.dialects.cohere.encode_messages import encode_messages
from causeway.dialects.cohere.encode_options import (
    encode_response_format,
    encode_sampling,
    encode_thinking,
    report_extras,
)
from causeway.dialects.cohere.encode_tools import encode_tools
from causeway.model.content import Document
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

_SAFETY_MODES = {"contextual": "CONTEXTUAL", "strict": "STRICT", "off": "OFF"}
_CITATION_MODES = {"accurate": "ACCURATE", "fast": "FAST", "off": "OFF"}


def encode_request(request: ChatRequest, losses: LossReport) -> bytes:
    """Return the JSON body for `POST /v2/chat`; what Cohere cannot carry is added to `losses`.

    Raises UntranslatableError where nothing of a user's turn is left to say.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "messages": encode_messages(request.messages, losses),
        **encode_tools(request, losses),
        "documents": [_encode_document(document) for document in request.documents] or None,
        "citation_options": {"mode": _CITATION_MODES[request.citation_mode]}
        if request.citation_mode
        else None,
        "response_format": encode_response_format(request.response_format),
        "safety_mode": _SAFETY_MODES[request.safety_mode] if request.safety_mode else None,
        **encode_sampling(request, losses),
        "thinking": encode_thinking(request, losses),
        "priority": request.priority or None,
    }
    report_extras(request, losses)
    given = {name: value for name, value in body.items() if value is not None}
    return msgspec.json.encode({**given, "stream": request.stream})


def _encode_document(document: Document) -> str | dict[str, Any]:
    if document.id is not None:
        return {"id": document.id, "data": document.data}
    return document.data if isinstance(document.data, str) else {"data": document.data}
