"""Answers of any model in the shape of responses, whole and streamed, as OpenAI's own SDK reads them."""

import json
from typing import Any

import msgspec
import openai
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openai._models import construct_type, validate_type
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel

from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.provider_face import ResponsesProvider
from causeway.model import errors
from causeway.model.content import (
    Citation,
    OpaqueBlock,
    Seal,
    Source,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    UserMessage,
)
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    TextDelta,
)
from causeway.model.extras import Extras
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.order import IllegalEventOrderError
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage
from support.openai_sdk import sdk_client
from support.provenance import NOBODY
from support.strategies import names, responses, texts

FACE, UNIFIED = ResponsesChat(is_unified=False), ResponsesChat(is_unified=True)
PROVIDER = ResponsesProvider()
SEARCHED = {"type": "web_search_call", "id": "ws_1", "status": "completed",
            "action": {"type": "search", "query": "rain"}}  # fmt: skip
REQUEST = ChatRequest(
    model="some-model",
    messages=(SystemMessage((TextBlock("Be brief."),)), UserMessage((TextBlock("Hello"),))),
    dialect="responses",
    stream=True,
    sampling=Sampling(temperature=0.5, max_tokens=100),
    tools=(Tool("weather", None, {"type": "object"}),),
    opaque_tools=(OpaqueTool("responses", "web_search", {"type": "web_search"}),),
    thinking=Thinking(enabled=True, effort="low"),
    extras=Extras("responses", {"metadata": {"a": "b"}, "reasoning.summary": "auto", "store": False}),
)
ANSWER = ChatResponse(
    id="answer-1",
    content=(ThinkingBlock("Hm. "), TextBlock("It rains.")),
    tool_calls=(ToolCall("call_1", "weather", '{"city": "Ulm"}'), ToolCall("call_2", "weather", "{}")),
    citations=(
        Citation(3, 8, "rains", (Source("document", "https://x", {"url": "https://x", "title": "X"}),)),
        Citation(0, 2, "It", (Source("document", "doc-0", {"text": "It is so."}),)),
    ),
    finish_reason=FinishReason.TOOL_CALL,
    usage=Usage(
        input_tokens=20, output_tokens=9, billed_input_tokens=20, billed_output_tokens=9, cached_tokens=4,
        reasoning_tokens=3,
    ),
    model="model-1",
    created=1_700_000_000,
)  # fmt: skip


def whole(
    response: ChatResponse, request: ChatRequest = REQUEST, face: ResponsesChat = FACE
) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(face.encode_response(response, request, NOBODY))
    return body


def stream_of(events: list[Event], face: ResponsesChat = FACE) -> bytes:
    encoder = face.stream_encoder(REQUEST, NOBODY)
    return b"".join(encoder.encode(event) for event in events)


def told(events: list[Event], face: ResponsesChat = FACE) -> list[dict[str, Any]]:
    frames = stream_of(events, face).decode().split("\n\n")[:-1]
    found = []
    for frame in frames:
        name, data = frame.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def decoded(stream: bytes) -> ChatResponse:
    decoder = PROVIDER.stream_decoder()
    return fold([*decoder.feed(stream), *decoder.finish()])


