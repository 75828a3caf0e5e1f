"""Cohere as a provider: what its answers, its streams and its errors are understood as."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.cohere.decode_error import MAX_MESSAGE_CHARACTERS
from causeway.dialects.cohere.encode_error import encode_error
from causeway.dialects.cohere.encode_response import encode_response
from causeway.dialects.cohere.encode_stream import NativeStreamEncoder
from causeway.dialects.cohere.provider_face import CohereProvider
from causeway.dialects.cohere.response_losses import report_losses
from causeway.dialects.faces import ChatProviderFace
from causeway.model.content import (
    TextBlock,
    ToolCall,
)
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.events import Event, MessageEnd
from causeway.model.extras import Extras
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.order import EventOrder
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage
from support.answers import cited_answer, text_answer, thinking_answer, tool_answer
from support.recordings import recordings
from support.strategies import responses

FACE: ChatProviderFace = CohereProvider()
CALL = ToolCall("call_1", "f", "{}")


@pytest.mark.parametrize("events", [text_answer("a", "b"), thinking_answer("t", "a"), cited_answer(),
                                    tool_answer(("f", '{"a":1}'), ("g", '{"b":2}'))])  # fmt: skip
def test_answers_are_understood_whole_and_streamed(events: list[Event]) -> None:
    response = fold(events)
    assert FACE.decode_response(encode_response(response)) == response
    encoder, decoder = NativeStreamEncoder(), FACE.stream_decoder()
    sent = b"".join(encoder.encode(event) for event in events)
    assert [*decoder.feed(sent), *decoder.finish()] == events


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>bad gateway</html>",
        b'{"id": "x"',
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"id": "x", "message": {}}',
        b'{"id": "x", "finish_reason": "COMPLETE"}',
        b'{"id": "x", "message": {"content": "text"}, "finish_reason": "COMPLETE"}',
        b'{"id": "x", "message": {"citations": [{"text": "t"}]}, "finish_reason": "COMPLETE"}',
        b'{"message": "no such model"}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="the provider did not send an answer of Cohere's"):
        FACE.decode_response(body)


def test_unknown_fields_and_blocks_of_an_answer_are_left_alone() -> None:
    source = {"type": "document", "id": "d", "document": {}, "new": 1}
    body = {
        "id": "x",
        "new": {},
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": "t", "new": 1}, {"type": "video", "url": "u"}],
            "citations": [{"start": 0, "end": 1, "text": "t", "sources": [source], "new": None}],
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}],
        },
        "finish_reason": "SOMETHING_NEW",
        "usage": {"tokens": {"input_tokens": 5.0, "output_tokens": None}, "new": 1},
    }
    response = FACE.decode_response(json.dumps(body).encode())
    assert response.content == (TextBlock("t"),)
    assert response.citations[0].sources[0].id == "d"
    assert response.tool_calls == (ToolCall("c", "f", "{}"),)
    assert response.finish_reason is FinishReason.ERROR
    assert response.usage == Usage(input_tokens=5)


def frames(*payloads: Any) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(payload).encode() for payload in payloads)


def delta(type: str, index: int = 0, **message: Any) -> dict[str, Any]:
    return {"type": type, "index": index, "delta": {"message": message}}


START = {"id": "x", "type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}}
END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {}}}
TEXT = delta("content-start", content={"type": "text", "text": ""})
PIECE = delta("content-delta", content={"text": "a"})
CALL_START = delta("tool-call-start", tool_calls={"id": "c", "function": {"name": "f", "arguments": ""}})
CALL_PIECE = delta("tool-call-delta", tool_calls={"function": {"arguments": '{"a":1}'}})


def read(sent: bytes) -> ChatResponse:
    """Return the response that a stream spells; its order is checked on the way."""
    decoder = FACE.stream_decoder()
    return fold([*decoder.feed(sent), *decoder.finish()])


@pytest.mark.parametrize(
    ("payloads", "content", "arguments"),
    [
        ([PIECE], ["a"], []),
        ([TEXT, PIECE], ["a"], []),
        ([TEXT, PIECE, TEXT, PIECE], ["a", "a"], []),
        ([PIECE, delta("content-delta", 7, content={"text": "b"})], ["a", "b"], []),
        ([PIECE, delta("content-delta", content={"thinking": "t"}), PIECE], ["a", "t", "a"], []),
        ([delta("content-delta", content={"text": "a", "thinking": ""})], ["a"], []),
        ([delta("content-delta", content={"text": "", "thinking": "t"})], ["t"], []),
        ([{"type": "content-end", "index": 3}, {"type": "tool-call-end"}, PIECE], ["a"], []),
        ([START, PIECE, START], ["a"], []),
        ([CALL_START, CALL_PIECE], [], ['{"a":1}']),
        ([CALL_START, {"type": "tool-call-end", "index": 0}], [], ["{}"]),
        ([CALL_START, CALL_PIECE, PIECE], ["a"], ['{"a":1}']),
        ([TEXT, PIECE, delta("tool-plan-delta", tool_plan="p"), CALL_START], ["a"], ["{}"]),
        ([PIECE, {"type": "debug", "prompt": "p"}, {"type": "new", "index": {}}, {"no": "type"}], None, None),
        ([PIECE, {"type": "debug", "prompt": "p"}, {"type": "new", "index": {}}], ["a"], []),
        ([PIECE, END, TEXT, PIECE, {"type": "message-end"}], ["a"], []),
    ],
)
def test_events_come_in_order_whatever_is_sent(
    payloads: list[Any], content: list[str] | None, arguments: list[str] | None
) -> None:
    sent = frames(START, *payloads, END)
    if content is None:
        with pytest.raises(UpstreamProtocolError):
            read(sent)
        return
    response = read(sent)
    texts = [block.text if isinstance(block, TextBlock) else block.thinking for block in response.content]
    assert texts == content
    assert [call.arguments for call in response.tool_calls] == arguments


@pytest.mark.parametrize(
    "payload",
    [
        TEXT,
        {"type": "message-start"},
        [],
        {"type": "message-start", "id": 5},
    ],
)
def test_a_stream_that_does_not_begin_is_none(payload: Any) -> None:
    with pytest.raises(UpstreamProtocolError):
        list(FACE.stream_decoder().feed(frames(payload)))


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "content-delta", "index": 0},
        {"type": "content-delta", "index": "0", "delta": {}},
        delta("content-delta", content=[]),
        delta("content-delta", content={"text": 5}),
        delta("tool-call-start"),
        delta("tool-call-start", tool_calls={"id": "c", "function": {}}),
        delta("citation-start"),
        delta("citation-start", citations={"text": "t"}),
        {"type": "message-end"},
        {"type": "message-end", "delta": {"usage": {}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": 5}},
        CALL_PIECE,
    ],
)
def test_a_broken_frame_is_said_to_be_one(payload: Any) -> None:
    with pytest.raises(UpstreamProtocolError):
        list(FACE.stream_decoder().feed(frames(START, payload)))


def test_a_piece_of_a_call_that_is_not_open_is_never_another_calls() -> None:
    stray = {**CALL_PIECE, "index": 1}
    with pytest.raises(UpstreamProtocolError, match="tool-call-delta that is broken or out of place"):
        list(FACE.stream_decoder().feed(frames(START, CALL_START, stray)))


@pytest.mark.parametrize("sent", [b"data: {\n\n", b"data: nothing\n\n", b"data: \xff\n\n", b"x" * 17_000_000])
def test_bytes_that_are_no_frames_are_said_to_be_none(sent: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        list(FACE.stream_decoder().feed(sent))


@given(responses(), st.data())
def test_a_stream_that_breaks_off_is_never_taken_for_a_whole_one(
    response: ChatResponse, data: st.DataObject
) -> None:
    encoder = NativeStreamEncoder()
    *parts, end = [encoder.encode(event) for event in unfold(response)]
    sent = b"".join(parts) + end[: end.index(b"\n\n") + 1]
    decoder, order = FACE.stream_decoder(), EventOrder()
    for event in decoder.feed(sent[: data.draw(st.integers(0, len(sent)))]):
        order.advance(event)
    with pytest.raises(UpstreamProtocolError, match="broke off"):
        list(decoder.finish())


def test_a_stream_that_ends_with_an_error_is_a_whole_one() -> None:
    end = {"finish_reason": "ERROR", "usage": {}, "error": "no tool", "error_type": "INVALID_TOOL_GENERATION"}
    response = read(frames(START, PIECE, {"type": "message-end", "delta": end}))
    assert response.finish_reason is FinishReason.ERROR
    assert response.failure == Failure("no tool", "INVALID_TOOL_GENERATION")


@pytest.mark.parametrize(
    "frame",
    [
        b'event: error\ndata: {"message": "too busy"}\n\n',
        b'data: {"type": "error", "message": "too busy"}\n\n',
        b'event: error\ndata: {"type": "error", "message": "too busy", "delta": 5}\n\n',
    ],
)
def test_an_error_frame_is_the_providers_refusal(frame: bytes) -> None:
    with pytest.raises(UpstreamRefusedError, match="too busy") as caught:
        list(FACE.stream_decoder().feed(frame))
    assert caught.value.status == 502


@pytest.mark.parametrize("exchange", [c for c in recordings("cohere", "/v2/chat")
                                      if c.values[0] and "text" in c.values[0]["response"]])  # fmt: skip
def test_recorded_streams_are_whole_and_have_their_markers(exchange: Any) -> None:
    decoder = FACE.stream_decoder()
    sent = exchange["response"]["text"].encode()
    events = [*decoder.feed(sent), *decoder.finish()]
    assert isinstance(events[-1], MessageEnd)
    # What has none of the markers opens and closes nothing.
    unmarked = [frame for frame in sent.split(b"\n\n") if not any(m in frame for m in FACE.tap_markers)]
    kinds = {frame.split(b"\n")[0] for frame in unmarked}
    assert kinds <= {b"event: content-delta", b"event: tool-plan-delta", b"data: [DONE]", b""}


@given(responses())
def test_a_tap_that_reads_only_marked_frames_sees_what_is_open_and_how_it_ends(
    response: ChatResponse,
) -> None:
    encoder, decoder, order = NativeStreamEncoder(), FACE.stream_decoder(), EventOrder()
    full = EventOrder()
    for event in unfold(response):
        full.advance(event)
        frames = encoder.encode(event)
        if any(marker in frames for marker in FACE.tap_markers):
            for read in decoder.feed(frames):
                order.advance(read)
        assert order.closing_events() == full.closing_events()
    assert list(decoder.finish()) == []


@pytest.mark.parametrize(
    ("body", "message", "type", "param", "code"),
    [
        ({"id": "i", "message": "invalid api token"}, "invalid api token", None, None, None),
        ({"message": "no such model"}, "no such model", None, None, None),
        (
            {"message": "no tool", "error_type": "INVALID_TOOL_GENERATION"},
            "no tool",
            "INVALID_TOOL_GENERATION",
            None,
            "INVALID_TOOL_GENERATION",
        ),
        (
            {"id": "i", "type": "rate_limit_error", "message": "slow", "code": "too_fast"},
            "slow",
            "rate_limit_error",
            None,
            "too_fast",
        ),
        ({"detail": "Not Found"}, "Not Found", None, None, None),
        (
            {"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "bad role", "type": "enum"}]},
            "messages[0].role: bad role",
            None,
            "messages[0].role",
            None,
        ),
        (
            {"detail": [{"loc": ["model"], "msg": "m"}, {"msg": "n"}, 5]},
            "model: m; n",
            None,
            "model",
            None,
        ),
        (
            {"error": {"message": "boom", "type": "server_error", "param": "p", "code": "c"}},
            "boom",
            "server_error",
            "p",
            "c",
        ),
        ({"error": "model not loaded"}, "model not loaded", None, None, None),
    ],
)
def test_errors_are_understood_in_every_shape(
    body: Any, message: str, type: str | None, param: str | None, code: str | None
) -> None:
    error = FACE.decode_error(418, json.dumps(body).encode())
    assert (error.message, error.status) == (message, 418)
    assert (error.type, error.param, error.provider_code) == (type, param, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><h1>502</h1>",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b'{"message": ""}',
        b'{"message": {"a": 1}}',
        b'{"detail": []}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_an_error_that_says_nothing_has_a_plain_sentence(body: bytes) -> None:
    error = FACE.decode_error(503, body)
    assert (error.message, error.status) == ("the provider answered with status 503 and no message", 503)


def test_an_errors_words_are_bounded() -> None:
    error = FACE.decode_error(400, json.dumps({"message": "x" * 10**6}).encode())
    assert len(error.message) == MAX_MESSAGE_CHARACTERS + 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([
                "message", "detail", "loc", "msg", "error", "error_type", "type", "code", "param", "id",
                "index", "delta", "content", "tool_calls", "citations", "finish_reason", "function",
            ]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)  # fmt: skip


@given(json_values, st.integers(100, 599))
def test_any_body_is_some_error(body: Any, status: int) -> None:
    error = FACE.decode_error(status, json.dumps(body).encode())
    assert error.status == status
    assert error.message


@given(st.lists(st.sampled_from([TEXT, PIECE, CALL_START, CALL_PIECE, END, START]) | json_values, max_size=8))
def test_any_frames_are_events_in_order_or_a_protocol_error(payloads: list[Any]) -> None:
    decoder, order = FACE.stream_decoder(), EventOrder()
    try:
        for event in [*decoder.feed(frames(START, *payloads)), *decoder.finish()]:
            order.advance(event)
    except (UpstreamProtocolError, UpstreamRefusedError):
        return
    assert payloads


@pytest.mark.parametrize("is_native", [True, False])
def test_a_refusal_reaches_coheres_caller_in_its_own_words(is_native: bool) -> None:
    def told(body: dict[str, str], status: int) -> Any:
        error = FACE.decode_error(status, json.dumps(body).encode())
        return json.loads(encode_error(error, id="i", is_native=is_native))

    unknown = told({"message": "unknown field"}, 422)
    failed = told({"message": "no tool", "error_type": "INVALID_TOOL_GENERATION"}, 422)
    if is_native:
        assert unknown == {"id": "i", "message": "unknown field"}
        assert failed == {"id": "i", "message": "no tool", "error_type": "INVALID_TOOL_GENERATION"}
    else:
        assert unknown["type"] == "invalid_request_error"
        assert failed["code"] == "INVALID_TOOL_GENERATION"
        assert told({"message": "m"}, 500)["type"] == "api_error"


HELD_BACK = ChatResponse(id="x", finish_reason=FinishReason.CONTENT_FILTER, usage=Usage())


@pytest.mark.parametrize(
    ("failure", "words"),
    [(None, "the model's answer was held back by a content filter"), (Failure("not this"), "not this")],
)
def test_what_a_filter_held_back_is_an_error_with_words(failure: Failure | None, words: str) -> None:
    response = replace(HELD_BACK, failure=failure)
    whole = json.loads(encode_response(response))
    encoder = NativeStreamEncoder()
    last = [encoder.encode(event) for event in unfold(response)][-1]
    end = json.loads(last.decode().split("\n")[1].removeprefix("data: "))["delta"]
    for said in (whole, end):
        assert (said["finish_reason"], said["error"]) == ("ERROR", words)


def test_what_an_answer_loses_in_coheres_shape_is_reported() -> None:
    response = ChatResponse(
        id="x",
        content=(TextBlock("\ufffd"),),
        tool_calls=(CALL,),
        finish_reason=FinishReason.CONTENT_FILTER,
        usage=Usage(reasoning_tokens=5),
        logprobs=(TokenLogprobs("\ufffd", (), (-0.5,), (0xE2,), (TokenAlternative("a", -1.0),)),),
        extras=Extras("openai", {"service_tier": "flex"}),
    )
    report_losses(response, losses := LossReport())
    assert [(loss.kind, loss.path) for loss in losses.losses] == [
        ("approximated", "response.finish_reason"),
        ("mapped", "response.content"),
        ("dropped", "response.usage.reasoning_tokens"),
        ("dropped", "response.logprobs.alternatives"),
        ("dropped", "response.logprobs.bytes"),
        ("dropped", "response.service_tier"),
    ]


@given(responses())
def test_what_cohere_can_say_is_not_reported(response: ChatResponse) -> None:
    report_losses(response, losses := LossReport())
    assert {loss.kind for loss in losses.losses} <= {"mapped"}
