"""From Anthropic's turns to canonical messages.

A user's turn holds the results of tools too, each of which is a message of its own. Documents that are to
be cited belong to the whole request. Nothing here asks whether the turns follow each other as Anthropic
wants: providers differ, and say so themselves.
"""

from typing import Any

import msgspec

from causeway.dialects.anthropic.assistant_blocks import kind_of, seal_of
from causeway.dialects.anthropic.cache_control import decode_cache_control
from causeway.dialects.anthropic.decode_blocks import (
    DecodedBlock,
    blocks_in,
    decode_result_block,
    decode_said_block,
    type_of,
)
from causeway.dialects.anthropic.decode_citations import decode_citations
from causeway.dialects.anthropic.documents import decode_document
from causeway.dialects.anthropic.kept_fields import DIALECT, keep_others
from causeway.dialects.anthropic.request_body import (
    invalid,
    invalid_choice,
    missing,
    required_object,
    required_text,
)
from causeway.dialects.anthropic.request_schema import WireMessage
from causeway.dialects.anthropic.tool_input import decode_input
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Citation,
    Document,
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

ROLES = ("user", "assistant", "system")
# The kind of the block that stands for a turn of the role `system` which says more than text.
SYSTEM_TURN = "system"

_MESSAGE = frozenset({"role", "content"})
_RESULT = frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"})


