"""Canonical messages as Cohere's. A message that is one text block is written as a string."""

from collections.abc import Sequence
from typing import Any

from causeway.dialects.cohere.encode_response import encode_citation, encode_tool_call
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolMessage,
    UserMessage,
    sole_text,
)
from causeway.model.errors import UntranslatableError
from causeway.model.loss import LossReport
from causeway.model.uncarried import is_reached, report_uncarried

Block = TextBlock | ImageBlock | ThinkingBlock | DocumentBlock

_ROLES = {UserMessage: "user", AssistantMessage: "assistant", SystemMessage: "system"}


def encode_messages(messages: Sequence[Message], losses: LossReport) -> list[dict[str, Any]]:
    """Return the conversation; blocks that Cohere does not know are added to `losses`.

    Raises UntranslatableError where nothing of a user's turn is left to say.
    """
    encoded: list[dict[str, Any]] = []
    for index, message in enumerate(messages):
        text = sole_text(message)
        if text is None:
            encoded.append(_encode_message(message, f"messages[{index}]", losses))
        else:  # nearly every turn
            encoded.append({"role": _ROLES[type(message)], "content": text})
    return encoded


def _encode_message(message: Message, path: str, losses: LossReport) -> dict[str, Any]:
    match message:
        case UserMessage(content=content):
            known = _known_blocks(content, path, losses, takes_images=True)
            if content and not known:
                raise UntranslatableError(
                    f"{path}.content: nothing of it can be carried to the model that would answer",
                    field=f"{path}.content",
                )
            return {"role": "user", "content": _encode_content(known)}
        case SystemMessage(content=content):
            known = _known_blocks(content, path, losses, takes_images=False)
            return {"role": "system", "content": _encode_content(known)}
        case ToolMessage(tool_call_id=id, content=content, is_error=is_error):
            known = _known_blocks(content, path, losses, takes_images=False)
            if is_error:
                losses.add("dropped", f"{path}.is_error", "Cohere is not told that a tool failed")
            return {"role": "tool", "tool_call_id": id, "content": _encode_content(known)}
        case AssistantMessage():
            return _encode_assistant(message, path, losses)


def _encode_assistant(message: AssistantMessage, path: str, losses: LossReport) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": "assistant"}
    content, plan = _known_blocks(message.content, path, losses, takes_images=False), message.tool_plan
    # Cohere's place for text beside tool calls is the plan. Cited text stays where its citations point.
    if message.tool_calls and plan is None and not message.citations:
        plan = "".join(block.text for block in content if isinstance(block, TextBlock)) or None
        content = [block for block in content if isinstance(block, ThinkingBlock)]
    if content:
        encoded["content"] = _encode_content(content)
    if message.tool_calls:
        encoded["tool_calls"] = [encode_tool_call(call) for call in message.tool_calls]
    if plan is not None:
        encoded["tool_plan"] = plan
    if message.citations:
        encoded["citations"] = [encode_citation(citation) for citation in message.citations]
    return encoded


def _known_blocks(
    content: Sequence[Block | FileBlock | OpaqueBlock | CachePoint],
    path: str,
    losses: LossReport,
    *,
    takes_images: bool,
) -> list[Block]:
    known: list[Block] = []
    for index, block in enumerate(content):
        at = f"{path}.content[{index}]"
        match block:
            case OpaqueBlock() | FileBlock() | CachePoint():
                report_uncarried(block, at, losses)
            case ImageBlock() if not takes_images:
                losses.add("dropped", at, "Cohere does not take images in a tool's result")
            case ImageBlock() if not is_reached(block, at, losses):
                pass
            case _:
                known.append(block)
    return known


def _encode_content(content: Sequence[Block]) -> str | list[dict[str, Any]]:
    if not content:
        return ""
    if len(content) == 1 and isinstance(content[0], TextBlock):
        return content[0].text
    return [_encode_block(block) for block in content]


def _encode_block(block: Block) -> dict[str, Any]:
    match block:
        case TextBlock(text=text):
            return {"type": "text", "text": text}
        case ThinkingBlock(thinking=thinking):
            return {"type": "thinking", "thinking": thinking}
        case ImageBlock(url=url, detail=detail):
            image_url = {"url": url} if detail is None else {"url": url, "detail": detail}
            return {"type": "image_url", "image_url": image_url}
        case DocumentBlock(document=document):
            encoded: dict[str, Any] = {"data": document.data}
            if document.id is not None:
                encoded["id"] = document.id
            return {"type": "document", "document": encoded}
