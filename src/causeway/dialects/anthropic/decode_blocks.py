"""The blocks that a user or a tool said: text, images, documents, and what only Anthropic knows."""

from typing import Any

from causeway.dialects.anthropic.cache_control import decode_cache_control
from causeway.dialects.anthropic.documents import decode_search_result
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.media import decode_file, decode_image
from causeway.dialects.anthropic.request_body import invalid, missing, required_object, required_text
from causeway.model.content import (
    CachePoint,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
)

SaidBlock = TextBlock | ImageBlock | FileBlock | OpaqueBlock

_KNOWN = {
    "text": frozenset({"type", "text"}),
    "image": frozenset({"type", "source"}),
    "document": frozenset({"type", "source", "title"}),
}


class DecodedBlock:
    """A block, the mark after it, and its members that have no place."""

    __slots__ = ("block", "cache_point", "others")

    def __init__(
        self, block: SaidBlock | DocumentBlock, cache_point: CachePoint | None, others: dict[str, Any]
    ) -> None:
        self.block = block
        self.cache_point = cache_point
        self.others = others


def type_of(block: dict[str, Any], path: str) -> str:
    """Return the type of a block; raises InvalidRequestError."""
    return required_text(block, "type", path)


def decode_said_block(block: dict[str, Any], path: str) -> DecodedBlock:
    """Return what a user said; raises InvalidRequestError. Blocks that are not known are kept whole."""
    decoded: SaidBlock | None = None
    kind = type_of(block, path)
    match kind:
        case "text":
            decoded = TextBlock(required_text(block, "text", path))
        case "image":
            decoded = decode_image(required_object(block, "source", path))
        case "document":
            title = block.get("title")
            if title is not None and not isinstance(title, str):
                raise invalid(f"{path}.title", "expected a string")
            decoded = decode_file(required_object(block, "source", path), title)
    if decoded is None:
        return DecodedBlock(OpaqueBlock(DIALECT, kind, block), None, {})
    cache_point = decode_cache_control(block.get("cache_control"))
    known = _KNOWN[kind] if cache_point is None else _KNOWN[kind] | {"cache_control"}
    others = {name: value for name, value in block.items() if name not in known and value is not None}
    return DecodedBlock(decoded, cache_point, others)


def decode_result_block(block: dict[str, Any], path: str) -> DecodedBlock:
    """Return what a tool returned; raises as `decode_said_block` does."""
    if type_of(block, path) == "search_result" and (document := decode_search_result(block)) is not None:
        return DecodedBlock(DocumentBlock(document), None, {})
    return decode_said_block(block, path)


def blocks_in(content: Any, path: str) -> list[dict[str, Any]]:
    """Return content as blocks; a string is one text. Raises InvalidRequestError."""
    if content is None:
        raise missing(path)
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise invalid(path, "expected a string or an array of blocks")
    for index, block in enumerate(content):
        if not isinstance(block, dict):
            raise invalid(f"{path}[{index}]", "expected an object")
    return content
