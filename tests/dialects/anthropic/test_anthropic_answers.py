"""Answers in Anthropic's shape: what its callers are told, and what is read of its own."""

import json
from typing import Any

import pytest

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.anthropic.provider_face import AnthropicProvider
from causeway.model.content import (
    Citation,
    Document,
    OpaqueBlock,
    Seal,
    Source,
    TextBlock,
    ThinkingBlock,
    ToolCall,
)
from causeway.model.errors import (
    AuthenticationError,
    InternalError,
    OverloadedError,
    UntranslatableError,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    PlanDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.extras import Extras
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenLogprobs
from causeway.model.usage import Usage
from causeway.wire.server_sent_events import EventReader
from support.provenance import NOBODY

PROVIDER = AnthropicProvider()
CALLER = AnthropicChat()
REQUEST = ChatRequest(
    model="m",
    messages=(),
    dialect="anthropic",
    documents=(Document("Paris is big.", "d"), Document({"text": "a", "text_2": "b"})),
    sampling=Sampling(stop_sequences=("END",)),
)
NOTHING: dict[str, Any] = {"id": "msg_1", "finish_reason": FinishReason.COMPLETE, "usage": Usage()}


def told(**members: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        CALLER.encode_response(ChatResponse(**(NOTHING | members)), REQUEST, NOBODY)
    )
    return body


def streamed(*events: Event) -> list[dict[str, Any]]:
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    frames = list(EventReader().feed(b"".join(map(encoder.encode, events))))
    data = [json.loads(frame.data) for frame in frames]
    assert [frame.event for frame in frames] == [event["type"] for event in data]
    return data


def cites(*sources: Source, start: int = 0, end: int = 5, **members: Any) -> Citation:
    return Citation(start, end, "Paris"[start:end], sources, **members)


def test_a_plain_answer() -> None:
    usage = Usage(input_tokens=10, output_tokens=3, cached_tokens=4, cache_write_tokens=1, reasoning_tokens=2)
    assert told(content=(TextBlock("hi"),), usage=usage) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 5,
            "output_tokens": 3,
            "cache_read_input_tokens": 4,
            "cache_creation_input_tokens": 1,
            "output_tokens_details": {"thinking_tokens": 2},
        },
    }


def test_the_plan_stands_before_the_calls_and_behind_the_thinking() -> None:
    content = (ThinkingBlock("hm", Seal("openai", {"id": "rs"})),)
    calls = (ToolCall("c", "f", '{"a":1}'), ToolCall("d", "g", "oops"))
    body = told(content=content, tool_plan="I call.", tool_calls=calls, finish_reason=FinishReason.TOOL_CALL)
    assert body["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "I call."},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
        {"type": "tool_use", "id": "d", "name": "g", "input": {"arguments": "oops"}},
    ]
    assert body["stop_reason"] == "tool_use"


def test_a_cited_text_is_cut_where_its_citations_begin_and_end() -> None:
    own, web = (
        Source("document", "d", {"text": "x"}),
        Source("document", "u", {"url": "https://u", "title": "U"}),
    )
    tool, numbered = Source("tool", "c:0", {"content": "y"}), Source("document", "doc:1", {})
    body = told(
        content=(TextBlock("Paris is 大."),),
        citations=(
            cites(own, web, target="text", content_index=0),
            cites(tool, numbered, start=3, end=8, content_index=0),
            cites(own, target="thinking", content_index=0),
        ),
    )
    blocks = body["content"]
    assert [block["text"] for block in blocks] == ["Par", "is", " is", " 大."]
    kinds = [[place["type"] for place in block.get("citations", ())] for block in blocks]
    first, second = (
        ["char_location", "web_search_result_location"],
        ["search_result_location", "content_block_location"],
    )
    assert kinds == [first, first + second, second, []]
    assert blocks[0]["citations"] == [
        {
            "type": "char_location",
            "cited_text": "Paris is big.",
            "document_index": 0,
            "document_title": "d",
            "start_char_index": 0,
            "end_char_index": 13,
        },
        {
            "type": "web_search_result_location",
            "cited_text": "",
            "url": "https://u",
            "title": "U",
            "encrypted_index": "",
        },
    ]
    assert blocks[2]["citations"][1]["end_block_index"] == 2


