"""The tools of a request and which of them to call."""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.openai.request_body import invalid, invalid_choice, missing
from causeway.dialects.responses.items import DIALECT
from causeway.model.request import OpaqueTool, Tool, ToolChoice

TOOL_CHOICES: dict[str, ToolChoice | None] = {"auto": None, "none": "none", "required": "required"}
_MODES: dict[Any, ToolChoice | None] = {"auto": None, "required": "required"}
_FUNCTION_MEMBERS = frozenset({"type", "name", "description", "parameters", "strict"})


class WireFunction(Struct):
    """A function that may be called; `parameters` is a JSON Schema."""

    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class DecodedTools(Struct, frozen=True):
    """What may be called, and what must be: fields of a `ChatRequest`.

    `kept` are the members that have no place in it, by their paths, for providers of this dialect.
    """

    tools: tuple[Tool, ...]
    opaque_tools: tuple[OpaqueTool, ...]
    kept: dict[str, Any]
    tool_choice: ToolChoice | None = None
    forced_tool: str | None = None
    allowed_tools: tuple[str, ...] = ()


def decode_tools(wire: list[dict[str, Any]] | None, choice: str | dict[str, Any] | None) -> DecodedTools:
    """Return the tools and the choice among them; raises InvalidRequestError, naming the field."""
    tools: list[Tool] = []
    opaque: list[OpaqueTool] = []
    kept: dict[str, Any] = {}
    for index, tool in enumerate(wire or ()):
        path = f"tools[{index}]"
        kind = tool.get("type")
        if kind is None:
            raise missing(f"{path}.type")
        if not isinstance(kind, str):
            raise invalid(f"{path}.type", "expected a string")
        if kind != "function":
            opaque.append(OpaqueTool(DIALECT, kind, tool))
            continue
        # Functions are written before the other tools: this is where it stands then.
        kept |= {
            f"tools[{len(tools)}].{name}": value
            for name, value in tool.items()
            if name not in _FUNCTION_MEMBERS
        }
        tools.append(_decode_function(tool, path))
    decoded = DecodedTools(tuple(tools), tuple(opaque), kept)
    if choice is None:
        return decoded
    if isinstance(choice, str):
        if choice not in TOOL_CHOICES:
            raise invalid_choice("tool_choice", choice, tuple(TOOL_CHOICES))
        _check_any(choice, wire)
        return msgspec.structs.replace(decoded, tool_choice=TOOL_CHOICES[choice])
    return _decode_choice(choice, decoded, wire)


def _decode_function(tool: dict[str, Any], path: str) -> Tool:
    for name, type in WireFunction.__annotations__.items():
        try:
            msgspec.convert(tool.get(name), type)
        except msgspec.ValidationError as error:
            raise invalid(f"{path}.{name}", str(error).split(" - at ")[0]) from None
    if not tool.get("name"):
        raise missing(f"{path}.name")
    return Tool(tool["name"], tool.get("description"), tool.get("parameters"), tool.get("strict"))


def _decode_choice(
    choice: dict[str, Any], decoded: DecodedTools, wire: list[dict[str, Any]] | None
) -> DecodedTools:
    match choice.get("type"):
        case None:
            raise missing("tool_choice.type")
        case "function":
            name = _known_name(choice, decoded, "tool_choice")
            return msgspec.structs.replace(decoded, tool_choice="required", forced_tool=name)
        case "allowed_tools":
            return _narrow(choice, decoded)
        case str(word) if word in TOOL_CHOICES:
            _check_any(word, wire)
            return msgspec.structs.replace(decoded, tool_choice=TOOL_CHOICES[word])
        case str():  # a tool that only its vendor knows
            return msgspec.structs.replace(decoded, kept=decoded.kept | {"tool_choice": choice})
    raise invalid("tool_choice.type", "expected a string")


def _narrow(choice: dict[str, Any], decoded: DecodedTools) -> DecodedTools:
    mode, allowed = choice.get("mode", "auto"), choice.get("tools")
    if not isinstance(mode, str) or mode not in _MODES:
        raise invalid_choice("tool_choice.mode", str(mode), tuple(_MODES))
    if not isinstance(allowed, list) or not all(isinstance(tool, dict) for tool in allowed):
        raise invalid("tool_choice.tools", "expected an array of tools")
    functions = [(index, tool) for index, tool in enumerate(allowed) if tool.get("type") == "function"]
    names = tuple(
        dict.fromkeys(_known_name(tool, decoded, f"tool_choice.tools[{index}]") for index, tool in functions)
    )
    kept = decoded.kept if len(functions) == len(allowed) else decoded.kept | {"tool_choice": choice}
    return msgspec.structs.replace(decoded, tool_choice=_MODES[mode], allowed_tools=names, kept=kept)


def _known_name(tool: dict[str, Any], decoded: DecodedTools, path: str) -> str:
    name = tool.get("name")
    if not name:
        raise missing(f"{path}.name")
    if not isinstance(name, str) or not any(known.name == name for known in decoded.tools):
        raise invalid(f"{path}.name", f"'{str(name)[:100]}' is not among 'tools'")
    return name


def _check_any(word: str, wire: list[dict[str, Any]] | None) -> None:
    if word == "required" and not wire:
        raise invalid("tool_choice", "'required' needs at least one tool in 'tools'")
