"""Every way in which a provider fails, and what a caller is to be told of each: the rows of the fault matrix.

A fault that comes before anything has been said (`EARLY`) is the same to a caller who streams and to one who
does not, but for a few. One that comes after (`LATE`) is a streaming caller's alone. What is unusual and no
fault is in `ODD`.
"""

import json
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from causeway.testing import Gate, Raw, Replay, Reply, Status
from support.wire_answers import WORDS, Wire, recorded_json, recorded_stream

PAGE = "<!DOCTYPE html><html><body><h1>It broke</h1></body></html>"
# Each line within bounds, and all together not; and one line that is not.
_MANY_FIELDS = b"".join(b"x-%d: %b\r\n" % (number, b"y" * 1000) for number in range(100))
_LONG_FIELD = b"x-long: %b\r\n" % (b"y" * 64 * 1024)
_SOME_BYTES = 20  # less than any frame has

Where = Literal["plain", "hasty", "restless", "absent"]
MakeReply = Callable[[Wire, bool], Reply]


class Fault(Struct, frozen=True, kw_only=True):
    """One way to fail.

    `reply` makes what the provider answers, from its dialect's wire and whether a stream is asked for.
    `status`, `code`, `says` and `retry_after` are what the caller and the record are told, `asked` how often
    the provider is. `where` is the provider that is asked: `hasty` waits shortly for the head, `restless`
    for each piece of a stream, and `absent` does not listen.
    """

    name: str
    reply: MakeReply
    status: int = 502
    code: str = "upstream_protocol"
    says: str = ""
    retry_after: str | None = None
    asked: int = 3
    where: Where = "plain"
    modes: tuple[str, ...] = ("stream", "whole")
    upstreams: tuple[str, ...] = ("openai", "cohere")


def _always(reply: Reply) -> MakeReply:
    return lambda wire, is_stream: reply


def _stream(text: Callable[[Wire], str], **bends: object) -> MakeReply:
    return lambda wire, is_stream: Replay(recorded_stream(text(wire)), **bends)  # type: ignore[arg-type]


def _json(text: Callable[[Wire], str], **bends: object) -> MakeReply:
    return lambda wire, is_stream: Replay(recorded_json(text(wire)), **bends)  # type: ignore[arg-type]


def _answer(**bends: object) -> MakeReply:
    def reply(wire: Wire, is_stream: bool) -> Reply:
        recording = recorded_stream(wire.stream) if is_stream else recorded_json(json.dumps(wire.whole))
        return Replay(recording, **bends)  # type: ignore[arg-type]

    return reply


