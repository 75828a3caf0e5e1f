"""The blocks of a Bedrock stream while they are open: each knows its own deltas and how it ends.

The parts of one block come in order, but what kind of reasoning it is shows only in its parts: encrypted
reasoning is told whole at the end, and so are the blocks that only Bedrock knows.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.dialects.bedrock.citations import decode_citations
from causeway.dialects.bedrock.content_schema import WireCitation
from causeway.dialects.bedrock.response_schema import WireDelta
from causeway.model.content import OpaqueBlock, Seal
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    OpaqueAdded,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)


class TextPart:
    """A block of text, with or without what supports it; `citations` counts those of the whole answer."""

    def __init__(self, index: int, citations: int) -> None:
        self.citations = citations
        self._index = index
        self._texts: list[str] = []
        self._wire: list[WireCitation] = []

    def start(self) -> Event:
        """Return the event that opens the block."""
        return ContentStart(self._index, "text")

    def add_text(self, text: str) -> Event:
        """Take more text and return its event."""
        self._texts.append(text)
        return TextDelta(self._index, text)

    def add(self, delta: WireDelta) -> Iterator[Event]:
        """Take more of the block and yield its events."""
        if delta.text:
            yield self.add_text(delta.text)
        if delta.citation is not None:
            self._wire.append(delta.citation)

    def end(self) -> Iterator[Event]:
        """Yield what closes the block."""
        text = "".join(self._texts)
        citation = decode_citations(self._wire, text, self._index)
        if citation is None:
            yield ContentEnd(self._index)
            return
        yield CitationAdded(self.citations, citation)
        self.citations += 1
        told = {"content": [{"text": text}], "citations": [_said(item) for item in self._wire]}
        yield ContentEnd(self._index, Seal("bedrock", {"citationsContent": told}))


class ThinkingPart:
    """A block of reasoning: in words, signed or not, or encrypted."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._signature = ""
        self._redacted: list[str] = []
        self._is_open = False

    def add(self, delta: WireDelta) -> Iterator[Event]:
        """Take more of the block and yield its events."""
        reasoning = delta.reasoning_content
        if reasoning is None:
            return
        if reasoning.redacted_content is not None:
            self._redacted.append(reasoning.redacted_content)
            return
        if not self._is_open:
            self._is_open = True
            yield ContentStart(self._index, "thinking")
        if reasoning.text:
            yield ThinkingDelta(self._index, reasoning.text)
        self._signature += reasoning.signature or ""

    def end(self) -> Iterator[Event]:
        """Yield what closes the block."""
        if self._is_open:
            signature = self._signature
            yield ContentEnd(self._index, Seal("bedrock", {"signature": signature}) if signature else None)
            return
        told = {"reasoningContent": {"redactedContent": _join_base64(self._redacted)}}
        yield OpaqueAdded(self._index, OpaqueBlock("bedrock", "reasoningContent", told))


class CallBlock:
    """A tool call."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._is_empty = True

    def start(self, id: str, name: str) -> Event:
        """Return the event that opens the call."""
        return ToolCallStart(self._index, id, name)

    def add(self, delta: WireDelta) -> Iterator[Event]:
        """Take more of the call and yield its events."""
        if delta.tool_use is not None and delta.tool_use.input:
            self._is_empty = False
            yield ToolCallDelta(self._index, delta.tool_use.input)

    def end(self) -> Iterator[Event]:
        """Yield what closes the call: one without arguments has the empty object, as in a whole answer."""
        if self._is_empty:
            yield ToolCallDelta(self._index, "{}")
        yield ToolCallEnd(self._index)


class UnknownBlock:
    """A block that only Bedrock knows: a tool that it ran, its result, an image."""

    def __init__(self, index: int, start: dict[str, Any]) -> None:
        self._index = index
        self._kind = next(iter(start))
        self._block: dict[str, Any] = dict(start[self._kind])
        self._input: list[str] = []
        self._content: list[dict[str, Any]] = []

    def add(self, delta: WireDelta) -> Iterator[Event]:
        """Take more of the block; it is told at its end."""
        if delta.tool_use is not None:
            self._input.append(delta.tool_use.input)
        if delta.tool_result is not None:
            self._content += delta.tool_result
        if delta.image is not None:
            self._block.update(delta.image)
        return iter(())

    def end(self) -> Iterator[Event]:
        """Yield the block."""
        if self._kind == "toolUse":
            text = "".join(self._input)
            try:
                self._block["input"] = msgspec.json.decode(text) if text else {}
            except (msgspec.DecodeError, RecursionError):
                raise UpstreamProtocolError(
                    "the input of a tool in the provider's stream is not JSON"
                ) from None
        elif self._kind == "toolResult":
            self._block["content"] = self._content
        yield OpaqueAdded(self._index, OpaqueBlock("bedrock", self._kind, {self._kind: self._block}))


OpenBlock = TextPart | ThinkingPart | CallBlock | UnknownBlock


def _said(wire: WireCitation) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(wire))
    return {name: value for name, value in told.items() if value is not None}


def _join_base64(pieces: list[str]) -> str:
    if len(pieces) == 1:
        return pieces[0]
    try:
        return b64encode(b"".join(b64decode(piece, validate=True) for piece in pieces)).decode()
    except (Base64Error, ValueError):
        raise UpstreamProtocolError(
            "the encrypted reasoning of the provider's stream is not base64"
        ) from None
