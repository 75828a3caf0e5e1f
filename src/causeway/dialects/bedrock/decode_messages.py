"""From wire messages to canonical ones.

A tool's results are part of the user's turn here and turns of their own there; the mark for the cache that
follows one is kept with it. Nothing here asks whether the turns follow each other as some model wants.
"""

from typing import Any

import msgspec

from causeway.dialects.bedrock.citations import decode_citations
from causeway.dialects.bedrock.content_schema import WireBlock, WireCitationsContent, WireMessage, WireToolUse
from causeway.dialects.bedrock.decode_content import (
    collect_unknown,
    decode_cache_point,
    decode_guard,
    decode_reasoning,
    decode_shared_block,
    decode_tool_result,
    kind_of,
)
from causeway.dialects.bedrock.documents import KINDS, DocumentReader, Place
from causeway.dialects.bedrock.request_body import invalid, invalid_choice, missing
from causeway.dialects.bedrock.request_schema import WireSystemBlock
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Citation,
    FileBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    Seal,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)

ROLES = ("user", "assistant", "system")
SERVER_TOOL = "server_tool_use"

_CALL_MEMBERS = frozenset({"toolUseId", "name", "input"})

AssistantBlock = TextBlock | ThinkingBlock | OpaqueBlock | CachePoint
UserBlock = TextBlock | ImageBlock | FileBlock | OpaqueBlock | CachePoint


def decode_system(wire: list[WireSystemBlock], raw: list[dict[str, Any]]) -> SystemMessage:
    """Return the instructions; raises InvalidRequestError."""
    content: list[TextBlock | CachePoint] = []
    for index, (block, raw_block) in enumerate(zip(wire, raw, strict=True)):
        path = f"system[{index}]"
        content.append(_decode_instruction(block, raw_block, path))
    return SystemMessage(tuple(content))


def decode_messages(
    wire: list[WireMessage], raw: list[dict[str, Any]], fields: dict[str, Any], documents: DocumentReader
) -> list[Message]:
    """Return the conversation; `raw` are the same messages as they came.

    What has no canonical place is added to `fields`, and what is to be cited to `documents`. Raises
    InvalidRequestError.
    """
    messages: list[Message] = []
    starts = _Starts()
    for index, (message, raw_message) in enumerate(zip(wire, raw, strict=True)):
        path, blocks = f"messages[{index}]", raw_message["content"]
        start = starts.begin(message.role)
        match message.role:
            case "user":
                if not blocks:
                    raise invalid(f"{path}.content", "expected at least one block")
                messages += _decode_user(message, blocks, path, start, fields, documents)
            case "assistant":
                messages.append(_decode_assistant(message, blocks, path, start, fields))
            case "system":
                messages.append(_decode_instructions(message, blocks, path))
                continue
            case _:
                raise invalid_choice(f"{path}.role", message.role, ROLES)
        start.blocks += len(blocks)
    return messages


class _Start:
    """Where in the body that `encode_request` writes a message begins: turns of one role are joined."""

    def __init__(self, message: int) -> None:
        self.message = message
        self.blocks = 0

    def of(self, index: int) -> str:
        return f"messages[{self.message}].content[{self.blocks + index}]"

    def place(self, index: int) -> Place:
        return Place(self.message, self.blocks + index)


class _Starts:
    def __init__(self) -> None:
        self._role = ""
        self._current = _Start(-1)

    def begin(self, role: str) -> _Start:
        if role not in (self._role, "system"):
            self._role = role
            self._current = _Start(self._current.message + 1)
        return self._current


def _decode_instructions(message: WireMessage, raw: list[dict[str, Any]], path: str) -> SystemMessage:
    content = [
        _decode_instruction(block, raw_block, f"{path}.content[{index}]")
        for index, (block, raw_block) in enumerate(zip(message.content, raw, strict=True))
    ]
    return SystemMessage(tuple(content))


def _decode_instruction(
    wire: WireSystemBlock | WireBlock, raw: dict[str, Any], path: str
) -> TextBlock | CachePoint:
    kind_of(raw, path)
    if wire.text is not None:
        return TextBlock(wire.text)
    if wire.cache_point is not None:
        return decode_cache_point(wire.cache_point, f"{path}.cachePoint")
    if wire.guard_content is not None and wire.guard_content.text is not None:
        return TextBlock(wire.guard_content.text.text, Seal("bedrock", raw))
    raise invalid(path, "expected one of text, guardContent with a text, cachePoint")


