"""The Responses dialect against real exchanges: read, said again the same, and read by OpenAI's own SDK."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import omit
from openai._models import construct_type
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent

from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.provider_face import ResponsesProvider
from causeway.model.errors import UpstreamRefusedError
from causeway.model.events import Event
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from support.provenance import NOBODY
from support.recordings import ABSENT
from support.responses_recordings import (
    recorded_errors,
    recorded_requests,
    recorded_responses,
    recorded_streams,
)

PROVIDER = ResponsesProvider()
CALLER = ResponsesChat(is_unified=False)
REQUEST = ChatRequest(model="any", messages=(), dialect="responses", stream=True)
FAILED = "insufficient_quota"
ENCRYPTED = ("encrypted_content", "fingerprint")  # the latter of a program that calls tools
STREAMS = [stream for stream in recorded_streams() if FAILED not in str(stream.values[0])]


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


def encode_stream(events: list[Event], request: ChatRequest = REQUEST) -> bytes:
    encoder = CALLER.stream_encoder(request, NOBODY)
    return b"".join(encoder.encode(event) for event in events)


def events_in(stream: bytes) -> list[dict[str, Any]]:
    lines = stream.decode().splitlines()
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def said_once(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request's body in one spelling, so that equal meanings compare equal.

    What is said again differs from what was recorded in no more than this: nulls, `stream: false` and
    `tool_choice: auto` are left out, since they are the defaults; a text alone is a string and not a list
    of one part, a message without an id has no type; functions stand before other tools.
    """
    body = without_nulls(body)
    if body.get("stream") is False:
        del body["stream"]
    if body.get("tool_choice") == "auto":
        del body["tool_choice"]
    if body.get("text") == {"format": {"type": "text"}}:
        del body["text"]
    if isinstance(body.get("input"), str):
        body["input"] = [{"role": "user", "content": body["input"]}]
    for item in body.get("input", []):
        if item.get("type") == "message" and "id" not in item:
            del item["type"]
        for name in ("content", "output"):
            match item.get(name):
                case [{"type": "input_text", "text": text, **others}] if not others:
                    item[name] = text
    if "tools" in body:
        body["tools"].sort(key=lambda tool: tool["type"] != "function")
    return body


