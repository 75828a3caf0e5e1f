"""The options of a canonical request as Gemini's configuration of tools and of the generation."""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.gemini.decode_options import JSON, MAX_STOP_SEQUENCES
from causeway.dialects.gemini.model_names import has_thinking_levels
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Effort, ResponseFormat, Tool
from causeway.model.uncarried import report_uncarried, report_uncarried_tools

# Of the models that take a bound only: what Google says the words of others stand for.
EFFORT_BUDGETS: Mapping[Effort, int] = {
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 24_576,
}
_SEEDS = 2**31


def encode_tools(request: ChatRequest, losses: LossReport) -> list[dict[str, Any]]:
    """Return the tools: the functions in one group, and then what Google runs."""
    sent = _sent_tools(request, losses)
    tools: list[dict[str, Any]] = []
    if sent:
        tools.append({"functionDeclarations": [_encode_tool(tool) for tool in sent]})
    tools += [tool.data for tool in request.opaque_tools if tool.dialect == "gemini"]
    report_uncarried_tools(request, "gemini", losses)
    for index, tool in enumerate(request.tools):
        if tool.cache_point is not None:
            report_uncarried(tool.cache_point, f"tools[{index}].cache_point", losses)
        # In the mode in which a function has to be called the schemas are held to anyway.
        if tool.is_strict and request.tool_choice != "required" and not _are_strict(request):
            detail = "the provider is strict with every function or with none, and now with none"
            losses.add("approximated", f"tools[{index}].strict", detail)
    if request.allows_parallel_calls is False and request.tools:
        losses.add("dropped", "parallel_tool_calls", "the provider may call several tools at once")
    return tools


def encode_function_calling(request: ChatRequest) -> dict[str, Any] | None:
    """Return whether to call functions, and which; none where it is left to the model."""
    if request.tool_choice == "none":
        return {"mode": "NONE"}
    names = [request.forced_tool] if request.forced_tool is not None else list(request.allowed_tools)
    if request.tool_choice == "required":
        return {"mode": "ANY", "allowedFunctionNames": names} if names else {"mode": "ANY"}
    if _are_strict(request):
        return {"mode": "VALIDATED", "allowedFunctionNames": names} if names else {"mode": "VALIDATED"}
    return None


def encode_generation(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    """Return how to generate, without what was not given.

    The first stop sequences are written, as many as Gemini takes.
    """
    sampling = request.sampling
    options: dict[str, Any] = {
        "candidateCount": request.choices if request.choices > 1 else None,
        "maxOutputTokens": sampling.max_tokens,
        "stopSequences": sampling.stop_sequences[:MAX_STOP_SEQUENCES] or None,
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k or None,  # 0 is no bound
        "seed": _encode_seed(sampling.seed, losses),
        "frequencyPenalty": sampling.frequency_penalty,
        "presencePenalty": sampling.presence_penalty,
        "responseLogprobs": sampling.logprobs or None,
        "logprobs": sampling.top_logprobs,
        **_encode_response_format(request.response_format),
        "thinkingConfig": _encode_thinking(request, losses),
    }
    return {name: value for name, value in options.items() if value is not None}


def _sent_tools(request: ChatRequest, losses: LossReport) -> tuple[Tool, ...]:
    # Names are told in the modes that take them; any other choice is made among the tools that are sent.
    if not request.allowed_tools or request.tool_choice == "required" or _are_strict(request):
        return request.tools
    losses.add("mapped", "tool_choice", "the tools that are not allowed are left out")
    return tuple(tool for tool in request.tools if tool.name in request.allowed_tools)


def _are_strict(request: ChatRequest) -> bool:
    return request.strict_tools or (
        bool(request.tools) and all(tool.is_strict is True for tool in request.tools)
    )


def _encode_tool(tool: Tool) -> dict[str, Any]:
    members = {
        "name": tool.name,
        "description": tool.description,
        "parametersJsonSchema": tool.parameters,
    }
    return {name: value for name, value in members.items() if value is not None}


def _encode_response_format(response_format: ResponseFormat | None) -> dict[str, Any]:
    """Return the form of the answer; Gemini always holds to a schema, and has no name for it."""
    if response_format is None:
        return {}
    schema = response_format.json_schema
    if schema is not None and response_format.description is not None:
        schema = {"description": response_format.description, **schema}
    return {"responseMimeType": JSON, "responseJsonSchema": schema}


def _encode_seed(seed: int | None, losses: LossReport) -> int | None:
    if seed is None or -_SEEDS <= seed < _SEEDS:
        return seed
    losses.add("mapped", "seed", "the provider's seeds have 32 bits")
    return seed % _SEEDS


def _encode_thinking(request: ChatRequest, losses: LossReport) -> dict[str, Any] | None:
    thinking, path = request.thinking, "thinking"
    if thinking is None:
        return None
    has_levels = request.dialect == "gemini" or has_thinking_levels(request.model)
    if not thinking.enabled:
        if request.dialect == "gemini" or not has_levels:
            return {"thinkingBudget": 0}
        losses.add("approximated", path, "the provider is asked to think little: it always does")
        return {"thinkingLevel": "LOW"}
    config: dict[str, Any] = {"includeThoughts": True}
    budget, effort = thinking.token_budget, thinking.effort
    if budget is not None:
        if effort is not None:
            losses.add("approximated", path, "the bound in tokens is asked for, and not the effort")
        return {**config, "thinkingBudget": budget}
    if effort is None:
        return config
    if not has_levels:
        budget = EFFORT_BUDGETS[effort]
        losses.add("approximated", path, f"{effort} is up to {budget} tokens of reasoning")
        return {**config, "thinkingBudget": budget}
    if effort == "xhigh" and request.dialect != "gemini":
        losses.add("approximated", path, "high is the highest that every model knows")
        effort = "high"
    return {**config, "thinkingLevel": effort.upper()}
