"""The questions and answers of the bench, as bytes: one source for the mock, the load and the codecs."""

from typing import Any, Literal

import msgspec

Dialect = Literal["cohere", "openai"]

EVENTS_PER_STREAM = 50
STAMP = "@" + "0" * 19 + "@"  # see native/common.h

_SYSTEM_TEXT = "You are a helpful assistant of a lighthouse museum. Answer briefly, with facts and dates."
_SENTENCES = (
    "The lens was built in 1859 and throws its light 21 nautical miles out to sea. ",
    "Every winter the keeper carried oil up 199 steps, twice in a night when it froze. ",
    'In the log of that year one finds: "fog for eleven days; the bell was rung by hand". ',
    "The tower is painted anew each spring, and since 1986 nobody has lived in it. ",
)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks.

    `model` is the mock's, and so says what is answered. `history_bytes` is about how large the request is,
    in turns of about 500 bytes. `is_secure` asks for TLS on the way to the provider.
    """

    dialect: Dialect
    model: str
    is_stream: bool = False
    history_bytes: int = 600
    is_secure: bool = False


def encode_question(question: Question, model: str) -> bytes:
    """Return the body of a request, in which the model goes by the name `model`."""
    turn = text_of(500)
    turns = max(1, question.history_bytes // 550) | 1  # odd: the last turn is the user's
    messages = [{"role": "system", "content": _SYSTEM_TEXT}]
    messages += [{"role": ("user", "assistant")[index % 2], "content": turn} for index in range(turns)]
    body: dict[str, Any] = {"model": model, "messages": messages, "max_tokens": 256, "temperature": 0.3}
    body["p" if question.dialect == "cohere" else "top_p"] = 0.9
    if question.is_stream:
        body["stream"] = True
    return msgspec.json.encode(body)


def completion(text_bytes: int) -> bytes:
    """Return a chat completion whose text has so many bytes."""
    usage = {
        "prompt_tokens": 131,
        "completion_tokens": 120,
        "total_tokens": 251,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text_of(text_bytes),
        "refusal": None,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return msgspec.json.encode(
        {
            "id": "chatcmpl-BenchBenchBenchBenchBench01",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "mock-2026-11-01",
            "choices": [choice],
            "usage": usage,
            "service_tier": "default",
            "system_fingerprint": "fp_bench",
        }
    )


def first_frames() -> bytes:
    """Return the frame that opens a stream."""
    return _frame(_chunk({"role": "assistant", "content": "", "refusal": None}))


def event_frame() -> bytes:
    """Return the frame of one event; its text holds the stamp."""
    return _frame(_chunk({"content": f"{STAMP} lamp"}))


def last_frames() -> bytes:
    """Return the frames that end a stream."""
    usage = {"prompt_tokens": 131, "completion_tokens": 50, "total_tokens": 181}
    told = {**_chunk({}), "choices": [], "usage": usage}
    return _frame(_chunk({}, "stop")) + _frame(told) + b"data: [DONE]\n\n"


def text_of(size: int) -> str:
    """Return prose of `size` bytes, with the quotes and line ends that prose has."""
    text = "".join(_SENTENCES) + "\n"
    return (text * (size // len(text) + 1))[:size]


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-BenchBenchBenchBenchBench01",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "mock-2026-11-01",
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
    }


def _frame(content: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"
