"""The items of an assistant's turn, in a request's input or a response's output, as content and tool calls.

Source of truth: OpenAI's API reference and SDK (`openai.types.responses`), and recorded exchanges. The layout
of the seals is told in `items.py`.
"""

from typing import Any

from msgspec import Struct

from causeway.dialects.responses.decode_spans import decode_annotations, decode_logprobs
from causeway.dialects.responses.items import (
    DIALECT,
    MESSAGE,
    MalformedItemError,
    text_of,
)
from causeway.model.content import Citation, OpaqueBlock, Seal, TextBlock, ThinkingBlock, ToolCall
from causeway.model.response import TokenLogprobs

_TEXT_MEMBERS = frozenset({"type", "text", "annotations", "logprobs"})
_CALL_MEMBERS = frozenset({"type", "call_id", "name", "arguments"})
_MESSAGE_MEMBERS = frozenset({"type", "role", "content"})
_USUAL_MEMBERS = ("annotations", "logprobs")


class DecodedPart(Struct, frozen=True):
    """One part of a message, with what is said of its text."""

    block: TextBlock
    citations: tuple[Citation, ...]
    logprobs: tuple[TokenLogprobs, ...]


class DecodedItems:
    """Collects the items of one turn, in their order."""

    def __init__(self) -> None:
        self.content: list[TextBlock | ThinkingBlock | OpaqueBlock] = []
        self.tool_calls: list[ToolCall] = []
        self.citations: list[Citation] = []
        self.logprobs: list[TokenLogprobs] = []

    def add(self, item: dict[str, Any]) -> None:
        """Take the next item; raises MalformedItemError."""
        match item.get("type"):
            case "message":
                self._add_message(item)
            case "reasoning":
                self.content.append(ThinkingBlock(reasoning_text(item), reasoning_seal(item)))
            case "function_call":
                self.tool_calls.append(decode_call(item, len(self.content)))
            case str(kind):
                self.content.append(OpaqueBlock(DIALECT, kind, item))
            case _:
                raise MalformedItemError("type")

    def _add_message(self, item: dict[str, Any]) -> None:
        if not is_plain_message(item):
            self.content.append(OpaqueBlock(DIALECT, MESSAGE, item))
            return
        parts = item["content"]
        for index, part in enumerate(parts):
            seal = part_seal(part, item if index == len(parts) - 1 else None)
            decoded = decode_part(part, len(self.content), seal)
            self.content.append(decoded.block)
            self.citations += decoded.citations
            self.logprobs += decoded.logprobs


def is_plain_message(item: dict[str, Any]) -> bool:
    """Whether a message is the assistant's and has text or refusals for its parts, at least one."""
    parts = item.get("content")
    if item.get("role") != "assistant" or not isinstance(parts, list) or not parts:
        return False
    return all(isinstance(part, dict) and isinstance(part_text(part), str) for part in parts)


def part_text(part: dict[str, Any]) -> Any:
    """Return the text of a part of a message, none where it has none."""
    match part.get("type"):
        case "output_text":
            return part.get("text")
        case "refusal":
            return part.get("refusal")
    return None


def decode_part(part: dict[str, Any], content_index: int, seal: Seal | None) -> DecodedPart:
    """Return a part of a plain message as the block at `content_index`."""
    text: str = part_text(part)
    citations = decode_annotations(part.get("annotations"), text, content_index) or ()
    return DecodedPart(TextBlock(text, seal), citations, decode_logprobs(part.get("logprobs")))


def part_seal(part: dict[str, Any], item: dict[str, Any] | None) -> Seal:
    """Return the seal of a part; `item` is its message where it is the last part of it."""
    data: dict[str, Any] = {"is_continued": True}
    if item is not None:
        data = {"item": {name: value for name, value in item.items() if name not in _MESSAGE_MEMBERS}}
    if part.get("type") == "refusal":
        data["part"] = {name: value for name, value in part.items() if name != "refusal"}
        return Seal(DIALECT, data)
    if others := {name: value for name, value in part.items() if name not in _TEXT_MEMBERS}:
        data["part"] = others
    if lacks := [name for name in _USUAL_MEMBERS if name not in part]:
        data["lacks"] = lacks
    if decode_annotations(part.get("annotations"), part_text(part) or "", 0) is None:
        data["annotations"] = part["annotations"]
    return Seal(DIALECT, data)


def reasoning_text(item: dict[str, Any]) -> str:
    """Return what a reasoning item shows of its thinking: its summary's parts and its content's.

    Raises MalformedItemError.
    """
    texts: list[str] = []
    for name in ("summary", "content"):
        parts = item.get(name)
        if parts is None:
            continue
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise MalformedItemError(name, "expected an array of objects")
        texts += [text_of(part, "text", f"{name}[{index}].") for index, part in enumerate(parts)]
    return "\n\n".join(texts)


def reasoning_seal(item: dict[str, Any]) -> Seal:
    """Return the seal of a reasoning item: the item."""
    return Seal(DIALECT, {"item": item})


def decode_call(item: dict[str, Any], preceding_blocks: int) -> ToolCall:
    """Return a function call that comes after so many content blocks; one without arguments has none.

    Raises MalformedItemError.
    """
    id, name, arguments = text_of(item, "call_id"), text_of(item, "name"), item.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        raise MalformedItemError("arguments", "expected a string")
    return ToolCall(id, name, arguments or "{}", call_seal(item, preceding_blocks))


def call_seal(item: dict[str, Any], preceding_blocks: int) -> Seal:
    """Return the seal of a function call that comes after so many content blocks."""
    others = {name: value for name, value in item.items() if name not in _CALL_MEMBERS}
    return Seal(DIALECT, {"item": others, "preceding_blocks": preceding_blocks})
