"""OpenAI's dialect against real answers: decoded, said again the same, and told in Cohere's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.model.content import TextBlock, ThinkingBlock
from causeway.model.errors import UpstreamRefusedError
from causeway.model.events import Event, MessageEnd, ThinkingDelta
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from support.openai_recordings import failed_streams, recorded_bodies, recorded_errors, recorded_streams
from support.provenance import NOBODY
from support.recordings import ABSENT

PROVIDER = OpenAiProvider()
CALLER = OpenAiChat(is_unified=False)
COHERE = CohereChat(is_native=False, has_event_types=False)
REQUEST = ChatRequest(model="any", messages=(), dialect="openai", stream=True, wants_stream_usage=True)
BODIES, STREAMS = recorded_bodies(), recorded_streams()


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


def without_nothing(value: Any) -> Any:
    """Return a JSON value without members that are null or empty."""
    if isinstance(value, dict):
        members = {name: without_nothing(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in (None, [], {})}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def said_once(body: dict[str, Any]) -> Any:
    """Return a completion in OpenAI's own spelling, so that equal meanings compare equal."""
    body = {**body, "object": "chat.completion"}
    for choice in body["choices"]:
        message = choice["message"]
        if isinstance(message.get("content"), list):  # Mistral's parts
            parts = message["content"]
            message["content"] = "".join(part["text"] for part in parts if part["type"] == "text")
            pieces = [piece for part in parts if part["type"] == "thinking" for piece in part["thinking"]]
            message["reasoning_content"] = "".join(piece["text"] for piece in pieces)
        for name in ("content", "reasoning_content", "reasoning"):
            message[name] = message.get(name) or None
        for call in message.get("tool_calls") or ():
            call.setdefault("type", "function")  # Mistral leaves it out
    usage = body["usage"]
    details = {**(usage.get("prompt_tokens_details") or {})}
    for name in ("cached_tokens", "num_cached_tokens", "prompt_cache_hit_tokens"):
        if name in usage:
            details.setdefault("cached_tokens", usage[name])
    usage["prompt_tokens_details"] = details
    return without_nothing(body)