def test_a_whole_answer() -> None:
    body = whole(ANSWER)
    ids = [item.pop("id") for item in body["output"]]
    assert len(set(ids)) == 4
    assert [id.partition("_")[0] for id in ids] == ["rs", "msg", "fc", "fc"]
    assert body == {
        "id": "answer-1",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": "model-1",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm. "}]},
            {
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [
                    {
                        "type": "output_text",
                        "text": "It rains.",
                        "annotations": [
                            {
                                "type": "url_citation",
                                "start_index": 3,
                                "end_index": 8,
                                "url": "https://x",
                                "title": "X",
                            }
                        ],
                        "logprobs": [],
                        "citations": [
                            {
                                "start": 0,
                                "end": 2,
                                "text": "It",
                                "sources": [
                                    {"type": "document", "id": "doc-0", "document": {"text": "It is so."}}
                                ],
                            }
                        ],
                    }
                ],
            },
            {
                "type": "function_call",
                "status": "completed",
                "call_id": "call_1",
                "name": "weather",
                "arguments": '{"city": "Ulm"}',
            },
            {
                "type": "function_call",
                "status": "completed",
                "call_id": "call_2",
                "name": "weather",
                "arguments": "{}",
            },
        ],
        "usage": {
            "input_tokens": 20,
            "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
            "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 3},
            "total_tokens": 29,
        },
        "background": False,
        "conversation": None,
        "instructions": "Be brief.",
        "max_output_tokens": 100,
        "max_tool_calls": None,
        "metadata": {"a": "b"},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": "low", "summary": "auto"},
        "safety_identifier": None,
        "service_tier": "auto",
        "store": False,
        "temperature": 0.5,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [
            {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": None},
            {"type": "web_search"},
        ],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "user": None,
    }


def test_the_request_is_repeated_in_its_own_words() -> None:
    request = msgspec.structs.replace(
        REQUEST,
        thinking=Thinking(enabled=False),
        forced_tool="weather",
        response_format=ResponseFormat({"type": "object"}, "n", None, True),
        extras=Extras("responses", {"conversation": "conv_1", "text.verbosity": "low"}),
    )
    body = whole(ANSWER, request)
    assert body["reasoning"] == {"effort": "none", "summary": None}
    assert body["tool_choice"] == {"type": "function", "name": "weather"}
    assert body["conversation"] == {"id": "conv_1"}
    assert body["text"] == {
        "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True},
        "verbosity": "low",
    }


def test_the_unified_answer_and_every_unified_event_say_who_answered() -> None:
    assert whole(ANSWER, face=UNIFIED)["extra_fields"]["provider"] == "local"
    for event in told(list(unfold(ANSWER)), UNIFIED):
        assert event["extra_fields"]["provider"] == "local"


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        (FinishReason.COMPLETE, "completed", None),
        (FinishReason.STOP_SEQUENCE, "completed", None),
        (FinishReason.TOOL_CALL, "completed", None),
        (FinishReason.MAX_TOKENS, "incomplete", {"reason": "max_output_tokens"}),
        (FinishReason.CONTENT_FILTER, "incomplete", {"reason": "content_filter"}),
        (FinishReason.ERROR, "failed", None),
        (FinishReason.TIMEOUT, "failed", None),
    ],
)
def test_how_an_answer_ended(reason: FinishReason, status: str, details: Any) -> None:
    response = msgspec.structs.replace(ANSWER, finish_reason=reason)
    body = whole(response)
    assert (body["status"], body["incomplete_details"]) == (status, details)
    assert (body["error"] is None) == (status != "failed")
    last = told(list(unfold(response)))[-1]
    assert last["type"] == f"response.{status}"
    assert {**last["response"]} == body


def test_a_failure_keeps_its_words() -> None:
    response = msgspec.structs.replace(
        ANSWER, finish_reason=FinishReason.ERROR, failure=Failure("The model is gone.", "Overloaded")
    )
    assert whole(response)["error"] == {"code": "overloaded", "message": "The model is gone."}


def test_a_streamed_answer_ends_with_the_whole_one() -> None:
    assert told(list(unfold(ANSWER)))[-1]["response"] == whole(ANSWER)


@st.composite
def cited_answers(draw: st.DrawFn) -> ChatResponse:
    blocks = draw(st.lists(texts, min_size=1, max_size=3))
    citations = []
    for index, text in enumerate(blocks):
        for _ in range(draw(st.integers(0, 2))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, len(text)))
            url = f"https://{draw(names)}"
            data = {"url": url, "title": draw(texts)}
            source = Source("document", url, data)
            citations.append(Citation(start, end, text[start:end], (source,), "text", index))
    return msgspec.structs.replace(
        ANSWER, content=tuple(map(TextBlock, blocks)), citations=tuple(citations), tool_calls=()
    )