def _head(media_type: bytes, fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n" % (media_type, fields)


def _short_of_its_length(wire: Wire, is_stream: bool) -> Reply:
    media_type, body = b"application/json", json.dumps(wire.whole).encode()
    if is_stream:
        media_type, body = b"text/event-stream", wire.frames[0].encode()
    return Raw((_head(media_type, b"content-length: %d\r\n" % (len(body) + 10)) + body,))


def _refusal(
    status: int, *, asked: int, name: str = "", retry_after: str | None = None, **headers: str
) -> Fault:
    fields = {field.replace("_", "-"): value for field, value in headers.items()}
    return Fault(
        name=name or f"status {status}",
        reply=lambda wire, is_stream: Status(status, body=wire.error, headers=fields),
        status=status,
        code="upstream_refused",
        says=WORDS,
        retry_after=retry_after,
        asked=asked,
    )


def _page(status: int, *, told: int, asked: int, code: str = "upstream_refused") -> Fault:
    reply = _always(Status(status, body=PAGE))
    return Fault(name=f"page of HTML with {status}", reply=reply, status=told, code=code, asked=asked)


def _teapot(name: str, where: Where = "plain", **bends: object) -> Fault:
    """Return an error of whose body nothing can be read: the status is told all the same."""
    return Fault(
        name=name,
        reply=_always(Status(418, **{"body": {"message": WORDS}, **bends})),  # type: ignore[arg-type]
        status=418,
        code="upstream_refused",
        says="status 418",
        asked=1,
        where=where,
    )


def _break(name: str, reply: MakeReply, where: Where = "plain") -> Fault:
    return Fault(name=name, reply=reply, code="upstream_connection", where=where)


def _silence(name: str, reply: MakeReply, where: Where = "hasty") -> Fault:
    return Fault(
        name=name,
        reply=reply,
        status=504,
        code="request_timed_out",
        says="timeout",
        asked=1,
        where=where,
    )


def _in_stream(
    name: str,
    reply: MakeReply,
    *,
    code: str = "upstream_protocol",
    says: str = "",
    upstreams: tuple[str, ...] = ("openai", "cohere"),
) -> Fault:
    return Fault(name=name, reply=reply, code=code, says=says, modes=("stream",), upstreams=upstreams)


def _after_text(
    name: str, bend: str, offset: int, *, code: str = "upstream_connection", where: Where = "plain"
) -> Fault:
    def reply(wire: Wire, is_stream: bool) -> Reply:
        return Replay(recorded_stream(wire.stream), **{bend: wire.spoken_bytes + offset})  # type: ignore[arg-type]

    return Fault(name=name, reply=reply, code=code, where=where, modes=("stream",))


_REFUSALS = [
    *(_refusal(status, asked=1) for status in (400, 401, 402, 403, 404, 408, 422)),
    *(_refusal(status, asked=3) for status in (429, 500, 502, 503, 504, 529)),
    # A wait of no time is none to SDKs, so the caller is told of a second.
    _refusal(429, name="429, again at once", asked=3, retry_after="1", **{"retry-after": "0"}),
    _refusal(429, name="429, again much later", asked=1, retry_after="3600", **{"retry-after": "3600"}),
    _refusal(503, name="503, again later", asked=1, retry_after="61", **{"retry-after-ms": "60500"}),
    _page(200, told=502, asked=3, code="upstream_protocol"),
    _page(403, told=403, asked=1),
    _page(500, told=502, asked=3),
    _page(502, told=502, asked=3),
    _page(504, told=504, asked=3),
    _teapot("error without a body", body="", content_type="application/json"),
    _teapot("error with a huge body", body="x" * 1024 * 1024),
    _teapot("error in a cut body", close_after_bytes=9),
    _teapot("error in a body that stops", where="hasty", pause_after_bytes=9),
]
_NO_ANSWERS = [
    Fault(name="cut JSON", reply=_json(lambda wire: json.dumps(wire.whole)[:-20])),
    Fault(name="JSON that is no answer", reply=_json(lambda wire: '{"hello": ["there"]}')),
    Fault(name="no bytes of JSON", reply=_json(lambda wire: "")),
    Fault(
        name="error in JSON under 200",
        reply=_json(lambda wire: json.dumps(wire.error)),
        code="upstream_refused",
        says=WORDS,
        upstreams=("openai",),
    ),
    Fault(
        name="error in JSON under 200",
        reply=_json(lambda wire: json.dumps(wire.error)),
        upstreams=("cohere",),  # whose errors have no mark of their own: it is no answer
    ),
    Fault(name="text and no answer", reply=_always(Raw((_head(b"text/plain") + b"Hello there",)))),
    Fault(
        name="stream under another type",
        reply=_stream(lambda wire: wire.stream, content_type="text/plain"),
        says="text/plain",
        modes=("stream",),
    ),
    Fault(name="stream where JSON was asked for", reply=_stream(lambda wire: wire.stream), modes=("whole",)),
    Fault(name="redirect", reply=_always(Status(302, body="", headers={"location": "/v9"})), says="302"),
    Fault(name="no HTTP", reply=_always(Raw((b"\x15\x03\x01\x00\x02\x02\x50\r\n\r\n",))), says="not HTTP"),
    Fault(name="header without an end", reply=_answer(has_endless_header=True), says="header"),
    Fault(
        name="header of many lines",
        reply=_always(Raw((_head(b"application/json", _MANY_FIELDS),))),
        says="header",
    ),
    Fault(
        name="header with a long line",
        reply=_always(Raw((_head(b"application/json", _LONG_FIELD),))),
        says="header",
    ),
]
_BROKEN = [
    _break("nobody listens", _answer(), where="absent"),
    _break("reset before the head", _always(Raw((), reset_after_bytes=0))),
    _break("close before the head", _always(Raw(()))),
    _break("reset in the head", _always(Raw((b"HTTP/1.1 200 OK\r\n",), reset_after_bytes=10))),
    _break("reset after the head", _answer(reset_after_bytes=0)),
    _break("close after the head", _answer(close_after_bytes=0)),
    _break("reset before it speaks", _answer(reset_after_bytes=_SOME_BYTES)),
    _break("short of its length", _short_of_its_length),
]
_SILENT = [
    _silence("silence before the head", lambda wire, is_stream: Status(200, head_gate=Gate())),
    _silence("silence after the head", _answer(pause_after_bytes=0)),
    _silence("silence before it speaks", _answer(pause_after_bytes=_SOME_BYTES)),
]
_DUMB_STREAMS = [
    _in_stream("stream of nothing", _stream(lambda wire: "")),
    _in_stream("stream of comments", _stream(lambda wire: ": wait\n\n" * 9)),
    _in_stream("stream that ends too early", _stream(lambda wire: wire.frames[0])),
    _in_stream("stream of garbage", _stream(lambda wire: 'data: {"id": \n\n' + wire.stream)),
    _in_stream(
        "error at once",
        _stream(lambda wire: wire.error_frame),
        code="upstream_refused",
        says=WORDS,
        upstreams=("openai",),
    ),
    _in_stream(
        "error before it speaks",
        _stream(lambda wire: wire.frames[0] + wire.error_frame),
        code="upstream_refused",
        says=WORDS,
    ),
]
EARLY = [*_REFUSALS, *_NO_ANSWERS, *_BROKEN, *_SILENT, *_DUMB_STREAMS]

LATE = [
    _after_text("reset within a frame", "reset_after_bytes", _SOME_BYTES),
    _after_text("reset between frames", "reset_after_bytes", 0),
    _after_text("close within a frame", "close_after_bytes", _SOME_BYTES),
    _after_text("close between frames", "close_after_bytes", 0),
    _after_text("silence", "pause_after_bytes", 0, code="request_timed_out", where="restless"),
    _in_stream("end within a frame", _stream(lambda wire: wire.beginning + wire.ending[:_SOME_BYTES])),
    _in_stream("end between frames", _stream(lambda wire: wire.beginning)),
    _in_stream(
        "error frame",
        _stream(lambda wire: wire.beginning + wire.closing + wire.error_frame),
        code="upstream_refused",
        says=WORDS,
    ),
    _in_stream(
        "error frame, and the answer goes on",
        _stream(lambda wire: wire.beginning + wire.closing + wire.error_frame + wire.ending),
        code="upstream_refused",
        says=WORDS,
    ),
    _in_stream(
        "event named error",
        _stream(lambda wire: wire.beginning + f'event: error\ndata: {{"message": "{WORDS}"}}\n\n'),
        code="upstream_refused",
        says=WORDS,
        upstreams=("cohere",),
    ),
    _in_stream("frame that is no JSON", _stream(lambda wire: wire.beginning + 'data: {"error": \n\n')),
]

ODD = {
    "JSON where a stream was asked for": _json(lambda wire: json.dumps(wire.whole)),
    "no content type": _answer(content_type=""),
    "comments before it speaks": _stream(lambda wire: ": wait\n\n" * 9 + wire.stream),
    "comments between frames": _stream(lambda wire: ": wait\n\n".join(wire.frames)),
    "lines that end with CRLF": _stream(lambda wire: wire.stream.replace("\n", "\r\n")),
    "a byte at a time": _answer(chunk_bytes=1),
}
