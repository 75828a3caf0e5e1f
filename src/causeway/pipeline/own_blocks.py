"""Takes out of an answer what only its provider's dialect knows, for callers of another: blocks and seals.

What is left is numbered anew, so that no encoder sees a gap. Each block that is taken out is a loss; a seal
says nothing to a reader, and is none.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from causeway.model.content import OpaqueBlock, Seal
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    OpaqueAdded,
    TextDelta,
    ThinkingDelta,
    ToolCallEnd,
)
from causeway.model.loss import LossReport


class OwnBlocksStage:
    """Tells the events of one answer without what is the provider's own; the blocks are added to `losses`."""

    def __init__(self, losses: LossReport) -> None:
        self._losses = losses
        self._numbers: list[int] = []  # by the provider's number of a block, the caller's
        self._taken_out = 0

    def tell(self, event: Event) -> Iterator[Event]:
        """Yield what the caller is told of an event."""
        match event:
            case OpaqueAdded(index=index, block=block):
                _report(block, index, self._losses)
                self._numbers.append(index - self._taken_out)
                self._taken_out += 1
            case ToolCallEnd(seal=Seal()):
                yield replace(event, seal=None)
            case ContentEnd(seal=Seal()):
                yield self._numbered(replace(event, seal=None))
            case ContentStart(index=index):
                self._numbers.append(index - self._taken_out)
                yield self._numbered(event)
            case TextDelta() | ThinkingDelta() | ContentEnd():
                yield self._numbered(event)
            case CitationAdded(citation=citation) if citation.content_index is not None and self._taken_out:
                cited = citation.content_index
                number = self._numbers[cited] if cited < len(self._numbers) else cited - self._taken_out
                yield replace(event, citation=replace(citation, content_index=number))
            case _:
                yield event

    def _numbered(self, event: ContentStart | TextDelta | ThinkingDelta | ContentEnd) -> Event:
        return replace(event, index=event.index - self._taken_out) if self._taken_out else event


def _report(block: OpaqueBlock, index: int, losses: LossReport) -> None:
    losses.add("dropped", f"response.content[{index}]", f"{block.kind} has no form in the caller's dialect")
