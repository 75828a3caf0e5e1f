"""Blocks and tool calls as items: what requests, whole answers and streams have in common.

The layout of the seals is told in `items.py`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from causeway.dialects.responses.encode_spans import (
    encode_annotations,
    encode_logprobs,
    encode_plain_citations,
)
from causeway.dialects.responses.items import own_seal
from causeway.model.content import Citation, TextBlock, ThinkingBlock, ToolCall
from causeway.model.response import TokenLogprobs

Block = TypeVar("Block")


def in_item_order(
    content: Sequence[Block], calls: Sequence[ToolCall]
) -> Iterator[tuple[int, Block | ToolCall]]:
    """Yield each block and each call with its own index, in the order of the items that they are.

    A call stands where its seal says; one that does not say stands after all content.
    """
    waiting = 0
    for index, block in enumerate(content):
        while waiting < len(calls) and _preceding_blocks(calls[waiting], len(content)) <= index:
            yield waiting, calls[waiting]
            waiting += 1
        yield index, block
    yield from ((index, calls[index]) for index in range(waiting, len(calls)))


def own_item(block: TextBlock | ThinkingBlock | ToolCall) -> dict[str, Any] | None:
    """Return what the block's seal holds of its item, none where it holds none of this dialect's."""
    item = own_seal(block.seal).get("item")
    return item if isinstance(item, dict) else None


def is_continued(block: TextBlock) -> bool:
    """Whether the next block is a further part of the same message."""
    return bool(own_seal(block.seal).get("is_continued"))


def encode_part(
    block: TextBlock, citations: Sequence[Citation], logprobs: Sequence[TokenLogprobs]
) -> dict[str, Any]:
    """Return a text block as a part of a message."""
    sealed = own_seal(block.seal)
    others = sealed.get("part") or {}
    if others.get("type") == "refusal":
        return {**others, "refusal": block.text}
    annotations = sealed.get("annotations")
    part = {
        "type": "output_text",
        "text": block.text,
        "annotations": encode_annotations(citations) if annotations is None else annotations,
        "logprobs": encode_logprobs(logprobs),
        **others,
    }
    if plain := encode_plain_citations(citations):
        part["citations"] = plain
    for name in sealed.get("lacks") or ():
        if not part.get(name):
            part.pop(name, None)
    return part


def encode_message(members: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an assistant's message; `members` are those beside its content."""
    return {"type": "message", "role": "assistant", **members, "content": parts}


def encode_call(call: ToolCall, members: dict[str, Any]) -> dict[str, Any]:
    """Return a function call; `members` are those that the canonical call has no place for."""
    return {
        "type": "function_call",
        **members,
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    }


def _preceding_blocks(call: ToolCall, otherwise: int) -> int:
    count = own_seal(call.seal).get("preceding_blocks")
    return count if isinstance(count, int) else otherwise
