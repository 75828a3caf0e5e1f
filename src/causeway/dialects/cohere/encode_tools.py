"""Canonical tools, and what is said of their use, as Cohere's.

Cohere knows no choice of one tool, no strictness of one tool, and no limit to one call at a time.
"""

from typing import Any

from causeway.dialects.cohere.strict_tools import strict_tools_problem
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Tool
from causeway.model.uncarried import allowed_tools, report_uncarried, report_uncarried_tools

_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


def encode_tools(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    """Return `tools`, `strict_tools` and `tool_choice`, none where there is nothing to say."""
    tools = allowed_tools(request, losses)
    report_uncarried_tools(request, "cohere", losses)
    if request.forced_tool is not None:
        tools = tuple(tool for tool in tools if tool.name == request.forced_tool)
        losses.add("mapped", "tool_choice", "only the chosen tool is sent, and it is required")
    for index, tool in enumerate(request.tools):
        if tool.cache_point is not None:
            report_uncarried(tool.cache_point, f"tools[{index}].cache_point", losses)
    if request.allows_parallel_calls is False and tools:
        losses.add("dropped", "parallel_tool_calls", "Cohere may call several tools at once")
    # Where all tools were another vendor's there is none left to require.
    choice = request.tool_choice if tools or not request.opaque_tools else None
    return {
        "tools": [_encode_tool(tool) for tool in tools] or None,
        "strict_tools": _are_strict(request, tools, losses) or None,
        "tool_choice": choice.upper() if choice else None,
    }


def _are_strict(request: ChatRequest, sent: tuple[Tool, ...], losses: LossReport) -> bool:
    """Return whether Cohere can be asked to be strict with what it is sent."""
    strict = [tool for tool in sent if tool.is_strict]
    if not strict and not request.strict_tools:
        return False
    problem = strict_tools_problem(sent)
    if problem is None and (request.strict_tools or len(strict) == len(sent)):
        return True
    if problem is None:
        detail = "Cohere is strict with every tool or with none, and now with none"
    else:
        detail = problem.message.partition("strict_tools ")[2]
        detail = f"Cohere's strict_tools {detail.rstrip('.')}"
    if request.strict_tools:
        losses.add("approximated", "strict_tools", detail)
    for index, tool in enumerate(request.tools):
        if tool in strict:
            losses.add("approximated", f"tools[{index}].function.strict", detail)
    return False


def _encode_tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    # Cohere requires a schema, of no parameters too.
    function["parameters"] = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    return {"type": "function", "function": function}
