"""The cases: an answer, its sources, and which spans of the answer they support.

`development.jsonl` is for tuning. `held_out.jsonl` is for the final figures and for nothing else: the two
share no topic, and nothing may be tuned on what the second one shows. Both were written before the
aligner, but by one author and after one plan: answers of real models stray further from their sources, so
take the figures for an upper bound.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from causeway.model.content import Document, DocumentBlock, TextBlock, ToolMessage, UserMessage
from causeway.model.request import ChatRequest

Half = Literal["development", "held_out"]


class ExpectedSpan(Struct, frozen=True):
    """A part of the answer, once in it, and all the sources that support it."""

    text: str
    sources: tuple[str, ...]


class CaseSource(Struct, frozen=True):
    """A document with an id, or what a tool returned to a call."""

    data: dict[str, Any] | str
    id: str | None = None
    tool_call_id: str | None = None


class Case(Struct, frozen=True):
    """One labelled answer."""

    id: str
    language: str
    kind: str
    question: str
    sources: tuple[CaseSource, ...]
    answer: str
    expected: tuple[ExpectedSpan, ...]

    def request(self) -> ChatRequest:
        """Return the request that such an answer would be given to."""
        tools = tuple(
            ToolMessage(source.tool_call_id, (DocumentBlock(Document(source.data, source.id)),))
            for source in self.sources
            if source.tool_call_id is not None
        )
        return ChatRequest(
            model="any",
            messages=(UserMessage((TextBlock(self.question),)), *tools),
            documents=tuple(
                Document(source.data, source.id) for source in self.sources if source.tool_call_id is None
            ),
        )


def read_cases(half: Half) -> list[Case]:
    """Return the cases of one half."""
    lines = Path(__file__).with_name(f"{half}.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Case) for line in lines]