@given(cited_answers())
def test_a_citation_is_told_of_the_message_that_it_cites_even_when_that_is_over(
    response: ChatResponse,
) -> None:
    events = told(list(unfold(response)))
    assert events[-1]["response"] == whole(response)
    added = [event for event in events if event["type"] == "response.output_text.annotation.added"]
    output = events[-1]["response"]["output"]
    assert len(added) == len(response.citations)
    for event in added:
        item = output[event["output_index"]]
        assert item["id"] == event["item_id"]
        assert item["content"][0]["annotations"][event["annotation_index"]] == event["annotation"]


def test_the_events_of_a_stream() -> None:
    events = told(list(unfold(ANSWER)))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [(event["type"].removeprefix("response."), event.get("output_index")) for event in events] == [
        ("created", None),
        ("in_progress", None),
        ("output_item.added", 0),
        ("reasoning_summary_part.added", 0),
        ("reasoning_summary_text.delta", 0),
        ("reasoning_summary_text.done", 0),
        ("reasoning_summary_part.done", 0),
        ("output_item.done", 0),
        ("output_item.added", 1),
        ("content_part.added", 1),
        ("output_text.delta", 1),
        ("output_text.annotation.added", 1),
        ("output_text.done", 1),
        ("content_part.done", 1),
        ("output_item.done", 1),
        ("output_item.added", 2),
        ("function_call_arguments.delta", 2),
        ("function_call_arguments.done", 2),
        ("output_item.done", 2),
        ("output_item.added", 3),
        ("function_call_arguments.delta", 3),
        ("function_call_arguments.done", 3),
        ("output_item.done", 3),
        ("completed", None),
    ]
    created = events[0]["response"]
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert created["instructions"] == "Be brief."
    for event in events:
        if "item_id" in event:
            assert event["item_id"] == events[-1]["response"]["output"][event["output_index"]]["id"]


@pytest.mark.parametrize(
    "response",
    [
        ANSWER,
        msgspec.structs.replace(ANSWER, tool_plan="First. "),
        msgspec.structs.replace(ANSWER, finish_reason=FinishReason.ERROR),
        msgspec.structs.replace(ANSWER, content=(), citations=(), finish_reason=FinishReason.MAX_TOKENS),
        msgspec.structs.replace(ANSWER, content=(OpaqueBlock("responses", "web_search_call", SEARCHED),)),
    ],
)
def test_openais_types_hold_all_that_is_said(response: ChatResponse) -> None:
    validate_type(type_=Response, value=whole(response))
    for event in told(list(unfold(response))):
        validate_type(type_=ResponseStreamEvent, value=event)


@pytest.mark.parametrize(
    ("item", "between"),
    [
        (SEARCHED, ["web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"]),
        (
            {"type": "code_interpreter_call", "id": "ci", "status": "completed", "code": "1+1"},
            [
                "code_interpreter_call.in_progress",
                "code_interpreter_call.interpreting",
                "code_interpreter_call_code.delta",
                "code_interpreter_call_code.done",
                "code_interpreter_call.completed",
            ],
        ),
        (
            {"type": "mcp_call", "id": "mcp", "status": "failed", "arguments": "{}"},
            [
                "mcp_call.in_progress",
                "mcp_call_arguments.delta",
                "mcp_call_arguments.done",
                "mcp_call.failed",
            ],
        ),
        (
            {"type": "custom_tool_call", "id": "ctc", "call_id": "c", "name": "n", "input": "x"},
            ["custom_tool_call_input.delta", "custom_tool_call_input.done"],
        ),
        ({"type": "some_call_of_tomorrow", "id": "sc"}, []),
    ],
)
def test_a_call_of_a_tool_of_openais_is_told_stage_by_stage(item: dict[str, Any], between: list[str]) -> None:
    block = OpaqueBlock("responses", item["type"], item)
    events = told([MessageStart("r"), OpaqueAdded(0, block), MessageEnd(FinishReason.COMPLETE, Usage())])[
        2:-1
    ]
    assert [event["type"].removeprefix("response.") for event in events] == [
        "output_item.added",
        *between,
        "output_item.done",
    ]
    assert events[-1]["item"] == item
    if "status" in item:
        assert events[0]["item"]["status"] == "in_progress"
    for event in events[1:-1]:
        assert event["item_id"] == item["id"]