def test_a_stream_tells_citations_that_come_after_the_text_was_closed() -> None:
    citation = cites(Source("document", "d", {}), content_index=0)
    frames = streamed(
        MessageStart("msg_1"),
        ContentStart(0, "text"),
        TextDelta(0, "Paris"),
        ContentEnd(0),
        CitationAdded(0, citation),
        MessageEnd(FinishReason.COMPLETE, Usage(input_tokens=4, output_tokens=2)),
    )
    assert [frame["type"] for frame in frames] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert frames[3]["delta"]["type"] == "citations_delta"
    assert frames[5] == {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"input_tokens": 4, "output_tokens": 2},
    }


def test_a_stream_numbers_its_blocks_one_after_the_other() -> None:
    search = OpaqueBlock("anthropic", "server_tool_use", {"type": "server_tool_use", "input": {"q": 1}})
    frames = streamed(
        MessageStart("msg_1"),
        PlanDelta("I "),
        PlanDelta("call."),
        OpaqueAdded(0, search),
        OpaqueAdded(1, OpaqueBlock("openai", "web_search_call", {})),
        ToolCallStart(0, "c", "f"),
        ToolCallDelta(0, "{}"),
        ToolCallEnd(0),
        MessageEnd(FinishReason.TOOL_CALL, Usage()),
    )
    assert [(frame["type"], frame["index"]) for frame in frames if "index" in frame] == [
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
        ("content_block_start", 2),
        ("content_block_delta", 2),
        ("content_block_stop", 2),
    ]
    assert frames[5]["content_block"]["input"] == {}
    assert frames[6]["delta"] == {"type": "input_json_delta", "partial_json": '{"q":1}'}


@pytest.mark.parametrize(
    ("reason", "kind"), [(FinishReason.ERROR, "api_error"), (FinishReason.TIMEOUT, "timeout_error")]
)
def test_an_answer_that_broke_off_says_so(reason: FinishReason, kind: str) -> None:
    failure = Failure("it broke", "whatever")
    body = told(content=(TextBlock("a"),), finish_reason=reason, failure=failure)
    assert (body["stop_reason"], body["error"]) == ("error", {"type": kind, "message": "it broke"})
    frames = streamed(
        MessageStart("m"), ContentStart(0, "text"), ContentEnd(0), MessageEnd(reason, Usage(), failure)
    )
    assert frames[-2]["type"] == "content_block_stop"
    assert frames[-1] == {"type": "error", "error": {"type": kind, "message": "it broke"}}
    with pytest.raises(UpstreamRefusedError, match="it broke"):
        list(PROVIDER.stream_decoder().feed(f"data: {json.dumps(frames[-1])}\n\n".encode()))


def test_the_stop_sequence_is_told_where_only_one_could_be_met() -> None:
    assert told(finish_reason=FinishReason.STOP_SEQUENCE)["stop_sequence"] == "END"
    own = Extras("anthropic", {"stop_sequence": "OTHER"})
    assert told(finish_reason=FinishReason.STOP_SEQUENCE, extras=own)["stop_sequence"] == "OTHER"


def test_what_an_answer_cannot_say_is_named() -> None:
    losses = LossReport()
    response = ChatResponse(
        id="m",
        content=(TextBlock("a"),),
        tool_plan="p",
        tool_calls=(ToolCall("c", "f", "oops"),),
        citations=(cites(target="thinking"),),
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(input_tokens=1, cached_tokens=5, search_units=2),
        logprobs=(TokenLogprobs("a", (1,), (0.0,)),),
        failure=Failure("x"),
        extras=Extras("openai", {"system_fingerprint": "f"}),
    )
    CALLER.report_losses(response, losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [
        ("mapped", "response.tool_plan"),
        ("approximated", "response.tool_calls[0].arguments"),
        ("dropped", "response.citations"),
        ("dropped", "response.failure"),
        ("dropped", "response.logprobs"),
        ("dropped", "response.usage.billed_units"),
        ("approximated", "response.usage.input_tokens"),
        ("dropped", "response.usage.search_units"),
        ("dropped", "response.system_fingerprint"),
    ]


ANSWER: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
}


