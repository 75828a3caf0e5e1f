"""The tool definitions of `POST /v1/chat`, as the JSON Schema that everybody else speaks."""

import re
from typing import Any

from causeway.dialects.cohere.v1_chat_schema import WireV1Parameter, WireV1Tool
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import Tool

_TYPES = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "tuple": "array",
    "set": "array",
    "dict": "object",
    "object": "object",
    "any": "",
}
_MAX_TYPE_CHARACTERS = 200
_GENERIC = re.compile(r"(?P<outer>\w+)\s*\[(?P<inner>.*)\]", re.DOTALL)


def decode_v1_tools(wire: list[WireV1Tool], losses: LossReport) -> tuple[Tool, ...]:
    """Return the tools; raises InvalidRequestError. A type that is not known is left open."""
    return tuple(_decode_tool(tool, f"tools[{index}]", losses) for index, tool in enumerate(wire))


def _decode_tool(wire: WireV1Tool, path: str, losses: LossReport) -> Tool:
    if not wire.name:
        raise InvalidRequestError(
            f"invalid request: {path}.name: required field is missing.", field=f"{path}.name"
        )
    definitions = wire.parameter_definitions
    if not definitions:
        return Tool(wire.name, wire.description)
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: _decode_parameter(parameter, f"{path}.parameter_definitions.{name}", losses)
            for name, parameter in definitions.items()
        },
    }
    if required := [name for name, parameter in definitions.items() if parameter.required]:
        parameters["required"] = required
    return Tool(wire.name, wire.description, parameters)


def _decode_parameter(wire: WireV1Parameter, path: str, losses: LossReport) -> dict[str, Any]:
    schema = _schema_of(wire.type) if len(wire.type) <= _MAX_TYPE_CHARACTERS else None
    if schema is None:
        losses.add("approximated", f"{path}.type", "not the name of a Python type, any value is allowed")
        schema = {}
    if wire.description is not None:
        schema["description"] = wire.description
    return schema


def _schema_of(name: str) -> dict[str, Any] | None:
    """Return the schema of a Python type's name, such as `str` or `List[int]`; none if not known."""
    name = name.strip()
    generic = _GENERIC.fullmatch(name)
    outer = (generic["outer"] if generic else name).lower()
    if outer == "optional" and generic:
        return _schema_of(generic["inner"])
    kind = _TYPES.get(outer)
    if kind is None:
        return None
    if kind == "array" and generic and (items := _schema_of(generic["inner"])):
        return {"type": "array", "items": items}
    return {"type": kind} if kind else {}