def test_blocks_of_other_dialects_are_not_shown() -> None:
    block = OpaqueBlock("anthropic", "redacted_thinking", {"type": "redacted_thinking", "data": "x"})
    assert (
        whole(msgspec.structs.replace(ANSWER, content=(block,), tool_calls=(), citations=()))["output"] == []
    )
    events: list[Event] = [
        MessageStart("r"),
        OpaqueAdded(0, block),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    ]
    assert [event["type"] for event in told(events)] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]


def test_a_seal_of_another_dialect_is_not_shown() -> None:
    sealed = ThinkingBlock("Hm.", Seal("anthropic", {"signature": "secret"}))
    body = whole(msgspec.structs.replace(ANSWER, content=(sealed,), citations=()))
    assert "secret" not in json.dumps(body)


def test_reasoning_that_shows_nothing_keeps_its_id_in_a_stream() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    events: list[Event] = [
        MessageStart("r"),
        ContentStart(0, "thinking"),
        ContentEnd(0, Seal("responses", {"item": item})),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    ]
    assert [event.get("item") for event in told(events)[2:4]] == [item, item]


def test_log_probabilities_are_told_with_their_text() -> None:
    item = TokenLogprobs("It", (), (-0.5,), None, (TokenAlternative("He", -1.5),))
    events: list[Event] = [
        MessageStart("r"),
        ContentStart(0, "text"),
        TextDelta(0, "It", item),
        ContentEnd(0),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    ]
    token = {
        "token": "It",
        "logprob": -0.5,
        "bytes": [73, 116],
        "top_logprobs": [{"token": "He", "logprob": -1.5, "bytes": [72, 101]}],
    }
    found = told(events)
    assert [event["logprobs"] for event in found if "logprobs" in event] == [[token], [token]]
    assert found[-1]["response"]["output"][0]["content"][0]["logprobs"] == [token]


def test_an_illegal_order_of_events_is_refused() -> None:
    with pytest.raises(IllegalEventOrderError):
        stream_of([TextDelta(0, "x")])


