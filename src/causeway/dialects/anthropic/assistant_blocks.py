"""The blocks that a model wrote, in an answer or in the history: text, thinking, tool calls and its own.

What a block says beyond the canonical one (a signature, citations with encrypted places, who called a
tool) is its seal, as it came; what is of another kind is carried whole. A tool call's seal also says how
many blocks came before it where one of the provider's own did: only then may content follow a call.
"""

from collections.abc import Iterable
from typing import Any, Literal

from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.model.content import OpaqueBlock, Seal, TextBlock, ThinkingBlock, ToolCall

AnswerBlock = TextBlock | ThinkingBlock | OpaqueBlock
Kind = Literal["text", "thinking", "tool_use", "own"]

# Not a word of Anthropic's.
BLOCKS_BEFORE = "blocks_before"

_KINDS: dict[str, Kind] = {"text": "text", "thinking": "thinking", "tool_use": "tool_use"}
_KNOWN = {
    "text": frozenset({"type", "text"}),
    "thinking": frozenset({"type", "thinking"}),
    "tool_use": frozenset({"type", "id", "name", "input"}),
}


def kind_of(block: dict[str, Any]) -> Kind:
    """Return which canonical part a block is."""
    return _KINDS.get(block.get("type", ""), "own")


def seal_of(block: dict[str, Any], kind: Kind, blocks_before: int | None = None) -> Seal | None:
    """Return what a block says beyond its canonical part, none where that is nothing."""
    known = _KNOWN[kind]
    data = {name: value for name, value in block.items() if name not in known and value not in (None, "", [])}
    if blocks_before is not None:
        data[BLOCKS_BEFORE] = blocks_before
    return Seal(DIALECT, data) if data else None


def own_members(seal: Seal | None) -> dict[str, Any]:
    """Return the members that a seal of this dialect adds to its block; another's adds none."""
    if seal is None or seal.dialect != DIALECT:
        return {}
    return {name: value for name, value in seal.data.items() if name != BLOCKS_BEFORE}


def has_own_citations(block: TextBlock | None) -> bool:
    """Whether a text's citations are kept as Anthropic wrote them."""
    return block is not None and "citations" in own_members(block.seal)


def in_order(
    blocks: Iterable[AnswerBlock], calls: Iterable[ToolCall]
) -> list[tuple[int, AnswerBlock] | ToolCall]:
    """Return the blocks, each with its index, and the calls where they stood; by default these are last."""
    ordered: list[tuple[int, AnswerBlock] | ToolCall] = list(enumerate(blocks))
    total = len(ordered)
    for moved, call in enumerate(calls):
        place = total
        if call.seal is not None and call.seal.dialect == DIALECT:
            given = call.seal.data.get(BLOCKS_BEFORE)
            place = min(given, total) if isinstance(given, int) else total
        ordered.insert(place + moved, call)
    return ordered
