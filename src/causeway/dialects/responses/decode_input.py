"""A request's `input`, decoded to messages: what stands between two turns of others is one assistant's turn.

Items that are nobody's turn (a reference, a compaction, the output of a tool that only OpenAI knows) stand
whole in the assistant's turn, at their place.
"""

from typing import Any

from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.responses.decode_items import DecodedItems, is_plain_message
from causeway.dialects.responses.decode_parts import decode_content, decode_system_content
from causeway.dialects.responses.items import (
    DIALECT,
    FUNCTION_CALL_OUTPUT,
    MESSAGE,
    MalformedItemError,
    make_seal,
    own_seal,
)
from causeway.model.content import (
    AssistantMessage,
    Message,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.loss import LossReport

ROLES = ("user", "assistant", "system", "developer")
_MESSAGE_MEMBERS = frozenset({"type", "role", "content", "id", "status"})
_OUTPUT_MEMBERS = frozenset({"type", "call_id", "output", "id", "status"})

Input = str | list[dict[str, Any]] | None


def decode_input(input: Input, instructions: str | None, losses: LossReport) -> tuple[Message, ...]:
    """Return the conversation; raises InvalidRequestError, naming the field.

    `instructions` are its first message.
    """
    messages: list[Message] = []
    if instructions is not None:
        messages.append(SystemMessage((TextBlock(instructions),)))
    if isinstance(input, str):
        return (*messages, UserMessage((TextBlock(input),)))
    turn: DecodedItems | None = None
    for index, item in enumerate(input or ()):
        path = f"input[{index}]"
        message = _decode_other_turn(item, path, losses, is_first=not messages and turn is None)
        if message is not None:
            if turn is not None:
                messages.append(_finish(turn))
                turn = None
            messages.append(message)
            continue
        turn = turn or DecodedItems()
        _add_to_turn(turn, item, path)
    if turn is not None:
        messages.append(_finish(turn))
    return tuple(messages)


def _decode_other_turn(
    item: dict[str, Any], path: str, losses: LossReport, *, is_first: bool
) -> Message | None:
    """Return the message that an item is, or none for one that belongs to the assistant's turn."""
    kind = item.get("type", MESSAGE)
    if kind == FUNCTION_CALL_OUTPUT:
        id = item.get("call_id")
        if not id:
            raise missing(f"{path}.call_id")
        if not isinstance(id, str):
            raise invalid(f"{path}.call_id", "expected a string")
        drop_unknown(item, _OUTPUT_MEMBERS, path, losses)
        return ToolMessage(id, decode_content(item.get("output"), f"{path}.output", losses))
    if kind != MESSAGE:
        return None
    role = item.get("role")
    if role is None:
        raise missing(f"{path}.role")
    match role:
        case "user":
            drop_unknown(item, _MESSAGE_MEMBERS, path, losses)
            return UserMessage(decode_content(item.get("content"), f"{path}.content", losses))
        case "system" | "developer":
            drop_unknown(item, _MESSAGE_MEMBERS, path, losses)
            blocks = decode_system_content(item.get("content"), f"{path}.content", losses)
            first = blocks[0] if blocks else None
            if isinstance(first, TextBlock) and (role == "developer" or is_first):
                blocks = (TextBlock(first.text, make_seal({"role": role})), *blocks[1:])
            return SystemMessage(blocks)
        case "assistant":
            return None
    raise invalid_choice(f"{path}.role", str(role), ROLES)


def _add_to_turn(turn: DecodedItems, item: dict[str, Any], path: str) -> None:
    if item.get("type", MESSAGE) == MESSAGE:
        content = item.get("content")
        if content is None:
            raise missing(f"{path}.content")
        if isinstance(content, str):
            others = {name: value for name, value in item.items() if name not in ("type", "role", "content")}
            turn.content.append(
                TextBlock(content, make_seal({"item": others, "is_string": True} if others else {}))
            )
        elif isinstance(content, list):
            item = {"type": MESSAGE, **item}
            if is_plain_message(item):
                turn.add(item)
            else:
                turn.content.append(OpaqueBlock(DIALECT, MESSAGE, item))
        else:
            raise invalid(f"{path}.content", "expected a string or an array of parts")
        return
    try:
        turn.add(item)
    except MalformedItemError as error:
        field = f"{path}.{error.member}"
        raise (missing(field) if error.problem is None else invalid(field, error.problem)) from None


def _finish(turn: DecodedItems) -> AssistantMessage:
    return AssistantMessage(
        content=tuple(turn.content),
        tool_calls=tuple(_with_needed_seal(call, len(turn.content)) for call in turn.tool_calls),
        citations=tuple(turn.citations),
    )


def _with_needed_seal(call: ToolCall, blocks: int) -> ToolCall:
    """Return the call without a seal that says nothing: that it comes after all content, and no more."""
    sealed = own_seal(call.seal)
    if sealed["item"] or sealed["preceding_blocks"] != blocks:
        return call
    return ToolCall(call.id, call.name, call.arguments)