def test_a_citation_of_thinking_is_not_said() -> None:
    cited = Citation(0, 1, "H", (Source("document", "d", {}),), "thinking", 0)
    events = list(unfold(msgspec.structs.replace(ANSWER, citations=())))
    events.insert(2, CitationAdded(0, cited))
    assert "citations" not in json.dumps(told(events))
    losses = LossReport()
    FACE.report_losses(msgspec.structs.replace(ANSWER, citations=(cited,)), losses)
    assert [loss.path for loss in losses.losses] == ["response.citations"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"tool_plan": "x"}, [("mapped", "response.tool_plan")]),
        ({"finish_reason": FinishReason.STOP_SEQUENCE}, [("mapped", "response.finish_reason")]),
        ({"finish_reason": FinishReason.TIMEOUT}, [("mapped", "response.finish_reason")]),
        ({"failure": Failure("x")}, [("dropped", "response.failure")]),
        ({"usage": Usage(billed_input_tokens=1)}, [("dropped", "response.usage.billed_units")]),
        ({"usage": Usage(search_units=1)}, [("dropped", "response.usage.search_units")]),
        (
            {"logprobs": (TokenLogprobs("x", (1,), (-1.0, -2.0)),)},
            [("dropped", "response.logprobs.token_ids"), ("approximated", "response.logprobs")],
        ),
        ({"logprobs": (TokenLogprobs("x", (), ()),)}, [("dropped", "response.logprobs")]),
        ({"extras": Extras("cohere", {"a": 1})}, [("dropped", "response.a")]),
        ({"extras": Extras("responses", {"a": 1})}, []),
    ],
)
def test_what_cannot_be_said_is_reported(members: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    losses = LossReport()
    FACE.report_losses(msgspec.structs.replace(ANSWER, **members), losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == expected


def without_seals(response: ChatResponse) -> ChatResponse:
    content = [
        block if isinstance(block, OpaqueBlock) else msgspec.structs.replace(block, seal=None)
        for block in response.content
    ]
    calls = tuple(msgspec.structs.replace(call, seal=None) for call in response.tool_calls)
    return msgspec.structs.replace(response, content=tuple(content), tool_calls=calls, extras=None)


def as_it_can_be_said(response: ChatResponse) -> ChatResponse:
    """Return an answer with what `report_losses` names gone, and what OpenAI has to say of everything."""
    plan = [] if response.tool_plan is None else [TextBlock(response.tool_plan)]
    reason, failure = response.finish_reason, response.failure
    if reason in (FinishReason.ERROR, FinishReason.TIMEOUT):
        default = {
            FinishReason.ERROR: Failure("the model broke its answer off", "server_error"),
            FinishReason.TIMEOUT: Failure(
                "the model took too long and broke its answer off", "request_timed_out"
            ),
        }[reason]
        failure = failure or default
        code = (failure.type or default.type or "").lower()
        status = 500 if code == "server_error" else 502
        said = (
            failure.message.strip() or f"the provider answered with status {status} and no readable message"
        )
        failure = Failure(said, code)
        reason = FinishReason.ERROR
    elif reason is FinishReason.MAX_TOKENS:
        failure = None
    else:
        reason = FinishReason.TOOL_CALL if response.tool_calls else FinishReason.COMPLETE
        failure = None
    usage = response.usage
    return ChatResponse(
        id=response.id,
        content=(*plan, *response.content),
        tool_calls=response.tool_calls,
        finish_reason=reason,
        usage=Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            billed_input_tokens=usage.input_tokens,
            billed_output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens or 0,
            cache_write_tokens=0,
            reasoning_tokens=0,
        ),
        logprobs=response.logprobs
        and tuple(
            TokenLogprobs(item.text, (), (sum(item.logprobs),), tuple(item.text.encode()))
            for item in response.logprobs
        ),
        failure=failure,
        model="scripted",
        created=0,
    )


# Citations have a law of their own: here they cite what is not there.
ANSWERS = responses().map(lambda response: msgspec.structs.replace(response, citations=()))


@given(ANSWERS)
def test_a_whole_answer_comes_back_but_for_what_is_named(response: ChatResponse) -> None:
    assume(response.content or response.tool_calls or response.tool_plan is not None)
    body = FACE.encode_response(response, REQUEST, NOBODY)
    assert without_seals(PROVIDER.decode_response(body)) == as_it_can_be_said(response)


@given(ANSWERS)
def test_a_streamed_answer_comes_back_but_for_what_is_named(response: ChatResponse) -> None:
    assume(response.content or response.tool_calls or response.tool_plan)
    expected = as_it_can_be_said(response)
    if response.tool_plan == "":  # of which a stream says nothing
        assume(False)
    assert without_seals(decoded(stream_of(list(unfold(response))))) == expected


@given(ANSWERS, st.data())
def test_a_stream_cut_anywhere_is_the_same_stream(response: ChatResponse, data: st.DataObject) -> None:
    assume(response.content or response.tool_calls)
    stream = stream_of(list(unfold(response)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = PROVIDER.stream_decoder()
    events: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        events += decoder.feed(stream[start:end])
    assert fold(events) == decoded(stream)


@given(cited_answers())
def test_citations_of_addresses_come_back_whole(response: ChatResponse) -> None:
    body = FACE.encode_response(response, REQUEST, NOBODY)
    assert PROVIDER.decode_response(body).citations == response.citations


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidRequestError("Bad.", field="input"), 400, "invalid_request"),
        (errors.AuthenticationError("Who?"), 401, "invalid_api_key"),
        (errors.UpstreamTimeoutError("Late."), 504, "request_timed_out"),
    ],
)
def test_openais_sdk_understands_an_error(error: errors.CausewayError, status: int, code: str) -> None:
    client, _ = sdk_client(FACE.encode_error(error, "trace"), "application/json", status)
    with pytest.raises(openai.APIStatusError) as caught:
        client.responses.create(model="m", input="Hello")
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert json.loads(UNIFIED.encode_error(error, "trace"))["extra_fields"] == {"request_type": "responses"}