def without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body whose options say something; items and parts keep their nulls."""
    members = {name: value for name, value in body.items() if value is not None}
    for name in ("reasoning", "text"):
        if name in members:
            members[name] = {key: value for key, value in members[name].items() if value is not None}
    members = {name: value for name, value in members.items() if name != "reasoning" or value}
    if "tools" in members:
        members["tools"] = [
            {key: value for key, value in tool.items() if value is not None} for tool in members["tools"]
        ]
    return members


def without_encryption(value: Any) -> Any:
    """Return plain values without encrypted content, which OpenAI makes anew for the end of a stream."""
    if isinstance(value, dict):
        return {name: without_encryption(item) for name, item in value.items() if name not in ENCRYPTED}
    return [without_encryption(item) for item in value] if isinstance(value, list | tuple) else value


def without_item_ids(response: ChatResponse) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(response)
    for block in [*plain["content"], *plain["tool_calls"]]:
        if block.get("seal"):
            block["seal"]["data"].get("item", {}).pop("id", None)
    return plain


@pytest.mark.parametrize("body", recorded_requests())
def test_a_recorded_request_is_said_again(body: dict[str, Any]) -> None:
    losses = LossReport()
    request = CALLER.decode_request(json.dumps(body).encode(), losses)
    again = json.loads(PROVIDER.encode_request(request, losses))
    assert said_once(again) == said_once(body)
    assert losses.losses == []


@pytest.mark.parametrize("body", recorded_requests())
def test_a_recorded_request_may_go_as_it_is(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    assert PROVIDER.takes_verbatim(CALLER.decode_request(raw, LossReport()), raw)


@pytest.mark.parametrize("body", recorded_responses())
def test_a_recorded_answer_is_said_again(body: dict[str, Any]) -> None:
    response = PROVIDER.decode_response(json.dumps(body).encode())
    again = json.loads(CALLER.encode_response(response, REQUEST, NOBODY))
    # Two answers leave out what their SDK has to have, which is null.
    assert again == {"error": None, "incomplete_details": None, **body}
    assert response.failure is None


@pytest.mark.parametrize("body", recorded_responses())
def test_the_ending_of_a_recorded_answer_is_that_of_the_answer(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    assert PROVIDER.decode_ending(raw) == PROVIDER.decode_response(raw).ending()


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_says_what_its_whole_response_does(stream: bytes) -> None:
    whole = PROVIDER.decode_response(json.dumps(events_in(stream)[-1]["response"]).encode())
    folded, expected = (
        without_encryption(msgspec.to_builtins(response)) for response in (fold(decode_stream(stream)), whole)
    )
    if "capture-id" in folded["id"]:  # of one vendor, which gives everything another id in every event
        folded, expected = (
            without_encryption(without_item_ids(r)) for r in (fold(decode_stream(stream)), whole)
        )
        folded["id"] = expected["id"]
    assert folded == expected


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_cut_at_every_byte_is_the_same(stream: bytes) -> None:
    assert decode_stream(*(stream[i : i + 1] for i in range(len(stream)))) == decode_stream(stream)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_recorded_stream_cut_anywhere_is_the_same(data: st.DataObject) -> None:
    if STREAMS[0].values[0] is None:
        pytest.skip(ABSENT)
    stream = data.draw(st.sampled_from(STREAMS)).values[0]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode_stream(*chunks) == decode_stream(stream)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_said_again_but_for_the_ids_of_items(stream: bytes) -> None:
    events = decode_stream(stream)
    again = fold(decode_stream(encode_stream(events)))
    assert without_item_ids(again) == without_item_ids(fold(events))


@pytest.mark.parametrize("stream", STREAMS)
def test_openais_sdk_reads_a_recorded_stream_that_is_said_again(stream: bytes) -> None:
    events = decode_stream(stream)
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    told = events_in(encode_stream(events))
    for event in told:
        state.handle_event(construct_type(type_=ResponseStreamEvent, value=event))
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    text = "".join(block.text for block in fold(events).content if hasattr(block, "text"))
    assert Response.construct(**told[-1]["response"]).id == fold(events).id
    spoken = [event["delta"] for event in told if event["type"] == "response.output_text.delta"]
    assert "".join(spoken) == text


@pytest.mark.parametrize("body", recorded_responses())
def test_a_recorded_answer_unfolds_to_a_stream_that_says_it(body: dict[str, Any]) -> None:
    response = PROVIDER.decode_response(json.dumps(body).encode())
    again = fold(decode_stream(encode_stream(list(unfold(response)))))
    # Apart from the order of its items: an unfolded answer tells its calls last.
    calls = [[(call.id, call.name, call.arguments) for call in r.tool_calls] for r in (again, response)]
    assert calls[0] == calls[1]
    assert [type(block) for block in again.content] == [type(block) for block in response.content]
    assert (again.citations, again.usage, again.extras) == (
        response.citations,
        response.usage,
        response.extras,
    )


@pytest.mark.parametrize(
    "stream", [s for s in recorded_streams() if FAILED in str(s.values[0])] or STREAMS[:0]
)
def test_a_recorded_stream_that_failed_fails_with_its_words(stream: bytes) -> None:
    with pytest.raises(UpstreamRefusedError, match="exceeded your current quota") as caught:
        decode_stream(stream)
    assert (caught.value.status, caught.value.provider_code) == (429, FAILED)


@pytest.mark.parametrize(("status", "body"), recorded_errors())
def test_a_recorded_error_keeps_its_words(status: int, body: Any) -> None:
    error = PROVIDER.decode_error(status, json.dumps(body).encode())
    assert (error.status, error.message) == (status, body["error"]["message"])
    assert (error.type, error.param) == (body["error"]["type"], body["error"]["param"])
    assert error.provider_code == body["error"]["code"]
