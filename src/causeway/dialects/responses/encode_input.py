"""A canonical conversation as `instructions` and `input`.

A turn that is one text is written as a string. Seals of this dialect are written back byte for byte, in the
order of the items that they came with; what OpenAI cannot be told is reported at its place.
"""

from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from causeway.dialects.responses.decode_parts import CACHE_MARK, PART_PREFIX, PLAIN_CACHE_MARK
from causeway.dialects.responses.encode_items import (
    encode_call,
    encode_message,
    encode_part,
    in_item_order,
    is_continued,
    own_item,
)
from causeway.dialects.responses.items import DIALECT, INVENTED_MARK, own_seal
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

MAX_CALL_ID_CHARACTERS = 64

_ROLES = {UserMessage: "user", AssistantMessage: "assistant", SystemMessage: "system"}
_FILE_SCHEMES = ("https://", "http://")
_NO_NAME = "file"  # OpenAI refuses a file without one

Item = dict[str, Any]


def encode_input(messages: Sequence[Message], losses: LossReport) -> tuple[str | None, list[Item]]:
    """Return the instructions, none where the conversation does not begin with any, and the other items.

    Raises UntranslatableError where nothing of a user's turn is left to say.
    """
    instructions = _instructions(messages)
    items: list[Item] = []
    for index, message in enumerate(messages):
        if index == 0 and instructions is not None:
            continue
        text = sole_text(message)
        if text is not None:  # nearly every turn
            items.append({"role": _ROLES[type(message)], "content": text})
        else:
            items += _encode_message(message, f"messages[{index}]", losses)
    return instructions, items


def _instructions(messages: Sequence[Message]) -> str | None:
    return sole_text(messages[0]) if messages and type(messages[0]) is SystemMessage else None


def _encode_message(message: Message, path: str, losses: LossReport) -> list[Item]:
    match message:
        case SystemMessage(content=content):
            return [_encode_system(content, f"{path}.content", losses)]
        case UserMessage(content=content):
            parts = _encode_parts(content, f"{path}.content", losses)
            if content and not parts:
                raise UntranslatableError(
                    f"{path}.content: nothing of it can be carried to the model that would answer",
                    field=f"{path}.content",
                )
            return [{"role": "user", "content": parts}]
        case AssistantMessage():
            return _encode_assistant(message, path, losses)
        case ToolMessage(tool_call_id=id, content=content, is_error=is_error):
            if is_error:
                losses.add("dropped", f"{path}.is_error", "the provider is not told that a tool failed")
            parts = _encode_parts(content, f"{path}.content", losses)
            is_text = len(parts) == 1 and parts[0].keys() == {"type", "text"}
            return [
                {
                    "type": "function_call_output",
                    "call_id": _bounded_id(id, f"{path}.tool_call_id", losses),
                    "output": parts[0]["text"] if is_text else parts,
                }
            ]


def _encode_system(content: Sequence[TextBlock | CachePoint], path: str, losses: LossReport) -> Item:
    role = own_seal(content[0].seal).get("role") if content and isinstance(content[0], TextBlock) else None
    parts = _encode_parts(content, path, losses)
    is_text = len(parts) == 1 and parts[0].keys() == {"type", "text"}
    return {"role": role or "system", "content": parts[0]["text"] if is_text else parts}


def _encode_parts(
    content: Sequence[TextBlock | ImageBlock | FileBlock | DocumentBlock | OpaqueBlock | CachePoint],
    path: str,
    losses: LossReport,
) -> list[Item]:
    parts: list[Item] = []
    for index, block in enumerate(content):
        at = f"{path}[{index}]"
        match block:
            case TextBlock(text=text):
                parts.append({"type": "input_text", "text": text})
            case ImageBlock(url=url, detail=detail) if is_reached(block, at, losses):
                image = {"type": "input_image", "image_url": url}
                parts.append(image if detail is None else {**image, "detail": detail})
            case ImageBlock():
                pass
            case FileBlock():
                if (file := _encode_file(block)) is None:
                    report_uncarried(block, at, losses)
                else:
                    parts.append(file)
            case DocumentBlock(document=document):
                losses.add("mapped", at, "the document is told as JSON text")
                parts.append({"type": "input_text", "text": _encode_document(document)})
            case CachePoint():
                _mark_for_cache(block, parts, at, losses)
            case OpaqueBlock(dialect=dialect, kind=kind, data=data):
                if dialect == DIALECT and kind.startswith(PART_PREFIX):
                    parts.append(data)
                else:
                    report_uncarried(block, at, losses)
    return parts


