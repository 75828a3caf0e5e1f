"""The tools of a request and which of them to call, in every spelling."""

from typing import Any

from msgspec import Struct

from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.openai.request_schema import WireTool, WireToolChoice
from causeway.model.loss import LossReport
from causeway.model.request import Tool, ToolChoice

TOOL_CHOICES: dict[str, ToolChoice | None] = {
    "auto": None,
    "none": "none",
    "required": "required",
    "any": "required",  # as Mistral calls it
}
CHOICE_TYPES = (*TOOL_CHOICES, "function", "allowed_tools", "custom")
_TOOL_MEMBERS = frozenset({"type", "function"})
_FUNCTION_MEMBERS = frozenset({"name", "description", "parameters", "strict"})


class DecodedTools(Struct, frozen=True):
    """What may be called, and what must be: fields of a `ChatRequest`."""

    tools: tuple[Tool, ...]
    tool_choice: ToolChoice | None = None
    forced_tool: str | None = None
    allowed_tools: tuple[str, ...] = ()


_NO_TOOLS = DecodedTools(())


def decode_tools(
    wire: list[WireTool] | None,
    raw: list[dict[str, Any]] | None,
    choice: str | WireToolChoice | None,
    losses: LossReport,
) -> DecodedTools:
    """Return the tools and the choice among them; `raw` are the same tools as they came.

    Tools that are no functions are dropped into `losses`. Raises InvalidRequestError.
    """
    if not wire and choice is None:
        return _NO_TOOLS
    decoded: list[Tool] = []
    for index, (tool, members) in enumerate(zip(wire or (), raw or (), strict=True)):
        path = f"tools[{index}]"
        if tool.type not in (None, "function"):
            losses.add("dropped", path, f"a tool of type {tool.type[:100]} is its vendor's own")
            continue
        if tool.function is None or not tool.function.name:
            raise missing(f"{path}.function.name")
        drop_unknown(members, _TOOL_MEMBERS, path, losses)
        drop_unknown(members["function"], _FUNCTION_MEMBERS, f"{path}.function", losses)
        function = tool.function
        decoded.append(Tool(tool.function.name, function.description, function.parameters, function.strict))
    tools = tuple(decoded)
    word = choice if isinstance(choice, str | None) else choice.type
    if word in ("required", "any") and not wire:
        raise invalid("tool_choice", f"'{word}' needs at least one tool in 'tools'")
    if choice is None:
        return DecodedTools(tools)
    if isinstance(choice, str):
        if choice not in TOOL_CHOICES:
            raise invalid_choice("tool_choice", choice, tuple(TOOL_CHOICES))
        return _any_of(tools, TOOL_CHOICES[choice])
    return _decode_choice(choice, tools, losses)


def _decode_choice(choice: WireToolChoice, tools: tuple[Tool, ...], losses: LossReport) -> DecodedTools:
    match choice.type:
        case "function":
            if choice.function is None:
                raise missing("tool_choice.function.name")
            _check_known(choice.function.name, tools, "tool_choice.function.name")
            return DecodedTools(tools, "required", choice.function.name)
        case "allowed_tools":
            return _narrow(choice, tools, losses)
        case "custom":
            losses.add("dropped", "tool_choice", "a tool of type custom is its vendor's own")
            return DecodedTools(tools)
        case word if word in TOOL_CHOICES:
            return _any_of(tools, TOOL_CHOICES[word])
        case word:
            raise invalid_choice("tool_choice.type", word, CHOICE_TYPES)


def _narrow(choice: WireToolChoice, tools: tuple[Tool, ...], losses: LossReport) -> DecodedTools:
    allowed = choice.allowed_tools
    if allowed is None:
        raise missing("tool_choice.allowed_tools")
    if allowed.mode not in ("auto", "required"):
        raise invalid_choice("tool_choice.allowed_tools.mode", allowed.mode, ("auto", "required"))
    names: list[str] = []
    for index, tool in enumerate(allowed.tools):
        path = f"tool_choice.allowed_tools.tools[{index}]"
        if tool.type not in (None, "function"):
            losses.add("dropped", path, f"a tool of type {tool.type[:100]} is its vendor's own")
            continue
        if tool.function is None or not tool.function.name:
            raise missing(f"{path}.function.name")
        _check_known(tool.function.name, tools, f"{path}.function.name")
        names.append(tool.function.name)
    if not names:  # what is allowed is its vendor's own
        return DecodedTools(())
    return DecodedTools(tools, TOOL_CHOICES[allowed.mode], allowed_tools=tuple(names))


def _any_of(tools: tuple[Tool, ...], choice: ToolChoice | None) -> DecodedTools:
    # Where every tool was its vendor's own there is none left to require; that they are gone is told.
    return DecodedTools(tools, choice if tools or choice != "required" else None)


def _check_known(name: str, tools: tuple[Tool, ...], path: str) -> None:
    if not any(tool.name == name for tool in tools):
        raise invalid(path, f"'{name[:100]}' is not among 'tools'")
