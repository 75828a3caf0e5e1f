"""What the scripted upstream can be told to reply, as data, and every way in which a reply can go wrong.

A reply says what; the dialect of the request says in which shape, and `delivery.py` puts the bytes on
the wire.
"""

import base64
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from causeway.model.content import Citation
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing.gate import Gate

Bytes = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
UsagePlacement = Literal[
    "as_asked", "own_chunk", "last_chunk", "last_and_own_chunk", "every_chunk", "missing"
]


class Reply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every reply has: how its bytes go over the wire.

    `headers` are added, or put in the place of those of the same name. `content_type` replaces the usual
    one; empty, there is none.

    `delay_seconds` pass before the head, which `head_gate` holds back until it is opened; between two pieces
    of the body `pace_seconds` pass. A piece is a stream's frame or a whole body; `cuts` (offsets) or
    `chunk_bytes` (a size) cut the body elsewhere. Each piece is a write of its own, and in a stream a
    chunk of HTTP's of its own.

    After `pause_after_bytes` nothing follows until `body_gate` is opened, or ever where there is none. After
    `reset_after_bytes` the connection is reset, after `close_after_bytes` closed without an end of the
    body. They count bytes of the body, of a `Raw` all bytes; a number past the end is the end.
    `has_endless_header` sends headers until the client has enough.
    """

    headers: dict[str, str] = {}
    content_type: str | None = None
    delay_seconds: Seconds = 0.0
    head_gate: Gate | None = None
    pace_seconds: Seconds = 0.0
    cuts: tuple[Bytes, ...] = ()
    chunk_bytes: Annotated[int, Meta(ge=1)] | None = None
    pause_after_bytes: Bytes | None = None
    body_gate: Gate | None = None
    reset_after_bytes: Bytes | None = None
    close_after_bytes: Bytes | None = None
    has_endless_header: bool = False


class Call(Struct, frozen=True, forbid_unknown_fields=True):
    """A tool call. `arguments` is a JSON object, or any text; without an `id` it gets the dialect's kind."""

    name: str
    arguments: dict[str, Any] | str = {}
    id: str | None = None


class Answer(Reply, frozen=True, tag="answer"):
    """A chat's answer, in the dialect of the request, streamed if it asks for a stream.

    `text` beside tool calls is what the model says before them: Cohere's plan. `citations` are told where the
    dialect has them. Without a `finish_reason` it is the one that fits, without a `usage` words are counted.
    `stop_sequence` is the one that was met, where the dialect tells it. Log probabilities are given where the
    request wants them.

    The rest bends streams: text and arguments go a word at a time or by `delta_characters`;
    `usage_placement` is for OpenAI's dialect; `error_after_events` puts the dialect's error frame after so
    many events and ends there; `omits_done` leaves out the closing `[DONE]`; comments may stand between
    the frames, and lines end with CRLF.
    """

    text: str | None = None
    tool_calls: tuple[Call, ...] = ()
    thinking: str | None = None
    citations: tuple[Citation, ...] = ()
    finish_reason: FinishReason | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    delta_characters: Annotated[int, Meta(ge=1)] | None = None
    usage_placement: UsagePlacement = "as_asked"
    error_after_events: Annotated[int, Meta(ge=0)] | None = None
    omits_done: bool = False
    has_comments: bool = False
    ends_lines_with_crlf: bool = False


class Status(Reply, frozen=True, tag="status"):
    """A status with the dialect's error body around `message`, or with `body` as it is.

    A `body` is text, sent as `text/html` unless `content_type` says otherwise, or a JSON value.
    """

    status: Annotated[int, Meta(ge=200, le=999)]
    message: str | None = None
    body: str | dict[str, Any] | list[Any] | None = None


class Raw(Reply, frozen=True, tag="raw"):
    """Exactly these bytes, head included, each piece in a write of its own; then the connection is closed."""

    pieces: tuple[bytes, ...]


class Recording(Struct, frozen=True):
    """A response as it was recorded, its body in one of three forms; `text` may be a stream of events."""

    status: int
    headers: dict[str, str] = {}
    json: Any = UNSET
    text: str | UnsetType = UNSET
    base64: str | UnsetType = UNSET

    @property
    def body(self) -> bytes | Any:
        """The body: bytes, or a JSON value where it was recorded parsed."""
        if not isinstance(self.text, UnsetType):
            return self.text.encode()
        if not isinstance(self.base64, UnsetType):
            return base64.b64decode(self.base64)
        return b"" if self.json is UNSET else self.json


class Replay(Reply, frozen=True, tag="replay"):
    """A recorded response once more. A stream goes out frame by frame."""

    recording: Recording
