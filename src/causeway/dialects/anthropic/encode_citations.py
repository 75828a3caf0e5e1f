"""Canonical citations as Anthropic's, which belong to whole text blocks.

A whole answer's text is cut where a citation begins or ends. A stream's text is out before its citations
are known, so that they are told of the block that they are in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from causeway.model.content import Citation, Document, Source

_NUMBERED = re.compile(r"doc:(\d{1,6})")
_TEXT_FIELDS = ("text", "snippet", "content")

Locations = list[dict[str, Any]]


class CitationWriter:
    """Writes citations for one request, whose documents they are numbered by."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._indexes = {document.id: index for index, document in enumerate(documents) if document.id}

    def locations(self, citation: Citation) -> Locations:
        """Return what a citation points to."""
        return [self._location(source) for source in citation.sources]

    def cut(self, text: str, citations: Sequence[Citation]) -> Iterator[tuple[str, Locations]]:
        """Yield a text in pieces, each with what is cited for all of it."""
        length = len(text)
        edges = {0, length}
        for citation in citations:
            edges |= {min(max(citation.start, 0), length), min(max(citation.end, 0), length)}
        places = sorted(edges)
        for start, end in pairwise(places):
            cited: Locations = []
            for citation in citations:
                if citation.start <= start and end <= citation.end:
                    cited += self.locations(citation)
            yield text[start:end], cited

    def _location(self, source: Source) -> dict[str, Any]:
        data = source.data
        title = data.get("title")
        members: dict[str, Any] = {"cited_text": _text_of(source)}
        if source.kind == "document" and (index := self._index_of(source.id)) is not None:
            document = self._documents[index]
            title = document.id if not isinstance(title, str) else title
            members |= {"document_index": index, "document_title": document.id or title}
            if isinstance(document.data, str):
                length = len(document.data)
                return {
                    "type": "char_location",
                    **members,
                    "cited_text": document.data,
                    "start_char_index": 0,
                    "end_char_index": length,
                }
            blocks = max(len(document.data), 1)
            place = {"start_block_index": 0, "end_block_index": blocks}
            return {"type": "content_block_location", **members, **place}
        url = data.get("url")
        if isinstance(url, str) and url:
            named = title if isinstance(title, str) else None
            # What Anthropic would want back with it only its own search could tell.
            return {
                "type": "web_search_result_location",
                **members,
                "url": url,
                "title": named,
                "encrypted_index": "",
            }
        return {
            "type": "search_result_location",
            **members,
            "source": source.id,
            "title": title if isinstance(title, str) else None,
            "search_result_index": 0,
            "start_block_index": 0,
            "end_block_index": 1,
        }

    def _index_of(self, id: str) -> int | None:
        if id in self._indexes:
            return self._indexes[id]
        numbered = _NUMBERED.fullmatch(id)
        if numbered is None or int(numbered[1]) >= len(self._documents):
            return None
        return int(numbered[1])


def by_block(
    citations: Iterable[Citation], texts: Sequence[int], has_plan: bool
) -> dict[int | None, list[Citation]]:
    """Return the citations by the index of the text that they cite; the plan's is none.

    `texts` are the indexes of the text blocks. What cites thinking, or nothing that is there, is left out.
    """
    found: dict[int | None, list[Citation]] = {}
    for citation in citations:
        if citation.target == "thinking":
            continue
        index = citation.content_index
        if citation.target == "plan":
            if has_plan:
                found.setdefault(None, []).append(citation)
        elif index in texts or (index is None and texts):
            found.setdefault(texts[0] if index is None else index, []).append(citation)
    return found


def _text_of(source: Source) -> str:
    for name in _TEXT_FIELDS:
        if isinstance(text := source.data.get(name), str):
            return text
    return ""
