# ruff: noqa: RUF001  # punctuation of other scripts is meant
"""The documents of a request as sources: numbered, readable, and in the form that citations show.

Ids are the caller's; where it gave none they are `doc:<n>` for documents and `<tool_call_id>:<n>` for what
a tool returned, as Cohere numbers them. Pure; documents are taken as they are and never shortened here.
"""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    Source,
    TextBlock,
    ToolCall,
    ToolMessage,
)
from causeway.model.request import ChatRequest

_TITLE_FIELDS = ("title", "name", "headline", "heading")
_TEXT_FIELDS = frozenset(("text", "snippet", "content", "body", "passage", "abstract", "summary"))
_PROSE_LENGTH = 60
_DEEPEST_FIELD = 6


class GroundingSource(Struct, frozen=True):
    """A source that an answer can rest on.

    `source` is what a citation carries. `body` is plain text to read, without the `title`; fields that are
    no prose share one line. `path` is where the source stood in the request.
    """

    source: Source
    title: str
    body: str
    path: str

    @property
    def text(self) -> str:
        """All of it as plain text, the title first."""
        return "\n".join(part for part in (self.title, self.body) if part)


def number_sources(request: ChatRequest) -> tuple[GroundingSource, ...]:
    """Return the request's sources: its documents in order, then what tools returned."""
    found = [
        _from_document(document, document.id or f"doc:{position}", f"documents[{position}]")
        for position, document in enumerate(request.documents)
    ]
    calls: dict[str, ToolCall] = {}
    for index, message in enumerate(request.messages):
        if isinstance(message, AssistantMessage):
            calls.update((call.id, call) for call in message.tool_calls)
        elif isinstance(message, ToolMessage):
            called = _words_of(calls.get(message.tool_call_id))
            for position, block in enumerate(message.content):
                if not isinstance(block, TextBlock | DocumentBlock):
                    continue
                path = f"messages[{index}].content[{position}]"
                source = _from_tool(block, f"{message.tool_call_id}:{position}", path)
                found.append(replace(source, body=f"{called}{source.body}"))
    return tuple(found)


def _words_of(call: ToolCall | None) -> str:
    """Return what was called with what, in words: the result itself seldom repeats what it is about."""
    if call is None:
        return ""
    arguments = _parsed(call.arguments)
    words = [call.name.replace("_", " ")]
    if isinstance(arguments, dict):
        words += [f"{name} {_as_text(value)}" for name, value in arguments.items()]
    return f"{' '.join(words)} "


def _from_document(document: Document, id: str, path: str) -> GroundingSource:
    data = document.data
    if isinstance(data, str):
        return GroundingSource(Source("document", id, {"id": id, "text": data}), "", data, path)
    title, body = _readable(data)
    return GroundingSource(Source("document", id, {**data, "id": id}), title, body, path)


def _from_tool(block: TextBlock | DocumentBlock, id: str, path: str) -> GroundingSource:
    if isinstance(block, TextBlock):
        data: dict[str, Any] | str = block.text
    else:
        data, id = block.document.data, block.document.id or id
    value = _parsed(data) if isinstance(data, str) else data
    if isinstance(value, dict):
        title, body = _readable(value)
        output = {name: _as_text(field) for name, field in value.items()}
        return GroundingSource(Source("tool", id, output), title, body, path)
    if isinstance(value, _NotJson):
        # A plain text is shown as the JSON string that it would be.
        return GroundingSource(Source("tool", id, {"content": _as_json(data)}), "", str(data), path)
    lines = _Lines()
    lines.add_items(value if isinstance(value, list) else [value], 0)
    return GroundingSource(Source("tool", id, {"content": data}), "", lines.text(), path)


class _NotJson(Struct, frozen=True):
    """Stands for a text that no JSON parser reads."""


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _NotJson()


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _readable(data: dict[str, Any]) -> tuple[str, str]:
    """Return a title, if the data is a text that has one, and a body."""
    lines = _Lines()
    lines.add_object({name: value for name, value in data.items() if name != "id"}, "", 0)
    if not lines.prose:
        return "", lines.text()
    title_field = next((name for name in _TITLE_FIELDS if isinstance(data.get(name), str)), None)
    if title_field is None:
        return "", lines.text()
    lines = _Lines()
    lines.add_object({name: value for name, value in data.items() if name not in ("id", title_field)}, "", 0)
    return data[title_field], lines.text()


class _Lines:
    """Collects readable lines: one for the short fields of an object, one for each text and list item."""

    def __init__(self) -> None:
        self.facts: list[str] = []
        self.prose: list[str] = []
        self._items: list[str] = []

    def text(self) -> str:
        """Return the lines."""
        facts = ["; ".join(self.facts)] if self.facts else []
        return "\n".join(facts + self.prose + self._items)

    def add_object(self, value: dict[str, Any], prefix: str, depth: int) -> None:
        """Add the fields of an object, nested ones under the names of those around them."""
        for name, field in value.items():
            label = f"{prefix} {name.replace('_', ' ')}".strip()
            if isinstance(field, str) and (name in _TEXT_FIELDS or _is_prose(field)):
                self.prose.append(field)
            elif isinstance(field, dict) and depth < _DEEPEST_FIELD:
                self.add_object(field, label, depth + 1)
            elif isinstance(field, list) and any(isinstance(item, dict | list) for item in field):
                self.add_items(field, depth + 1)
            elif isinstance(field, list):
                self.facts.append(f"{label}: {', '.join(map(_as_text, field))}")
            else:
                self.facts.append(f"{label}: {_as_text(field)}")

    def add_items(self, items: list[Any], depth: int) -> None:
        """Add each item of a list as lines of its own."""
        for item in items:
            inner = _Lines()
            if isinstance(item, dict) and depth < _DEEPEST_FIELD:
                inner.add_object(item, "", depth)
                self._items.append(inner.text())
            elif isinstance(item, list) and depth < _DEEPEST_FIELD:
                inner.add_items(item, depth + 1)
                self._items.append(inner.text())
            else:
                self._items.append(_as_text(item))


def _is_prose(text: str) -> bool:
    return len(text) > _PROSE_LENGTH or text.rstrip().endswith((".", "!", "?", "。", "！", "？"))
