"""Which tools to call for a conversation, and for which part of what the user said.

Pure. The embedded model cannot choose, so the words decide: those of the user's last message beside
those of each tool. One call, or one for each part of the message that asks for something of its own.
"""

import re
from typing import Any

from msgspec import Struct

from causeway.engine.tool_history import without_tool_turns
from causeway.model.content import AssistantMessage, Message, TextBlock, ToolMessage, UserMessage
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Tool
from causeway.model.uncarried import allowed_tools, report_uncarried_tools
from causeway.rules.argument_candidates import coordinated_names, number_candidates, text_candidates
from causeway.rules.tool_relevance import RELEVANT, Relevance, ToolDescription
from causeway.schemas.accept import AcceptedSchema, accept_schema
from causeway.schemas.vocabulary import STRICT_TOOL, TOOL, subschemas

MAX_PARALLEL_CALLS = 4
MAX_TOOLS = 256

_END_CHARACTERS = 500
_CLAUSE_ENDS = re.compile(r"(?:,? and (?:then |also )?|,? then |;|[.?!](?=\s)|\n)\s*", re.IGNORECASE)
_FOLLOW_UP = re.compile(r"\s*(?:and|what about|how about|now|also)\b", re.IGNORECASE)


class UsableTool(Struct, frozen=True):
    """A tool whose parameters have been checked."""

    tool: Tool
    parameters: AcceptedSchema


class PlannedCall(Struct, frozen=True):
    """A tool to call, and the text that its arguments are in."""

    tool: UsableTool
    text: str


def accept_tools(request: ChatRequest, losses: LossReport) -> tuple[UsableTool, ...]:
    """Return the request's tools; raises InvalidRequestError where a schema cannot be used."""
    report_uncarried_tools(request, "local", losses)
    allowed = allowed_tools(request, losses)
    if len(request.tools) > MAX_TOOLS:
        raise InvalidRequestError(
            f"invalid request: tools: the embedded model takes {MAX_TOOLS} tools at most.", field="tools"
        )
    profile = STRICT_TOOL if request.strict_tools else TOOL
    return tuple(
        UsableTool(
            tool,
            accept_schema(tool.parameters or {}, f"tools[{index}].function.parameters", profile, losses),
        )
        for index, tool in enumerate(request.tools)
        if tool in allowed
    )


def plan_calls(
    request: ChatRequest, tools: tuple[UsableTool, ...], losses: LossReport
) -> tuple[PlannedCall, ...]:
    """Return the calls to make; none where the model should answer in text.

    With results of tools at the end of the conversation it answers, unless a call is required: then
    a tool that has not been called for them goes first. A tool that is forced is the only one, and where
    the caller forbids parallel calls the first of them is made.
    """
    if request.forced_tool is not None:
        tools = tuple(usable for usable in tools if usable.tool.name == request.forced_tool)
    calls = _wanted_calls(request, tools, losses)
    return calls[:1] if request.allows_parallel_calls is False else calls


def _wanted_calls(
    request: ChatRequest, tools: tuple[UsableTool, ...], losses: LossReport
) -> tuple[PlannedCall, ...]:
    is_required = request.tool_choice == "required"
    has_results = isinstance(request.messages[-1], ToolMessage)
    if not tools or request.tool_choice == "none" or (has_results and not is_required):
        return ()
    text = _readable(_last_question(request.messages), losses)
    if has_results:
        called = _names_called_since_the_question(request.messages)
        tools = tuple(usable for usable in tools if usable.tool.name not in called) or tools
        return _best(text, tools, Relevance([_describe(tool) for tool in tools]))
    relevance = Relevance([_describe(tool) for tool in tools])
    parts = _relevant_parts(text, tools, relevance)
    if len(parts) > 1:
        return tuple(parts)
    if max(relevance.scores(text)) >= RELEVANT:
        return _best(text, tools, relevance)
    if _FOLLOW_UP.match(text):
        last = _last_called(request.messages, tools)
        if last is not None:
            return _spread(last, text)
    return _best(text, tools, relevance) if is_required or _is_data_for(tools, text) else ()


