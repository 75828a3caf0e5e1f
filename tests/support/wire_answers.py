"""What providers of two dialects send, byte by byte, and readers of what their callers get.

The readers share no code with the gateway's, so that a mistake there is not made here again.
"""

import json
from typing import Any

from msgspec import Struct

from causeway.testing import Recording

TEXT = "Hello there"
SPOKEN = "Hello"
"""What has been said of `TEXT` after `spoken_bytes`."""


class Wire(Struct, frozen=True):
    """A dialect's way to say `TEXT`: as a stream's frames, of which `spoken` say `SPOKEN`, and whole.

    `error` is a body that tells an error, `error_frame` ends a stream with one; `closing` goes before it
    where something has been said.
    """

    frames: tuple[str, ...]
    spoken: int
    whole: dict[str, Any]
    error: dict[str, Any]
    error_frame: str
    closing: str = ""

    @property
    def stream(self) -> str:
        return "".join(self.frames)

    @property
    def beginning(self) -> str:
        """The frames until `SPOKEN` has been said."""
        return "".join(self.frames[: self.spoken])

    @property
    def ending(self) -> str:
        """The frames after `beginning`."""
        return "".join(self.frames[self.spoken :])

    @property
    def spoken_bytes(self) -> int:
        return len(self.beginning.encode())


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "asked"}
    return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"


def _event(type: str, **members: Any) -> str:
    return f"event: {type}\ndata: {json.dumps({'type': type, **members})}\n\n"


def _message(**members: Any) -> dict[str, Any]:
    return {"message": members}


WORDS = "the provider's own words"
_OPENAI_ERROR = {"message": WORDS, "type": "teapot_error", "param": "spout", "code": None}
_COHERE_USAGE = {
    "billed_units": {"input_tokens": 2, "output_tokens": 2},
    "tokens": {"input_tokens": 7, "output_tokens": 2},
}
_COHERE_FAILURE = {"finish_reason": "ERROR", "usage": {}, "error": WORDS}

WIRES = {
    "openai": Wire(
        frames=(
            _chunk({"role": "assistant", "content": ""}),
            _chunk({"content": SPOKEN}),
            _chunk({"content": TEXT.removeprefix(SPOKEN)}),
            _chunk({}, "stop"),
            "data: [DONE]\n\n",
        ),
        spoken=2,
        whole={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "asked",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": TEXT},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
        },
        error={"error": _OPENAI_ERROR},
        error_frame=f"data: {json.dumps({'error': _OPENAI_ERROR})}\n\n",
    ),
    "cohere": Wire(
        frames=(
            _event("message-start", id="c-1", delta=_message(role="assistant", content=[], citations=[])),
            _event("content-start", index=0, delta=_message(content={"type": "text", "text": ""})),
            _event("content-delta", index=0, delta=_message(content={"text": SPOKEN})),
            _event("content-delta", index=0, delta=_message(content={"text": TEXT.removeprefix(SPOKEN)})),
            _event("content-end", index=0),
            _event("message-end", delta={"finish_reason": "COMPLETE", "usage": _COHERE_USAGE}),
            "data: [DONE]\n\n",
        ),
        spoken=3,
        whole={
            "id": "c-1",
            "message": {"role": "assistant", "content": [{"type": "text", "text": TEXT}]},
            "finish_reason": "COMPLETE",
            "usage": _COHERE_USAGE,
        },
        error={"id": "c-1", "message": WORDS},
        error_frame=_event("message-end", delta=_COHERE_FAILURE) + "data: [DONE]\n\n",
        closing=_event("content-end", index=0),
    ),
}


def recorded_stream(text: str) -> Recording:
    """Return a stream of these frames as a response that can be replayed."""
    return Recording(200, {"content-type": "text/event-stream"}, text=text)


def recorded_json(text: str) -> Recording:
    """Return a response of this JSON text that can be replayed."""
    return Recording(200, {"content-type": "application/json"}, text=text)


class Told(Struct):
    """What a caller was told: the text, and how the answer ended: with a finish reason, or an error."""

    text: str
    finish_reason: str | None
    error: str | None


def read_whole(dialect: str, body: bytes) -> Told:
    """Return what a whole answer tells."""
    answer = json.loads(body)
    if dialect == "cohere":
        return Told(answer["message"]["content"][0]["text"], answer["finish_reason"], None)
    choice = answer["choices"][0]
    return Told(choice["message"]["content"], choice["finish_reason"], None)


def read_stream(dialect: str, body: bytes) -> Told:
    """Return what a stream tells, and fail where it is not well-formed to its very end."""
    assert body.endswith(b"\n\n"), body[-200:]
    frames = [frame for frame in body.decode().split("\n\n")[:-1] if not frame.startswith(":")]
    return _read_cohere(frames) if dialect == "cohere" else _read_openai(frames)


def _data(frame: str) -> Any:
    line = frame.rpartition("\n")[2]
    assert line.startswith("data: "), frame
    data = line.removeprefix("data: ")
    return data if data == "[DONE]" else json.loads(data)


def _read_cohere(frames: list[str]) -> Told:
    *events, done = [_data(frame) for frame in frames]
    assert done == "[DONE]"
    types = [event["type"] for event in events]
    assert types[0] == "message-start"
    assert types[-1] == "message-end"
    assert types.count("message-start") == types.count("message-end") == 1, types
    assert types.count("content-start") == types.count("content-end"), types
    text = "".join(
        event["delta"]["message"]["content"]["text"] for event in events if event["type"] == "content-delta"
    )
    delta = events[-1]["delta"]
    assert ("error" in delta) is (delta["finish_reason"] == "ERROR")
    return Told(text, delta["finish_reason"], delta.get("error"))


def _read_openai(frames: list[str]) -> Told:
    chunks = [_data(frame) for frame in frames]
    error = None
    if "error" in chunks[-1]:
        error = chunks.pop()["error"]["message"]
    else:
        assert chunks.pop() == "[DONE]"
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    reasons = [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
    assert len(reasons) == (1 if error is None else 0)
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    return Told(text, reasons[0] if reasons else None, error)
