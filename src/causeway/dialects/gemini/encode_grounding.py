"""Citations as Gemini's grounding metadata: chunks, and spans in bytes of UTF-8 with the chunks behind them.

Spans count from the beginning of the whole text, as Gemini's do.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from causeway.model.content import Citation, Source


class SaidText:
    """The text of an answer, block by block, as it is said; a plan comes first."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts: dict[int | None, int] = {}
        self._length = 0

    def open_block(self, index: int | None) -> None:
        """Take the beginning of a block of text; the plan has no index."""
        self._starts[index] = self._length
        if index is not None:
            self._starts.setdefault(-1, self._length)

    def add(self, text: str) -> None:
        """Take more of the block's text."""
        self._pieces.append(text)
        self._length += len(text)

    def start_of(self, citation: Citation) -> int:
        """Return where the citation's own content begins, in code points of the whole text."""
        if citation.target == "plan":
            return self._starts.get(None, 0)
        first = self._starts.get(-1, 0)
        return first if citation.content_index is None else self._starts.get(citation.content_index, first)

    def text(self) -> str:
        """Return the whole text."""
        return "".join(self._pieces)


def said_text(blocks: Mapping[int, str]) -> SaidText:
    """Return the text of an answer whose blocks are known."""
    said = SaidText()
    for index, text in blocks.items():
        said.open_block(index)
        said.add(text)
    return said


def encode_grounding(citations: Iterable[Citation], said: SaidText) -> dict[str, Any] | None:
    """Return the metadata, or none where there is nothing that Gemini could cite."""
    text = said.text()
    chunks: list[dict[str, Any]] = []
    places: dict[tuple[str, str], int] = {}
    supports: list[dict[str, Any]] = []
    for citation in citations:
        if citation.target == "thinking":
            continue
        indices: list[int] = []
        for source in citation.sources:
            key = (source.kind, source.id)
            if key not in places:
                places[key] = len(chunks)
                chunks.append(_encode_chunk(source))
            indices.append(places[key])
        start = said.start_of(citation)
        segment = {
            "startIndex": len(text[: start + citation.start].encode()),
            "endIndex": len(text[: start + citation.end].encode()),
            "text": citation.text,
        }
        supports.append({"segment": segment, "groundingChunkIndices": indices})
    return {"groundingChunks": chunks, "groundingSupports": supports} if supports else None


def _encode_chunk(source: Source) -> dict[str, Any]:
    """Return what has an address as a page of the web, and everything else as retrieved text."""
    data: Mapping[str, Any] = source.data
    title = data.get("title")
    members: dict[str, Any] = {"title": title} if isinstance(title, str) and title else {}
    url = data.get("url")
    if isinstance(url, str) and url:
        return {"web": {"uri": url, **({"title": url} | members)}}
    texts = [value for name, value in data.items() if name != "title" and isinstance(value, str)]
    return {"retrievedContext": {"uri": source.id, "title": source.id, **members, "text": "\n".join(texts)}}
