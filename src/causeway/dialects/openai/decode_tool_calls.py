"""Tool calls of an answer: whole ones, and what their pieces have in common with them."""

import msgspec

from causeway.dialects.openai.completion_schema import WireFunction, WireToolCall
from causeway.dialects.openai.invented_ids import invented_call_id
from causeway.model.content import ToolCall


def decode_tool_call(wire: WireToolCall, response_id: str, index: int) -> ToolCall:
    """Return a tool call; one without an id gets one, and one without arguments an empty object."""
    function = wire.function or WireFunction()
    name = function.name or ""
    return ToolCall(
        wire.id or invented_call_id(response_id, index, name), name, decode_arguments(function) or "{}"
    )


def decode_arguments(function: WireFunction) -> str:
    """Return a call's arguments, or a piece of them, as JSON text; empty where there are none."""
    if isinstance(function.arguments, dict):
        return msgspec.json.encode(function.arguments).decode()
    return function.arguments or ""
