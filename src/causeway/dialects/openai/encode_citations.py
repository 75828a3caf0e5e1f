"""Citations in both forms in which this dialect's callers may read them.

OpenAI's own annotations know only addresses, so what cites anything else could not be said; `citations`
beside them has all, in Cohere's form. Spans count code points of the whole `content`, or of the thinking
for a citation of that.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from causeway.model.content import Citation

Kind = Literal["text", "thinking"]

# What an annotation says of its source; `content` is OpenRouter's.
_SOURCE_MEMBERS = ("url", "title", "content")
_TARGETS = {"text": "TEXT_CONTENT", "thinking": "THINKING_CONTENT", "plan": "PLAN"}


class Spans:
    """Where each block of an answer begins in the one text, or the one thinking, that it is part of.

    Told in the order in which the answer is said; a plan is part of the text.
    """

    def __init__(self) -> None:
        self._lengths = {"text": 0, "thinking": 0}
        self._starts: dict[int, int] = {}
        self._first_starts: dict[str, int] = {}

    def open_block(self, index: int, kind: Kind) -> None:
        """Take the beginning of a block."""
        start = self._starts[index] = self._lengths[kind]
        self._first_starts.setdefault(kind, start)

    def lengthen(self, kind: Kind, text: str) -> None:
        """Take more of the text or of the thinking."""
        self._lengths[kind] += len(text)

    def start_of(self, citation: Citation) -> int:
        """Return where the citation's own content begins."""
        if citation.target == "plan":
            return 0
        first = self._first_starts.get("thinking" if citation.target == "thinking" else "text", 0)
        return first if citation.content_index is None else self._starts.get(citation.content_index, first)


def encode_citations(citations: Iterable[Citation], spans: Spans) -> dict[str, Any]:
    """Return the members of a message, or of a delta, that tell citations; none where there are none."""
    placed = [(citation, spans.start_of(citation)) for citation in citations]
    members: dict[str, Any] = {}
    if annotations := [told for citation, start in placed for told in _encode_annotations(citation, start)]:
        members["annotations"] = annotations
    if placed:
        members["citations"] = [_encode_citation(citation, start) for citation, start in placed]
    return members


def _encode_annotations(citation: Citation, start: int) -> Iterator[dict[str, Any]]:
    if citation.target == "thinking":
        return
    for source in citation.sources:
        url = source.data.get("url")
        if isinstance(url, str) and url:
            told = {name: source.data.get(name) for name in _SOURCE_MEMBERS}
            members = {name: text for name, text in told.items() if isinstance(text, str)}
            yield {
                "type": "url_citation",
                "url_citation": {
                    "start_index": start + citation.start,
                    "end_index": start + citation.end,
                    "title": url,  # OpenAI's SDK has to have one
                    **members,
                },
            }


def _encode_citation(citation: Citation, start: int) -> dict[str, Any]:
    encoded: dict[str, Any] = {
        "start": start + citation.start,
        "end": start + citation.end,
        "text": citation.text,
        "sources": [
            {"type": "tool", "id": source.id, "tool_output": source.data}
            if source.kind == "tool"
            else {"type": "document", "id": source.id, "document": source.data}
            for source in citation.sources
        ],
    }
    if citation.target is not None:
        encoded["type"] = _TARGETS[citation.target]
    return encoded
