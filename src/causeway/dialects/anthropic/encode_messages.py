"""A canonical conversation as Anthropic's turns.

Instructions stand before the conversation; turns of one role are joined, and in a user's turn the results
of tools come first. Anthropic refuses a conversation whose last turn is the model's and ends in white space.
"""

from typing import Any

from msgspec import Struct

from causeway.dialects.anthropic.documents import encode_document, is_told_as_it_is
from causeway.dialects.anthropic.encode_blocks import Blocks, BlockWriter
from causeway.dialects.anthropic.kept_fields import DIALECT, KeptFields
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Message,
    SystemMessage,
    TextBlock,
    ToolMessage,
    UserMessage,
    sole_text,
)
from causeway.model.errors import UntranslatableError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest


class WireConversation(Struct):
    """The instructions, and the turns."""

    system: Blocks
    messages: list[dict[str, Any]]


def encode_conversation(request: ChatRequest, kept: KeptFields, losses: LossReport) -> WireConversation:
    """Return the conversation; raises UntranslatableError where nothing of a user's turn is left to say."""
    # Anthropic holds an answer to a schema, or lets it cite.
    cites = request.citation_mode != "off" and request.response_format is None
    is_own = request.dialect == DIALECT
    cites_files = cites and not is_own and bool(request.documents)
    writer = _ConversationWriter(request, BlockWriter(kept, losses, cites, cites_files, is_own), losses)
    for index, message in enumerate(request.messages):
        writer.add(message, index)
    return writer.finish()


class _ConversationWriter:
    """Collects the turns of one request."""

    def __init__(self, request: ChatRequest, blocks: BlockWriter, losses: LossReport) -> None:
        self._request = request
        self._blocks = blocks
        self._losses = losses
        self._system: Blocks = []
        self._turns: list[dict[str, Any]] = []
        self._last_user = max(
            (i for i, message in enumerate(request.messages) if isinstance(message, UserMessage)), default=-1
        )

    def add(self, message: Message, index: int) -> None:
        """Take the next message."""
        path = f"messages[{index}]"
        text = sole_text(message)
        role = "user" if isinstance(message, UserMessage) else "assistant"
        has_documents = index == self._last_user and self._request.documents
        is_plain = text and text.strip() and not has_documents and not isinstance(message, SystemMessage)
        if text and is_plain and (not self._turns or self._turns[-1]["role"] != role):  # nearly every turn
            self._turns.append({"role": role, "content": text} | self._kept_text(path, text))
            return
        match message:
            case SystemMessage():
                self._add_system(message, index, path)
            case UserMessage(content=content):
                blocks, turns = self._blocks.said(content, path)
                if not all(map(_says_nothing, content)) and not blocks and not turns:
                    raise UntranslatableError(
                        f"{path}.content: nothing of it can be carried to the model that would answer",
                        field=f"{path}.content",
                    )
                self._say("user", [*(self._documents() if has_documents else ()), *blocks])
                self._turns += turns
            case ToolMessage():
                result, turns = self._blocks.result(message, path)
                self._say("user", [result])
                self._turns += turns
            case AssistantMessage():
                self._say("assistant", self._blocks.written(message, path))

    def finish(self) -> WireConversation:
        """Return the conversation."""
        if self._request.documents and self._last_user < 0:
            following, self._turns = self._turns, []
            self._say("user", self._documents())
            for turn in following:
                self._say(turn["role"], _as_blocks(turn["content"]))
        for turn in self._turns:
            content = turn["content"]
            if turn["role"] == "user" and isinstance(content, list):
                content.sort(key=lambda block: block["type"] != "tool_result")
        if self._turns and self._turns[-1]["role"] == "assistant":
            self._strip_end(self._turns[-1])
        return WireConversation(self._system, self._turns)

    def _kept_text(self, path: str, text: str) -> dict[str, Any]:
        members = self._blocks.kept.of(f"{path}.content[0]")
        return {"content": [{"type": "text", "text": text, **members}]} if members else {}

    def _add_system(self, message: SystemMessage, index: int, path: str) -> None:
        blocks, _ = self._blocks.said(message.content, path)
        if not self._turns and all(isinstance(m, SystemMessage) for m in self._request.messages[:index]):
            self._system += blocks
        elif self._request.dialect == DIALECT:
            if blocks:
                self._turns.append({"role": "system", "content": blocks})
        else:
            if blocks:
                self._losses.add("approximated", path, "it is told at the beginning of the conversation")
            self._system += blocks

    def _say(self, role: str, blocks: Blocks) -> None:
        if not blocks:
            return
        if self._turns and self._turns[-1]["role"] == role:
            last = self._turns[-1]
            last["content"] = [*_as_blocks(last["content"]), *blocks]
        else:
            self._turns.append({"role": role, "content": blocks})

    def _documents(self) -> Blocks:
        encoded: Blocks = []
        is_own = self._request.dialect == DIALECT
        for index, document in enumerate(self._request.documents):
            if not is_own and not is_told_as_it_is(document):
                self._losses.add("mapped", f"documents[{index}]", "its fields are told as texts")
            title = document.id if is_own else document.id or f"doc:{index}"
            encoded.append(encode_document(document, title, is_cited=self._blocks.cites))
        return encoded

    def _strip_end(self, turn: dict[str, Any]) -> None:
        path = f"messages[{len(self._request.messages) - 1}].content"
        content = turn["content"]
        last = content[-1] if isinstance(content, list) else {"type": "text", "text": content}
        if last["type"] != "text" or last["text"] == last["text"].rstrip():
            return
        self._losses.add("approximated", path, "the provider takes no white space at its end")
        stripped = {**last, "text": last["text"].rstrip()}
        turn["content"] = [*content[:-1], stripped] if isinstance(content, list) else stripped["text"]


def _as_blocks(content: str | Blocks) -> Blocks:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _says_nothing(block: object) -> bool:
    return isinstance(block, CachePoint) or (isinstance(block, TextBlock) and not block.text.strip())
