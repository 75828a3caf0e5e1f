"""The tools of a canonical request and the choice among them, as Converse has them."""

from typing import Any

from causeway.dialects.bedrock.encode_messages import encode_cache_point
from causeway.dialects.bedrock.model_family import can_cache
from causeway.model.content import AssistantMessage, ToolMessage
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Tool
from causeway.model.uncarried import allowed_tools, report_uncarried, report_uncarried_tools


def encode_tools(request: ChatRequest, losses: LossReport) -> dict[str, Any] | None:
    """Return the tool configuration, or none; what cannot be carried is added to `losses`."""
    report_uncarried_tools(request, "bedrock", losses)
    others = [tool.data for tool in request.opaque_tools if tool.dialect == "bedrock"]
    tools: list[dict[str, Any]] = []
    for index, tool in enumerate(allowed_tools(request, losses)):
        tools += _encode_tool(tool, index, request, losses)
    tools += others
    if not tools:
        return None
    if request.tool_choice == "none":
        if not _uses_tools(request):
            losses.add("mapped", "tool_choice", "the provider is told of no tools")
            return None
        losses.add("approximated", "tool_choice", "the provider cannot be told to call none of its tools")
    if request.allows_parallel_calls is False:
        losses.add("dropped", "parallel_tool_calls", "the provider decides how many tools it calls at once")
    config: dict[str, Any] = {"tools": tools}
    if request.forced_tool is not None:
        config["toolChoice"] = {"tool": {"name": request.forced_tool}}
    elif request.tool_choice == "required":
        config["toolChoice"] = {"any": {}}
    return config


def _encode_tool(tool: Tool, index: int, request: ChatRequest, losses: LossReport) -> list[dict[str, Any]]:
    schema = {"type": "object", "properties": {}} if tool.parameters is None else tool.parameters
    spec: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": schema}}
    if tool.description:  # an empty one is refused
        spec["description"] = tool.description
    is_strict = tool.is_strict if tool.is_strict is not None else request.strict_tools or None
    if is_strict is not None:
        spec["strict"] = is_strict
    encoded: list[dict[str, Any]] = [{"toolSpec": spec}]
    if tool.cache_point is not None:
        if request.dialect == "bedrock" or can_cache(request.model):
            encoded.append(encode_cache_point(tool.cache_point))
        else:
            report_uncarried(tool.cache_point, f"tools[{index}].cache_point", losses)
    return encoded


def _uses_tools(request: ChatRequest) -> bool:
    """Whether the conversation holds calls or results, which Bedrock refuses where it knows of no tools."""
    return any(
        isinstance(message, ToolMessage) or (isinstance(message, AssistantMessage) and message.tool_calls)
        for message in request.messages
    )
