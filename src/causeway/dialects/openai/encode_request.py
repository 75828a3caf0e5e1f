"""A canonical request as the body of `POST /chat/completions`, for any vendor of the dialect.

What was not given is left out. What cannot be carried is reported under the caller's own name for it.
"""

from typing import Any

import msgspec

from causeway.dialects.openai.encode_messages import encode_messages
from causeway.dialects.openai.quirks import OpenAiQuirks
from causeway.dialects.openai.strict_schemas import can_be_strict
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Effort, ResponseFormat, Thinking, Tool
from causeway.model.uncarried import allowed_tools, report_uncarried, report_uncarried_tools

# What Cohere's callers call a field of OpenAI's.
_COHERE_NAMES = {
    "n": "num_generations",
    "reasoning_effort": "thinking",
    "stop": "stop_sequences",
    "top_k": "k",
    "top_p": "p",
}
# What is written for other words of the dialect; a caller who used the vendor's own has said it better.
_VENDORS_WORDS = ("random_seed", "thinking")
# The largest number of tokens to think for which an effort stands; above the last it is high.
EFFORT_BANDS: tuple[tuple[int, Effort], ...] = ((2_048, "low"), (8_192, "medium"))


def encode_request(request: ChatRequest, quirks: OpenAiQuirks, losses: LossReport) -> bytes:
    """Return the JSON body; raises UntranslatableError where nothing of a user's turn is left to say.

    Of the stop sequences only as many are written as the provider takes: the gateway sees to the others.
    """
    sampling = request.sampling
    tools = allowed_tools(request, losses)
    report_uncarried_tools(request, "openai", losses)
    for index, tool in enumerate(request.tools):
        if tool.cache_point is not None:
            report_uncarried(tool.cache_point, f"tools[{index}].cache_point", losses)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": encode_messages(request.messages, quirks, losses),
        "tools": [_encode_tool(tool, request, losses) for tool in tools] or None,
        "tool_choice": _encode_tool_choice(request, quirks) if tools or not request.opaque_tools else None,
        "parallel_tool_calls": request.allows_parallel_calls,
        "response_format": _encode_response_format(request.response_format, quirks, losses),
        quirks.max_tokens_field: sampling.max_tokens,
        "stop": sampling.stop_sequences[: quirks.max_stop_sequences] or None,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k if quirks.supports_top_k else None,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "seed": sampling.seed,
        "logprobs": sampling.logprobs or None,
        "top_logprobs": sampling.top_logprobs,
        "n": request.choices if request.choices > 1 else None,
        **_encode_thinking(request, quirks, losses),
    }
    if request.stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True} if quirks.sends_stream_options else None
    body = {name: value for name, value in body.items() if value is not None}
    for name in quirks.unsupported:
        if body.pop(name, None) is not None:
            losses.add("dropped", _path(name, request), "the provider does not take it")
    if "seed" in body:
        body[quirks.seed_field] = body.pop("seed")
    _report_unsaid(request, quirks, losses)
    return msgspec.json.encode({**body, **_encode_extras(request, body, losses)})


