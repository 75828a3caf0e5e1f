"""From Gemini's turns to canonical messages.

A user's turn that holds results of calls becomes a message for each, and one for what else the user says
between them. A call or a result without an id is given one by its place, and by its order among those of its
name.
"""

from collections import deque
from typing import Any

import msgspec

from causeway.dialects.gemini.invented_ids import invented_call_id
from causeway.dialects.gemini.media import decode_blob, decode_file
from causeway.dialects.gemini.request_body import as_list, drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.gemini.request_schema import WireContent, WireFunctionResponse, WirePart
from causeway.dialects.gemini.results import decode_result
from causeway.dialects.gemini.seals import opaque_block, seal_of
from causeway.model.content import (
    AssistantMessage,
    FileBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.loss import LossReport

ROLES = ("user", "model", "function", "tool")

_TURN_MEMBERS = frozenset({"parts", "role"})
_MEDIA_MEMBERS = frozenset({"inlineData", "fileData", "thought", "thoughtSignature"})
# Members that say something of a part, and do not make it one.
_ABOUT_PART = frozenset({"thought", "thoughtSignature", "partMetadata", "mediaResolution", "videoMetadata"})


def decode_system(wire: WireContent | str | None, raw: Any, losses: LossReport) -> tuple[SystemMessage, ...]:
    """Return the instruction, if there is one; it is text only. Raises InvalidRequestError."""
    if wire is None:
        return ()
    if isinstance(wire, str):
        return (SystemMessage((TextBlock(wire),)),)
    drop_unknown(raw, _TURN_MEMBERS, "systemInstruction", losses)
    blocks: list[TextBlock] = []
    for index, part in enumerate(as_list(wire.parts)):
        if part.text is None:
            raise invalid(f"systemInstruction.parts[{index}]", "expected a text")
        blocks.append(TextBlock(part.text))
    return (SystemMessage(tuple(blocks)),) if blocks else ()


def decode_contents(
    wire: list[WireContent] | WireContent | None, raw: Any, losses: LossReport
) -> tuple[Message, ...]:
    """Return the conversation; `raw` is the same as it came. Raises InvalidRequestError, naming the part."""
    if not (turns := as_list(wire)):
        raise missing("contents") if wire is None else invalid("contents", "expected at least one turn")
    calls = _OpenCalls()
    messages: list[Message] = []
    for index, (turn, raw_turn) in enumerate(zip(turns, as_list(raw), strict=True)):
        path = f"contents[{index}]"
        parts, raw_parts = as_list(turn.parts), as_list(raw_turn.get("parts"))
        if len(raw_turn) > 2:
            drop_unknown(raw_turn, _TURN_MEMBERS, path, losses)
        if turn.role == "model":
            messages.append(_decode_model_turn(parts, raw_parts, path, calls))
        elif not turn.role or turn.role in ROLES:
            messages += _decode_user_turn(parts, raw_parts, path, calls, losses)
        else:
            raise invalid_choice(f"{path}.role", turn.role, ROLES)
    return tuple(messages)


class _OpenCalls:
    """The calls that have no result yet, so that results without ids find theirs."""

    def __init__(self) -> None:
        self._ids: dict[str, deque[str]] = {}

    def add(self, name: str, id: str) -> None:
        """Take a call."""
        self._ids.setdefault(name, deque()).append(id)

    def answer(self, name: str, id: str | None) -> str:
        """Return the id of the call that has its result now; that is its name where there is no such call."""
        waiting = self._ids.get(name)
        if id is not None:
            if waiting and id in waiting:
                waiting.remove(id)
            return id
        return waiting.popleft() if waiting else name


def _decode_model_turn(
    parts: list[WirePart], raw: list[dict[str, Any]], path: str, calls: _OpenCalls
) -> AssistantMessage:
    content: list[TextBlock | ThinkingBlock | OpaqueBlock] = []
    made: list[ToolCall] = []
    for index, (part, members) in enumerate(zip(parts, raw, strict=True)):
        at = f"{path}.parts[{index}]"
        if (call := part.function_call) is not None:
            if not call.name:
                raise missing(f"{at}.functionCall.name")
            id = call.id or invented_call_id(path, len(made), call.name)
            calls.add(call.name, id)
            arguments = msgspec.json.encode(call.args or {}).decode()
            made.append(ToolCall(id, call.name, arguments, seal_of(members)))
        elif part.text is not None or (part.thought_signature is not None and _kind(members) is None):
            block_type = ThinkingBlock if part.thought else TextBlock
            content.append(block_type(part.text or "", seal_of(members, len(made))))
        else:
            content.append(opaque_block(_kind_of(members, at), members, len(made)))
    return AssistantMessage(tuple(content), tool_calls=tuple(made))


def _decode_user_turn(
    parts: list[WirePart], raw: list[dict[str, Any]], path: str, calls: _OpenCalls, losses: LossReport
) -> list[Message]:
    if not parts:
        raise missing(f"{path}.parts")
    messages: list[Message] = []
    said: list[TextBlock | ImageBlock | FileBlock | OpaqueBlock] = []
    for index, (part, members) in enumerate(zip(parts, raw, strict=True)):
        at = f"{path}.parts[{index}]"
        if part.function_response is not None:
            if said:
                messages.append(UserMessage(tuple(said)))
                said = []
            messages.append(
                _decode_response(part.function_response, members["functionResponse"], at, calls, losses)
            )
        else:
            said.append(_decode_user_part(part, members, at, losses))
    if said:
        messages.append(UserMessage(tuple(said)))
    return messages


def _decode_response(
    wire: WireFunctionResponse, raw: dict[str, Any], path: str, calls: _OpenCalls, losses: LossReport
) -> ToolMessage:
    at = f"{path}.functionResponse"
    if not wire.name:
        raise missing(f"{at}.name")
    content, is_error = decode_result(wire, raw, at, losses)
    return ToolMessage(calls.answer(wire.name, wire.id), content, is_error)


def _decode_user_part(
    part: WirePart, members: dict[str, Any], path: str, losses: LossReport
) -> TextBlock | ImageBlock | FileBlock | OpaqueBlock:
    if part.text is not None:
        return TextBlock(part.text, seal_of(members)) if len(members) > 1 else TextBlock(part.text)
    # When and how fast to look at a film means something to Gemini alone.
    if (part.inline_data is not None or part.file_data is not None) and "videoMetadata" not in members:
        drop_unknown(members, _MEDIA_MEMBERS, path, losses)
        if part.inline_data is not None:
            return decode_blob(part.inline_data, members["inlineData"], f"{path}.inlineData", losses)
        if part.file_data is not None:
            return decode_file(part.file_data, members["fileData"], f"{path}.fileData", losses)
    return opaque_block(_kind_of(members, path), members)


def _kind_of(members: dict[str, Any], path: str) -> str:
    kind = _kind(members)
    if kind is None:
        raise invalid(path, "expected a text, a file, a call, a result or another kind of part")
    return kind


def _kind(members: dict[str, Any]) -> str | None:
    for name, value in members.items():
        if name not in _ABOUT_PART and value is not None:
            return name
    return None
