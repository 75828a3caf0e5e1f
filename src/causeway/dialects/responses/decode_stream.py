"""The events of a streamed response, decoded to canonical events.

Takes bytes cut anywhere. Items are told one after the other: what comes of an item while another is open is
held until that one is done. Ids of items are not looked at, since some vendors give one item another id in
every event; `output_index` says which it is.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from causeway.dialects.openai.decode_error import decode_error_payload
from causeway.dialects.openai.invented_ids import invented_id
from causeway.dialects.responses.decode_ending import (
    decode_response_ending,
    failure_of,
    failure_status,
    has_calls,
)
from causeway.dialects.responses.items import MalformedItemError
from causeway.dialects.responses.read_response import created_of, id_of, model_of
from causeway.dialects.responses.stream_items import Counters, OpenItem, OpenMessage, open_item
from causeway.dialects.responses.stream_schema import WireEvent
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import Event, MessageEnd, MessageStart
from causeway.wire.server_sent_events import EventReader, EventTooLargeError

_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_TEXT_DELTA = "response.output_text.delta"
_ITEM_ADDED, _ITEM_DONE = "response.output_item.added", "response.output_item.done"
# Of an item whose beginning was not told.
_KINDS = {
    "response.output_text": "message",
    "response.content_part": "message",
    "response.refusal": "message",
    "response.reasoning_text": "reasoning",
    "response.reasoning_summary_text": "reasoning",
    "response.reasoning_summary_part": "reasoning",
    "response.function_call_arguments": "function_call",
}

_decode_event = msgspec.json.Decoder(WireEvent).decode


class StreamDecoder:
    """Reads one stream of `POST /responses`."""

    def __init__(self) -> None:
        self._reader = EventReader()
        self._has_started = False
        self._counters = Counters()
        self._open: OpenItem | None = None
        self._open_index = -1
        self._has_calls = False
        self._done: set[int] = set()
        self._held: dict[int, list[WireEvent]] = {}
        self._is_over = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and yield the events that they complete.

        Raises UpstreamRefusedError at an event that tells an error, and UpstreamProtocolError at one that
        is none.
        """
        try:
            for frame in self._reader.feed(chunk):
                if self._is_over or frame.data == "[DONE]":
                    continue
                event = _read_event(frame.data)
                item = self._open
                if (
                    event.type == _TEXT_DELTA  # nearly every event of a stream
                    and type(item) is OpenMessage
                    and event.output_index == self._open_index
                    and item.is_more_text(event)
                    and type(event.delta) is str
                    and event.delta
                ):
                    yield item.more_text(event.delta)
                else:
                    yield from self._take(event, frame.data)
        except EventTooLargeError as error:
            raise UpstreamProtocolError(str(error)) from None
        except MalformedItemError as error:
            raise UpstreamProtocolError(f"the provider's stream has a broken item: {error}") from None

    def finish(self) -> Iterator[Event]:
        """Yield nothing; raises UpstreamProtocolError where the stream broke off before its end."""
        if not self._is_over:
            raise UpstreamProtocolError("the provider's stream ended before its answer did")
        return iter(())

    def _take(self, event: WireEvent, data: str) -> Iterator[Event]:
        if event.type == "error":
            error = event.error or {"message": event.message, "code": event.code, "param": event.param}
            raise decode_error_payload(failure_status(error), {"error": error})
        if not self._has_started:
            self._has_started = True
            response = event.response or {}
            yield MessageStart(
                id_of(response, data.encode()) if response else invented_id(data.encode()),
                model_of(response),
                created_of(response),
            )
        if event.type in _ENDS:
            yield from self._end(event.response or {})
        elif event.response is None:
            yield from self._take_item_event(event)

    def _take_item_event(self, event: WireEvent) -> Iterator[Event]:
        index = event.output_index
        if index in self._done:
            return
        if self._open is not None and index != self._open_index:
            self._held.setdefault(index, []).append(event)
            return
        if self._open is None:
            item = event.item or {"type": _KINDS.get(event.type.rpartition(".")[0])}
            if event.item is None and item["type"] is None:
                return  # of an item that only OpenAI knows, which is told when it is done
            self._open, self._open_index = open_item(item, self._counters), index
        if event.type == _ITEM_DONE and event.item is not None:
            yield from self._close(event.item)
        else:
            yield from self._open.take(event)

    def _close(self, item: dict[str, Any]) -> Iterator[Event]:
        assert self._open is not None  # noqa: S101  # the callers have looked
        yield from self._open.end(item)
        self._has_calls = self._has_calls or has_calls([item])
        self._done.add(self._open_index)
        self._open = None
        if self._held:
            for event in self._held.pop(min(self._held)):
                yield from self._take_item_event(event)

    def _end(self, response: dict[str, Any]) -> Iterator[Event]:
        output = response.get("output")
        items = output if isinstance(output, list) else []
        while self._open is not None:  # which nobody said was done
            item = items[self._open_index] if self._open_index < len(items) else None
            yield from self._close(item if isinstance(item, dict) else self._open.added)
        if response.get("status") == "failed" and not self._counters.contents + self._counters.tool_calls:
            raise failure_of(response)
        ending = decode_response_ending(response, has_calls=self._has_calls)
        self._is_over = True
        yield MessageEnd(ending.finish_reason, ending.usage, ending.failure, ending.extras)


def _read_event(data: str) -> WireEvent:
    try:
        return _decode_event(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        reason = problem if isinstance(problem, msgspec.ValidationError) else "it is not JSON"
        raise UpstreamProtocolError(f"the provider's stream is no response: {reason}") from None
