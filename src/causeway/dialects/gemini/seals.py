"""What a part of Gemini's says beyond its text or its call, kept as the seal of the block that it became.

That is the thought signature, and whatever else may come. A block that came after some of its turn's calls
has their number besides, since the canonical turn keeps content and calls apart.
"""

from collections.abc import Mapping
from typing import Any

from causeway.model.content import OpaqueBlock, Seal, TextBlock, ThinkingBlock

SIGNATURE = "thoughtSignature"
AFTER_CALLS = "afterCalls"

_SAID = frozenset({"text", "thought", "functionCall"})


def seal_of(part: Mapping[str, Any], calls_before: int = 0) -> Seal | None:
    """Return the seal of a part, none where it says nothing more than the block."""
    data = {name: value for name, value in part.items() if name not in _SAID and value is not None}
    if calls_before:
        data[AFTER_CALLS] = calls_before
    return Seal("gemini", data) if data else None


def opaque_block(kind: str, part: Mapping[str, Any], calls_before: int = 0) -> OpaqueBlock:
    """Return a part that only Gemini knows."""
    return OpaqueBlock("gemini", kind, {**part, AFTER_CALLS: calls_before} if calls_before else dict(part))


def sealed_members(seal: Seal | None) -> dict[str, Any]:
    """Return the members that a seal of this dialect adds to its part; another dialect's adds none."""
    if seal is None or seal.dialect != "gemini":
        return {}
    return {name: value for name, value in seal.data.items() if name != AFTER_CALLS}


def opaque_part(block: OpaqueBlock) -> dict[str, Any]:
    """Return the part that one of this dialect's own blocks was."""
    return {name: value for name, value in block.data.items() if name != AFTER_CALLS}


def calls_before(block: TextBlock | ThinkingBlock | OpaqueBlock) -> int:
    """Return how many of the turn's calls came before a block of its content."""
    if isinstance(block, OpaqueBlock):
        data: Mapping[str, Any] = block.data
    elif block.seal is not None and block.seal.dialect == "gemini":
        data = block.seal.data
    else:
        return 0
    count = data.get(AFTER_CALLS, 0)
    return count if isinstance(count, int) else 0
