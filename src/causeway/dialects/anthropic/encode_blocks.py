"""Canonical blocks of a user, a tool and a model as Anthropic's.

Anthropic refuses a text without a visible character, so that none is written. A mark for the cache is a
member of the block before it.
"""

import re
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from msgspec import Struct

from causeway.dialects.anthropic.assistant_blocks import in_order, own_members
from causeway.dialects.anthropic.cache_control import encode_cache_control
from causeway.dialects.anthropic.decode_messages import SYSTEM_TURN
from causeway.dialects.anthropic.documents import encode_search_result, is_told_as_it_is
from causeway.dialects.anthropic.kept_fields import DIALECT, KeptFields
from causeway.dialects.anthropic.media import encode_file, encode_image
from causeway.dialects.anthropic.tool_input import encode_input
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
)
from causeway.model.loss import LossReport
from causeway.model.uncarried import report_uncarried

# Anthropic refuses a mark on them.
_UNMARKED = ("thinking", "redacted_thinking")
_ID = re.compile(r"[a-zA-Z0-9_-]+")

Blocks = list[dict[str, Any]]
SaidBlock = TextBlock | ImageBlock | FileBlock | DocumentBlock | OpaqueBlock | CachePoint


class BlockWriter(Struct, frozen=True):
    """Writes the blocks of one request.

    `cites` says that documents are to be cited, `cites_files` that files are too: of a request's documents
    Anthropic cites all or none. `is_own` says that the request came in this dialect.
    """

    kept: KeptFields
    losses: LossReport
    cites: bool
    cites_files: bool
    is_own: bool

    def said(self, content: Iterable[SaidBlock], path: str) -> tuple[Blocks, Blocks]:
        """Return what a user or a tool said, and the turns of Anthropic's own that follow it."""
        blocks: Blocks = []
        turns: Blocks = []
        for index, block in enumerate(content):
            at = f"{path}.content[{index}]"
            if isinstance(block, CachePoint):
                self._mark(blocks, block, at)
            elif isinstance(block, OpaqueBlock) and block.dialect == DIALECT and block.kind == SYSTEM_TURN:
                turns.append(block.data)
            elif (encoded := self._said(block, at)) is not None:
                if members := self.kept.of(at):
                    encoded = {**encoded, **members}
                blocks.append(encoded)
        return blocks, turns

    def result(self, message: ToolMessage, path: str) -> tuple[dict[str, Any], Blocks]:
        """Return the `tool_result` of a message, and the turns of Anthropic's own that follow it."""
        content, point = message.content, None
        if content and isinstance(content[-1], CachePoint):
            content, point = content[:-1], content[-1]
        blocks, turns = self.said(content, path)
        id = self._id(message.tool_call_id, f"{path}.tool_call_id")
        encoded: dict[str, Any] = {"type": "tool_result", "tool_use_id": id}
        if blocks:
            encoded["content"] = blocks
        if message.is_error:
            encoded["is_error"] = True
        if isinstance(point, CachePoint):
            encoded["cache_control"] = encode_cache_control(
                point, f"{path}.content[{len(content)}]", self.losses
            )
        return encoded | self.kept.of(path), turns

    def written(self, message: AssistantMessage, path: str) -> Blocks:
        """Return what a model wrote earlier; thinking that Anthropic did not sign is left out."""
        blocks: Blocks = []
        kept = [block for block in message.content if not isinstance(block, CachePoint)]
        places = [i for i, block in enumerate(message.content) if not isinstance(block, CachePoint)]
        for item in in_order(kept, message.tool_calls):
            if isinstance(item, ToolCall):
                place = message.tool_calls.index(item)
                blocks.append(self._tool_use(item, f"{path}.tool_calls[{place}]"))
                continue
            index, block = item
            at = places[index]
            encoded = self._written(block, f"{path}.content[{at}]")
            if encoded is not None:
                blocks.append(encoded)
            following = message.content[at + 1 : at + 2]
            if following and isinstance(following[0], CachePoint):
                self._mark(blocks, following[0], f"{path}.content[{at + 1}]")
        self._insert_plan(blocks, message.tool_plan)
        self._report_citations(message, path)
        return blocks

    def _said(self, block: SaidBlock, path: str) -> dict[str, Any] | None:
        source: dict[str, Any] | None
        match block:
            case TextBlock(text=text):
                return {"type": "text", "text": text} if text.strip() else None
            case ImageBlock(detail=detail):
                source = encode_image(block)
                if source is None:
                    self.losses.add("dropped", path, "the provider does not take images of this kind")
                    return None
                if detail is not None:
                    self.losses.add("dropped", f"{path}.detail", "the provider does not take it")
                return {"type": "image", "source": source}
            case FileBlock(name=name):
                source = encode_file(block)
                if source is None:
                    report_uncarried(block, path, self.losses)
                    return None
                encoded: dict[str, Any] = {"type": "document", "source": source}
                if name is not None:
                    encoded["title"] = name
                if self.cites_files:
                    encoded["citations"] = {"enabled": True}
                return encoded
            case DocumentBlock(document=document):
                if not is_told_as_it_is(document) and not self.is_own:
                    self.losses.add("mapped", path, "the document's fields are told as texts")
                return encode_search_result(document, document.id or path, is_cited=self.cites)
            case OpaqueBlock(dialect="anthropic", data=data):
                return data
            case OpaqueBlock():
                report_uncarried(block, path, self.losses)
        return None

    def _written(self, block: TextBlock | ThinkingBlock | OpaqueBlock, path: str) -> dict[str, Any] | None:
        match block:
            case TextBlock(text=text, seal=seal):
                return {"type": "text", "text": text, **own_members(seal)} if text.strip() else None
            case ThinkingBlock(thinking=thinking, seal=seal):
                members = own_members(seal)
                if "signature" in members:
                    return {"type": "thinking", "thinking": thinking, **members}
                self.losses.add("dropped", path, "the provider takes back only thinking that it signed")
            case OpaqueBlock(dialect="anthropic", data=data):
                return data
            case OpaqueBlock():
                report_uncarried(block, path, self.losses)
        return None

    def _tool_use(self, call: ToolCall, path: str) -> dict[str, Any]:
        arguments = encode_input(call.arguments)
        if arguments is None:
            self.losses.add("approximated", f"{path}.arguments", "they are no JSON object: told as a text")
        return {
            "type": "tool_use",
            "id": self._id(call.id, f"{path}.id"),
            "name": call.name,
            "input": {"arguments": call.arguments} if arguments is None else arguments,
            **own_members(call.seal),
        }

    def _insert_plan(self, blocks: Blocks, plan: str | None) -> None:
        """Put a plan before the calls, and behind the thinking that has to come first."""
        if plan is None or not plan.strip():
            return
        place = next((i for i, block in enumerate(blocks) if block["type"] == "tool_use"), len(blocks))
        blocks.insert(place, {"type": "text", "text": plan})

    def _report_citations(self, message: AssistantMessage, path: str) -> None:
        for citation in message.citations:
            index = citation.content_index
            cited = message.content[index] if index is not None and index < len(message.content) else None
            if not (isinstance(cited, TextBlock) and "citations" in own_members(cited.seal)):
                self.losses.add("dropped", f"{path}.citations", "the provider does not take citations back")
                return

    def _mark(self, blocks: Blocks, point: CachePoint, path: str) -> None:
        if not blocks or blocks[-1]["type"] in _UNMARKED:
            report_uncarried(point, path, self.losses)
            return
        blocks[-1] = {**blocks[-1], "cache_control": encode_cache_control(point, path, self.losses)}

    def _id(self, id: str, path: str) -> str:
        """Return a tool call's id, or where Anthropic would refuse it another that is always the same."""
        if _ID.fullmatch(id):
            return id
        self.losses.add("mapped", path, "the provider takes ids of letters, digits, - and _")
        return f"toolu_{b32encode(sha256(id.encode()).digest()).decode().lower()[:24]}"
