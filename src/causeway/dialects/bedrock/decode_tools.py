"""The tools of a Converse request and the choice among them."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from causeway.dialects.bedrock.decode_content import collect_unknown, decode_cache_point, kind_of
from causeway.dialects.bedrock.request_body import invalid
from causeway.dialects.bedrock.request_schema import WireToolChoice, WireToolConfig
from causeway.model.request import OpaqueTool, Tool, ToolChoice

_CONFIG_MEMBERS = frozenset({"tools", "toolChoice"})
_SPEC_MEMBERS = frozenset({"name", "description", "inputSchema", "strict"})


class DecodedTools(Struct, frozen=True):
    """The tools of a request and what was said about calling them."""

    tools: tuple[Tool, ...] = ()
    opaque_tools: tuple[OpaqueTool, ...] = ()
    tool_choice: ToolChoice | None = None
    forced_tool: str | None = None


def decode_tools(
    wire: WireToolConfig | None, raw: dict[str, Any] | None, fields: dict[str, Any]
) -> DecodedTools:
    """Return the tools; a mark for the cache belongs to the tool before it. Raises InvalidRequestError.

    What has no canonical place is added to `fields`.
    """
    if wire is None or raw is None:
        return DecodedTools()
    collect_unknown(raw, _CONFIG_MEMBERS, "toolConfig", fields)
    tools: list[Tool] = []
    others: list[OpaqueTool] = []
    for index, (tool, raw_tool) in enumerate(zip(wire.tools or (), raw.get("tools") or (), strict=True)):
        path = f"toolConfig.tools[{index}]"
        kind = kind_of(raw_tool, path)
        if tool.tool_spec is not None:
            spec = tool.tool_spec
            place = f"toolConfig.tools[{index - len(others)}].toolSpec"  # others go last
            collect_unknown(raw_tool[kind], _SPEC_MEMBERS, place, fields)
            tools.append(Tool(spec.name, spec.description, spec.input_schema.json, spec.strict))
        elif tool.cache_point is not None and tools and not others:
            point = decode_cache_point(tool.cache_point, f"{path}.cachePoint")
            tools[-1] = replace(tools[-1], cache_point=point)
        else:
            others.append(OpaqueTool("bedrock", kind, raw_tool))
    choice, forced = _decode_choice(wire.tool_choice)
    return DecodedTools(tuple(tools), tuple(others), choice, forced)


def _decode_choice(wire: WireToolChoice | None) -> tuple[ToolChoice | None, str | None]:
    if wire is None or wire.auto is not None:
        return None, None
    if wire.tool is not None:
        return "required", wire.tool.name
    if wire.any is not None:
        return "required", None
    raise invalid("toolConfig.toolChoice", "expected one of auto, any, tool")
