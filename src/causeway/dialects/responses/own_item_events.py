"""The events of an item that is known only when it is done: a search, a program, a call of another tool.

Between the item as it began and the item as it is, the API tells how far the tool is and what it was given.
"""

from collections.abc import Iterator
from typing import Any

# What is said of a call that the provider ran, in order, after `in_progress` and before `completed`.
_STAGES = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "mcp_call": ("in_progress", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
}
# The member that comes in pieces, and the name of its events.
_PIECES = {
    "code_interpreter_call": ("code", "code_interpreter_call_code"),
    "custom_tool_call": ("input", "custom_tool_call_input"),
    "mcp_call": ("arguments", "mcp_call_arguments"),
}

Told = tuple[str, dict[str, Any]]


def beginning_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return the item as it was when it began."""
    begun = dict(item)
    if isinstance(item.get("status"), str):
        begun["status"] = "in_progress"
    piece = _PIECES.get(str(item.get("type")))
    if piece is not None and isinstance(item.get(piece[0]), str):
        begun[piece[0]] = ""
    return begun


def events_of(item: dict[str, Any]) -> Iterator[Told]:
    """Yield the types and the members of the events between the item's beginning and its end."""
    kind = str(item.get("type"))
    stages = _STAGES.get(kind, ())
    has_failed = item.get("status") == "failed"
    for stage in stages[:-1]:
        yield f"response.{kind}.{stage}", {}
    piece = _PIECES.get(kind)
    if piece is not None and isinstance(text := item.get(piece[0]), str):
        member, name = piece
        if text:
            yield f"response.{name}.delta", {"delta": text}
        yield f"response.{name}.done", {member: text}
    if stages and not has_failed:
        yield f"response.{kind}.{stages[-1]}", {}
    elif kind in ("mcp_call", "mcp_list_tools"):
        yield f"response.{kind}.failed", {}
