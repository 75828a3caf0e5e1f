"""The items of a streamed response, each from the event that opens it to the one that has it whole.

Every item gets the events of its `output_index` alone, in their order. What the deltas left out is told when
the item is done, so that a stream says what the whole answer would.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from causeway.dialects.responses.decode_items import (
    call_seal,
    decode_part,
    is_plain_message,
    part_seal,
    part_text,
    reasoning_seal,
    reasoning_text,
)
from causeway.dialects.responses.decode_spans import decode_logprobs
from causeway.dialects.responses.items import DIALECT, MESSAGE, text_of
from causeway.dialects.responses.stream_schema import WireEvent
from causeway.model.content import OpaqueBlock
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

_PART_OF = {"output_text": "text", "refusal": "refusal"}


class Counters(Struct):
    """How many content blocks, tool calls and citations have been told."""

    contents: int = 0
    tool_calls: int = 0
    citations: int = 0


class OpenItem:
    """One item while it is streamed."""

    def __init__(self, counters: Counters, added: dict[str, Any]) -> None:
        self._counters = counters
        self.added = added  # the item as it was when it opened

    def take(self, event: WireEvent) -> Iterator[Event]:  # noqa: ARG002
        """Yield what an event of this item says; raises MalformedItemError."""
        return iter(())

    def end(self, item: dict[str, Any]) -> Iterator[Event]:
        """Yield what is left of the item, which is told whole; raises MalformedItemError."""
        index = self._counters.contents
        self._counters.contents += 1
        yield OpaqueAdded(index, OpaqueBlock(DIALECT, text_of(item, "type"), item))


class OpenReasoning(OpenItem):
    """A reasoning item. It opens with its first words, so that one that shows none is told at once."""

    def __init__(self, counters: Counters, added: dict[str, Any]) -> None:
        super().__init__(counters, added)
        self._said: list[str] = []
        self._is_open = False
        self._parts = 0

    def take(self, event: WireEvent) -> Iterator[Event]:
        """Yield what an event says of the thinking."""
        match event.type:
            case "response.reasoning_summary_part.added":
                self._parts += 1
                if self._parts > 1:
                    yield from self._say("\n\n")
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                if isinstance(event.delta, str):
                    yield from self._say(event.delta)

    def end(self, item: dict[str, Any]) -> Iterator[Event]:
        """Yield the rest of the thinking and the item as its seal."""
        text, said = reasoning_text(item), "".join(self._said)
        yield from self._say(text[len(said) :] if text.startswith(said) else "")
        yield from self._open()
        yield ContentEnd(self._counters.contents, reasoning_seal(item))
        self._counters.contents += 1

    def _say(self, text: str) -> Iterator[Event]:
        if text:
            yield from self._open()
            self._said.append(text)
            yield ThinkingDelta(self._counters.contents, text)

    def _open(self) -> Iterator[Event]:
        if not self._is_open:
            self._is_open = True
            yield ContentStart(self._counters.contents, "thinking")


class OpenCall(OpenItem):
    """A function call."""

    def __init__(self, counters: Counters, added: dict[str, Any]) -> None:
        super().__init__(counters, added)
        self._said: list[str] = []
        self._is_open = False

    def take(self, event: WireEvent) -> Iterator[Event]:
        """Yield more of the arguments, once the call's name is known."""
        if event.type == "response.function_call_arguments.delta" and isinstance(event.delta, str):
            if not self._is_open and self.added.get("call_id") and self.added.get("name"):
                yield self._open(self.added)
            if self._is_open and event.delta:
                self._said.append(event.delta)
                yield ToolCallDelta(self._counters.tool_calls, event.delta)

    def end(self, item: dict[str, Any]) -> Iterator[Event]:
        """Yield the rest of the arguments and the end of the call."""
        if not self._is_open:
            yield self._open(item)
        said, arguments = "".join(self._said), item.get("arguments")
        if isinstance(arguments, str) and arguments.startswith(said):
            said_at_last = arguments[len(said) :]
        else:
            said_at_last = ""
        if not said and not said_at_last:
            said_at_last = "{}"
        if said_at_last:
            yield ToolCallDelta(self._counters.tool_calls, said_at_last)
        yield ToolCallEnd(self._counters.tool_calls, call_seal(item, self._counters.contents))
        self._counters.tool_calls += 1

    def _open(self, item: dict[str, Any]) -> Event:
        self._is_open = True
        return ToolCallStart(self._counters.tool_calls, text_of(item, "call_id"), text_of(item, "name"))


