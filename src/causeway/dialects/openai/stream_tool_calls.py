"""Puts the pieces of tool calls in order: one call after the other, each opened once and closed.

In OpenAI's streams the pieces of parallel calls may alternate; the canonical order has no room for that.
The first call that is not closed is told piece by piece as it comes, and what comes of later ones is held
until that call is certainly complete: another has begun and the arguments so far are a whole JSON
object, to which nothing can be added. Providers that send one call after the other, which nearly all do,
are thus followed without delay. Calls without arguments are closed at the end, since theirs may come yet.
"""

from collections.abc import Iterator

import msgspec

from causeway.dialects.openai.completion_schema import WireFunction, WireToolCall
from causeway.dialects.openai.decode_tool_calls import decode_arguments
from causeway.dialects.openai.invented_ids import invented_call_id
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import Event, ToolCallDelta, ToolCallEnd, ToolCallStart

_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Call:
    """What is known of one call. `told` is what has been sent of its arguments, `held` what has not."""

    __slots__ = ("held", "id", "is_open", "name", "told")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.told: list[str] = []
        self.held = ""
        self.is_open = False


class ToolCallStream:
    """The tool calls of one streamed answer."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._positions: dict[int, int] = {}
        self._front = 0

    def place(self, piece: WireToolCall) -> int:
        """Return which call a piece belongs to, counted from 0; the piece may be the first of a new one.

        By its `index`; but a piece that names a function under another id begins a call of its own, for
        some vendors number all calls 0. By its id where there is no index, and else to the last call.
        """
        begins = piece.function is not None and bool(piece.function.name)
        if piece.index is not None:
            position = self._positions.get(piece.index)
        elif piece.id:
            position = next((i for i, call in enumerate(self._calls) if call.id == piece.id), None)
        else:
            position = None if begins else len(self._calls) - 1
        if position is not None and position >= 0:
            known = self._calls[position].id
            if not (begins and piece.id and known and piece.id != known):
                return position
        self._calls.append(_Call())
        if piece.index is not None:
            self._positions[piece.index] = len(self._calls) - 1
        return len(self._calls) - 1

    def add(self, position: int, piece: WireToolCall, response_id: str) -> Iterator[Event]:
        """Take a piece of the call at `position` and yield what can be told now.

        Raises UpstreamProtocolError where a call goes on after its arguments were complete.
        """
        call, function = self._calls[position], piece.function or WireFunction()
        call.id = call.id or piece.id or ""
        call.name = call.name or function.name or ""
        arguments = decode_arguments(function)
        if position < self._front:
            if arguments.strip():
                raise UpstreamProtocolError(
                    "the provider's stream went on with a tool call that was complete"
                )
            return
        call.held += arguments
        while True:
            front = self._calls[self._front]
            if front.name:
                yield from self._tell(front, response_id)
            if self._front + 1 == len(self._calls) or not front.is_open or not _is_whole(front.told):
                return
            yield ToolCallEnd(self._front)
            self._front += 1

    def finish(self, response_id: str) -> Iterator[Event]:
        """Yield what is left of every call."""
        while self._front < len(self._calls):
            front = self._calls[self._front]
            front.held = front.held or ("" if front.told else "{}")
            yield from self._tell(front, response_id)
            yield ToolCallEnd(self._front)
            self._front += 1

    def _tell(self, call: _Call, response_id: str) -> Iterator[Event]:
        if not call.is_open:
            call.is_open = True
            id = call.id or invented_call_id(response_id, self._front, call.name)
            yield ToolCallStart(self._front, id, call.name)
        if call.held:
            yield ToolCallDelta(self._front, call.held)
            call.told.append(call.held)
            call.held = ""


def _is_whole(pieces: list[str]) -> bool:
    if not pieces or not pieces[-1].rstrip().endswith("}"):
        return False
    try:
        _decode_object("".join(pieces))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
