"""Anthropic's citations as canonical ones.

Anthropic cites whole text blocks: each block's citations become one, whose span is the block and whose
sources are what they point to. Where they point to a document its title names it, since that is where
`documents.py` writes an id; without one it is called by its number, as Cohere does.
"""

from collections.abc import Iterable
from typing import Any

from causeway.model.content import Citation, Source

_LOCATIONS = (
    "start_page_number",
    "end_page_number",
    "start_char_index",
    "end_char_index",
    "start_block_index",
    "end_block_index",
)


def decode_citations(wire: Iterable[Any], text: str, content_index: int) -> Citation | None:
    """Return the citation of a text block, none where nothing that is known is cited."""
    sources: list[Source] = []
    for item in wire:
        source = _decode_source(item)
        if source is not None and source not in sources:
            sources.append(source)
    if not sources or not text:
        return None
    return Citation(0, len(text), text, tuple(sources), "text", content_index)


def _decode_source(wire: Any) -> Source | None:
    match wire:
        case {"type": "web_search_result_location", "url": str(url)} if url:
            told = {"url": url, "title": wire.get("title"), "content": wire.get("cited_text")}
            return Source("document", url, {name: value for name, value in told.items() if value})
        case {"type": "search_result_location", "source": str(source)} if source:
            told = {"id": source, "title": wire.get("title"), "text": wire.get("cited_text")}
            return Source("tool", source, {name: value for name, value in told.items() if value})
        case {
            "type": "char_location" | "page_location" | "content_block_location",
            "document_index": int(index),
        }:
            title = wire.get("document_title")
            id = title if isinstance(title, str) and title else f"doc:{index}"
            data: dict[str, Any] = {"id": id, "text": wire.get("cited_text") or ""}
            data |= {name: wire[name] for name in _LOCATIONS if name in wire}
            return Source("document", id, data)
    return None
