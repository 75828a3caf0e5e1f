"""Canonical messages as Converse's turns and its instructions.

Bedrock wants users and models to take turns: what follows in the same role is joined, tool results with it.
Instructions stand before the conversation, wherever they came.
"""

import re
from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from causeway.dialects.bedrock.documents import own_block, own_place
from causeway.dialects.bedrock.media_formats import encode_source, file_format, image_format
from causeway.dialects.bedrock.model_family import can_cache
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Document,
    DocumentBlock,
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
from causeway.model.errors import UntranslatableError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.uncarried import report_uncarried

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_A_NAME = re.compile(r"[^0-9A-Za-z()\[\]-]+")
_SHORT_LIFETIME_SECONDS = 300

Block = (
    TextBlock | ThinkingBlock | ImageBlock | FileBlock | DocumentBlock | OpaqueBlock | CachePoint
)  # all that a message may hold


class Conversation:
    """The turns and instructions of one request, encoded; what cannot be carried is in the report."""

    def __init__(self, request: ChatRequest, losses: LossReport) -> None:
        """Encode; raises UntranslatableError where nothing of a user's turn is left to say."""
        self.system: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self._losses = losses
        self._is_own = request.dialect == "bedrock"
        self._caches = self._is_own or can_cache(request.model)
        self._documents = 0
        for index, message in enumerate(request.messages):
            self._add(message, f"messages[{index}]")
        for document in request.documents:
            self._put_back(document)

    def _put_back(self, document: Document) -> None:
        """Put a document that came in this dialect where it stood: they come in that order."""
        place, block = own_place(document), own_block(document)
        if place is not None and block is not None:
            turn = self.messages[min(place.message, len(self.messages) - 1)]
            turn["content"].insert(place.block, block)

    def _add(self, message: Message, path: str) -> None:
        match message:
            case UserMessage(content=content):
                blocks = self._blocks(content, path)
                if content and not blocks:
                    raise UntranslatableError(
                        f"{path}.content: nothing of it can be carried to the model that would answer",
                        field=f"{path}.content",
                    )
                self._say("user", blocks)
            case ToolMessage():
                self._say("user", self._encode_result(message, path))
            case AssistantMessage():
                self._say("assistant", self._encode_assistant(message, path))
            case SystemMessage(content=content):
                if self.messages:
                    self._losses.add("approximated", path, "instructions are told before the conversation")
                self.system += self._blocks(content, path)

    def _say(self, role: str, blocks: list[dict[str, Any]]) -> None:
        if self.messages and self.messages[-1]["role"] == role:
            self.messages[-1]["content"] += blocks
        elif blocks or self._is_own:
            self.messages.append({"role": role, "content": blocks})

    def _blocks(self, content: Sequence[Block], path: str) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        for index, block in enumerate(content):
            encoded = self._encode_block(block, f"{path}.content[{index}]")
            if encoded is not None:
                blocks.append(encoded)
        return blocks

    def _encode_block(self, block: Block, path: str) -> dict[str, Any] | None:
        match block:
            case TextBlock(seal=Seal(dialect="bedrock", data=data)):
                return dict(data)
            case TextBlock(text=text):  # an empty one is refused
                return {"text": text} if text or self._is_own else None
            case ThinkingBlock():
                return self._encode_thinking(block, path)
            case ImageBlock(url=url, detail=detail):
                if detail in ("low", "high"):
                    self._losses.add("dropped", f"{path}.detail", "the provider decides how closely it looks")
                return self._encode_image(url, path)
            case FileBlock():
                return self._encode_file(block, path)
            case DocumentBlock(document=document):
                if (own := own_block(document)) is not None:
                    return own
                self._losses.add("mapped", path, "the document is told as JSON")
                return {"json": _encode_document(document)}
            case OpaqueBlock(dialect="bedrock", data=data):
                return data
            case CachePoint() if self._caches:
                return encode_cache_point(block)
            case OpaqueBlock() | CachePoint():
                report_uncarried(block, path, self._losses)
                return None

    def _encode_thinking(self, block: ThinkingBlock, path: str) -> dict[str, Any] | None:
        text: dict[str, Any] = {"text": block.thinking}
        match block.seal:
            case Seal(dialect="bedrock", data=data):
                text.update(data)
            case _ if not self._is_own:
                self._losses.add("dropped", path, "the provider takes back only its own thinking")
                return None
        return {"reasoningContent": {"reasoningText": text}}

    def _encode_image(self, url: str, path: str) -> dict[str, Any] | None:
        source, format = encode_source(url), image_format(url)
        if source is None:
            self._losses.add("dropped", path, "the provider fetches nothing but objects in S3")
            return None
        if format is None and "s3Location" in source:
            format = "png"  # nothing says what it is, but in this dialect `extras` do
        if format is None:
            self._losses.add("dropped", path, "the provider does not take images of this type")
            return None
        return {"image": {"format": format, "source": source}}

    def _encode_file(self, block: FileBlock, path: str) -> dict[str, Any] | None:
        source, format = encode_source(block.url), file_format(block.media_type, block.url)
        if format is None:
            report_uncarried(block, path, self._losses)
            return None
        if source is None:
            self._losses.add("dropped", path, "the provider fetches nothing but objects in S3")
            return None
        kind, name = format
        encoded: dict[str, Any] = {"format": name, "source": source}
        if kind == "document":
            encoded["name"] = self._document_name(block.name, path)
        return {kind: encoded}

    def _document_name(self, name: str | None, path: str) -> str:
        self._documents += 1
        if name is not None and self._is_own:
            return name
        plain = _NOT_IN_A_NAME.sub(" ", name or "").strip()[:200] or f"Document {self._documents}"
        if name is not None and plain != name:
            self._losses.add("mapped", path, f"the document is told under the name {plain}")
        return plain

    def _encode_assistant(self, message: AssistantMessage, path: str) -> list[dict[str, Any]]:
        blocks = self._blocks(message.content, path)
        if message.tool_plan:
            thoughts = sum(1 for block in message.content if isinstance(block, ThinkingBlock))
            blocks.insert(min(thoughts, len(blocks)), {"text": message.tool_plan})
        for index, call in enumerate(message.tool_calls):
            blocks.append(self._encode_call(call, f"{path}.tool_calls[{index}]"))
        if message.citations and not any("citationsContent" in block for block in blocks):
            self._losses.add("dropped", f"{path}.citations", "the provider does not take citations back")
        return blocks

    def _encode_call(self, call: ToolCall, path: str) -> dict[str, Any]:
        arguments, is_object = encode_arguments(call.arguments)
        if not is_object:
            self._losses.add(
                "approximated", f"{path}.arguments", "they are no JSON object, and are told as text in one"
            )
        id = self._encode_id(call.id, f"{path}.id")
        return {"toolUse": {"toolUseId": id, "name": call.name, "input": arguments}}

    def _encode_result(self, message: ToolMessage, path: str) -> list[dict[str, Any]]:
        content: list[dict[str, Any]] = []
        marks: list[dict[str, Any]] = []  # they stand after the result, which has no place for them
        for index, block in enumerate(message.content):
            at = f"{path}.content[{index}]"
            if isinstance(block, FileBlock) and _is_audio(block):  # which no result may hold
                report_uncarried(block, at, self._losses)
                continue
            encoded = self._encode_block(block, at)
            if encoded is not None:
                (marks if isinstance(block, CachePoint) else content).append(encoded)
        result = {
            "toolUseId": self._encode_id(message.tool_call_id, f"{path}.tool_call_id"),
            "content": content,
            "status": "error" if message.is_error else "success",
        }
        return [{"toolResult": result}, *marks]

    def _encode_id(self, id: str, path: str) -> str:
        """Return a tool call's id, or where Bedrock does not take it another, the same wherever it stands."""
        if _ID.fullmatch(id) or self._is_own:
            return id
        self._losses.add("mapped", path, "the provider takes ids of up to 64 letters, digits, _ and -")
        return b32encode(sha256(id.encode()).digest()).decode().lower()[:32]


def _is_audio(file: FileBlock) -> bool:
    kind_and_name = file_format(file.media_type, file.url)
    return kind_and_name is not None and kind_and_name[0] == "audio"


def encode_arguments(arguments: str) -> tuple[Any, bool]:
    """Return a tool call's arguments as an object, and whether they are one."""
    if not arguments.strip():
        return {}, True
    try:
        value = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        value = None
    if isinstance(value, dict):
        return msgspec.Raw(arguments.encode()), True  # as the model wrote it
    return {"arguments": arguments}, False


def encode_cache_point(point: CachePoint) -> dict[str, Any]:
    """Return a mark for the cache: Bedrock keeps for five minutes or for an hour."""
    mark: dict[str, Any] = {"type": "default"}
    if point.lifetime_seconds is not None:
        mark["ttl"] = "5m" if point.lifetime_seconds <= _SHORT_LIFETIME_SECONDS else "1h"
    return {"cachePoint": mark}


def _encode_document(document: Document) -> dict[str, Any]:
    data: dict[str, Any] = {"data": document.data}
    return data if document.id is None else {"id": document.id, **data}