def test_openais_sdk_reads_a_whole_answer() -> None:
    client, _ = sdk_client(FACE.encode_response(ANSWER, REQUEST, NOBODY), "application/json")
    response = client.responses.create(model="m", input="Hello")
    assert response.output_text == "It rains."
    assert [item.type for item in response.output] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]


class Weather(BaseModel):
    city: str


PARSED = msgspec.structs.replace(ANSWER, content=(TextBlock('{"city": "Ulm"}'),), citations=(), tool_calls=())


def test_openais_sdk_parses_structured_output() -> None:
    client, _ = sdk_client(FACE.encode_response(PARSED, REQUEST, NOBODY), "application/json")
    assert client.responses.parse(model="m", input="Where?", text_format=Weather).output_parsed == Weather(
        city="Ulm"
    )


@pytest.mark.parametrize("heartbeat", [b"", FACE.heartbeat])
def test_openais_sdk_streams_an_answer(heartbeat: bytes) -> None:
    encoder = FACE.stream_encoder(REQUEST, NOBODY)
    stream = b"".join(heartbeat + encoder.encode(event) for event in unfold(ANSWER))
    client, _ = sdk_client(stream, "text/event-stream")
    with client.responses.stream(model="m", input="Hello") as events:
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        final = events.get_final_response()
    assert (text, final.output_text) == ("It rains.", "It rains.")
    assert [item.name for item in final.output if item.type == "function_call"] == ["weather", "weather"]


def test_openais_sdk_streams_structured_output() -> None:
    client, _ = sdk_client(stream_of(list(unfold(PARSED))), "text/event-stream")
    with client.responses.stream(model="m", input="Hello", text_format=Weather) as events:
        assert events.get_final_response().output_parsed == Weather(city="Ulm")


def test_openais_sdk_sees_a_stream_that_broke_off() -> None:
    events = [*list(unfold(ANSWER))[:-1], MessageEnd(FinishReason.ERROR, Usage(), Failure("Gone.", "x"))]
    client, _ = sdk_client(stream_of(events), "text/event-stream")
    last = list(client.responses.create(model="m", input="Hello", stream=True))[-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert last.response.error.message == "Gone."


def test_openais_sdk_knows_every_event() -> None:
    for event in told(list(unfold(ANSWER))):
        made = construct_type(type_=ResponseStreamEvent, value=event)
        assert type(made).__module__.startswith("openai.types.responses")


def test_what_a_provider_sent_is_passed_on_as_it_is() -> None:
    body, frame = whole(ANSWER), stream_of(list(unfold(ANSWER)))
    raw = json.dumps(body).encode()
    assert FACE.relay_response(raw, NOBODY) == raw
    assert FACE.relay_frame(frame, NOBODY) == frame
    unified = json.loads(UNIFIED.relay_response(raw, NOBODY))
    assert unified.pop("extra_fields")["provider"] == "local"
    assert unified == body
    frames = UNIFIED.relay_frame(frame, NOBODY).decode().split("\n\n")[:-1]
    for found in frames:
        assert json.loads(found.split("\n")[1].removeprefix("data: "))["extra_fields"]["provider"] == "local"
