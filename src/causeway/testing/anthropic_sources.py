"""The documents and search results in an Anthropic request: what can be quoted of them, and where it stands.

Source of truth: Anthropic's documentation of citations and its SDK.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from msgspec import Struct

from causeway.model.content import Citation, Source
from causeway.testing.anthropic_blocks import (
    ContentSource,
    Document,
    Placed,
    SearchResult,
    Text,
    TextSource,
    every_block,
)
from causeway.testing.question import Passage

_BETWEEN_BLOCKS = "\n"


class Citable(Struct, frozen=True):
    """A source with text. `parts` are its blocks, none where it is one text, counted in characters."""

    id: str
    path: str
    text: str
    parts: tuple[str, ...] | None
    location: dict[str, Any]

    def passage(self) -> Passage:
        """Return what an answer may quote."""
        return Passage(self.text, Source("document", self.id, {"text": self.text}))

    def locate(self, quote: str) -> dict[str, Any]:
        """Return where a quote stands; what is no quote rests on the whole of it."""
        start = max(0, self.text.find(quote))
        end = start + len(quote) if quote in self.text else len(self.text)
        if self.parts is None:
            span = {"start_char_index": start, "end_char_index": end}
            return {**self.location, "cited_text": self.text[start:end], **span}
        lengths = [len(part) + len(_BETWEEN_BLOCKS) for part in self.parts]
        starts = [0, *accumulate(lengths)][: len(self.parts)]
        first = max(index for index, offset in enumerate(starts) if offset <= start)
        last = max(index for index, offset in enumerate(starts) if index == first or offset < end)
        cited = _BETWEEN_BLOCKS.join(self.parts[first : last + 1])
        return {
            **self.location,
            "cited_text": cited,
            "start_block_index": first,
            "end_block_index": last + 1,
        }


def find_sources(blocks: Sequence[Placed]) -> tuple[Citable, ...]:
    """Return the sources that have text; documents and search results are counted apart."""
    found = []
    documents = results = 0
    for path, block in every_block(blocks):
        if isinstance(block, Document):
            citable = _document(block, documents, path)
            documents += 1
            if citable is not None:
                found.append(citable)
        elif isinstance(block, SearchResult):
            found.append(_search_result(block, results, path))
            results += 1
    return tuple(found)


def locations_of(citation: Citation, sources: Sequence[Citable]) -> list[dict[str, Any]]:
    """Return where a citation points, as Anthropic tells it.

    A source whose data is such a location already is told as it is, others by their id, and none is told
    of what cannot be cited.
    """
    by_id = {source.id: source for source in sources}
    locations = []
    for source in citation.sources:
        if str(source.data.get("type", "")).endswith("_location"):
            locations.append(source.data)
        elif source.id in by_id:
            locations.append(by_id[source.id].locate(citation.text))
    return locations


def _document(block: Document, index: int, path: str) -> Citable | None:
    location = {"document_index": index, "document_title": block.title}
    match block.source:
        case TextSource(data=text):
            return Citable(f"doc:{index}", path, text, None, {"type": "char_location", **location})
        case ContentSource(content=content):
            parts = (content,) if isinstance(content, str) else _texts(content)
            kind = {"type": "content_block_location", **location}
            return Citable(f"doc:{index}", path, _BETWEEN_BLOCKS.join(parts), parts, kind)
    return None


def _search_result(block: SearchResult, index: int, path: str) -> Citable:
    parts = _texts(block.content)
    location = {
        "type": "search_result_location",
        "search_result_index": index,
        "source": block.source,
        "title": block.title,
    }
    return Citable(f"result:{index}", path, _BETWEEN_BLOCKS.join(parts), parts, location)


def _texts(blocks: Sequence[Any]) -> tuple[str, ...]:
    """Return the text of each block; an image has none, but counts."""
    return tuple(block.text if isinstance(block, Text) else "" for block in blocks)
