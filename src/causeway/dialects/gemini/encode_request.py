"""A canonical request as the body of generateContent; the address names the model and whether to stream.

What was not given is left out. What cannot be carried is reported.
"""

from typing import Any

import msgspec

from causeway.dialects.gemini.decode_request import INCLUDE_THOUGHTS, SAFETY_SETTINGS
from causeway.dialects.gemini.encode_contents import encode_contents
from causeway.dialects.gemini.encode_options import (
    encode_function_calling,
    encode_generation,
    encode_tools,
)
from causeway.dialects.gemini.safety import safety_settings
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest


def encode_request(request: ChatRequest, losses: LossReport) -> bytes:
    """Return the JSON body; raises UntranslatableError where nothing of a user's turn is left to say."""
    return msgspec.json.encode(encode_members(request, losses))


def encode_members(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    """Return the body's members; raises as `encode_request` does."""
    conversation = encode_contents(request, losses)
    calling = encode_function_calling(request)
    body: dict[str, Any] = {
        "contents": conversation.contents,
        "systemInstruction": _instruction(conversation.system_parts),
        "tools": encode_tools(request, losses),
        "toolConfig": {"functionCallingConfig": calling} if calling is not None else None,
        "generationConfig": encode_generation(request, losses),
        "safetySettings": safety_settings(request.safety_mode) if request.safety_mode is not None else None,
    }
    body = {name: value for name, value in body.items() if value}
    _report_unsaid(request, losses)
    _write_extras(body, request, losses)
    return body


def _instruction(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    return {"role": "user", "parts": parts} if parts else None


def _report_unsaid(request: ChatRequest, losses: LossReport) -> None:
    if request.documents:  # what grounding has put into the conversation is no longer here
        losses.add("dropped", "documents", "the provider takes none")
        if request.citation_mode is not None:
            losses.add("dropped", "citation_options", "the provider cites nothing")
    if request.safety_mode == "contextual":
        losses.add("approximated", "safety_mode", "the provider does as it does unasked")
    elif request.safety_mode is not None and request.dialect != "gemini":
        losses.add("approximated", "safety_mode", "the provider is told a threshold for each kind of harm")
    if request.priority:
        losses.add("dropped", "priority", "the provider has none")


def _write_extras(body: dict[str, Any], request: ChatRequest, losses: LossReport) -> None:
    if request.extras is None:
        return
    for path, value in request.extras.fields.items():
        if request.extras.dialect != "gemini":
            losses.add("dropped", path, f"a field of the {request.extras.dialect} dialect")
        elif path == INCLUDE_THOUGHTS:
            body.get("generationConfig", {}).get("thinkingConfig", {}).pop("includeThoughts", None)
        elif path == SAFETY_SETTINGS:
            body[SAFETY_SETTINGS] = value
        else:
            _write(body, path, value)


def _write(body: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    holder = body
    for name in way:
        holder = holder.setdefault(name, {})
        if not isinstance(holder, dict):  # a caller may call a field anything
            return
    holder.setdefault(last, value)