def read(**members: Any) -> ChatResponse:
    return PROVIDER.decode_response(json.dumps(ANSWER | members).encode())


@pytest.mark.parametrize(
    ("wire", "reason", "kept"),
    [
        ("end_turn", FinishReason.COMPLETE, None),
        ("tool_use", FinishReason.TOOL_CALL, None),
        ("refusal", FinishReason.CONTENT_FILTER, None),
        ("pause_turn", FinishReason.MAX_TOKENS, "pause_turn"),
        ("model_context_window_exceeded", FinishReason.MAX_TOKENS, "model_context_window_exceeded"),
        ("compaction", FinishReason.MAX_TOKENS, "compaction"),
        ("novel", FinishReason.ERROR, "novel"),
        (None, FinishReason.COMPLETE, None),
    ],
)
def test_why_the_model_stopped(wire: str | None, reason: FinishReason, kept: str | None) -> None:
    response = read(stop_reason=wire)
    assert response.finish_reason is reason
    assert (response.failure is not None) == (reason is FinishReason.ERROR)
    assert response.extras == (Extras("anthropic", {"stop_reason": kept}) if kept else None)


def test_the_cached_parts_are_part_of_the_prompt() -> None:
    usage = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
    }
    assert read(usage=usage).usage == Usage(
        input_tokens=8,
        output_tokens=2,
        billed_input_tokens=8,
        billed_output_tokens=2,
        cached_tokens=3,
        cache_write_tokens=4,
    )


PLACES = [
    (
        {"type": "char_location", "document_index": 0, "document_title": "d", "start_char_index": 2},
        Source("document", "d", {"id": "d", "text": "x", "start_char_index": 2}),
    ),
    (
        {"type": "content_block_location", "document_index": 3, "document_title": None},
        Source("document", "doc:3", {"id": "doc:3", "text": "x"}),
    ),
    (
        {"type": "page_location", "document_index": 0, "start_page_number": 1, "end_page_number": 2},
        Source(
            "document", "doc:0", {"id": "doc:0", "text": "x", "start_page_number": 1, "end_page_number": 2}
        ),
    ),
    (
        {"type": "search_result_location", "source": "s", "title": None},
        Source("tool", "s", {"id": "s", "text": "x"}),
    ),
    (
        {"type": "web_search_result_location", "url": "https://u", "title": "U", "encrypted_index": "e"},
        Source("document", "https://u", {"url": "https://u", "title": "U", "content": "x"}),
    ),
]


@pytest.mark.parametrize(("place", "source"), PLACES)
def test_a_citation_spans_the_block_that_it_is_of(place: dict[str, Any], source: Source) -> None:
    place = {**place, "cited_text": "x"}
    block = {"type": "text", "text": "大 is big", "citations": [place, place]}
    response = read(content=[{"type": "text", "text": "So: "}, block])
    assert response.citations == (Citation(0, 8, "大 is big", (source,), "text", 1),)
    assert response.content[1] == TextBlock("大 is big", Seal("anthropic", {"citations": [place, place]}))
    assert told(content=response.content, citations=response.citations)["content"][1] == block


def test_a_citation_of_an_unknown_kind_is_kept_and_not_told() -> None:
    response = read(content=[{"type": "text", "text": "a", "citations": [{"type": "novel"}, 5]}])
    assert response.citations == ()
    assert response.content == (TextBlock("a", Seal("anthropic", {"citations": [{"type": "novel"}, 5]})),)


WRONG = [
    {"content": None},
    {"content": {}},
    {"content": ["text"]},
    {"content": [{}]},
    {"content": [{"type": 5}]},
    {"content": [{"type": "text"}]},
    {"content": [{"type": "text", "text": None}]},
    {"content": [{"type": "text", "text": "a", "citations": "b"}]},
    {"content": [{"type": "thinking"}]},
    {"content": [{"type": "tool_use", "id": "a"}]},
    {"content": [{"type": "tool_use", "id": "a", "name": "f", "input": "{}"}]},
    {"usage": {"input_tokens": "many"}},
    {"usage": 5},
    {"stop_reason": 5},
    {"id": 5},
    {"model": []},
]


@pytest.mark.parametrize("members", WRONG)
def test_what_is_no_answer_is_said_to_be_none(members: dict[str, Any]) -> None:
    with pytest.raises(UpstreamProtocolError):
        read(**members)


