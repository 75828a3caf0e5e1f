"""A canonical conversation as the messages of a chat completion.

A turn that is one text is written as a string, which every vendor takes. What a turn holds and OpenAI
cannot be told is reported at its place.
"""

from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from causeway.dialects.openai.quirks import OpenAiQuirks
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Document,
    DocumentBlock,
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
    sole_text,
)
from causeway.model.errors import UntranslatableError
from causeway.model.loss import LossReport
from causeway.model.uncarried import is_reached, report_uncarried

_AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav"}
_ROLES = {UserMessage: "user", AssistantMessage: "assistant", SystemMessage: "system"}


def encode_messages(
    messages: Sequence[Message], quirks: OpenAiQuirks, losses: LossReport
) -> list[dict[str, Any]]:
    """Return the messages; raises UntranslatableError where nothing of a user's turn is left to say."""
    encoded: list[dict[str, Any]] = []
    for index, message in enumerate(messages):
        text = sole_text(message)
        if text is None:
            encoded.append(_encode_message(message, f"messages[{index}]", quirks, losses))
        else:  # nearly every turn
            encoded.append({"role": _ROLES[type(message)], "content": text})
    return encoded


def _encode_message(message: Message, path: str, quirks: OpenAiQuirks, losses: LossReport) -> dict[str, Any]:
    match message:
        case SystemMessage(content=content):
            return {"role": "system", "content": _encode_texts(_texts(content, path, losses))}
        case UserMessage(content=content):
            return {"role": "user", "content": _encode_user_content(content, path, losses)}
        case AssistantMessage():
            return _encode_assistant(message, path, quirks, losses)
        case ToolMessage(tool_call_id=id, content=content, is_error=is_error):
            if is_error:
                losses.add("dropped", f"{path}.is_error", "the provider is not told that a tool failed")
            return {
                "role": "tool",
                "tool_call_id": _encode_id(id, f"{path}.tool_call_id", quirks, losses),
                "content": _encode_result(content, path, losses),
            }


def _texts(content: Sequence[TextBlock | CachePoint], path: str, losses: LossReport) -> list[TextBlock]:
    texts: list[TextBlock] = []
    for index, block in enumerate(content):
        if isinstance(block, CachePoint):
            report_uncarried(block, f"{path}.content[{index}]", losses)
        else:
            texts.append(block)
    return texts


def _encode_texts(content: Sequence[TextBlock]) -> str | list[dict[str, Any]]:
    if len(content) == 1:
        return content[0].text
    return [{"type": "text", "text": block.text} for block in content]


def _encode_user_content(
    content: Sequence[TextBlock | ImageBlock | FileBlock | OpaqueBlock | CachePoint],
    path: str,
    losses: LossReport,
) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for index, block in enumerate(content):
        match block:
            case TextBlock(text=text):
                parts.append({"type": "text", "text": text})
            case ImageBlock(url=url, detail=detail) if is_reached(block, f"{path}.content[{index}]", losses):
                image_url = {"url": url} if detail is None else {"url": url, "detail": detail}
                parts.append({"type": "image_url", "image_url": image_url})
            case OpaqueBlock(dialect="openai", data=data):
                parts.append(data)
            case FileBlock() if (part := _encode_file(block)) is not None:
                parts.append(part)
            case OpaqueBlock() | FileBlock() | CachePoint():
                report_uncarried(block, f"{path}.content[{index}]", losses)
            case ImageBlock():
                pass
    if content and not parts:
        raise UntranslatableError(
            f"{path}.content: nothing of it can be carried to the model that would answer",
            field=f"{path}.content",
        )
    return parts


def _encode_file(file: FileBlock) -> dict[str, Any] | None:
    """Return the part for a file that is in the request; OpenAI fetches none."""
    if not file.url.startswith("data:"):
        return None
    prefix, comma, data = file.url.partition(";base64,")
    kind = prefix.removeprefix("data:audio/")
    if comma and kind != prefix:
        return {
            "type": "input_audio",
            "input_audio": {"data": data, "format": _AUDIO_FORMATS.get(kind, kind)},
        }
    named = {} if file.name is None else {"filename": file.name}
    return {"type": "file", "file": {**named, "file_data": file.url}}


def _encode_assistant(
    message: AssistantMessage, path: str, quirks: OpenAiQuirks, losses: LossReport
) -> dict[str, Any]:
    texts = [block for block in message.content if isinstance(block, TextBlock)]
    if message.tool_plan:
        texts.insert(0, TextBlock(message.tool_plan))
    encoded: dict[str, Any] = {"role": "assistant", "content": _encode_texts(texts) if texts else None}
    if not texts and not message.tool_calls:
        encoded["content"] = ""
    for index, block in enumerate(message.content):
        at = f"{path}.content[{index}]"
        match block:
            case ThinkingBlock(thinking=thinking):
                field = quirks.reasoning_history_field
                if field is None:
                    losses.add("dropped", at, "the provider does not take thinking back")
                else:
                    encoded[field] = encoded.get(field, "") + thinking
            case OpaqueBlock() | CachePoint():
                report_uncarried(block, at, losses)
    if message.tool_calls:
        encoded["tool_calls"] = [
            _encode_tool_call(call, f"{path}.tool_calls[{index}]", quirks, losses)
            for index, call in enumerate(message.tool_calls)
        ]
    if message.citations:
        losses.add("dropped", f"{path}.citations", "the provider does not take citations back")
    return encoded


def _encode_tool_call(call: ToolCall, path: str, quirks: OpenAiQuirks, losses: LossReport) -> dict[str, Any]:
    return {
        "id": _encode_id(call.id, f"{path}.id", quirks, losses),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _encode_id(id: str, path: str, quirks: OpenAiQuirks, losses: LossReport) -> str:
    """Return a tool call's id, or where it is too long another that is the same wherever it stands."""
    bound = quirks.max_tool_call_id_characters
    if bound is None or len(id) <= bound:
        return id
    losses.add("mapped", path, f"the provider takes ids of at most {bound} characters")
    return b32encode(sha256(id.encode()).digest()).decode().lower()[:bound]


def _encode_result(
    content: Sequence[TextBlock | ImageBlock | FileBlock | DocumentBlock | OpaqueBlock | CachePoint],
    path: str,
    losses: LossReport,
) -> str:
    """Return a tool's result as one text; the documents in it as JSON, with their ids."""
    texts: list[str] = []
    documents: list[dict[str, Any]] = []
    for index, block in enumerate(content):
        at = f"{path}.content[{index}]"
        match block:
            case TextBlock(text=text):
                texts.append(text)
            case DocumentBlock(document=document):
                losses.add("mapped", at, "the document is told as JSON text")
                documents.append(_encode_document(document))
            case ImageBlock():
                losses.add("dropped", at, "the provider takes only text as a tool's result")
            case OpaqueBlock() | FileBlock() | CachePoint():
                report_uncarried(block, at, losses)
    if documents:
        texts.append(msgspec.json.encode(documents).decode())
    return "\n".join(texts)


def _encode_document(document: Document) -> dict[str, Any]:
    data: dict[str, Any] = {"data": document.data}
    return data if document.id is None else {"id": document.id, **data}
