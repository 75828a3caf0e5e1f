"""The laws of OpenAI's streams: pieces in any order and bytes cut anywhere spell one answer."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.model.content import TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import UpstreamError, UpstreamRefusedError
from causeway.model.events import Event
from causeway.model.fold import fold, unfold
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from support.provenance import NOBODY
from support.strategies import names, responses, texts

PROVIDER = OpenAiProvider()
REQUEST = ChatRequest(model="any", messages=(), dialect="openai", stream=True, wants_stream_usage=True)
BROKEN = (FinishReason.ERROR, FinishReason.TIMEOUT)

tricky = texts | st.sampled_from(["}", '"}', "{}", "\\"])
json_objects = st.dictionaries(
    tricky, st.none() | st.integers() | tricky | st.dictionaries(tricky, tricky, max_size=2), max_size=3
)
arguments = json_objects.flatmap(
    lambda value: st.sampled_from([json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)])
)


def frame(delta: dict[str, Any], finish_reason: str | None = None, **members: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return framed({"id": "c-1", "created": 7, "model": "m", "choices": [choice], **members})


def usage_frame(usage: dict[str, Any]) -> bytes:
    return framed({"id": "c-1", "created": 7, "model": "m", "choices": [], "usage": usage})


def framed(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[start:end] for start, end in pairwise([0, *places, len(data)])]


@st.composite
def cut_text(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[start:end] for start, end in pairwise([0, *places, len(text)])]


@st.composite
def parallel_calls(draw: st.DrawFn) -> tuple[list[ToolCall], list[dict[str, Any]]]:
    """Calls in the order in which they begin, and their pieces, which alternate in any way.

    The pieces are marked in one of the ways that vendors have: by an index, with the id again or only at
    first; or by the id alone.
    """
    marks = draw(st.sampled_from(["index", "index and id", "id"]))
    ids = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    calls = [ToolCall(id, draw(names), draw(arguments)) for id in ids]
    queues = []
    for index, call in enumerate(calls):
        queue = []
        for number, piece in enumerate(draw(cut_text(call.arguments))):
            told: dict[str, Any] = {"function": {"arguments": piece}}
            if marks != "id":
                told["index"] = index
            if marks != "index" or number == 0:
                told["id"] = call.id
            if number == 0:
                told["function"]["name"] = call.name
            queue.append(told)
        queues.append(queue)
    pieces, begun = [], []
    while waiting := [index for index, queue in enumerate(queues) if queue]:
        index = draw(st.sampled_from(waiting))
        pieces.append(queues[index].pop(0))
        begun.append(index)
    return [calls[index] for index in dict.fromkeys(begun)], pieces


@given(parallel_calls(), st.data())
def test_parallel_calls_whose_pieces_alternate_are_the_same_calls(
    sent: tuple[list[ToolCall], list[dict[str, Any]]], data: st.DataObject
) -> None:
    calls, pieces = sent
    stream = frame({"role": "assistant", "content": None})
    while pieces:  # several pieces may come in one chunk
        count = data.draw(st.integers(1, len(pieces)))
        stream += frame({"tool_calls": pieces[:count]})
        pieces = pieces[count:]
    stream += frame({}, "tool_calls") + b"data: [DONE]\n\n"
    response = fold(decode_stream(*data.draw(cut(stream))))
    assert response.tool_calls == tuple(calls)
    assert response.finish_reason is FinishReason.TOOL_CALL


@given(st.lists(st.tuples(st.sampled_from(["content", "reasoning_content"]), texts), max_size=5), st.data())
def test_usage_counts_in_any_chunk(said: list[tuple[str, str]], data: st.DataObject) -> None:
    deltas = [{name: text} for name, text in said]
    place = data.draw(st.integers(0, len(deltas)))
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    if place < len(deltas) and data.draw(st.booleans()):
        frames = [frame(delta, usage=usage if i == place else None) for i, delta in enumerate(deltas)]
    else:
        frames = [frame(delta) for delta in deltas]
        frames.insert(place, usage_frame(usage))
    stream = b"".join([*frames, frame({}, "stop"), b"data: [DONE]\n\n"])
    response = fold(decode_stream(*data.draw(cut(stream))))
    assert (response.usage.input_tokens, response.usage.output_tokens) == (12, 3)
    assert response.usage.cached_tokens is None
    told = "".join(b.text if isinstance(b, TextBlock) else b.thinking for b in response.content)
    assert told == "".join(text for _, text in said)


@given(texts, texts, st.none() | st.integers(0, 9), st.sampled_from(["stop", "length", "eos"]), st.data())
def test_the_streamed_answer_is_the_whole_answer(
    thinking: str, text: str, cached: int | None, finish_reason: str, data: st.DataObject
) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": cached}}
    envelope = {"id": "c-1", "created": 7, "model": "m", "provider": "P", "usage": usage}
    logprobs = {"content": [{"token": text, "logprob": -0.5, "bytes": list(text.encode())}]} if text else None
    details = [{"type": "reasoning.text", "text": thinking}]
    message = {"content": text, "reasoning_content": thinking, "reasoning_details": details}
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish_reason}
    whole = PROVIDER.decode_response(json.dumps({**envelope, "choices": [choice]}).encode())
    stream = b"".join(frame({"reasoning_content": piece}) for piece in data.draw(cut_text(thinking)))
    if text:
        told = {"index": 0, "delta": {"content": text}, "logprobs": logprobs}
        stream += framed({**envelope, "choices": [told]})
    stream += frame({"reasoning_details": details}, finish_reason, provider="P", usage=usage)
    assert fold(decode_stream(stream, b"data: [DONE]\n\n")) == whole


@given(responses().filter(lambda response: response.finish_reason not in BROKEN), st.data())
def test_what_the_client_face_says_the_provider_face_understands(
    response: ChatResponse, data: st.DataObject
) -> None:
    encoder = OpenAiChat(is_unified=False).stream_encoder(REQUEST, NOBODY)
    stream = b"".join(encoder.encode(event) for event in unfold(response))
    decoded = fold(decode_stream(*data.draw(cut(stream))))
    assert decoded.id == response.id
    assert decoded.tool_calls == response.tool_calls
    for kind in (TextBlock, ThinkingBlock):
        assert joined(decoded, kind) == joined(response, kind)
    assert decoded.usage.input_tokens == response.usage.input_tokens
    assert decoded.usage.cached_tokens == response.usage.cached_tokens
    assert decoded.finish_reason in (response.finish_reason, *same_word(response))


def joined(response: ChatResponse, kind: type) -> str:
    plan = response.tool_plan or "" if kind is TextBlock else ""
    blocks = [block for block in response.content if isinstance(block, kind)]
    return plan + "".join(b.text if isinstance(b, TextBlock) else b.thinking for b in blocks)


def same_word(response: ChatResponse) -> tuple[FinishReason, ...]:
    """Return what `stop` may mean: OpenAI has one word where the canonical answer has several."""
    if response.finish_reason in (FinishReason.COMPLETE, FinishReason.STOP_SEQUENCE):
        return (FinishReason.TOOL_CALL,) if response.tool_calls else (FinishReason.COMPLETE,)
    return ()


@given(st.lists(texts.filter(bool), min_size=1, max_size=4), st.data())
def test_an_error_in_any_place_ends_the_stream_with_its_words(said: list[str], data: st.DataObject) -> None:
    frames = [frame({"content": text}) for text in said]
    place = data.draw(st.integers(0, len(frames)))
    frames.insert(place, b'event: error\ndata: {"error": {"message": "overloaded", "code": 529}}\n\n')
    decoder = PROVIDER.stream_decoder()
    with pytest.raises(UpstreamRefusedError, match="overloaded") as caught:
        list(decoder.feed(b"".join(frames)))
    assert caught.value.status == 529


# Anything that a provider could say, in the words of a completion.
WORDS = (
    "index delta message content tool_calls function name arguments logprobs refusal annotations reasoning "
    "type text thinking usage x id error"
).split()
odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 500)
    | st.floats()
    | st.sampled_from(["", "a", "stop", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)
messages = st.dictionaries(
    st.sampled_from(["content", "reasoning", "tool_calls", "annotations", "refusal", "x"]),
    odd_values,
    max_size=3,
)
choices = st.fixed_dictionaries(
    {}, optional={"index": st.integers(0, 1), "delta": messages, "message": messages, "logprobs": odd_values}
)
chunks = st.fixed_dictionaries(
    {"choices": st.lists(choices, max_size=2)},
    optional={"usage": odd_values, "id": odd_values, "x": odd_values},
)


@given(st.lists(chunks, min_size=1, max_size=4))
def test_whatever_a_provider_says_is_an_answer_or_an_upstream_error(said: list[dict[str, Any]]) -> None:
    with suppress(UpstreamError):
        PROVIDER.decode_response(json.dumps(said[0]).encode())
    with suppress(UpstreamError):
        fold(decode_stream(*(framed(chunk) for chunk in said), b"data: [DONE]\n\n"))