def _encode_tool(tool: Tool, request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    if tool.is_strict is not None:
        function["strict"] = tool.is_strict
    elif request.strict_tools and tool.parameters is not None:
        if can_be_strict(tool.parameters):
            function["strict"] = True
        else:
            losses.add(
                "approximated",
                "strict_tools",
                f"the schema of {tool.name} is not enforced: it has optional properties or open objects",
            )
    return {"type": "function", "function": function}


def _encode_tool_choice(request: ChatRequest, quirks: OpenAiQuirks) -> str | dict[str, Any] | None:
    if request.forced_tool is not None:
        return {"type": "function", "function": {"name": request.forced_tool}}
    return quirks.required_tool_choice if request.tool_choice == "required" else request.tool_choice


def _encode_response_format(
    response_format: ResponseFormat | None, quirks: OpenAiQuirks, losses: LossReport
) -> dict[str, Any] | None:
    if response_format is None:
        return None
    if response_format.json_schema is None:
        return {"type": "json_object"}
    if not quirks.supports_json_schema:
        path = "response_format.json_schema"
        losses.add("approximated", path, "the provider is asked for JSON, and not told the schema")
        return {"type": "json_object"}
    schema: dict[str, Any] = {
        "name": response_format.name or "response",
        "description": response_format.description,
        "schema": response_format.json_schema,
        "strict": response_format.is_strict,
    }
    given = {name: value for name, value in schema.items() if value is not None}
    return {"type": "json_schema", "json_schema": given}


def _encode_thinking(request: ChatRequest, quirks: OpenAiQuirks, losses: LossReport) -> dict[str, Any]:
    """Return the field that asks for thinking, if one does; of an effort and a budget the effort counts."""
    thinking, path = request.thinking, _path("reasoning_effort", request)
    if thinking is None:
        return {}
    if thinking.effort is not None and thinking.token_budget is not None:
        losses.add("approximated", path, "the effort is asked for, and not the bound in tokens")
    match quirks.reasoning_request:
        case "reasoning_effort":
            effort = _effort(thinking, path, quirks, losses)
            return {} if effort is None else {"reasoning_effort": effort}
        case "reasoning":
            return {"reasoning": _encode_reasoning(thinking)}
        case "thinking":
            if thinking.enabled and (thinking.effort or thinking.token_budget):
                losses.add("approximated", path, "the provider decides how much to think")
            return {"thinking": {"type": "enabled" if thinking.enabled else "disabled"}}
        case "none":
            losses.add("dropped", path, "the provider cannot be asked to think or not to")
            return {}


def _encode_reasoning(thinking: Thinking) -> dict[str, Any]:
    if not thinking.enabled:
        return {"enabled": False}
    if thinking.effort is not None:
        return {"effort": thinking.effort}
    return {"enabled": True} if thinking.token_budget is None else {"max_tokens": thinking.token_budget}


def _effort(thinking: Thinking, path: str, quirks: OpenAiQuirks, losses: LossReport) -> str | None:
    if not thinking.enabled:
        word = quirks.no_reasoning_effort
        if word is None:
            losses.add("dropped", path, "the provider cannot be asked not to think")
        elif word != "none":
            losses.add("approximated", path, f"the provider is asked for the effort {word}")
        return word
    if thinking.effort is not None:
        return thinking.effort
    if thinking.token_budget is None:
        losses.add("approximated", path, "the provider decides how much to think")
        return None
    effort = next((effort for bound, effort in EFFORT_BANDS if thinking.token_budget <= bound), "high")
    losses.add("approximated", path, f"the bound in tokens is told as the effort {effort}")
    return effort


def _report_unsaid(request: ChatRequest, quirks: OpenAiQuirks, losses: LossReport) -> None:
    if request.sampling.top_k and not quirks.supports_top_k:
        losses.add("dropped", _path("top_k", request), "the provider does not take it")
    if request.documents:  # what grounding has put into the conversation is no longer here
        losses.add("dropped", "documents", "the provider takes none")
        if request.citation_mode is not None:
            losses.add("dropped", "citation_options", "the provider cites nothing")
    if request.safety_mode is not None:
        losses.add("dropped", "safety_mode", "the provider has none")
    if request.priority:
        losses.add("dropped", "priority", "the provider has none")


def _encode_extras(request: ChatRequest, body: dict[str, Any], losses: LossReport) -> dict[str, Any]:
    if request.extras is None:
        return {}
    fields = request.extras.fields
    if request.extras.dialect == "openai":
        return {name: value for name, value in fields.items() if name not in body or name in _VENDORS_WORDS}
    for name in fields:
        losses.add("dropped", name, f"a field of the {request.extras.dialect} dialect")
    return {}


def _path(name: str, request: ChatRequest) -> str:
    return _COHERE_NAMES.get(name, name) if request.dialect == "cohere" else name
