"""From wire messages to canonical ones, as leniently as OpenAI and its imitators read them.

Nothing here asks whether the turns follow each other as some vendor wants: providers differ, and say so
themselves.
"""

from typing import Any

import msgspec

from causeway.dialects.openai.decode_content import (
    decode_assistant_content,
    decode_system_content,
    decode_tool_content,
    decode_user_content,
)
from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.openai.request_schema import WireMessage, WireToolCall
from causeway.model.content import (
    AssistantMessage,
    Message,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.loss import LossReport

ROLES = ("system", "developer", "user", "assistant", "tool", "function")

# A `name` has no place, and so it is not known; but that of a tool's result the call has already.
_KNOWN = frozenset({"role", "content"})
_KNOWN_OF_ROLE = {
    "assistant": _KNOWN | {"tool_calls", "function_call", "refusal", "reasoning_content", "reasoning"},
    "tool": _KNOWN | {"tool_call_id", "name"},
    "function": _KNOWN | {"name"},
}


def decode_messages(
    wire: list[WireMessage] | None, raw: list[dict[str, Any]] | None, losses: LossReport
) -> tuple[Message, ...]:
    """Return the conversation; `raw` are the same messages as they came.

    Raises InvalidRequestError that names the message at fault.
    """
    if not wire or raw is None:
        raise missing("messages") if wire is None else invalid("messages", "expected at least one message")
    messages: list[Message] = []
    # The calls from before there were tools have no ids: a result belongs to the last call of its name.
    function_ids: dict[str, str] = {}
    for index, message in enumerate(wire):
        text, role = message.content, message.role
        if type(text) is str and len(raw[index]) == 2:  # nearly every turn: one text and nothing besides
            if role == "user":
                messages.append(UserMessage((TextBlock(text),)))
                continue
            if role == "assistant" and text:
                messages.append(AssistantMessage((TextBlock(text),)))
                continue
            if role == "system":
                messages.append(SystemMessage((TextBlock(text),)))
                continue
        path = f"messages[{index}]"
        drop_unknown(raw[index], _KNOWN_OF_ROLE.get(role, _KNOWN), path, losses)
        match role:
            case "user":
                messages.append(UserMessage(decode_user_content(message.content, f"{path}.content", losses)))
            case "system" | "developer":
                content = decode_system_content(message.content, f"{path}.content", losses)
                messages.append(SystemMessage(content))
            case "assistant":
                messages.append(_decode_assistant(message, path, function_ids, losses))
            case "tool":
                if not message.tool_call_id:
                    raise missing(f"{path}.tool_call_id")
                blocks = decode_tool_content(message.content, f"{path}.content", losses)
                messages.append(ToolMessage(message.tool_call_id, blocks))
            case "function":
                if not message.name:
                    raise missing(f"{path}.name")
                blocks = decode_tool_content(message.content, f"{path}.content", losses)
                messages.append(ToolMessage(function_ids.get(message.name, message.name), blocks))
            case _:
                raise invalid_choice(f"{path}.role", role, ROLES)
    return tuple(messages)


def _decode_assistant(
    message: WireMessage, path: str, function_ids: dict[str, str], losses: LossReport
) -> AssistantMessage:
    calls = tuple(
        _decode_tool_call(call, f"{path}.tool_calls[{index}]", losses)
        for index, call in enumerate(message.tool_calls or ())
    )
    if message.function_call is not None:
        calls = (*calls, _decode_function_call(message, path, function_ids))
    content = decode_assistant_content(message.content, f"{path}.content", losses)
    if message.refusal:
        losses.add("mapped", f"{path}.refusal", "it is part of the text")
        content = (*content, TextBlock(message.refusal))
    if thinking := message.reasoning_content or message.reasoning:
        content = (ThinkingBlock(thinking), *content)
    if not calls:
        return AssistantMessage(content)
    texts = [block.text for block in content if isinstance(block, TextBlock)]
    return AssistantMessage(
        content=tuple(block for block in content if isinstance(block, ThinkingBlock)),
        tool_plan="".join(texts) if texts else None,
        tool_calls=calls,
    )


def _decode_tool_call(wire: WireToolCall, path: str, losses: LossReport) -> ToolCall:
    if not wire.id:
        raise missing(f"{path}.id")
    if wire.custom is not None:
        if not wire.custom.name:
            raise missing(f"{path}.custom.name")
        losses.add("approximated", f"{path}.custom", "its input is told as the argument of a function")
        arguments = msgspec.json.encode({"input": wire.custom.input or ""}).decode()
        return ToolCall(wire.id, wire.custom.name, arguments)
    if wire.function is None or not wire.function.name:
        raise missing(f"{path}.function.name")
    arguments = "{}" if wire.function.arguments is None else wire.function.arguments
    return ToolCall(wire.id, wire.function.name, arguments)


def _decode_function_call(message: WireMessage, path: str, function_ids: dict[str, str]) -> ToolCall:
    call = message.function_call
    if call is None or not call.name:
        raise missing(f"{path}.function_call.name")
    id = function_ids[call.name] = f"call_{len(function_ids)}_{call.name}"
    return ToolCall(id, call.name, "{}" if call.arguments is None else call.arguments)