class MessageReader:
    """Collects the messages of one request; `kept` takes what has no place in them."""

    def __init__(self, kept: dict[str, Any], losses: LossReport) -> None:
        self.messages: list[Message] = []
        self.documents: list[Document] = []
        self._kept = kept
        self._losses = losses

    def add_system(self, content: str | list[dict[str, Any]] | None) -> None:
        """Take the instructions that stand before the conversation; raises InvalidRequestError."""
        if isinstance(content, str):
            self.messages.append(SystemMessage((TextBlock(content),)))
        elif content:
            self._add_system_turn(content, "system")

    def add_turns(self, wire: list[WireMessage] | None, raw: list[dict[str, Any]] | None) -> None:
        """Take the turns; `raw` are the same as they came. Raises InvalidRequestError."""
        if wire is None or raw is None:
            raise missing("messages")
        if not wire:
            raise invalid("messages", "expected at least one message")
        for index, message in enumerate(wire):
            text, role = message.content, message.role
            is_plain = type(text) is str and len(raw[index]) == 2
            if is_plain and role == "user":  # nearly every turn: one text and nothing besides
                self.messages.append(UserMessage((TextBlock(text),)))  # type: ignore[arg-type]
            elif is_plain and role == "assistant" and text:
                self.messages.append(AssistantMessage((TextBlock(text),)))  # type: ignore[arg-type]
            else:
                self._add_turn(message, raw[index], f"messages[{index}]")

    def _add_turn(self, message: WireMessage, raw: dict[str, Any], path: str) -> None:
        at = f"{path}.content"
        if message.role == "system":
            blocks = blocks_in(message.content, at)
            if len(raw) > 2 or any(type_of(b, f"{at}[{i}]") != "text" for i, b in enumerate(blocks)):
                self._add_own_system_turn(raw)
            else:
                self._add_system_turn(blocks, at)
            return
        for name in raw.keys() - _MESSAGE:
            self._losses.add("dropped", f"{path}.{name[:200]}", "the gateway has no place for it")
        match message.role:
            case "user":
                self._add_user_turn(blocks_in(message.content, at), at)
            case "assistant":
                self._add_assistant_turn(blocks_in(message.content, at), at)
            case role:
                raise invalid_choice(f"{path}.role", role, ROLES)

    def _add_system_turn(self, blocks: list[dict[str, Any]], path: str) -> None:
        content: list[TextBlock | CachePoint] = []
        for index, raw in enumerate(blocks):
            at = f"{path}[{index}]"
            if (kind := type_of(raw, at)) != "text":
                raise invalid_choice(f"{at}.type", kind, ("text",))
            decoded = decode_said_block(raw, at)
            assert isinstance(decoded.block, TextBlock)  # noqa: S101  # its type was looked at
            self._keep(decoded, len(self.messages), len(content))
            content.append(decoded.block)
            if decoded.cache_point is not None:
                content.append(decoded.cache_point)
        self.messages.append(SystemMessage(tuple(content)))

    def _add_own_system_turn(self, raw: dict[str, Any]) -> None:
        """Put what only Anthropic knows behind the turn that it follows, where others can leave it out."""
        block = OpaqueBlock(DIALECT, SYSTEM_TURN, raw)
        match self.messages[-1:]:
            case [UserMessage() | ToolMessage() as last]:
                self.messages[-1] = msgspec.structs.replace(last, content=(*last.content, block))
            case _:
                self.messages.append(UserMessage((block,)))

    def _add_user_turn(self, blocks: list[dict[str, Any]], path: str) -> None:
        content: list[Any] = []
        has_other = any(block.get("type") != "document" for block in blocks)
        has_added = False
        for index, raw in enumerate(blocks):
            at = f"{path}[{index}]"
            kind = type_of(raw, at)
            if kind == "tool_result":
                if content:
                    self.messages.append(UserMessage(tuple(content)))
                    content = []
                self._add_tool_result(raw, at)
                has_added = True
            elif kind == "document" and has_other and (document := decode_document(raw)) is not None:
                self._add_document(document, at)
            else:
                decoded = decode_said_block(raw, at)
                self._keep(decoded, len(self.messages), len(content))
                content.append(decoded.block)
                if decoded.cache_point is not None:
                    content.append(decoded.cache_point)
        if content or not has_added:
            self.messages.append(UserMessage(tuple(content)))

    def _add_document(self, document: Document, path: str) -> None:
        if any(document.id is not None and document.id == other.id for other in self.documents):
            self._losses.add("approximated", f"{path}.title", "two documents have it: it names the first")
            document = Document(document.data)
        self.documents.append(document)

    def _add_tool_result(self, raw: dict[str, Any], path: str) -> None:
        id = required_text(raw, "tool_use_id", path)
        is_error = raw.get("is_error")
        if is_error is not None and not isinstance(is_error, bool):
            raise invalid(f"{path}.is_error", "expected a boolean")
        content: list[Any] = []
        given = raw.get("content")
        for index, block in enumerate(() if given is None else blocks_in(given, f"{path}.content")):
            decoded = decode_result_block(block, f"{path}.content[{index}]")
            self._keep(decoded, len(self.messages), len(content))
            content.append(decoded.block)
            if decoded.cache_point is not None:
                content.append(decoded.cache_point)
        cache_point = decode_cache_control(raw.get("cache_control"))
        known = _RESULT
        if cache_point is not None:
            content.append(cache_point)
        elif raw.get("cache_control") is not None:
            known = _RESULT - {"cache_control"}
        keep_others(raw, known, f"messages[{len(self.messages)}]", self._kept, self._losses)
        self.messages.append(ToolMessage(id, tuple(content), bool(is_error)))

    def _add_assistant_turn(self, blocks: list[dict[str, Any]], path: str) -> None:
        content: list[TextBlock | ThinkingBlock | OpaqueBlock | CachePoint] = []
        calls: list[ToolCall] = []
        citations: list[Citation] = []
        blocks_before, has_own = 0, False
        for index, raw in enumerate(blocks):
            at = f"{path}[{index}]"
            kind = type_of(raw, at)
            match kind_of(raw):
                case "text":
                    text = required_text(raw, "text", at)
                    cache_point = decode_cache_control(raw.get("cache_control"))
                    if cache_point is not None:
                        raw = {name: value for name, value in raw.items() if name != "cache_control"}
                    citation = decode_citations(_list(raw, "citations", at), text, len(content))
                    if citation is not None:
                        citations.append(citation)
                    content.append(TextBlock(text, seal_of(raw, "text")))
                    if cache_point is not None:
                        content.append(cache_point)
                case "thinking":
                    content.append(
                        ThinkingBlock(required_text(raw, "thinking", at), seal_of(raw, "thinking"))
                    )
                case "tool_use":
                    calls.append(_decode_tool_use(raw, at, blocks_before if has_own else None))
                    continue
                case "own":
                    content.append(OpaqueBlock(DIALECT, kind, raw))
                    has_own = True
            blocks_before += 1
        self.messages.append(AssistantMessage(tuple(content), None, tuple(calls), tuple(citations)))

    def _keep(self, decoded: DecodedBlock, message: int, block: int) -> None:
        if decoded.others:
            keep_others(
                decoded.others,
                frozenset(),
                f"messages[{message}].content[{block}]",
                self._kept,
                self._losses,
            )


def _decode_tool_use(raw: dict[str, Any], path: str, blocks_before: int | None) -> ToolCall:
    return ToolCall(
        required_text(raw, "id", path),
        required_text(raw, "name", path),
        decode_input(required_object(raw, "input", path)),
        seal_of(raw, "tool_use", blocks_before),
    )


def _list(members: dict[str, Any], name: str, path: str) -> list[Any]:
    value = members.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"{path}.{name}", "expected an array")
    return value
