"""A canonical request as the body of `POST /responses`, for any vendor that speaks the dialect.

What was not given is left out. What cannot be carried is reported under the caller's own name for it. A
request of another dialect is not stored at the provider, as its caller would expect, and so asks for its
reasoning in a form that can be given back.
"""

import re
from typing import Any

import msgspec

from causeway.dialects.openai.encode_request import EFFORT_BANDS
from causeway.dialects.openai.strict_schemas import can_be_strict
from causeway.dialects.responses.decode_options import LOGPROBS
from causeway.dialects.responses.encode_input import encode_input
from causeway.dialects.responses.items import DIALECT
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Tool
from causeway.model.uncarried import report_uncarried_tools

ENCRYPTED_REASONING = "reasoning.encrypted_content"

# What Cohere's callers call a field.
_COHERE_NAMES = {
    "n": "num_generations",
    "reasoning": "thinking",
    "stop": "stop_sequences",
    "top_k": "k",
    "top_p": "p",
}
_TOOL_MEMBER = re.compile(r"tools\[(\d{1,6})\]\.(.+)")
_PARTLY_KNOWN = ("text", "reasoning")


def encode_request(request: ChatRequest, losses: LossReport) -> bytes:
    """Return the JSON body; raises UntranslatableError where nothing of a user's turn is left to say."""
    return msgspec.json.encode(encode_body(request, losses))


def encode_body(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    """Return the members of the body; raises as `encode_request` does."""
    sampling = request.sampling
    instructions, items = encode_input(request.messages, losses)
    format = encode_format(request.response_format)
    body: dict[str, Any] = {
        "model": request.model,
        "instructions": instructions,
        "input": items,
        "tools": encode_tools(request, losses) or None,
        "tool_choice": encode_tool_choice(request),
        "parallel_tool_calls": request.allows_parallel_calls,
        "text": None if format is None else {"format": format},
        "max_output_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_logprobs": sampling.top_logprobs,
        "include": [LOGPROBS] if sampling.logprobs else None,
        "reasoning": _encode_thinking(request, losses),
        "stream": True if request.stream else None,
    }
    body = {name: value for name, value in body.items() if value is not None}
    _report_unsaid(request, losses)
    report_uncarried_tools(request, DIALECT, losses)
    if request.dialect == DIALECT:
        _add_kept_fields(body, request)
    else:
        _ask_for_no_storage(body, request)
        for name in request.extras.fields if request.extras else ():
            losses.add("dropped", name, f"a field of the {request.dialect} dialect")
    return body


def encode_tools(request: ChatRequest, losses: LossReport) -> list[dict[str, Any]]:
    """Return the functions, and after them the tools that only this dialect knows."""
    functions = [_encode_function(tool, request, losses) for tool in request.tools]
    return [*functions, *(tool.data for tool in request.opaque_tools if tool.dialect == DIALECT)]


def encode_tool_choice(request: ChatRequest) -> str | dict[str, Any] | None:
    """Return which tool to call, none where the caller left it open."""
    if request.forced_tool is not None:
        return {"type": "function", "name": request.forced_tool}
    if request.allowed_tools:
        tools = [{"type": "function", "name": name} for name in request.allowed_tools]
        return {"type": "allowed_tools", "mode": request.tool_choice or "auto", "tools": tools}
    return request.tool_choice


def encode_format(response_format: ResponseFormat | None) -> dict[str, Any] | None:
    """Return the form of the answer, none for free text."""
    if response_format is None:
        return None
    if response_format.json_schema is None:
        return {"type": "json_object"}
    schema: dict[str, Any] = {
        "type": "json_schema",
        "name": response_format.name or "response",
        "description": response_format.description,
        "schema": response_format.json_schema,
        "strict": response_format.is_strict,
    }
    return {name: value for name, value in schema.items() if value is not None}


def _encode_function(tool: Tool, request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    function: dict[str, Any] = {"type": "function", "name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    # OpenAI has to have one; in other dialects none means no arguments.
    function["parameters"] = tool.parameters
    if tool.parameters is None:
        function["parameters"] = {"type": "object", "properties": {}}
    strict = tool.is_strict
    if strict is None and request.dialect != DIALECT:
        # Where nothing is said this API enforces the schema, and all others do not.
        strict = request.strict_tools and tool.parameters is not None and can_be_strict(tool.parameters)
        if request.strict_tools and tool.parameters is not None and not strict:
            losses.add(
                "approximated",
                "strict_tools",
                f"the schema of {tool.name} is not enforced: it has optional properties or open objects",
            )
    if strict is not None:
        function["strict"] = strict
    return function


def _encode_thinking(request: ChatRequest, losses: LossReport) -> dict[str, Any] | None:
    """Return what asks for thinking, if something does; of an effort and a budget the effort counts."""
    thinking, path = request.thinking, _path("reasoning", request)
    if thinking is None:
        return None
    effort: str | None = thinking.effort
    if not thinking.enabled:
        return {"effort": "none"}
    if effort is not None and thinking.token_budget is not None:
        losses.add("approximated", path, "the effort is asked for, and not the bound in tokens")
    elif effort is None and thinking.token_budget is not None:
        effort = next((word for bound, word in EFFORT_BANDS if thinking.token_budget <= bound), "high")
        losses.add("approximated", path, f"the bound in tokens is told as the effort {effort}")
    elif effort is None:
        losses.add("approximated", path, "the provider decides how much to think")
    encoded = {} if effort is None else {"effort": effort}
    # The others show their thinking unasked.
    return encoded if request.dialect == DIALECT else {**encoded, "summary": "auto"}


def _ask_for_no_storage(body: dict[str, Any], request: ChatRequest) -> None:
    body["store"] = False
    if request.thinking is not None and request.thinking.enabled:
        body["include"] = [*body.get("include", ()), ENCRYPTED_REASONING]


def _add_kept_fields(body: dict[str, Any], request: ChatRequest) -> None:
    """Put what has no canonical place back to where it stood."""
    for path, value in (request.extras.fields if request.extras else {}).items():
        name, _, member = path.partition(".")
        if match := _TOOL_MEMBER.fullmatch(path):
            if int(match[1]) < len(request.tools):
                body["tools"][int(match[1])][match[2]] = value
        elif name in _PARTLY_KNOWN and member:
            body[name] = {**body.get(name, {}), member: value}
        elif path == "include":
            body[path] = [*body.get(path, ()), *value]
        else:
            body[path] = value


def _report_unsaid(request: ChatRequest, losses: LossReport) -> None:
    sampling = request.sampling
    unsaid = {
        "top_k": sampling.top_k,
        "seed": sampling.seed is not None,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "n": request.choices > 1,
    }
    for name, value in unsaid.items():
        if value:
            losses.add("dropped", _path(name, request), "the provider does not take it")
    if any(tool.cache_point for tool in request.tools):
        losses.add("dropped", "tools", "the provider is not told what to keep in its cache")
    if request.documents:  # what grounding has put into the conversation is no longer here
        losses.add("dropped", "documents", "the provider takes none")
        if request.citation_mode is not None:
            losses.add("dropped", "citation_options", "the provider cites nothing")
    if request.safety_mode is not None:
        losses.add("dropped", "safety_mode", "the provider has none")
    if request.priority:
        losses.add("dropped", "priority", "the provider has none")


def _path(name: str, request: ChatRequest) -> str:
    return _COHERE_NAMES.get(name, name) if request.dialect == "cohere" else name
