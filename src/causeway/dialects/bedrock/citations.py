"""What supports a text, as Bedrock tells it and as canonical sources, both ways.

Bedrock cites whole pieces of text, each with a list of what supports it; the canonical citation is a span
with its sources. A source of Bedrock's is kept whole in the data of the canonical one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from causeway.dialects.bedrock.content_schema import WireCitation
from causeway.dialects.bedrock.documents import CitedBlock, cited_blocks
from causeway.model.content import Citation, Source
from causeway.model.request import ChatRequest

# Which member of a location says which source it is.
_INDEXES = {
    "documentChar": "documentIndex",
    "documentPage": "documentIndex",
    "documentChunk": "documentIndex",
    "searchResultLocation": "searchResultIndex",
}
# What other dialects call the text of a source, and where it is from.
_TEXT_NAMES = ("text", "snippet", "content", "contents")
_ORIGIN_NAMES = ("source", "url")


class Piece(Struct, frozen=True):
    """A piece of an answer's text, with what supports it: nothing, or one or more sources."""

    text: str
    sources: tuple[Source, ...]


def decode_citations(wire: Sequence[WireCitation], text: str, content_index: int) -> Citation | None:
    """Return the citation of a whole block of text, or none where nothing supports it."""
    if not wire:
        return None
    sources = tuple(_decode_source(citation) for citation in wire)
    return Citation(0, len(text), text, sources, "text", content_index)


class CitationWriter:
    """Writes the citations of one answer: those of the caller's own blocks point to them."""

    def __init__(self, request: ChatRequest) -> None:
        self._blocks = cited_blocks(request)

    def encode_source(self, source: Source) -> dict[str, Any]:
        """Return a source as one of Bedrock's citations."""
        block = self._blocks.get(source.id)
        return _encode_source(source) if block is None else _encode_place(source, block)


def _encode_place(source: Source, block: CitedBlock) -> dict[str, Any]:
    """Return a citation of a block: of what was quoted, or of all where that was or nothing was found."""
    texts = block.texts
    quoted = _quoted(source.data)
    if quoted is None or all(text in source.data.values() for text in texts):
        quoted = None
    start, end = 0, len(texts[0]) if block.is_whole else len(texts)
    if quoted is not None:
        place = next((index for index, text in enumerate(texts) if quoted in text), None)
        if place is None:
            quoted = None
        elif block.is_whole:
            start = texts[0].index(quoted)
            end = start + len(quoted)
        else:
            start, end = place, place + 1
    told = texts if quoted is None else (quoted,)
    range = {"start": start, "end": end}
    citation: dict[str, Any] = {"sourceContent": [{"text": text} for text in told]}
    if block.kind == "searchResult":
        members = block.members
        location = {"searchResultLocation": {"searchResultIndex": block.number, **range}}
        return {"title": members["title"], "source": members["source"], **citation, "location": location}
    kind = "documentChar" if block.is_whole else "documentChunk"
    location = {kind: {"documentIndex": block.number, **range}}
    return {"title": block.members["name"], **citation, "location": location}


def _quoted(data: Mapping[str, Any]) -> str | None:
    return next((data[name] for name in _TEXT_NAMES if isinstance(data.get(name), str)), None)


def _encode_source(source: Source) -> dict[str, Any]:
    data = source.data
    quoted = _quoted(data)
    origin = next((data[name] for name in _ORIGIN_NAMES if isinstance(data.get(name), str)), None)
    title = data.get("title")
    citation: dict[str, Any] = {"title": title if isinstance(title, str) else source.id}
    if origin is not None:
        citation["source"] = origin
    if quoted is not None:
        citation["sourceContent"] = [{"text": quoted}]
    url, location = data.get("url"), data.get("location")
    if isinstance(location, dict):
        citation["location"] = location
    elif isinstance(url, str):
        citation["location"] = {"web": {"url": url}}
    return citation


def split_text(text: str, citations: Iterable[Citation]) -> list[Piece]:
    """Return a text in pieces, of which each is cited as a whole or not at all.

    Spans that overlap become one piece with the sources of all. What lies outside the text is cut off.
    """
    pieces: list[Piece] = []
    spans: list[tuple[int, int, tuple[Source, ...]]] = []
    for citation in sorted(citations, key=lambda citation: (citation.start, citation.end)):
        start, end = max(citation.start, 0), min(citation.end, len(text))
        if start >= end:
            continue
        if spans and start < spans[-1][1]:
            last_start, last_end, sources = spans.pop()
            new = tuple(source for source in citation.sources if source not in sources)
            spans.append((last_start, max(last_end, end), sources + new))
        else:
            spans.append((start, end, citation.sources))
    position = 0
    for start, end, sources in spans:
        if start > position:
            pieces.append(Piece(text[position:start], ()))
        pieces.append(Piece(text[start:end], sources))
        position = end
    if position < len(text) or not pieces:
        pieces.append(Piece(text[position:], ()))
    return pieces


def _decode_source(wire: WireCitation) -> Source:
    data: dict[str, Any] = {}
    if wire.title is not None:
        data["title"] = wire.title
    if wire.source is not None:
        data["source"] = wire.source
    if wire.source_content:
        data["text"] = "".join(piece.text for piece in wire.source_content)
    location = wire.location or {}
    if wire.location is not None:
        data["location"] = wire.location
    if (url := _url(location)) is not None:
        data["url"] = url
    return Source("document", _source_id(location, url, wire.title), data)


def _url(location: Mapping[str, Any]) -> str | None:
    match location:
        case {"web": {"url": str(url)}}:
            return url
    return None


def _source_id(location: Mapping[str, Any], url: str | None, title: str | None) -> str:
    """Return what tells one source from another: its place among the documents, its address or its title."""
    for kind, member in _INDEXES.items():
        match location.get(kind):
            case {**place} if isinstance(index := place.get(member), int):
                return f"{'doc' if member == 'documentIndex' else 'search'}:{index}"
    return url or title or ""