def _is_data_for(tools: tuple[UsableTool, ...], text: str) -> bool:
    """Whether the message is no question but the arguments of the only tool, each of them.

    So do applications extract structured data: one tool, and a message such as `Erick, 27 years old`.
    """
    if len(tools) > 1 or "?" in text:
        return False
    properties = list(tools[0].parameters.tree.get("properties", {}).values())
    is_number = [bool({"integer", "number"} & _types(inner)) for inner in properties]
    is_text = ["string" in _types(inner) and "enum" not in inner for inner in properties]
    return (
        len(properties) > 1
        and all(number or plain for number, plain in zip(is_number, is_text, strict=True))
        and sum(is_number) <= len(number_candidates(text))
        and sum(is_text) <= sum(not candidate.isdigit() for candidate in text_candidates(text))
    )


def _types(schema: Any) -> set[str]:
    """Return the types that a property may have, through `anyOf` too."""
    if not isinstance(schema, dict):
        return set()
    kinds = schema.get("type", [])
    own = {kinds} if isinstance(kinds, str) else set(kinds)
    return own.union(*(_types(inner) for inner in schema.get("anyOf", ())))


def _best(text: str, tools: tuple[UsableTool, ...], relevance: Relevance) -> tuple[PlannedCall, ...]:
    scores = relevance.scores(text)
    return _spread(tools[scores.index(max(scores))], text)


def _relevant_parts(text: str, tools: tuple[UsableTool, ...], relevance: Relevance) -> list[PlannedCall]:
    """Return a call for each clause that names a tool: another tool, or other things for the same."""
    planned: list[PlannedCall] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for clause in _CLAUSE_ENDS.split(text):
        scores = relevance.scores(clause)
        best = scores.index(max(scores))
        mark = (tools[best].tool.name, tuple(text_candidates(clause)))
        has_said_nothing_new = any(name == mark[0] for name, _ in seen) and not mark[1]
        if scores[best] < RELEVANT or mark in seen or has_said_nothing_new:
            continue
        seen.add(mark)
        planned += _spread(tools[best], clause)
    return planned[:MAX_PARALLEL_CALLS]


def _spread(tool: UsableTool, text: str) -> tuple[PlannedCall, ...]:
    """Return one call for each name of a list, where the tool takes one thing only."""
    tree = tool.parameters.tree
    required = tree.get("required", ())
    names = coordinated_names(text)
    is_of_one_thing = len(required) == 1 and tree.get("properties", {}).get(required[0], {}).get("type") in (
        "string",
        None,
    )
    if not is_of_one_thing or not 1 < len(names) <= MAX_PARALLEL_CALLS:
        return (PlannedCall(tool, text),)
    start, end = names[0][0], names[-1][1]
    return tuple(PlannedCall(tool, f"{text[:start]}{name}{text[end:]}") for _, _, name in names)


def _describe(usable: UsableTool) -> ToolDescription:
    words = []
    for path, inner in subschemas(usable.parameters.tree):
        if isinstance(inner, dict):
            words.append(f"{path.removeprefix('properties.')} {inner.get('description', '')}")
    return ToolDescription(usable.tool.name, usable.tool.description or "", tuple(words))


def _last_question(messages: tuple[Message, ...]) -> str:
    """Return what the user said last, with the results of tools that came since."""
    for placed in reversed(without_tool_turns(messages, LossReport())):
        if isinstance(placed.message, UserMessage):
            return "\n".join(block.text for block in placed.message.content if isinstance(block, TextBlock))
    return ""


def _readable(text: str, losses: LossReport) -> str:
    """Return a text of moderate length: every clause of it is compared with every tool."""
    if len(text) <= 2 * _END_CHARACTERS:
        return text
    detail = f"tools and arguments are chosen by the first and last {_END_CHARACTERS} characters"
    losses.add("approximated", "messages", detail)
    return f"{text[:_END_CHARACTERS]}\n{text[-_END_CHARACTERS:]}"


def _names_called_since_the_question(messages: tuple[Message, ...]) -> set[str]:
    called: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, UserMessage):
            break
        if isinstance(message, AssistantMessage):
            called.update(call.name for call in message.tool_calls)
    return called


def _last_called(messages: tuple[Message, ...], tools: tuple[UsableTool, ...]) -> UsableTool | None:
    for message in reversed(messages):
        if isinstance(message, AssistantMessage) and message.tool_calls:
            name = message.tool_calls[-1].name
            return next((usable for usable in tools if usable.tool.name == name), None)
    return None