def _decode_user(
    message: WireMessage,
    raw: list[dict[str, Any]],
    path: str,
    start: _Start,
    fields: dict[str, Any],
    documents: DocumentReader,
) -> list[Message]:
    messages: list[Message] = []
    content: list[UserBlock] = []
    for index, (block, raw_block) in enumerate(zip(message.content, raw, strict=True)):
        if type(block.text) is str and len(raw_block) == 1:  # nearly every block
            content.append(TextBlock(block.text))
            continue
        at, to = f"{path}.content[{index}]", start.of(index)
        kind = kind_of(raw_block, at)
        if block.tool_result is not None:
            if content:
                messages.append(UserMessage(tuple(content)))
                content = []
            where = f"{at}.{kind}", f"{to}.{kind}"
            messages.append(decode_tool_result(block.tool_result, raw_block[kind], where, fields, documents))
        elif block.cache_point is not None:
            mark = decode_cache_point(block.cache_point, f"{at}.cachePoint")
            last = messages[-1] if messages and not content else None
            if isinstance(last, ToolMessage):
                messages[-1] = ToolMessage(last.tool_call_id, (*last.content, mark), last.is_error)
            else:
                content.append(mark)
        elif block.guard_content is not None:
            content.append(decode_guard(block.guard_content, raw_block))
        else:
            said: dict[str, Any] = {}
            decoded = decode_shared_block(block, raw_block, at, to, said)
            document = documents.read(kind, raw_block)
            # A turn of nothing but documents would be none without them.
            if document is not None and any(map(_says_more, raw)):
                documents.add(document, start.place(index))
                continue
            fields.update(said)
            content.append(decoded)
    if content:
        messages.append(UserMessage(tuple(content)))
    return messages


def _says_more(raw: dict[str, Any]) -> bool:
    return raw.keys().isdisjoint((*KINDS, "cachePoint"))


def _decode_assistant(
    message: WireMessage, raw: list[dict[str, Any]], path: str, start: _Start, fields: dict[str, Any]
) -> AssistantMessage:
    content: list[AssistantBlock] = []
    calls: list[ToolCall] = []
    citations: list[Citation] = []
    for index, (block, raw_block) in enumerate(zip(message.content, raw, strict=True)):
        at = f"{path}.content[{index}]"
        kind = kind_of(raw_block, at)
        if block.text is not None:
            content.append(TextBlock(block.text))
        elif block.tool_use is not None and block.tool_use.type != SERVER_TOOL:
            calls.append(_decode_call(block.tool_use, raw_block[kind], f"{at}.{kind}"))
            collect_unknown(raw_block[kind], _CALL_MEMBERS, f"{start.of(index)}.{kind}", fields)
        elif block.reasoning_content is not None:
            content.append(decode_reasoning(block.reasoning_content, raw_block))
        elif block.citations_content is not None:
            text = cited_text(block.citations_content)
            citation = decode_citations(block.citations_content.citations or (), text, len(content))
            content.append(TextBlock(text, Seal("bedrock", raw_block)))
            if citation is not None:
                citations.append(citation)
        elif block.cache_point is not None:
            content.append(decode_cache_point(block.cache_point, f"{at}.cachePoint"))
        elif block.guard_content is not None:
            content.append(decode_guard(block.guard_content, raw_block))
        else:
            content.append(OpaqueBlock("bedrock", kind, raw_block))
    return AssistantMessage(tuple(content), None, tuple(calls), tuple(citations))


def cited_text(wire: WireCitationsContent) -> str:
    """Return the text that a block of citations says."""
    return "".join(piece.text for piece in wire.content or ())


def _decode_call(wire: WireToolUse, raw: dict[str, Any], path: str) -> ToolCall:
    if "input" not in raw:
        raise missing(f"{path}.input")
    if not isinstance(wire.input, dict):
        raise invalid(f"{path}.input", "expected an object")
    return ToolCall(wire.tool_use_id, wire.name, msgspec.json.encode(wire.input).decode())
