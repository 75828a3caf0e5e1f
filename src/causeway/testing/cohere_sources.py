"""The documents and results of tools in a Cohere request: what can be quoted of them, and how it is cited.

Source of truth: Cohere's documentation of citations, and recorded exchanges.
"""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.content import Source
from causeway.testing.question import Passage


class CohereDocument(Struct, forbid_unknown_fields=True):
    """A document: named fields, or one text."""

    data: dict[str, Any] | str
    id: str | None = None


def document_passage(document: str | CohereDocument, index: int) -> Passage:
    """Return a document of the request; without an id of its own it is named by its place."""
    if isinstance(document, str):
        document = CohereDocument(document)
    source_id = document.id or f"doc:{index}"
    data = document.data if isinstance(document.data, dict) else {"text": document.data}
    return Passage(_text_of(data), Source("document", source_id, {"id": source_id, **data}))


def tool_passages(call_id: str, content: str | list[dict[str, Any]] | None) -> list[Passage]:
    """Return the parts of one tool's result, a source each."""
    blocks = [{"text": content}] if isinstance(content, str) else content or []
    return [_tool_passage(f"{call_id}:{index}", block) for index, block in enumerate(blocks)]


def _tool_passage(default_id: str, block: dict[str, Any]) -> Passage:
    document = block.get("document")
    given = document.get("data") if isinstance(document, dict) else block.get("text")
    source_id = document.get("id") or default_id if isinstance(document, dict) else default_id
    text = given if isinstance(given, str) else _encode(given)
    fields = _parsed(given) if isinstance(given, str) else given
    if not isinstance(fields, dict):
        return Passage(text, Source("tool", source_id, {"content": text}))
    # Nested values are shown as JSON text.
    shown = {name: value if isinstance(value, str) else _encode(value) for name, value in fields.items()}
    return Passage(_text_of(shown), Source("tool", source_id, shown))


def _text_of(data: dict[str, Any]) -> str:
    for name in ("text", "snippet", "content"):
        if isinstance(data.get(name), str):
            text: str = data[name]
            return text
    return " ".join(value if isinstance(value, str) else _encode(value) for value in data.values())


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()
