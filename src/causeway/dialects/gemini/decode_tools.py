"""The tools of a request and which of them to call."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from causeway.dialects.gemini.openapi_schemas import json_schema
from causeway.dialects.gemini.request_body import as_list, drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.gemini.request_schema import WireFunctionDeclaration, WireToolConfig
from causeway.model.loss import LossReport
from causeway.model.request import OpaqueTool, Tool, ToolChoice

MODES: Mapping[str, ToolChoice | None] = {
    "MODE_UNSPECIFIED": None,
    "AUTO": None,
    "ANY": "required",
    "NONE": "none",
    "VALIDATED": None,
}
_DECLARATION_MEMBERS = frozenset({"name", "description", "parameters", "parametersJsonSchema"})


class DecodedTools(Struct, frozen=True):
    """What may be called, and what must be: fields of a `ChatRequest`."""

    tools: tuple[Tool, ...]
    opaque_tools: tuple[OpaqueTool, ...]
    tool_choice: ToolChoice | None
    forced_tool: str | None
    allowed_tools: tuple[str, ...]
    strict_tools: bool


def decode_tools(wire: Any, raw: Any, config: WireToolConfig | None, losses: LossReport) -> DecodedTools:
    """Return the tools and the choice among them; `raw` are the same tools as they came.

    Raises InvalidRequestError, naming the field.
    """
    tools: list[Tool] = []
    opaque: list[OpaqueTool] = []
    for index, (tool, members) in enumerate(zip(as_list(wire), as_list(raw), strict=True)):
        path = f"tools[{index}]"
        declarations = as_list(tool.function_declarations)
        raw_declarations = as_list(members.get("functionDeclarations"))
        for place, (declaration, raw_one) in enumerate(zip(declarations, raw_declarations, strict=True)):
            at = f"{path}.functionDeclarations[{place}]"
            tools.append(_decode_declaration(declaration, raw_one, at, losses))
        for kind, data in members.items():
            if kind != "functionDeclarations" and data is not None:
                opaque.append(OpaqueTool("gemini", kind, {kind: data}))
    return _choose(tuple(tools), tuple(opaque), config)


def _decode_declaration(
    wire: WireFunctionDeclaration, raw: dict[str, Any], path: str, losses: LossReport
) -> Tool:
    drop_unknown(raw, _DECLARATION_MEMBERS, path, losses)
    if not wire.name:
        raise missing(f"{path}.name")
    if wire.parameters is not None and wire.parameters_json_schema is not None:
        raise invalid(f"{path}.parameters", "it is given beside 'parametersJsonSchema'")
    parameters = wire.parameters_json_schema
    if wire.parameters is not None:
        parameters = json_schema(wire.parameters, f"{path}.parameters")
    return Tool(wire.name, wire.description, parameters)


def _choose(
    tools: tuple[Tool, ...], opaque: tuple[OpaqueTool, ...], config: WireToolConfig | None
) -> DecodedTools:
    calling = config.function_calling_config if config is not None else None
    if calling is None:
        return DecodedTools(tools, opaque, None, None, (), False)
    path = "toolConfig.functionCallingConfig"
    mode = calling.mode or "AUTO"
    if mode not in MODES:
        raise invalid_choice(f"{path}.mode", mode, tuple(MODES))
    allowed = tuple(calling.allowed_function_names or ())
    known = {tool.name for tool in tools}
    for index, name in enumerate(allowed):
        if name not in known:
            problem = f"'{name[:100]}' is not among the function declarations"
            raise invalid(f"{path}.allowedFunctionNames[{index}]", problem)
    if mode == "ANY" and not tools:
        raise invalid(f"{path}.mode", "'ANY' needs at least one function declaration")
    is_forced = mode == "ANY" and len(allowed) == 1
    return DecodedTools(
        tools,
        opaque,
        MODES[mode],
        allowed[0] if is_forced else None,
        () if is_forced else allowed,
        mode == "VALIDATED",
    )