class OpenMessage(OpenItem):
    """A message of the assistant's: its parts, one after the other."""

    def __init__(self, counters: Counters, added: dict[str, Any]) -> None:
        super().__init__(counters, added)
        self._part_index = -1  # of the part that is open
        self._said: list[str] = []
        self._has_logprobs = False
        self._part: dict[str, Any] = {}
        self._annotations: list[Any] = []

    def take(self, event: WireEvent) -> Iterator[Event]:
        """Yield what an event says of a part."""
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                kind: Literal["output_text", "refusal"] = (
                    "output_text" if event.type == "response.output_text.delta" else "refusal"
                )
                if isinstance(event.delta, str) and event.delta:
                    yield from self._open_part(event.content_index, kind)
                    yield from self._say(event.delta, event.logprobs)
            case "response.output_text.annotation.added":
                if event.content_index == self._part_index:
                    self._annotations.append(event.annotation)
            case "response.content_part.done":
                if event.content_index == self._part_index and event.part is not None:
                    self._part = event.part

    def is_more_text(self, event: WireEvent) -> bool:
        """Whether an event adds to the open part and says no more, as nearly all events do."""
        return self._part_index == event.content_index and not event.logprobs

    def more_text(self, text: str) -> Event:
        """Return more of the open part."""
        self._said.append(text)
        return TextDelta(self._counters.contents, text)

    def end(self, item: dict[str, Any]) -> Iterator[Event]:
        """Yield the rest of every part and their ends."""
        if not is_plain_message(item):
            if self._part_index >= 0:
                yield from self._close_part(item)
            else:
                yield from super().end(item)
            return
        parts = item["content"]
        for index in range(max(self._part_index, 0), len(parts)):
            yield from self._open_part(index, parts[index]["type"])
            self._part = parts[index]
            yield from self._close_part(item if index == len(parts) - 1 else None)
        if self._part_index >= len(parts):
            yield from self._close_part(item)

    def _open_part(self, index: int, kind: str) -> Iterator[Event]:
        if index == self._part_index:
            return
        if self._part_index >= 0 and self._part:
            yield from self._close_part(None)
        self._part_index, self._said, self._has_logprobs = index, [], False
        self._part, self._annotations = {"type": kind}, []
        yield ContentStart(self._counters.contents, "text")

    def _close_part(self, item: dict[str, Any] | None) -> Iterator[Event]:
        """Yield the end of the open part; `item` is the message where it is the last."""
        said, part, index = "".join(self._said), self._part, self._counters.contents
        text = part_text(part)
        if not isinstance(text, str) or not text.startswith(said):
            part = {**part, "annotations": self._annotations, "logprobs": []}
            part[_PART_OF.get(str(part.get("type")), "text")] = text = said
        if text != said:
            yield TextDelta(index, text[len(said) :])
        decoded = decode_part(part, index, part_seal(part, item))
        if not self._has_logprobs:
            for item_logprobs in decoded.logprobs:
                yield TextDelta(index, "", item_logprobs)
        for citation in decoded.citations:
            yield CitationAdded(self._counters.citations, citation)
            self._counters.citations += 1
        yield ContentEnd(index, decoded.block.seal)
        self._counters.contents += 1
        self._part = {}

    def _say(self, text: str, logprobs: list[Any] | None) -> Iterator[Event]:
        index = self._counters.contents
        self._said.append(text)
        tokens = decode_logprobs(logprobs)
        self._has_logprobs = self._has_logprobs or bool(tokens)
        if len(tokens) <= 1:
            yield TextDelta(index, text, tokens[0] if tokens else None)
            return
        if "".join(token.text for token in tokens) != text:
            yield TextDelta(index, text, tokens[0])
            tokens, text = tokens[1:], ""
        for token in tokens:
            yield TextDelta(index, token.text if text else "", token)


def open_item(item: dict[str, Any], counters: Counters) -> OpenItem:
    """Return the item that an event opens."""
    match item.get("type"):
        case "reasoning":
            return OpenReasoning(counters, item)
        case "function_call":
            return OpenCall(counters, item)
        case str(kind) if kind == MESSAGE:
            return OpenMessage(counters, item)
    return OpenItem(counters, item)
