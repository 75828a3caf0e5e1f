"""Tools and the choice among them, decoded: functions apart from what Anthropic runs or defines itself."""

from typing import Any, NamedTuple

from causeway.dialects.anthropic.cache_control import decode_cache_control
from causeway.dialects.anthropic.kept_fields import DIALECT, keep_others
from causeway.dialects.anthropic.request_body import invalid, invalid_choice, missing, required_text
from causeway.dialects.anthropic.request_schema import WireToolChoice
from causeway.model.loss import LossReport
from causeway.model.request import OpaqueTool, Tool, ToolChoice

CHOICE_TYPES = ("auto", "any", "tool", "none")

_KNOWN = frozenset({"type", "name", "description", "input_schema", "strict"})


class DecodedChoice(NamedTuple):
    """Whether to call a tool, and which."""

    tool_choice: ToolChoice | None
    forced_tool: str | None
    allows_parallel_calls: bool | None


def decode_tools(
    wire: list[dict[str, Any]] | None, kept: dict[str, Any], losses: LossReport
) -> tuple[tuple[Tool, ...], tuple[OpaqueTool, ...]]:
    """Return the functions, and the other tools; raises InvalidRequestError."""
    tools: list[Tool] = []
    others: list[OpaqueTool] = []
    for index, raw in enumerate(wire or ()):
        path = f"tools[{index}]"
        kind = raw.get("type")
        if kind is not None and not isinstance(kind, str):
            raise invalid(f"{path}.type", "expected a string")
        if kind not in (None, "custom"):
            others.append(OpaqueTool(DIALECT, kind, raw))
            continue
        cache_point = decode_cache_control(raw.get("cache_control"))
        known = _KNOWN if cache_point is None else _KNOWN | {"cache_control"}
        keep_others(raw, known, f"tools[{len(tools)}]", kept, losses)
        tools.append(
            Tool(
                required_text(raw, "name", path),
                _optional(raw, "description", str, "string", path),
                _optional(raw, "input_schema", dict, "object", path),
                _optional(raw, "strict", bool, "boolean", path),
                cache_point,
            )
        )
    return tuple(tools), tuple(others)


def decode_tool_choice(wire: WireToolChoice | None) -> DecodedChoice:
    """Return the choice; raises InvalidRequestError."""
    if wire is None:
        return DecodedChoice(None, None, None)
    disabled = wire.disable_parallel_tool_use
    allows_parallel = None if disabled is None else not disabled
    match wire.type:
        case "auto":
            return DecodedChoice(None, None, allows_parallel)
        case "any":
            return DecodedChoice("required", None, allows_parallel)
        case "none":
            return DecodedChoice("none", None, allows_parallel)
        case "tool":
            if not wire.name:
                raise missing("tool_choice.name")
            return DecodedChoice("required", wire.name, allows_parallel)
    raise invalid_choice("tool_choice.type", wire.type, CHOICE_TYPES)


def _optional(raw: dict[str, Any], name: str, type: type, word: str, path: str) -> Any:
    value = raw.get(name)
    if value is not None and not isinstance(value, type):
        raise invalid(f"{path}.{name}", f"expected {'an' if word == 'object' else 'a'} {word}")
    return value