@pytest.mark.parametrize("body", BODIES)
def test_a_recorded_answer_is_said_again(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    again = CALLER.encode_response(response, REQUEST, NOBODY)
    assert said_once(json.loads(again)) == said_once(json.loads(body))
    assert response.finish_reason is not FinishReason.ERROR
    assert response.failure is None


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_said_again(stream: bytes) -> None:
    events = decode_stream(stream)
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    again = decode_stream(*(encoder.encode(event) for event in events))
    assert fold(again) == fold(events)
    assert fold(events).usage.input_tokens > 0 or b'"usage"' not in stream


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_cut_at_every_byte_is_the_same(stream: bytes) -> None:
    assert decode_stream(*(stream[i : i + 1] for i in range(len(stream)))) == decode_stream(stream)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_recorded_stream_cut_anywhere_is_the_same(data: st.DataObject) -> None:
    if STREAMS[0].values[0] is None:
        pytest.skip(ABSENT)
    stream = data.draw(st.sampled_from(STREAMS)).values[0]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode_stream(*chunks) == decode_stream(stream)


def told_whole(stream: bytes) -> tuple[str, str, int]:
    """Return the text, the thinking and the last prompt count of a stream, read in the plainest way."""
    text, thinking, prompt_tokens = "", "", 0
    for line in stream.decode().splitlines():
        if not line.startswith("data: {"):
            continue
        chunk = json.loads(line.removeprefix("data: "))
        prompt_tokens = (chunk.get("usage") or {}).get("prompt_tokens", prompt_tokens)
        for choice in chunk["choices"]:
            delta = choice["delta"]
            thinking += delta.get("reasoning_content") or delta.get("reasoning") or ""
            content = delta.get("content") or ""
            for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
                text += part["text"] if part["type"] == "text" else ""
                thinking += "".join(piece["text"] for piece in part.get("thinking", ()))
    return text, thinking, prompt_tokens


@pytest.mark.parametrize("stream", STREAMS)
def test_every_word_of_a_recorded_stream_is_told(stream: bytes) -> None:
    response = fold(decode_stream(stream))
    text = "".join(block.text for block in response.content if isinstance(block, TextBlock))
    thinking = "".join(block.thinking for block in response.content if isinstance(block, ThinkingBlock))
    assert (text, thinking, response.usage.input_tokens) == told_whole(stream)


@pytest.mark.parametrize("stream", failed_streams())
def test_a_recorded_stream_that_tells_an_error_fails_with_its_words(stream: bytes) -> None:
    events: list[Event] = []
    with pytest.raises(UpstreamRefusedError, match="Token limit reached") as caught:
        events.extend(PROVIDER.stream_decoder().feed(stream))
    assert caught.value.status == 400
    decoder = PROVIDER.stream_decoder()
    before = list(
        decoder.feed(stream[: stream.index(b'data: {"id"', stream.index(b'"finish_reason":"length"'))])
    )
    assert "".join(event.thinking for event in before if isinstance(event, ThinkingDelta)).startswith(
        "We need"
    )
    assert not any(isinstance(event, MessageEnd) for event in before)


@pytest.mark.parametrize(("status", "body"), recorded_errors())
def test_a_recorded_error_keeps_its_words(status: int, body: Any) -> None:
    error = PROVIDER.decode_error(status, json.dumps(body).encode())
    assert error.status == status
    assert body["error"]["message"] in error.message
    assert error.type == body["error"].get("type")
    assert error.param == body["error"].get("param")
    if isinstance(code := body["error"].get("code"), str):
        assert error.provider_code == code


# What Cohere's shape says too, in its own words; the rest of a completion has to be named as lost.
CARRIED = {
    "id",
    "choices[0].finish_reason",
    "choices[0].message.content",
    "choices[0].message.reasoning",
    "choices[0].message.reasoning_content",
    "choices[0].message.role",
    "usage.prompt_tokens",
    "usage.completion_tokens",
    "usage.total_tokens",
    "usage.prompt_tokens_details.cached_tokens",
    "usage.prompt_tokens_details.image_tokens",
}
# Cohere's answers have no place for them, and they are no part of what was said.
ENVELOPE = {"object", "created", "model", "choices[0].index"}


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of everything that a JSON value says."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    elif value is not None:
        yield path


def is_carried(path: str) -> bool:
    call = path.removeprefix("choices[0].message.tool_calls[").partition("].")[2]
    if call in ("id", "type", "function.name", "function.arguments"):
        return True
    return path in CARRIED | ENVELOPE or path.startswith("choices[0].message.content[")


def assert_told_by_cohere(response: ChatResponse) -> None:
    told = json.loads(COHERE.encode_response(response, REQUEST, NOBODY))
    message = told["message"]
    thinking = [block.thinking for block in response.content if isinstance(block, ThinkingBlock)]
    texts = [block.text for block in response.content if isinstance(block, TextBlock)]
    blocks = message.get("content", [])
    assert [block["thinking"] for block in blocks if block["type"] == "thinking"] == thinking
    plan = message.get("tool_plan", "")
    assert plan + "".join(block["text"] for block in blocks if block["type"] == "text") == (
        (response.tool_plan or "") + "".join(texts)
    )
    assert [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls", ())
    ] == [(call.id, call.name, call.arguments) for call in response.tool_calls]
    assert told["finish_reason"].lower() == response.finish_reason
    usage = response.usage
    assert told["usage"]["tokens"]["input_tokens"] == usage.input_tokens
    assert told["usage"]["tokens"]["output_tokens"] == usage.output_tokens
    assert told["usage"].get("cached_tokens") == usage.cached_tokens


@pytest.mark.parametrize("body", BODIES)
def test_a_recorded_answer_is_told_in_coheres_dialect_and_what_is_not_is_named(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    assert_told_by_cohere(response)
    losses = LossReport()
    COHERE.report_losses(response, losses)
    assert losses.uncounted == 0
    named = {loss.path.removeprefix("response.") for loss in losses.losses}
    if response.usage.reasoning_tokens == 0:  # which is nothing to lose
        named.add("usage.completion_tokens_details.reasoning_tokens")
    if "usage.reasoning_tokens" in named:  # which is what the model calls it, wherever it stood
        named.add("usage.completion_tokens_details.reasoning_tokens")
    for path in leaves(json.loads(body)):
        is_named = any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in named)
        assert is_carried(path) or is_named, path


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_told_in_coheres_dialect(stream: bytes) -> None:
    assert_told_by_cohere(fold(decode_stream(stream)))