def _mark_for_cache(point: CachePoint, parts: list[Item], path: str, losses: LossReport) -> None:
    if not parts or parts[-1]["type"] != "input_text":
        report_uncarried(point, path, losses)
        return
    if point.lifetime_seconds is not None:
        losses.add("approximated", path, "the provider decides how long it keeps what is in its cache")
    parts[-1][CACHE_MARK] = PLAIN_CACHE_MARK


def _encode_file(block: FileBlock) -> Item | None:
    if block.url.startswith("data:"):
        return {"type": "input_file", "filename": block.name or _NO_NAME, "file_data": block.url}
    if not block.url.startswith(_FILE_SCHEMES):
        return None
    file = {"type": "input_file", "file_url": block.url}
    return file if block.name is None else {**file, "filename": block.name}


def _encode_document(document: Document) -> str:
    data: Item = {"data": document.data}
    return msgspec.json.encode(data if document.id is None else {"id": document.id, **data}).decode()


def _encode_assistant(message: AssistantMessage, path: str, losses: LossReport) -> list[Item]:
    items: list[Item] = []
    if message.tool_plan:
        items.append({"role": "assistant", "content": message.tool_plan})
    is_open = False  # whether the next block is a further part of the last item
    for index, block in in_item_order(message.content, message.tool_calls):
        at = f"{path}.content[{index}]"
        was_open, is_open = is_open, isinstance(block, TextBlock) and is_continued(block)
        if was_open and isinstance(block, TextBlock):
            _continue_message(items[-1], block, message, index)
            continue
        match block:
            case TextBlock():
                items.append(_encode_text(block, message, index))
            case ThinkingBlock():
                item = own_item(block)
                if item is None or (_is_invented(item) and not item.get("encrypted_content")):
                    losses.add("dropped", at, "the provider does not take thinking back")
                else:
                    items.append(item)
            case OpaqueBlock(dialect="responses", data=data):
                items.append(data)
            case OpaqueBlock() | CachePoint():
                report_uncarried(block, at, losses)
            case ToolCall():
                members = own_item(block) or {}
                call = encode_call(block, {} if _is_invented(members) else members)
                call_path = f"{path}.tool_calls[{index}].id"
                items.append({**call, "call_id": _bounded_id(block.id, call_path, losses)})
    _report_citations(message, path, losses)
    return items


def _encode_text(block: TextBlock, message: AssistantMessage, index: int) -> Item:
    sealed = own_seal(block.seal)
    members = sealed.get("item") or {}
    if _is_invented(members):
        return {"role": "assistant", "content": block.text}
    if not sealed or sealed.get("is_string"):
        return {"role": "assistant", **members, "content": block.text}
    return encode_message(members, [encode_part(block, _citations_of(message, index), ())])


def _continue_message(item: Item, block: TextBlock, message: AssistantMessage, index: int) -> None:
    item["content"].append(encode_part(block, _citations_of(message, index), ()))
    item.update(own_seal(block.seal).get("item") or {})


def _citations_of(message: AssistantMessage, index: int) -> list[Any]:
    return [
        citation
        for citation in message.citations
        if citation.content_index == index and citation.target != "thinking"
    ]


def _report_citations(message: AssistantMessage, path: str, losses: LossReport) -> None:
    told = {
        index
        for index, block in enumerate(message.content)
        if isinstance(block, TextBlock) and own_seal(block.seal)
    }
    if any(
        citation.content_index not in told or citation.target == "thinking" for citation in message.citations
    ):
        losses.add("dropped", f"{path}.citations", "the provider does not take citations back")


def _is_invented(members: Item) -> bool:
    """Whether an item's id is of the gateway's own making, which no provider can look up."""
    id = members.get("id")
    return isinstance(id, str) and INVENTED_MARK in id


def _bounded_id(id: str, path: str, losses: LossReport) -> str:
    """Return a tool call's id, or where it is too long another that is the same wherever it stands."""
    if len(id) <= MAX_CALL_ID_CHARACTERS:
        return id
    losses.add("mapped", path, f"the provider takes ids of at most {MAX_CALL_ID_CHARACTERS} characters")
    return b32encode(sha256(id.encode()).digest()).decode().lower().rstrip("=")
