"""Sampling, tools and the form of the answer, in the words that the model takes."""

from typing import Any

import msgspec

from causeway.dialects.anthropic.cache_control import encode_cache_control
from causeway.dialects.anthropic.caller_names import name_of
from causeway.dialects.anthropic.enforceable_schemas import enforceable
from causeway.dialects.anthropic.kept_fields import DIALECT, KeptFields
from causeway.dialects.anthropic.model_generations import abilities_of
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Tool
from causeway.model.uncarried import report_uncarried_tools

_SCHEMA_PATH = "response_format.json_schema"
_NOT_TAKEN = ("frequency_penalty", "presence_penalty", "logprobs", "top_logprobs")
# While a model thinks, `top_p` may only be lowered to this.
_MIN_TOP_P_THINKING = 0.95


def encode_sampling(request: ChatRequest, losses: LossReport, *, is_thinking: bool) -> dict[str, Any]:
    """Return the members that choose the next token; what the model does not take is reported."""
    sampling = request.sampling
    members: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
    }
    members = {name: value for name, value in members.items() if value is not None}
    if request.dialect != DIALECT and members:
        _fit_sampling(members, request, losses, is_thinking=is_thinking)
    if sampling.seed is not None:
        losses.add("dropped", "seed", "the provider does not take it")
    for name in _NOT_TAKEN:
        if getattr(sampling, name):
            losses.add("dropped", name, "the provider does not take it")
    if request.choices > 1:
        losses.add("dropped", name_of("n", request), "the provider does not take it")
    return members


def _fit_sampling(
    members: dict[str, Any], request: ChatRequest, losses: LossReport, *, is_thinking: bool
) -> None:
    abilities = abilities_of(request.model)

    def drop(name: str, why: str) -> None:
        if members.pop(name, None) is not None:
            losses.add("dropped", name_of(name, request), why)

    if members.get("top_k") == 0:  # which is no bound elsewhere
        del members["top_k"]
    if not abilities.takes_sampling:
        for name in ("temperature", "top_p", "top_k"):
            drop(name, "the model does not take it")
        return
    if members.get("temperature", 0) > 1:
        members["temperature"] = 1.0
        losses.add("approximated", "temperature", "the provider takes none above 1")
    if is_thinking:
        if members.get("temperature") == 1:
            del members["temperature"]
        drop("temperature", "the model takes none where it thinks")
        drop("top_k", "the model takes none where it thinks")
        if members.get("top_p", 1) < _MIN_TOP_P_THINKING:
            drop("top_p", f"the model takes none below {_MIN_TOP_P_THINKING} where it thinks")
    if "temperature" in members and not abilities.takes_both:
        drop("top_p", "the model takes it or a temperature")


def encode_tools(request: ChatRequest, kept: KeptFields, losses: LossReport) -> list[dict[str, Any]]:
    """Return the tools, functions first; of the functions those that may be called."""
    allowed = request.allowed_tools
    encoded = [
        _encode_tool(tool, index, request, kept, losses)
        for index, tool in enumerate(request.tools)
        if not allowed or tool.name in allowed
    ]
    if allowed and len(encoded) < len(request.tools):
        losses.add("mapped", "tool_choice", "the provider is told of no other tools")
    report_uncarried_tools(request, DIALECT, losses)
    return [*encoded, *(tool.data for tool in request.opaque_tools if tool.dialect == DIALECT)]


def _encode_tool(
    tool: Tool, index: int, request: ChatRequest, kept: KeptFields, losses: LossReport
) -> dict[str, Any]:
    parameters, is_strict = tool.parameters or {}, tool.is_strict
    if is_strict is None and request.strict_tools and tool.parameters is not None:
        closed = enforceable(parameters) if abilities_of(request.model).enforces_schemas else None
        if closed is None or closed.left_out:
            losses.add("approximated", "strict_tools", f"the schema of {tool.name} is not enforced")
        else:
            parameters, is_strict = closed.schema, True
    encoded: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        encoded["description"] = tool.description
    encoded["input_schema"] = parameters if "type" in parameters else {"type": "object", **parameters}
    if is_strict is not None:
        encoded["strict"] = is_strict
    path = f"tools[{index}]"
    if tool.cache_point is not None:
        encoded["cache_control"] = encode_cache_control(tool.cache_point, f"{path}.cache_point", losses)
    return encoded | kept.of(path)


def encode_tool_choice(request: ChatRequest) -> dict[str, Any] | None:
    """Return which tool to call, none where that is left to the model."""
    choice: dict[str, Any]
    if request.forced_tool is not None:
        choice = {"type": "tool", "name": request.forced_tool}
    elif request.tool_choice == "none":
        return {"type": "none"}
    else:
        choice = {"type": "any" if request.tool_choice == "required" else "auto"}
    if request.allows_parallel_calls is not None:
        choice["disable_parallel_tool_use"] = not request.allows_parallel_calls
    return None if choice == {"type": "auto"} else choice


def encode_response_format(
    request: ChatRequest, losses: LossReport
) -> tuple[dict[str, Any] | None, str | None]:
    """Return the format to enforce, or the instruction to give where the model enforces none."""
    given = request.response_format
    if given is None:
        return None, None
    schema = given.json_schema
    if schema is None:
        losses.add("approximated", "response_format", "the model is told to answer in JSON, not held to it")
        return None, "Answer with one JSON object and nothing else: no other words, no code fence."
    if request.dialect == DIALECT:
        return {"type": "json_schema", "schema": schema}, None
    if given.description is not None:  # which has a place inside the schema only
        schema = {"description": given.description, **schema}
    closed = enforceable(schema) if abilities_of(request.model).enforces_schemas else None
    if closed is None:
        losses.add("approximated", _SCHEMA_PATH, "the model is told the schema, and not held to it")
        written = msgspec.json.encode(schema).decode()
        return None, (
            "Answer with one JSON value and nothing else: no other words, no code fence. "
            f"It has to hold against this JSON Schema:\n{written}"
        )
    if closed.left_out:
        names = ", ".join(closed.left_out)
        losses.add("approximated", _SCHEMA_PATH, f"the model is not held to {names}")
    return {"type": "json_schema", "schema": closed.schema}, None
