"""The chunks of a streamed completion, decoded to canonical events.

Takes bytes cut anywhere. Text and thinking become blocks that open and close as one follows the other;
tool calls are put in order by `stream_tool_calls.py`. What is said after the first tool call has begun is
held until the calls are over, since blocks may not interleave. The end is told when the stream is over
and not at the finish reason, after which usage may still come.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from causeway.dialects.openai.completion_extras import ANNOTATIONS, CompletionExtras
from causeway.dialects.openai.completion_schema import (
    PlainChunk,
    WireChoice,
    WireCompletion,
    WireMessage,
    WireUsage,
)
from causeway.dialects.openai.decode_ending import decode_finish_reason, decode_usage, whole
from causeway.dialects.openai.decode_parts import decode_parts
from causeway.dialects.openai.decode_spans import decode_annotations, decode_logprobs
from causeway.dialects.openai.invented_ids import invented_id
from causeway.dialects.openai.read_completion import read_completion
from causeway.dialects.openai.stream_tool_calls import ToolCallStream
from causeway.model.content import TextBlock
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
    ThinkingDelta,
)
from causeway.model.response import TokenLogprobs
from causeway.wire.server_sent_events import EventReader, EventTooLargeError

Kind = Literal["text", "thinking"]

_decode_plain = msgspec.json.Decoder(PlainChunk).decode
_decode_plains = msgspec.json.Decoder(list[PlainChunk]).decode
_DONE_FRAME = b"data: [DONE]\n\n"


class StreamDecoder:
    """Reads one stream of `POST /chat/completions`."""

    def __init__(self) -> None:
        self._reader = EventReader()
        self._collected = CompletionExtras()
        self._calls = ToolCallStream()
        self._has_calls = False
        self._id = ""
        self._open: Kind | None = None
        self._index = -1
        self._text: list[str] = []
        self._is_refusal = False
        self._held: list[tuple[Kind, str]] = []
        self._logprobs: list[TokenLogprobs] = []
        self._annotations: list[dict[str, Any]] = []
        self._parts = 0
        self._finish_reason: str | None = None
        self._usage: WireUsage | None = None
        self._is_over = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes and return the events that they complete.

        The iterator raises UpstreamRefusedError at a chunk that tells an error, and UpstreamProtocolError at
        one that is none.
        """
        run = self._read_run(chunk)
        if run is None:
            return self._take_frames(chunk)
        if len(run) == 1 and not chunk.endswith(_DONE_FRAME):
            event = self._next_piece(run[0])
            if event is not None:
                return iter((event,))
        return self._take_run(run, chunk)

    def _take_frames(self, chunk: bytes) -> Iterator[Event]:
        try:
            for frame in self._reader.feed(chunk):
                if self._is_over:
                    return
                if frame.data == "[DONE]":
                    yield from self._end()
                elif (plain := _read_plain(frame.data)) is None:
                    yield from self._take(frame.data)
                elif (event := self._next_piece(plain)) is not None:
                    yield event
                else:
                    yield from self._take_plain(plain, frame.data)
        except EventTooLargeError as error:
            raise UpstreamProtocolError(str(error)) from None

    def finish(self) -> Iterator[Event]:
        """Yield the end where the stream had a finish reason but no `[DONE]`, as some vendors' have.

        Raises UpstreamProtocolError where it broke off before.
        """
        if self._is_over:
            return
        if self._finish_reason is None:
            raise UpstreamProtocolError("the provider's stream ended before its answer did")
        yield from self._end()

    def _read_run(self, chunk: bytes) -> list[PlainChunk] | None:
        """Return the plain chunks of a burst, read at once, or none: then the frames are read one by one."""
        if self._is_over:
            return None
        frames = chunk.removesuffix(_DONE_FRAME)
        data = self._reader.take_run(frames)
        if data is None:
            return None
        try:
            run = _decode_plains(b"[%b]" % data)
        except msgspec.DecodeError:
            return None
        # Two objects in one frame are none, though between brackets they look like two frames.
        return run if len(run) == frames.count(b"\n\n") else None

    def _take_run(self, run: list[PlainChunk], chunk: bytes) -> Iterator[Event]:
        for position, plain in enumerate(run):
            if (event := self._next_piece(plain)) is not None:
                yield event
                continue
            data = ""  # of which an id is made where the provider gives none
            if not (self._id or plain.id):
                data = chunk.split(b"\n\n")[position][6:].decode()
            yield from self._take_plain(plain, data)
        if chunk.endswith(_DONE_FRAME):
            yield from self._end()

    def _next_piece(self, chunk: PlainChunk) -> Event | None:
        """Return the event of a chunk that only adds to the open block, which nearly every chunk does."""
        if self._open is None or self._logprobs or not chunk.choices or chunk.usage is not None:
            return None
        choice = chunk.choices[0]
        if choice.finish_reason:
            return None
        text, thinking = choice.delta.content, choice.delta.reasoning_content
        if self._open == "text":
            if not text or thinking:
                return None
            self._text.append(text)
        elif text or not thinking:
            return None
        self._collected.add_plain(chunk)
        return TextDelta(self._index, text) if text else ThinkingDelta(self._index, thinking or "")

    def _take_plain(self, chunk: PlainChunk, data: str) -> Iterator[Event]:
        self._collected.add_plain(chunk)
        self._usage = chunk.usage or self._usage
        if not self._id and (chunk.id or chunk.choices):
            yield self._start(chunk, data)
        for choice in chunk.choices:
            self._finish_reason = choice.finish_reason or self._finish_reason
            if thinking := choice.delta.reasoning_content:
                yield from self._say("thinking", thinking)
            if text := choice.delta.content:
                yield from self._say("text", text)

    def _take(self, data: str) -> Iterator[Event]:
        tree, wire = read_completion(data)
        self._collected.add_root(tree)
        self._usage = wire.usage or self._usage
        if not self._id and (wire.id or wire.choices):  # Azure's first chunk has neither
            yield self._start(wire, data)
        for choice, raw in zip(wire.choices or (), tree.get("choices") or (), strict=True):
            if choice.index == 0:
                yield from self._take_choice(choice, raw)
            else:
                self._collected.add_further_choice(choice.index, raw)

    def _start(self, wire: WireCompletion, data: str) -> Event:
        self._id = wire.id or invented_id(data.encode())
        return MessageStart(self._id, wire.model or "", whole(wire.created))

    def _take_choice(self, choice: WireChoice, raw: dict[str, Any]) -> Iterator[Event]:
        self._collected.add_choice(raw)
        self._finish_reason = choice.finish_reason or self._finish_reason
        self._logprobs += decode_logprobs(raw, self._collected)
        if (delta := choice.delta) is None:
            return
        self._collected.add_message(raw["delta"])
        yield from self._take_content(delta)
        for annotation in delta.annotations or ():  # of which some say where in their list they stand
            self._annotations.append({name: value for name, value in annotation.items() if name != "index"})
        for piece, raw_piece in zip(
            delta.tool_calls or (), raw["delta"].get("tool_calls") or (), strict=True
        ):
            yield from self._close()
            self._has_calls = True
            position = self._calls.place(piece)
            self._collected.add_tool_call(position, raw_piece, is_piece=True)
            yield from self._calls.add(position, piece, self._id)

    def _take_content(self, delta: WireMessage) -> Iterator[Event]:
        if thinking := delta.reasoning_content or delta.reasoning:
            yield from self._say("thinking", thinking)
        if isinstance(delta.content, list):
            blocks, others = decode_parts(delta.content)
            self._collected.add_parts(others, self._parts)
            self._parts += len(delta.content)
            for block in blocks:
                if isinstance(block, TextBlock):
                    yield from self._say("text", block.text)
                else:
                    yield from self._say("thinking", block.thinking)
        elif delta.content:
            yield from self._say("text", delta.content)
        if delta.refusal and (self._is_refusal or not self._text):
            self._is_refusal = True
            yield from self._say("text", delta.refusal)

    def _say(self, kind: Kind, text: str) -> Iterator[Event]:
        if kind == "text":
            self._text.append(text)
        if self._has_calls:
            self._held.append((kind, text))
        else:
            yield from self._tell(kind, text)

    def _tell(self, kind: Kind, text: str) -> Iterator[Event]:
        if self._open != kind:
            yield from self._close()
            self._open = kind
            self._index += 1
            yield ContentStart(self._index, kind)
        if kind == "thinking":
            yield ThinkingDelta(self._index, text)
        elif not self._logprobs:
            yield TextDelta(self._index, text)
        else:
            yield from self._tell_with_logprobs(text)

    def _tell_with_logprobs(self, text: str) -> Iterator[Event]:
        first, *others = self._logprobs
        if others and first.text + "".join(item.text for item in others) == text:
            for item in self._logprobs:
                yield TextDelta(self._index, item.text, item)
        else:
            yield TextDelta(self._index, text, first)
            for item in others:
                yield TextDelta(self._index, "", item)
        self._logprobs = []

    def _close(self) -> Iterator[Event]:
        if self._open is not None:
            self._open = None
            yield ContentEnd(self._index)

    def _end(self) -> Iterator[Event]:
        if not self._id:
            raise UpstreamProtocolError("the provider's stream ended before it had begun")
        self._is_over = True
        citations, others = decode_annotations(self._annotations, "".join(self._text), "text")
        if others:
            self._collected.fields[ANNOTATIONS] = others
        for index, citation in enumerate(citations):
            yield CitationAdded(index, citation)
        yield from self._calls.finish(self._id)
        for kind, text in self._held:
            yield from self._tell(kind, text)
        if self._logprobs:  # of tokens that made no text
            yield from self._tell("text", "")
        yield from self._close()
        usage = decode_usage(self._usage, self._collected)
        reason, failure = decode_finish_reason(
            self._finish_reason, self._collected, has_calls=self._has_calls
        )
        yield MessageEnd(reason, usage, failure, self._collected.extras())


def _read_plain(data: str) -> PlainChunk | None:
    """Return a chunk in whose envelope there is nothing unknown, or none."""
    try:
        return _decode_plain(data)
    except msgspec.DecodeError:
        return None
