"""The body of a request in Anthropic's dialect: what may stand in it, and what Anthropic refuses together.

A field that Anthropic does not know is refused, as Anthropic refuses it. Source of truth: Anthropic's SDK
and documentation, and recorded exchanges.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from causeway.testing.anthropic_blocks import CacheControl, Placed, Text, read_blocks
from causeway.testing.anthropic_rules import (
    Message,
    Turn,
    check_marks,
    check_schema,
    check_thinking_comes_first,
    check_turns,
    has_citations,
    merge_turns,
    read_messages,
)
from causeway.testing.question import RefusedError, Tool
from causeway.testing.requests import RecordedRequest

_FREE_BUDGET = "interleaved-thinking"


class _Tool(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,128}$")]
    input_schema: dict[str, Any]
    type: Literal["custom"] | None = None
    description: str | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    eager_input_streaming: bool | None = None
    input_examples: list[dict[str, Any]] | None = None


class _ToolChoice(Struct, forbid_unknown_fields=True):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class _Thinking(Struct, forbid_unknown_fields=True):
    type: Literal["enabled", "adaptive", "disabled"]
    budget_tokens: Annotated[int, Meta(ge=1024)] | None = None
    display: Literal["summarized", "omitted"] | None = None


class _Format(Struct, forbid_unknown_fields=True):
    type: Literal["json_schema"]
    schema: dict[str, Any]


class _OutputConfig(Struct, forbid_unknown_fields=True):
    format: _Format | None = None
    effort: str | None = None
    task_budget: dict[str, Any] | None = None


class CountBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a count of tokens may ask of."""

    model: Annotated[str, Meta(min_length=1)]
    messages: Annotated[list[Message], Meta(min_length=1)]
    system: str | list[Text] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: _ToolChoice | None = None
    thinking: _Thinking | None = None
    output_config: _OutputConfig | None = None
    output_format: _Format | None = None
    cache_control: CacheControl | None = None
    billing_policy: Any = None
    compaction: Any = None
    context_management: Any = None
    mcp_servers: Any = None
    speed: Any = None
    user_profile_id: Any = None
    workspace_id: Any = None


class ChatBody(CountBody, kw_only=True, forbid_unknown_fields=True):
    """What a message may be asked for with."""

    max_tokens: Annotated[int, Meta(ge=0)]  # none asks for the cache to be filled
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    metadata: dict[str, Any] | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    container: Any = None
    diagnostics: Any = None
    fallback_credit_token: Any = None
    fallbacks: Any = None
    inference_geo: Any = None
    thread: Any = None


class Prompt(Struct):
    """A prompt that was found to be right. `counted` are its blocks, instructions first."""

    messages: list[Turn]
    turns: list[Turn]
    counted: list[Placed]
    tools: tuple[Tool, ...]
    must_call: bool
    schema: dict[str, Any] | None
    has_citations: bool


def read_prompt(body: CountBody) -> Prompt:
    """Return what the model is to read; raises RefusedError."""
    given = body.system or ()
    system = given if isinstance(given, str) else [msgspec.to_builtins(block) for block in given]
    instructions = read_blocks(system, "system")
    messages = read_messages(body.messages)
    turns = merge_turns(messages)
    if not turns:
        raise RefusedError(400, "messages: neither the user nor the assistant says anything")
    check_turns(turns)
    if body.thinking is not None and body.thinking.type == "enabled":
        check_thinking_comes_first(turns)
    blocks = [placed for message in messages for placed in message.blocks]
    tool_marks = sum("cache_control" in tool for tool in body.tools or ())
    check_marks([*instructions, *blocks], tool_marks + (body.cache_control is not None))
    tools, must_call = _tools(body)
    output_format = (body.output_config and body.output_config.format) or body.output_format
    may_cite = has_citations(blocks)
    if output_format is not None:
        check_schema(output_format.schema, "output_config.format.schema")
        if may_cite:
            raise RefusedError(400, "output_config.format: not together with citations")
    return Prompt(
        messages=messages,
        turns=turns,
        counted=[*instructions, *blocks],
        tools=tools,
        must_call=must_call,
        schema=None if output_format is None else output_format.schema,
        has_citations=may_cite,
    )


def _tools(body: CountBody) -> tuple[tuple[Tool, ...], bool]:
    """Return the tools that may be called, and whether one must be; Anthropic's own are not."""
    tools: list[Tool] = []
    for index, given in enumerate(body.tools or ()):
        if given.get("type") not in (None, "custom"):
            continue
        try:
            tool = msgspec.convert(given, _Tool)
        except msgspec.ValidationError as error:
            text, _, field = str(error).partition(" - at `$")
            raise RefusedError(400, f"tools.{index}{field.rstrip('`')}: {text}") from None
        if tool.input_schema.get("type") != "object":
            raise RefusedError(400, f"tools.{index}.input_schema.type: it must be object")
        if any(tool.name == other.name for other in tools):
            raise RefusedError(400, f"tools.{index}.name: another tool has it")
        tools.append(Tool(tool.name, tool.input_schema))
    if body.tool_choice is not None and not body.tools:
        raise RefusedError(400, "tool_choice: there are no tools")
    match body.tool_choice:
        case None | _ToolChoice(type="auto"):
            return tuple(tools), False
        case _ToolChoice(type="none"):
            return (), False
        case _ToolChoice(type="tool", name=name):
            wanted = tuple(tool for tool in tools if tool.name == name)
            if not any(given.get("name") == name for given in body.tools or ()):
                raise RefusedError(400, f"tool_choice.name: there is no tool {name!r}")
            return wanted, bool(wanted)
    return tuple(tools), bool(tools)


def check_sampling(body: ChatBody, request: RecordedRequest) -> None:
    """Raise RefusedError where settings are wrong, or wrong together."""
    for index, stop in enumerate(body.stop_sequences or ()):
        if not stop.strip():
            raise RefusedError(400, f"stop_sequences.{index}: there is nothing but white space")
    thinking = body.thinking
    if thinking is None or thinking.type != "enabled":
        return
    if thinking.budget_tokens is None:
        raise RefusedError(400, "thinking.budget_tokens: the field is required")
    has_free_budget = _FREE_BUDGET in request.headers.get("anthropic-beta", "")
    if thinking.budget_tokens >= body.max_tokens and not has_free_budget:
        raise RefusedError(400, "max_tokens: it must be greater than thinking.budget_tokens")
    if body.temperature not in (None, 1):
        raise RefusedError(400, "temperature: with thinking it may only be 1")
    if body.top_k is not None:
        raise RefusedError(400, "top_k: not together with thinking")
    if body.top_p is not None and body.top_p < 0.95:
        raise RefusedError(400, "top_p: with thinking it may not be below 0.95")
    if body.tool_choice is not None and body.tool_choice.type in ("any", "tool"):
        raise RefusedError(400, "tool_choice: with thinking no tool can be forced")
