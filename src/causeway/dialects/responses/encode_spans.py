"""Citations as annotations, and log probabilities, in the words of the Responses API.

An annotation has an address or a file; a citation of anything else is told in `citations` beside them, in
Cohere's form, since otherwise it could not be said at all.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from causeway.dialects.openai.encode_logprobs import encode_logprobs as encode_completion_logprobs
from causeway.dialects.responses.decode_spans import SPANNED
from causeway.model.content import Citation, Source
from causeway.model.response import TokenLogprobs


def encode_annotations(citations: Iterable[Citation]) -> list[dict[str, Any]]:
    """Return the annotations of one part of text, one for each source that has an address or a file."""
    return [
        annotation
        for citation in citations
        for source in citation.sources
        if (annotation := _encode_annotation(citation, source)) is not None
    ]


def encode_plain_citations(citations: Iterable[Citation]) -> list[dict[str, Any]]:
    """Return, in Cohere's form, the citations that annotations do not tell, or not with all their sources."""
    return [
        {
            "start": citation.start,
            "end": citation.end,
            "text": citation.text,
            "sources": [
                {"type": "tool", "id": source.id, "tool_output": source.data}
                if source.kind == "tool"
                else {"type": "document", "id": source.id, "document": source.data}
                for source in citation.sources
            ],
        }
        for citation in citations
        if any(_encode_annotation(citation, source) is None for source in citation.sources)
    ]


def encode_logprobs(items: Sequence[TokenLogprobs]) -> list[dict[str, Any]]:
    """Return the log probabilities of a part's tokens; a piece without any is left out."""
    tokens: list[dict[str, Any]] = encode_completion_logprobs(items)["content"]
    return tokens


def _encode_annotation(citation: Citation, source: Source) -> dict[str, Any] | None:
    data, span = source.data, {"start_index": citation.start, "end_index": citation.end}
    match data.get("type"):
        case "file_citation":
            return {**data, "index": citation.start}
        case str(kind) if kind in SPANNED:
            return {**data, **span}
    url = data.get("url")
    if not isinstance(url, str) or not url:
        return None
    if source.kind == "document" and source.id == url:  # as `decode_annotations` makes them
        return {"type": "url_citation", "title": url, **data, **span}
    title = data.get("title")
    return {"type": "url_citation", "title": title if isinstance(title, str) else url, "url": url, **span}
