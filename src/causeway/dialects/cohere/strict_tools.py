"""What Cohere asks of tools that it shall be strict with."""

from collections.abc import Sequence

from causeway.model.errors import InvalidRequestError
from causeway.model.request import Tool

MAX_STRICT_TOOL_FIELDS = 200


def strict_tools_problem(tools: Sequence[Tool]) -> InvalidRequestError | None:
    """Return the error that Cohere answers where it cannot be strict with these tools."""
    fields = 0
    for index, tool in enumerate(tools):
        parameters = tool.parameters or {}
        if not parameters.get("required"):
            return InvalidRequestError(
                f"invalid request: tools[{index}].function.parameters: strict_tools needs at least one "
                "required parameter in every tool.",
                field=f"tools[{index}].function.parameters",
            )
        fields += _count_fields(parameters)
    if fields > MAX_STRICT_TOOL_FIELDS:
        return InvalidRequestError(
            f"invalid request: tools: strict_tools allows {MAX_STRICT_TOOL_FIELDS} fields over all tools, "
            f"received {fields}.",
            field="tools",
        )
    return None


def _count_fields(schema: object) -> int:
    if isinstance(schema, list):
        return sum(_count_fields(item) for item in schema)
    if not isinstance(schema, dict):
        return 0
    properties = schema.get("properties")
    own = len(properties) if isinstance(properties, dict) else 0
    return own + sum(_count_fields(value) for value in schema.values())
