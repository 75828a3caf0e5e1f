"""Documents that can be cited, between the canonical ones and Anthropic's blocks.

A canonical document is one text or named fields. The text is a plain-text source; fields are custom
content, a block each, which is the smallest thing that Anthropic cites. The `title` carries the id: it is
all that a citation says of its document besides a number.
"""

from typing import Any

import msgspec

from causeway.dialects.anthropic.media import PLAIN_TEXT
from causeway.model.content import Document

_DOCUMENT_MEMBERS = frozenset({"type", "source", "title", "citations"})
_RESULT_MEMBERS = frozenset({"type", "source", "title", "content", "citations"})
_CITED = {"enabled": True}


def decode_document(block: dict[str, Any]) -> Document | None:
    """Return the document of a `document` block that is to be cited, none for any other."""
    title, source = block.get("title"), block.get("source")
    if not block.keys() <= _DOCUMENT_MEMBERS or block.get("citations") != _CITED:
        return None
    if not isinstance(source, dict) or not (title is None or isinstance(title, str)):
        return None
    match source:
        case {"type": "text", "media_type": "text/plain", "data": str(text)} if len(source) == 3:
            return Document(text, title or None)
        case {"type": "content", "content": str(text)} if len(source) == 2:
            return Document({"text": text}, title or None)
        case {"type": "content", "content": list(parts)} if len(source) == 2:
            fields = _decode_fields(parts)
            return None if fields is None else Document(fields, title or None)
    return None


def decode_search_result(block: dict[str, Any]) -> Document | None:
    """Return the document of a `search_result` block that is to be cited, none for any other."""
    if not block.keys() <= _RESULT_MEMBERS or block.get("citations") != _CITED:
        return None
    match block:
        case {"source": str(source), "title": str(title), "content": list(parts)} if source:
            fields = _decode_fields(parts)
            if fields is None:
                return None
            if title != source:
                return Document({"title": title, **fields}, source)
            return Document(fields["text"] if len(fields) == 1 else fields, source)
    return None


def encode_document(document: Document, title: str | None, *, is_cited: bool) -> dict[str, Any]:
    """Return the `document` block of one of the request's documents."""
    data = document.data
    source: dict[str, Any]
    if isinstance(data, str):
        source = {"type": "text", "media_type": PLAIN_TEXT, "data": data}
    else:
        source = {"type": "content", "content": _encode_fields(data)}
    block: dict[str, Any] = {"type": "document", "source": source}
    if title is not None:
        block["title"] = title
    return {**block, "citations": _CITED} if is_cited else block


def encode_search_result(document: Document, id: str, *, is_cited: bool) -> dict[str, Any]:
    """Return the `search_result` block of a document in a tool's result."""
    data = {"text": document.data} if isinstance(document.data, str) else document.data
    title = data.get("title")
    if isinstance(title, str) and title and len(data) > 1:
        data = {name: value for name, value in data.items() if name != "title"}
    else:
        title = id
    block: dict[str, Any] = {
        "type": "search_result",
        "source": id,
        "title": title,
        "content": _encode_fields(data),
    }
    return {**block, "citations": _CITED} if is_cited else block


def is_told_as_it_is(document: Document) -> bool:
    """Whether a document's blocks hold its text and nothing of its fields' names."""
    data = document.data
    return isinstance(data, str) or list(data) == _plain_names(len(data))


def _encode_fields(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a text for each field, with its name but where it says no more than that it is a text."""
    plain = _plain_names(len(data))
    texts = [
        _as_text(value) if name in plain else f"{name}: {_as_text(value)}" for name, value in data.items()
    ]
    return [{"type": "text", "text": text} for text in texts if text.strip()] or [
        {"type": "text", "text": "(empty)"}  # a source has to hold something
    ]


def _decode_fields(parts: list[Any]) -> dict[str, Any] | None:
    texts: list[str] = []
    for part in parts:
        match part:
            case {"type": "text", "text": str(text)} if len(part) == 2 and text.strip():
                texts.append(text)
            case _:
                return None
    return dict(zip(_plain_names(len(texts)), texts, strict=True)) if texts else None


def _plain_names(number: int) -> list[str]:
    return ["text", *(f"text_{place}" for place in range(2, number + 1))][:number]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
