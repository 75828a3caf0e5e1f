"""The body of a request to OpenAI's Responses: what may stand in it, and what of it the response repeats.

Source of truth: OpenAI's SDK, and recorded exchanges.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from causeway.testing.question import Tool
from causeway.testing.responses_items import Item, convert, refuse, text_of
from causeway.testing.tokens import split_tokens


class _Function(Struct, forbid_unknown_fields=True, tag="function"):
    name: Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")]
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    description: str | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    output_schema: dict[str, Any] | None = None


class _Format(Struct, forbid_unknown_fields=True):
    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None
    description: str | None = None


class _Text(Struct, forbid_unknown_fields=True):
    format: _Format | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ReasoningSettings(Struct, forbid_unknown_fields=True):
    """How much the model shall think, and what of it is shown."""

    effort: str | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None
    context: str | None = None
    mode: str | None = None


class CountBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a count of tokens may ask of."""

    model: str | None = None
    input: str | list[dict[str, Any]] | None = None
    instructions: str | list[dict[str, Any]] | None = None
    previous_response_id: str | None = None
    conversation: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    personality: Any = None
    reasoning: ReasoningSettings | None = None
    text: _Text | None = None
    tool_choice: str | dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    truncation: Literal["auto", "disabled"] | None = None


class ResponseBody(CountBody, kw_only=True, forbid_unknown_fields=True):
    """What a response may be asked for with."""

    access_programs: Any = None
    background: bool | None = None
    background_options: Any = None
    context_management: Any = None
    image: Any = None
    include: (
        list[
            Literal[
                "code_interpreter_call.outputs",
                "computer_call_output.output.image_url",
                "file_search_call.results",
                "message.input_image.image_url",
                "message.output_text.logprobs",
                "reasoning.encrypted_content",
                "web_search_call.action.sources",
                "web_search_call.results",
            ]
        ]
        | None
    ) = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    metadata: Annotated[dict[str, str], Meta(max_length=16)] | None = None
    moderation: Any = None
    prompt: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Any = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    user: str | None = None


def read_tools(body: ResponseBody) -> tuple[tuple[Tool, ...], bool]:
    """Return the functions that may be called, and whether one must be; raises RefusedError.

    Tools that OpenAI itself runs are not among them.
    """
    tools = tuple(
        Tool(function.name, function.parameters or {"type": "object"})
        for function in (
            convert(tool, _Function, f"tools[{index}]")
            for index, tool in enumerate(body.tools or ())
            if tool.get("type") == "function"
        )
    )
    match body.tool_choice:
        case None | "auto":
            return tools, False
        case "none":
            return (), False
        case "required" if body.tools:
            return tools, bool(tools)
        case {"type": "function", "name": str(name)}:
            return _named(tools, [name]), True
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list(allowed)}:
            functions = [
                tool for tool in allowed if isinstance(tool, dict) and tool.get("type") == "function"
            ]
            chosen = _named(tools, [tool.get("name") for tool in functions])
            return chosen, mode == "required" and bool(chosen)
        case {"type": kind} if any(tool.get("type") == kind for tool in body.tools or ()):
            return (), False
    raise refuse("tool_choice: there is no such tool, or no such choice", "tool_choice", code="invalid_value")


def _named(tools: Sequence[Tool], names: Sequence[Any]) -> tuple[Tool, ...]:
    known = [tool.name for tool in tools]
    if any(name not in known for name in names):
        raise refuse("tool_choice: a tool that it names is not among the tools", "tool_choice")
    return tuple(tool for tool in tools if tool.name in names)


def schema_of(text: _Text | None) -> dict[str, Any] | None:
    """Return the JSON Schema of the answer, `{}` for any JSON, none for text; raises RefusedError."""
    given = text.format if text is not None else None
    if given is None or given.type == "text":
        return None
    if given.type == "json_schema" and (given.schema is None or given.name is None):
        missing = "text.format.schema" if given.schema is None else "text.format.name"
        raise refuse(f"{missing}: it is missing", missing, code="missing_required_parameter")
    return given.schema or {}


def count_tokens(body: CountBody, items: Sequence[Item]) -> int:
    """Return how many tokens the instructions and the conversation have."""
    instructions = body.instructions if isinstance(body.instructions, str) else ""
    return sum(len(split_tokens(text)) for text in [instructions, *map(text_of, items)])


def settings_of(body: ResponseBody) -> dict[str, Any]:
    """Return what a response repeats of its request, with OpenAI's defaults."""
    reasoning = body.reasoning or ReasoningSettings()
    given_format = body.text.format if body.text is not None else None
    return {
        "background": bool(body.background),
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "model": body.model or "scripted",
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": {"effort": reasoning.effort, "summary": reasoning.summary or reasoning.generate_summary},
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "text": {
            "format": _shown_format(given_format or _Format("text")),
            "verbosity": (body.text and body.text.verbosity) or "medium",
        },
        "tool_choice": body.tool_choice or "auto",
        "tools": body.tools or [],
        "top_logprobs": body.top_logprobs or 0,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": body.truncation or "disabled",
        "user": body.user,
    }


def _shown_format(given: _Format) -> dict[str, Any]:
    if given.type != "json_schema":
        return {"type": given.type}
    return {
        "type": given.type,
        "description": given.description,
        "name": given.name,
        "schema": given.schema,
        "strict": bool(given.strict),
    }