def test_an_error_under_a_status_of_success_is_one() -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    for decode in (PROVIDER.decode_response, PROVIDER.decode_ending):
        with pytest.raises(UpstreamRefusedError, match="Overloaded") as caught:
            decode(json.dumps(body).encode())
        assert caught.value.status == 529


START = {"type": "message_start", "message": ANSWER}
TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
PIECE = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}
STOP = {"type": "content_block_stop", "index": 0}
ENDING = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
OVER = {"type": "message_stop"}


def decoded(*frames: Any) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    stream = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames).encode()
    return [*decoder.feed(stream), *decoder.finish()]


def test_a_stream_whose_last_event_is_missing_is_whole() -> None:
    assert decoded(START, TEXT, PIECE, STOP, ENDING) == decoded(START, TEXT, PIECE, STOP, ENDING, OVER)
    assert decoded(
        START, START, TEXT, {"type": "ping"}, {"type": "novel"}, PIECE, STOP, ENDING, OVER
    ) == decoded(START, TEXT, PIECE, STOP, ENDING)


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [TEXT],
        [PIECE],
        [OVER],
        [START, PIECE],
        [START, STOP],
        [START, TEXT, TEXT],
        [START, TEXT, OVER],
        [START, TEXT, {**PIECE, "index": 1}],
        [START, TEXT, {**STOP, "index": 1}],
        [START, TEXT, {**PIECE, "delta": {"type": "thinking_delta", "thinking": "a"}}],
        [START, TEXT, {**PIECE, "delta": {"type": "text_delta"}}],
        [START, TEXT, {**PIECE, "delta": None}],
        [START, {**TEXT, "content_block": None}],
        [START, {**TEXT, "content_block": {"type": "tool_use"}}],
        [START, {**ENDING, "usage": {"output_tokens": "x"}}, OVER],
        [{"type": "message_start"}],
        [START, TEXT, PIECE, STOP],
        [START, TEXT, PIECE, ENDING],
        [5],
        ["x"],
        [{}],
    ],
)
def test_a_stream_that_is_none_is_an_error_of_the_providers(frames: list[Any]) -> None:
    with pytest.raises(UpstreamProtocolError):
        decoded(*frames)


def test_an_error_in_a_stream_keeps_its_words() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(UpstreamRefusedError, match="Overloaded") as caught:
        decoded(START, TEXT, PIECE, error)
    assert (caught.value.status, caught.value.type) == (529, "overloaded_error")


def test_a_stream_begins_with_an_empty_message() -> None:
    response = fold(decoded(START, TEXT, PIECE, STOP, ENDING, OVER))
    assert response.content == (TextBlock("a"),)
    assert response.usage.output_tokens == 3
    assert streamed(*unfold(response))[0]["message"]["content"] == []
    assert CALLER.heartbeat == b'event: ping\ndata: {"type": "ping"}\n\n'


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AuthenticationError("x"), "authentication_error"),
        (OverloadedError("x"), "overloaded_error"),
        (UpstreamTimeoutError("x"), "timeout_error"),
        (UntranslatableError("x"), "invalid_request_error"),
        (UpstreamError("x"), "api_error"),
        (InternalError("x"), "api_error"),
        (UpstreamRefusedError("x", status=429), "rate_limit_error"),
        (UpstreamRefusedError("x", status=529), "overloaded_error"),
        (UpstreamRefusedError("x", status=400, type="billing_error"), "billing_error"),
        (UpstreamRefusedError("x", status=418, type="server_error"), "invalid_request_error"),
    ],
)
def test_errors_have_anthropics_types(error: Any, kind: str) -> None:
    assert json.loads(CALLER.encode_error(error, "req_1")) == {
        "type": "error",
        "error": {"type": kind, "message": "x"},
        "request_id": "req_1",
    }


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": 5}', b'{"error": {"message": 5}}', b"\xff"]
)
def test_an_unreadable_error_becomes_a_plain_sentence(body: bytes) -> None:
    error = PROVIDER.decode_error(503, body)
    assert (error.status, error.message) == (
        503,
        "the provider answered with status 503 and no readable message",
    )
