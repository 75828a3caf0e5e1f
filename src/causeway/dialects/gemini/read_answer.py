"""Reads answers, or pieces of them, into canonical events: the one decoder of whole answers and of streams.

Text and thinking become blocks that open and close as one follows the other. In a stream the first part of a
piece may go on with the open block; parts that came together are blocks of their own. The signature of a text
that came in pieces stands at any of them, and closes the block where it comes with an empty one.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from causeway.dialects.gemini.answer_extras import (
    ALTERNATIVE_IDS,
    CITATIONS,
    CREATED,
    GROUNDING,
    LOGPROB_SUM,
    PROMPT_FEEDBACK,
    AnswerExtras,
)
from causeway.dialects.gemini.answer_schema import (
    PlainAnswer,
    WireAnswer,
    WireAnswerPart,
    WireFunctionCall,
    WireUsage,
)
from causeway.dialects.gemini.decode_ending import decode_finish_reason, decode_usage
from causeway.dialects.gemini.decode_error import decode_error_payload, status_in
from causeway.dialects.gemini.decode_spans import (
    SpokenText,
    alternative_ids,
    decode_grounding,
    decode_logprobs,
    decode_recitations,
    texts_of,
)
from causeway.dialects.gemini.encode_grounding import encode_grounding, said_text
from causeway.dialects.gemini.invented_ids import invented_call_id, invented_id
from causeway.dialects.gemini.partial_arguments import PartialArguments
from causeway.dialects.gemini.seals import SIGNATURE, opaque_block, seal_of
from causeway.dialects.gemini.timestamps import timestamp, unix_seconds
from causeway.model.content import Seal
from causeway.model.errors import UpstreamProtocolError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.response import FinishReason, TokenLogprobs

Kind = Literal["text", "thinking"]

_decode_plain = msgspec.json.Decoder(PlainAnswer).decode
_decode_any = msgspec.json.Decoder(Any).decode
_NOT_OF_THE_TYPE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


class AnswerReader:
    """Reads one answer. `is_whole` says that it comes in one piece, of which every part is kept."""

    def __init__(self, *, is_whole: bool = False) -> None:
        self._is_whole = is_whole
        self._collected = AnswerExtras()
        self._id = ""
        self._contents = 0
        self._calls = 0
        self._open: Kind | None = None
        self._seal: dict[str, Any] = {}
        self._calls_before = 0
        self._texts: dict[int, list[str]] = {}
        self._parts: dict[int, int] = {}
        self._arguments: PartialArguments | None = None
        self._call_seal: Seal | None = None
        self._logprobs: list[TokenLogprobs] = []
        self._finish_reason: str | None = None
        self._finish_message: str | None = None
        self._usage: WireUsage | None = None
        self._last_plain: PlainAnswer | None = None
        self._has_candidate = False
        self._block_reason: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the answer has said why it ended."""
        return self._finish_reason is not None or self._block_reason is not None

    @property
    def has_answer(self) -> bool:
        """Whether there is an answer, or a reason why there is none."""
        return self._has_candidate or self._block_reason is not None

    def read(self, data: bytes | str) -> Iterable[Event]:
        """Take an answer or a piece of one and return its events, which are to be taken to their end.

        Taking them raises UpstreamRefusedError where it is an error, and UpstreamProtocolError where it is
        neither.
        """
        try:
            plain = _decode_plain(data)
        except _NOT_OF_THE_TYPE:
            return self._read_unusual(data)
        self._collected.add_plain(plain)
        if plain.usage_metadata is not None:
            self._usage, self._last_plain = plain.usage_metadata, plain
        event = self._next_piece(plain)
        return self._take(plain, None, data) if event is None else (event,)

    def _next_piece(self, plain: PlainAnswer) -> Event | None:
        """Return the event of a piece that only adds to the open block, which nearly every piece does."""
        candidates = plain.candidates
        if self._open is None or not candidates or self._logprobs:
            return None
        content = candidates[0].content
        if candidates[0].finish_reason is not None or content is None or not content.parts:
            return None
        part = content.parts[0]
        if len(content.parts) > 1 or part.thought_signature is not None or part.function_call is not None:
            return None
        if not part.text or bool(part.thought) != (self._open == "thinking"):
            return None
        if part.thought:
            return ThinkingDelta(self._contents, part.text)
        self._texts[self._contents].append(part.text)
        return TextDelta(self._contents, part.text)

    def _read_unusual(self, data: bytes | str) -> Iterator[Event]:
        tree, wire = _read(data)
        self._collected.add(tree)
        if wire.usage_metadata is not None:
            self._usage, self._last_plain = wire.usage_metadata, None
        if wire.prompt_feedback is not None:
            self._block_reason = wire.prompt_feedback.block_reason or self._block_reason
        yield from self._take(wire, tree, data)

    def _take(self, wire: WireAnswer, tree: dict[str, Any] | None, data: bytes | str) -> Iterator[Event]:
        if not self._id:
            self._id = wire.response_id or invented_id(data if isinstance(data, bytes) else data.encode())
            yield MessageStart(self._id, wire.model_version or "", unix_seconds(wire.create_time))
        for position, candidate in enumerate(wire.candidates or ()):
            if candidate.index != 0:
                continue
            self._has_candidate = True
            self._finish_reason = candidate.finish_reason or self._finish_reason
            self._finish_message = candidate.finish_message or self._finish_message
            raw = None if tree is None else tree["candidates"][position]
            if raw is not None and raw.get("logprobsResult"):
                self._take_logprobs(raw["logprobsResult"])
            if candidate.content is None:
                continue
            raw_parts = None if raw is None else raw["content"].get("parts")
            for index, part in enumerate(candidate.content.parts or ()):
                members = None if raw_parts is None else raw_parts[index]
                yield from self._take_part(part, members, index)
            return

    def _take_part(self, part: WireAnswerPart, members: dict[str, Any] | None, index: int) -> Iterator[Event]:
        if (call := part.function_call) is not None:
            yield from self._take_call(call, self._sealed(part, members))
        elif part.text is not None or members is None or members.keys() <= {"thought", SIGNATURE}:
            sealed = self._sealed(part, members)
            yield from self._say("thinking" if part.thought else "text", part.text or "", sealed, index)
        else:
            yield from self._close()
            kind = next(name for name in members if name not in ("thought", SIGNATURE))
            yield OpaqueAdded(self._contents, opaque_block(kind, members, self._calls))
            self._contents += 1

    def _sealed(self, part: WireAnswerPart, members: dict[str, Any] | None) -> dict[str, Any] | None:
        if members is not None:
            return members
        return None if part.thought_signature is None else {SIGNATURE: part.thought_signature}

    def _say(self, kind: Kind, text: str, sealed: dict[str, Any] | None, index: int) -> Iterator[Event]:
        seal = seal_of(sealed) if sealed is not None else None
        if not (text or seal or self._is_whole):
            return
        goes_on = self._open == kind and index == 0 and not self._is_whole
        if not goes_on or (seal is not None and self._seal):
            yield from self._close()
            self._open, self._seal, self._calls_before = kind, {}, self._calls
            if kind == "text":
                self._texts[self._contents] = []
                self._parts[index] = self._contents
            yield ContentStart(self._contents, kind)
        if seal is not None:
            self._seal = dict(seal.data)
        if kind == "thinking":
            if text or self._is_whole:
                yield ThinkingDelta(self._contents, text)
        elif text:
            self._texts[self._contents].append(text)
            yield from self._tell_text(text)
        if seal is not None and not text:
            yield from self._close()

    def _tell_text(self, text: str) -> Iterator[Event]:
        if not self._logprobs:
            yield TextDelta(self._contents, text)
            return
        items, self._logprobs = self._logprobs, []
        if texts_of(items) == text:
            for item in items:
                yield TextDelta(self._contents, item.text, item)
        else:
            yield TextDelta(self._contents, text, items[0])
            for item in items[1:]:
                yield TextDelta(self._contents, "", item)

    def _take_logprobs(self, result: dict[str, Any]) -> None:
        self._logprobs += decode_logprobs(result)
        if self._is_whole:
            if ids := alternative_ids(result):
                self._collected.fields[ALTERNATIVE_IDS] = ids
            if (total := result.get("logProbabilitySum")) is not None:
                self._collected.fields[LOGPROB_SUM] = total

    def _take_call(self, call: WireFunctionCall, sealed: dict[str, Any] | None) -> Iterator[Event]:
        """Take a call, or more of one that Vertex streams: its name, its arguments in pieces, its end."""
        if self._arguments is None or call.name:
            yield from self._close()
            id = call.id or invented_call_id(self._id, self._calls, call.name or "")
            yield ToolCallStart(self._calls, id, call.name or "")
            self._arguments = PartialArguments()
            self._call_seal = seal_of(sealed) if sealed is not None else None
        for piece in call.partial_args or ():
            self._arguments.add(piece)
        if not call.will_continue:
            yield from self._close_call(_arguments(call))

    def _close_call(self, arguments: str | None) -> Iterator[Event]:
        if self._arguments is None:
            return
        if arguments is None:
            arguments = msgspec.json.encode(self._arguments.value).decode()
        yield ToolCallDelta(self._calls, arguments)
        yield ToolCallEnd(self._calls, self._call_seal)
        self._arguments = None
        self._calls += 1

    def _close(self) -> Iterator[Event]:
        yield from self._close_call(None)
        if self._open is not None:
            self._open = None
            yield ContentEnd(self._contents, seal_of(self._seal, self._calls_before))
            self._contents += 1

    def end(self) -> Iterator[Event]:
        """Yield what is left once everything has been read."""
        if self._logprobs:  # of tokens that made no text
            yield from self._close()
            self._open, self._seal, self._calls_before = "text", {}, self._calls
            self._texts[self._contents] = []
            yield ContentStart(self._contents, "text")
            yield from self._tell_text("")
        yield from self._close()
        yield from self._cite()
        if self._last_plain is not None:
            self._collected.add_plain_usage(self._last_plain)
        usage = decode_usage(self._usage, self._collected)
        created = unix_seconds(self._collected.fields.get(CREATED))
        if created is not None and timestamp(created) == self._collected.fields[CREATED]:
            del self._collected.fields[CREATED]
        if not self._has_candidate and PROMPT_FEEDBACK in self._collected.fields:
            yield MessageEnd(FinishReason.CONTENT_FILTER, usage, None, self._collected.extras())
            return
        reason, failure = decode_finish_reason(
            self._finish_reason, self._finish_message, self._collected, has_calls=self._calls > 0
        )
        yield MessageEnd(reason, usage, failure, self._collected.extras())

    def _cite(self) -> Iterator[Event]:
        fields = self._collected.fields
        grounding, recitations = fields.get(GROUNDING), fields.get(CITATIONS)
        if not (grounding or recitations):
            return
        blocks = {index: "".join(pieces) for index, pieces in self._texts.items()}
        spoken = SpokenText(blocks, self._parts if self._is_whole else {})
        grounded = list(decode_grounding(grounding, spoken))
        if grounding and encode_grounding(grounded, said_text(blocks)) == grounding:
            del fields[GROUNDING]  # the citations say all of it
        for index, citation in enumerate([*grounded, *decode_recitations(recitations, spoken)]):
            yield CitationAdded(index, citation)


def _read(data: bytes | str) -> tuple[dict[str, Any], WireAnswer]:
    try:
        tree = _decode_any(data)
    except _NOT_OF_THE_TYPE:
        raise UpstreamProtocolError("the provider's answer is not JSON") from None
    if isinstance(tree, list) and len(tree) == 1:  # as Google wraps the error of a stream
        tree = tree[0]
    if not isinstance(tree, dict):
        raise UpstreamProtocolError("the provider's answer is no JSON object")
    if error := tree.get("error"):
        raise decode_error_payload(status_in(error), tree)
    try:
        return tree, msgspec.convert(tree, WireAnswer)
    except (msgspec.ValidationError, OverflowError) as problem:
        raise UpstreamProtocolError(f"the provider's answer is none of Gemini's: {problem}") from None


def _arguments(call: WireFunctionCall) -> str | None:
    """Return a whole call's arguments as JSON text, or none where they came in pieces or there are none."""
    return None if call.args is None else msgspec.json.encode(call.args).decode()
