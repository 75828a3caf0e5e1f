"""Earlier tool calls and their results, in a form that a model without tools can read.

The template of a small model knows no tools. So the calls are left out, and the results are told as
plain facts at the end of the user's message that led to them.
"""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.engine.protocol import PromptMessage
from causeway.model.content import (
    AssistantMessage,
    DocumentBlock,
    Message,
    SystemMessage,
    TextBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.loss import LossReport

RESULT_INSTRUCTION = "Answer with the result, in a full sentence."
RESULT_HEADING = "Result:"

_MAX_DEPTH = 8
# What tools, and the frameworks around them, call a result that is only a value.
_MEANINGLESS_NAMES = frozenset({"output", "result", "content", "data", "value", "text"})


_EXAMPLES = (
    ("How high is Mont Blanc?", "4806 m", "Mont Blanc is 4806 m high."),
    (
        "Where is my parcel?",
        "status: delayed\nplace: Lyon\ndays: 2",
        "Your parcel is delayed by 2 days and is in Lyon.",
    ),
)


class PlacedMessage(Struct, frozen=True):
    """A message and where it stood in the request."""

    path: str
    message: UserMessage | SystemMessage | AssistantMessage


def without_tool_turns(messages: tuple[Message, ...], losses: LossReport) -> tuple[PlacedMessage, ...]:
    """Return the conversation with the results of tools told in the user's messages."""
    calls = {
        call.id: call
        for message in messages
        if isinstance(message, AssistantMessage)
        for call in message.tool_calls
    }
    placed: list[PlacedMessage] = []
    results: list[ToolMessage] = []
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        if isinstance(message, ToolMessage):
            losses.add("approximated", path, "the tool's result is shown to the model as plain text")
            results.append(message)
            continue
        if isinstance(message, AssistantMessage) and message.tool_calls:
            losses.add("approximated", f"{path}.tool_calls", "only the results are shown to the model")
            continue
        _tell(placed, results, calls)
        results = []
        placed.append(PlacedMessage(path, message))
    _tell(placed, results, calls)
    return tuple(placed)


def example_turns() -> tuple[PromptMessage, ...]:
    """Return turns that show a small model what to do with a result. They are the gateway's own words."""
    turns: list[PromptMessage] = []
    for question, result, answer in _EXAMPLES:
        turns.append(PromptMessage("user", "", f"{question}\n\n{RESULT_HEADING}\n{result}"))
        turns.append(PromptMessage("assistant", "", answer))
    return tuple(turns)


def _tell(placed: list[PlacedMessage], results: list[ToolMessage], calls: dict[str, ToolCall]) -> None:
    if not results:
        return
    told = "\n".join(_told(result, calls.get(result.tool_call_id), len(results) > 1) for result in results)
    block = TextBlock(f"\n{RESULT_HEADING}\n{told}")
    for index in range(len(placed) - 1, -1, -1):
        message = placed[index].message
        if isinstance(message, UserMessage):
            asked = UserMessage((*message.content, block))
            placed[index] = PlacedMessage(placed[index].path, asked)
            return
    placed.append(PlacedMessage("messages", UserMessage((block,))))


def _told(result: ToolMessage, call: ToolCall | None, is_one_of_several: bool) -> str:
    facts = []
    for block in result.content:
        if not isinstance(block, TextBlock | DocumentBlock):
            continue  # `conversation.refuse_unsupported` lets none of these through
        data = block.document.data if isinstance(block, DocumentBlock) else block.text
        facts += _facts(_decoded(data), (), _MAX_DEPTH)
    if not is_one_of_several:
        return "\n".join(facts)
    about = "" if call is None else "; ".join(_facts(_decoded(call.arguments), (), _MAX_DEPTH))
    return f"{about or result.tool_call_id}: {'; '.join(facts)}"


def _facts(value: Any, names: tuple[str, ...], depth: int) -> list[str]:
    """Return one line for each value that is not made of others."""
    if depth > 0 and isinstance(value, dict):
        if len(value) == 1 and value.keys() <= _MEANINGLESS_NAMES:
            return _facts(_decoded(next(iter(value.values()))), names, depth - 1)
        return [
            fact
            for name, inner in value.items()
            for fact in _facts(_decoded(inner), (*names, str(name).replace("_", " ")), depth - 1)
        ]
    if depth > 0 and isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            return [", ".join(_facts(item, (), depth - 1)) for item in value]
        value = ", ".join(_scalar(item) for item in value)
    return [f"{' '.join(names)}: {_scalar(value)}" if names else _scalar(value)]


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _decoded(value: Any) -> Any:
    """Return the object or list that a text spells, or what was given."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value
