"""What OpenAI itself answers is read by a quicker way than what its imitators add to it: to the same end.

A member that is unknown and null says nothing, and keeps an answer from being a plain one.
"""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.openai.completion_schema import PlainChunk, PlainCompletion
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.model.errors import CausewayError
from causeway.model.events import Event
from support.openai_recordings import recorded_bodies, recorded_errors, recorded_streams
from support.wire_answers import WIRES

PROVIDER = OpenAiProvider()
UNKNOWN = {"unknown": None}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 10**6)
maybe_counts = st.none() | counts | st.floats(0, 10**6)


def members(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that have some of these members."""
    return st.fixed_dictionaries({}, optional=values)


tool_calls = st.fixed_dictionaries(
    {"function": members(name=texts, arguments=texts | st.just({"a": 1}), unknown=st.none())},
    optional={"id": st.none() | texts, "type": st.just("function")},
)
usages = members(
    prompt_tokens=counts,
    completion_tokens=counts,
    total_tokens=maybe_counts,
    prompt_tokens_details=st.none()
    | members(cached_tokens=maybe_counts, audio_tokens=maybe_counts, image_tokens=maybe_counts),
    completion_tokens_details=st.none()
    | members(
        reasoning_tokens=maybe_counts,
        audio_tokens=maybe_counts,
        accepted_prediction_tokens=maybe_counts,
        rejected_prediction_tokens=maybe_counts,
    ),
)
envelope = {
    "id": st.none() | texts,
    "created": st.none() | counts,
    "model": st.none() | texts,
    "system_fingerprint": st.none() | texts,
    "service_tier": st.none() | texts,
    "provider": st.none() | texts,
    "usage": st.none() | usages,
}
finish_reasons = st.none() | st.sampled_from(["", "stop", "length", "tool_calls", "content_filter", "weird"])
spoken = {"role": st.just("assistant"), "content": st.none() | texts, "reasoning_content": st.none() | texts}
nothing = {"logprobs": st.none(), "stop_reason": st.none(), "error": st.none()}
answers = members(
    index=st.integers(0, 1),
    message=members(
        **spoken,
        refusal=st.none(),
        annotations=st.none() | st.just([]),
        tool_calls=st.none() | st.lists(tool_calls, max_size=2),
    ),
    finish_reason=finish_reasons,
    **nothing,
)
completions = members(
    object=st.just("chat.completion"), choices=answers.map(lambda answer: [answer]), **envelope
)
pieces = st.fixed_dictionaries(
    {"delta": members(**spoken, refusal=st.none())},
    optional={"index": st.just(0), "finish_reason": finish_reasons, "matched_stop": st.none(), **nothing},
)
chunks = st.fixed_dictionaries(
    {"choices": st.lists(pieces, max_size=1)},
    optional={"object": st.just("chat.completion.chunk"), "obfuscation": texts, **envelope},
)
# Members of an answer, or of a piece of one, that keep it from being plain.
odd_messages = members(
    content=texts,
    reasoning_content=texts,
    reasoning=texts,
    refusal=texts,
    annotations=st.just([{"type": "weird"}]),
    tool_calls=st.just([{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]),
    audio=st.just({"id": "a"}),
)
odd_envelopes = members(
    x_groq=st.just({"id": "g"}),
    usage=members(cost=counts, cached_tokens=counts, reasoning_tokens=counts, num_cached_tokens=counts),
)
logprobs = st.just({"content": [{"token": "x", "logprob": -1.0}]})
endings = {
    "finish_reason": finish_reasons,
    "logprobs": st.none() | logprobs,
    "stop_reason": texts,
    "native_finish_reason": st.just("weird"),
}
odd_completions = st.builds(
    lambda completion, envelope, choices: {**completion, **envelope, "choices": choices},
    completions,
    odd_envelopes,
    st.lists(
        st.fixed_dictionaries({"message": odd_messages}, optional={"index": st.integers(0, 1), **endings}),
        min_size=1,
        max_size=2,
    ),
)
odd_chunks = st.builds(
    lambda envelope, choices: {"choices": choices, **envelope},
    odd_envelopes,
    st.lists(
        st.fixed_dictionaries({"delta": odd_messages}, optional={"index": st.integers(0, 1), **endings}),
        max_size=2,
    ),
)
# What most of a stream is, so that the others come in the middle of it.
pieces_of_one_block = st.builds(
    lambda text, more: {"choices": [{"delta": {"content": text}, **more}]},
    texts.filter(bool),
    members(finish_reason=finish_reasons),
)


def outcome(method: str, body: bytes) -> object:
    """Return the ending that a method of the face finds in a body, or the error that it raises."""
    try:
        made = getattr(PROVIDER, method)(body)
    except CausewayError as error:
        return type(error), error.message, error.status
    return made.ending() if method == "decode_response" else made


def decode_stream(sent: list[dict[str, Any]]) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for one in sent for event in decoder.feed(b"data: %b\n\n" % json.dumps(one).encode())]
    return events + list(decoder.feed(b"data: [DONE]\n\n"))


@given(completions, chunks)
def test_what_is_called_plain_here_is_plain(completion: dict[str, Any], chunk: dict[str, Any]) -> None:
    msgspec.json.decode(json.dumps(completion), type=PlainCompletion)
    msgspec.json.decode(json.dumps(chunk), type=PlainChunk)


@given(completions | odd_completions)
def test_a_plain_answer_is_decoded_as_any_other(completion: dict[str, Any]) -> None:
    completion = {
        "choices": [{}],
        **completion,
        "id": completion.get("id") or "none",
    }  # which is else invented
    completion["choices"][0].setdefault("message", {})
    response = PROVIDER.decode_response(json.dumps(completion).encode())
    assert response == PROVIDER.decode_response(json.dumps({**completion, **UNKNOWN}).encode())


@given(st.lists(pieces_of_one_block | chunks | odd_chunks, max_size=8), texts)
def test_a_plain_stream_is_decoded_as_any_other(sent: list[dict[str, Any]], id: str) -> None:
    sent = [{"id": id or "none", "choices": []}, *sent]
    assert decode_stream(sent) == decode_stream([{**chunk, **UNKNOWN} for chunk in sent])


def read_stream(stream: bytes, *, is_burst: bool) -> tuple[list[Event], str]:
    """Return the events of a stream that comes at once or frame by frame, and the error that ends it."""
    decoder = PROVIDER.stream_decoder()
    events: list[Event] = []
    frames = [stream] if is_burst else [frame + b"\n\n" for frame in stream.split(b"\n\n")[:-1]]
    try:
        for frame in frames:
            for event in decoder.feed(frame):
                events.append(event)
    except CausewayError as error:
        return events, f"{type(error).__name__}: {error.message}"
    return events, ""


burst_frames = st.lists(
    (pieces_of_one_block | chunks | odd_chunks).map(lambda chunk: f"data: {json.dumps(chunk)}\n\n")
    | st.sampled_from(
        [
            "data: [DONE]\n\n",
            ": wait\n\n",
            'data: {"choices":[]},{"choices":[]}\n\n',
            "data: {\ndata: }\n\n",
            "event: message\ndata: {}\n\n",
            'data: {"error":{"message":"no"}}\n\n',
            "data: {\r\n\n",
            "data:\n\n",
            "\n\n",
        ]
    ),
    max_size=6,
).map("".join)


@given(burst_frames, st.booleans())
def test_a_burst_is_read_as_its_frames_are(stream: str, has_id: bool) -> None:
    first = 'data: {"id":"c","choices":[{"delta":{"content":"x"}}]}\n\n'
    if not has_id:
        first = first.replace('"id":"c",', "")
    sent = (first + stream).encode()
    assert read_stream(sent, is_burst=True) == read_stream(sent, is_burst=False)


@pytest.mark.parametrize("body", recorded_bodies())
def test_a_recorded_answer_is_decoded_the_same_by_both_ways(body: bytes) -> None:
    told = json.loads(body)
    told.setdefault("id", "none")
    response = PROVIDER.decode_response(json.dumps(told).encode())
    assert response == PROVIDER.decode_response(json.dumps({**told, **UNKNOWN}).encode())


@pytest.mark.parametrize("stream", recorded_streams())
def test_a_recorded_stream_is_decoded_the_same_by_both_ways(stream: bytes) -> None:
    slow = b"\n".join(
        b'data: {"unknown": null, ' + line.removeprefix(b"data: {") if line.startswith(b"data: {") else line
        for line in stream.split(b"\n")
    )
    decoder, other = PROVIDER.stream_decoder(), PROVIDER.stream_decoder()
    assert list(decoder.feed(stream)) == list(other.feed(slow))


@given(
    completions | odd_completions,
    st.sampled_from([{}, UNKNOWN, {"error": {"message": "no"}}, {"object": "error"}]),
)
def test_the_ending_is_that_of_the_whole_answer(completion: dict[str, Any], more: dict[str, Any]) -> None:
    body = json.dumps({**completion, **more}).encode()
    assert outcome("decode_ending", body) == outcome("decode_response", body)


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"content": "x"}, "finish_reason": "stop", "stop_reason": "END"},
        {"message": {"content": "x"}, "finish_reason": "stop", "stop_reason": 7},
        {"message": {"content": "x"}, "finish_reason": "error", "error": {"message": "gone", "code": 503}},
        {"message": {"content": ""}, "finish_reason": "error"},
        {"message": {"refusal": "no"}, "finish_reason": "stop"},
        {"message": {"reasoning": "hm"}, "finish_reason": "stop"},
        {"message": {"content": [{"type": "text", "text": ""}]}, "finish_reason": "stop"},
        {"message": {"content": [{"type": "thinking", "thinking": "hm"}]}, "finish_reason": "stop"},
        {"message": {"content": 5}},
        {"message": {"tool_calls": {}}},
        {"message": None},
        {"delta": {"content": "x"}},
    ],
)
def test_the_ending_of_an_unusual_answer_is_that_of_the_whole(choice: dict[str, Any]) -> None:
    body = json.dumps({"id": "x", "choices": [choice]}).encode()
    assert outcome("decode_ending", body) == outcome("decode_response", body)


@pytest.mark.parametrize(("_", "error"), recorded_errors())
def test_a_recorded_error_has_no_ending(_: int, error: object) -> None:
    body = json.dumps(error).encode()
    assert outcome("decode_ending", body) == outcome("decode_response", body)
    with pytest.raises(CausewayError):
        PROVIDER.decode_ending(body)


@pytest.mark.parametrize("body", recorded_bodies())
def test_the_ending_of_a_recorded_answer_is_that_of_the_whole(body: bytes) -> None:
    assert outcome("decode_ending", body) == outcome("decode_response", body)


@given(st.data())
def test_the_ending_of_a_broken_body_fails_as_the_whole_does(data: st.DataObject) -> None:
    body = bytearray(json.dumps(WIRES["openai"].whole).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b"[", b'"', b"7"])
        )
    broken = bytes(body)
    assert outcome("decode_ending", broken) == outcome("decode_response", broken)
