"""Chat completions as they are answered: whole, in chunks, as errors, and passed on from a provider.

What was recorded is said again in `test_openai_recordings.py`.
"""

import json
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.model import errors
from causeway.model.content import Citation, Source, TextBlock, ThinkingBlock, ToolCall
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.order import IllegalEventOrderError
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage
from support.answers import USAGE, text_answer, thinking_answer, tool_answer
from support.openai_sdk import sdk_client

FACE = OpenAiChat(is_unified=False)
UNIFIED = OpenAiChat(is_unified=True)
REQUEST = ChatRequest(model="any", messages=(), stream=True)
WITH_USAGE = replace(REQUEST, wants_stream_usage=True)
PROVENANCE = Provenance(
    provider="openai",
    model="gpt-x",
    model_requested="openai/gpt-x",
    request_type="chat_completion",
    key_name="main",
    primary_provider="openai",
    primary_model="gpt-x",
    upstream_milliseconds=12.6,
)
EXTRA_FIELDS = {
    "request_type": "chat_completion",
    "provider": "openai",
    "original_model_requested": "openai/gpt-x",
    "resolved_model_used": "gpt-x",
    "latency": 13,
}
ROUTING = {
    "provider": "openai", "model": "gpt-x", "key": "main",
    "primary_provider": "openai", "primary_model": "gpt-x",
}  # fmt: skip


def response_of(**members: Any) -> ChatResponse:
    defaults = {"id": "a1", "finish_reason": FinishReason.COMPLETE, "usage": Usage()}
    return ChatResponse(**{**defaults, **members})


def encode(face: OpenAiChat = FACE, **members: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(face.encode_response(response_of(**members), REQUEST, PROVENANCE))
    return body


def message_of(face: OpenAiChat = FACE, **members: Any) -> dict[str, Any]:
    message: dict[str, Any] = encode(face, **members)["choices"][0]["message"]
    return message


def stream(events: list[Event], face: OpenAiChat = FACE, request: ChatRequest = REQUEST) -> list[bytes]:
    encoder = face.stream_encoder(request, PROVENANCE)
    return [frames for event in events if (frames := encoder.encode(event))]


def payloads(frames: list[bytes]) -> list[Any]:
    return [
        json.loads(frame.removeprefix("data: "))
        for frame in b"".join(frames).decode().split("\n\n")
        if frame not in ("", "data: [DONE]")
    ]


def losses_of(**members: Any) -> list[tuple[str, str]]:
    losses = LossReport()
    FACE.report_losses(response_of(**members), losses)
    return [(loss.kind, loss.path) for loss in losses.losses]


def test_a_whole_answer() -> None:
    usage = Usage(input_tokens=10, output_tokens=5, cached_tokens=4, reasoning_tokens=2)
    assert encode(content=(TextBlock("Hello"),), usage=usage, created=1700000000, model="gpt-x-1") == {
        "id": "a1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "gpt-x-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    }


def test_an_answer_without_a_models_name_has_the_one_that_was_asked() -> None:
    assert encode()["model"] == "gpt-x"


def test_the_unified_answer_says_who_answered() -> None:
    assert encode(UNIFIED)["extra_fields"] == {**EXTRA_FIELDS, "routing_info": ROUTING}
    fallback = replace(PROVENANCE, fallback_index=1, key_name="")
    body = json.loads(UNIFIED.encode_response(response_of(), REQUEST, fallback))
    assert body["extra_fields"]["routing_info"]["is_fallback"] is True
    assert "key" not in body["extra_fields"]["routing_info"]


def test_the_plan_and_the_text_are_one_content() -> None:
    calls = (ToolCall("c1", "clock", "{}"), ToolCall("c2", "weather", '{"a":1}'))
    assert message_of(tool_plan="I look.", tool_calls=calls) == {
        "role": "assistant",
        "content": "I look.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}},
            {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": '{"a":1}'}},
        ],
    }
    assert message_of(tool_plan="I look. ", content=(TextBlock("So."),))["content"] == "I look. So."
    assert message_of(tool_calls=calls)["content"] is None
    assert message_of()["content"] == ""


def test_thinking_is_told_apart_from_the_text() -> None:
    content = (ThinkingBlock("2+"), ThinkingBlock("2"), TextBlock("4"))
    assert message_of(content=content) == {"role": "assistant", "content": "4", "reasoning_content": "2+2"}
    assert message_of(UNIFIED, content=content) == {
        "role": "assistant",
        "content": "4",
        "reasoning_content": "2+2",
        "reasoning": "2+2",
    }


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (FinishReason.COMPLETE, "stop"),
        (FinishReason.STOP_SEQUENCE, "stop"),
        (FinishReason.MAX_TOKENS, "length"),
        (FinishReason.TOOL_CALL, "tool_calls"),
        (FinishReason.CONTENT_FILTER, "content_filter"),
    ],
)
def test_finish_reasons(reason: FinishReason, word: str) -> None:
    body = encode(finish_reason=reason)
    assert body["choices"][0]["finish_reason"] == word
    assert "error" not in body


@pytest.mark.parametrize("reason", [FinishReason.ERROR, FinishReason.TIMEOUT])
def test_a_whole_answer_that_broke_off_says_so(reason: FinishReason) -> None:
    body = encode(finish_reason=reason, failure=Failure("the engine died", "ENGINE_FAILED"))
    assert body["choices"][0]["finish_reason"] == "error"
    assert body["error"] == {
        "message": "the engine died", "type": "server_error", "param": None, "code": "engine_failed"
    }  # fmt: skip
    assert encode(finish_reason=reason)["error"]["message"]


def test_a_citation_of_an_address_is_an_annotation_too() -> None:
    web = Source("document", "d1", {"url": "https://example.com", "title": "Example", "text": "London"})
    tool = Source("tool", "t1", {"city": "London"})
    citation = Citation(3, 9, "London", (web, tool), "text", 1)
    message = message_of(
        tool_plan="Plan.", content=(ThinkingBlock("Hm."), TextBlock("In London.")), citations=(citation,)
    )
    assert message["content"][8:14] == "London"
    assert message["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": 8, "end_index": 14, "title": "Example", "url": "https://example.com"
            },
        }
    ]  # fmt: skip
    assert message["citations"] == [
        {
            "start": 8,
            "end": 14,
            "text": "London",
            "sources": [
                {"type": "document", "id": "d1", "document": web.data},
                {"type": "tool", "id": "t1", "tool_output": {"city": "London"}},
            ],
            "type": "TEXT_CONTENT",
        }
    ]


def test_citations_count_within_what_they_cite() -> None:
    source = Source("document", "d1", {"text": "no address"})
    message = message_of(
        tool_plan="Plan.",
        content=(ThinkingBlock("a"), ThinkingBlock("bc"), TextBlock("def")),
        citations=(
            Citation(0, 4, "Plan", (source,), "plan"),
            Citation(0, 1, "b", (source,), "thinking", 1),
            Citation(1, 2, "e", (source,)),
        ),
    )
    told = message["citations"]
    assert "annotations" not in message
    assert [message["content"][c["start"] : c["end"]] for c in (told[0], told[2])] == ["Plan", "e"]
    assert message["reasoning_content"][told[1]["start"] : told[1]["end"]] == "b"
    assert [c.get("type") for c in told] == ["PLAN", "THINKING_CONTENT", None]


def test_log_probabilities_are_told_token_by_token() -> None:
    one = TokenLogprobs("é", (7,), (-0.5,), (195, 169), (TokenAlternative("e", float("-inf")),))
    two = TokenLogprobs("ab", (8, 9), (-0.25, -0.5))
    none = TokenLogprobs("c", (10,), ())
    logprobs = encode(content=(TextBlock("éabc"),), logprobs=(one, two, none))["choices"][0]["logprobs"]
    assert logprobs["content"] == [
        {
            "token": "é",
            "logprob": -0.5,
            "bytes": [195, 169],
            "top_logprobs": [{"token": "e", "logprob": -9999.0, "bytes": [101]}],
        },
        {"token": "ab", "logprob": -0.75, "bytes": [97, 98], "top_logprobs": []},
    ]


def test_fields_of_the_dialects_own_providers_come_back_where_they_were() -> None:
    fields = {
        "system_fingerprint": "fp",
        "choices[0].native_finish_reason": "end_turn",
        "choices[0].finish_reason": "eos",
        "choices[0].message.reasoning_details": [{"type": "reasoning.text"}],
        "choices[0].message.tool_calls[1].extra_content": {"google": {"signature": "s"}},
        "choices[0].message.content[1]": {"type": "reference", "reference_ids": [1]},
        "choices[0].message.annotations": [{"type": "file"}],
        "choices[0].logprobs.refusal": [{"token": "no"}],
        "choices[1]": {"index": 1, "message": {"role": "assistant", "content": "other"}},
        "usage.queue_time": 0.5,
        "usage.prompt_tokens_details.audio_tokens": 3,
        "id.deeper": "leads through a text",
        "choices[0].message": "in place of the answer",
        "": "no path",
        "choices[9].far": "past the end",
    }
    calls = (ToolCall("c1", "a", "{}"), ToolCall("c2", "b", "{}"))
    body = encode(tool_plan="Plan.", tool_calls=calls, extras=Extras("openai", fields))
    first, second = body["choices"]
    assert body["system_fingerprint"] == "fp"
    assert (first["native_finish_reason"], first["finish_reason"]) == ("end_turn", "eos")
    assert first["logprobs"] == {"refusal": [{"token": "no"}]}
    assert first["message"]["reasoning_details"] == [{"type": "reasoning.text"}]
    assert first["message"]["annotations"] == [{"type": "file"}]
    assert first["message"]["content"] == [
        {"type": "text", "text": "Plan."},
        {"type": "reference", "reference_ids": [1]},
    ]
    assert "extra_content" not in first["message"]["tool_calls"][0]
    assert first["message"]["tool_calls"][1]["extra_content"] == {"google": {"signature": "s"}}
    assert second["message"]["content"] == "other"
    assert body["usage"]["queue_time"] == 0.5
    assert body["usage"]["prompt_tokens_details"] == {"audio_tokens": 3}
    assert body["id"] == "a1"


def test_the_spelling_of_thinking_and_a_refusal_come_back() -> None:
    reasoning = Extras("openai", {"choices[0].message.reasoning": None})
    assert message_of(content=(ThinkingBlock("hm"),), extras=reasoning) == {
        "role": "assistant", "content": "", "reasoning": "hm"
    }  # fmt: skip
    refusal = Extras("openai", {"choices[0].message.refusal": "I will not."})
    assert message_of(content=(TextBlock("I will not."),), extras=refusal) == {
        "role": "assistant", "content": None, "refusal": "I will not."
    }  # fmt: skip


def test_fields_of_another_dialect_are_not_told_but_reported() -> None:
    extras = Extras("cohere", {"meta": 1})
    assert "meta" not in encode(extras=extras)
    assert losses_of(extras=extras) == [("dropped", "response.meta")]
    assert losses_of(extras=Extras("openai", {"service_tier": "flex"})) == []


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"content": (ThinkingBlock("a"), TextBlock("b"))}, []),
        ({"content": (TextBlock("a"), TextBlock("b"))}, [("mapped", "response.content")]),
        ({"content": (TextBlock("a"), ThinkingBlock("b"))}, [("mapped", "response.content")]),
        ({"tool_plan": "a", "tool_calls": (ToolCall("c", "d", "{}"),)}, []),
        ({"tool_plan": "a", "content": (TextBlock("b"),)}, [("mapped", "response.tool_plan")]),
        ({"finish_reason": FinishReason.STOP_SEQUENCE}, [("mapped", "response.finish_reason")]),
        ({"finish_reason": FinishReason.TIMEOUT}, [("mapped", "response.finish_reason")]),
        ({"finish_reason": FinishReason.ERROR, "failure": Failure("a")}, []),
        ({"failure": Failure("a")}, [("dropped", "response.failure")]),
        ({"usage": Usage(search_units=1)}, [("dropped", "response.usage.search_units")]),
        ({"usage": Usage(classifications=1)}, [("dropped", "response.usage.classifications")]),
        ({"usage": Usage(input_tokens=2)}, [("dropped", "response.usage.billed_units")]),
        ({"logprobs": (TokenLogprobs("a", (), (-1.0,)),)}, []),
        ({"logprobs": (TokenLogprobs("a", (1,), (-1.0,)),)}, [("dropped", "response.logprobs.token_ids")]),
        ({"logprobs": (TokenLogprobs("a", (), (-1.0, -1.0)),)}, [("approximated", "response.logprobs")]),
        ({"logprobs": (TokenLogprobs("a", (), ()),)}, [("dropped", "response.logprobs")]),
    ],
)
def test_what_cannot_be_said_is_reported(members: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert losses_of(**members) == expected


def test_a_stream_of_text() -> None:
    head = b'data: {"id":"a1","object":"chat.completion.chunk","created":5,"model":"gpt-x",'
    head += b'"choices":[{"index":0,'
    events: list[Event] = [
        MessageStart("a1", created=5),
        ContentStart(0, "text"),
        TextDelta(0, "Grüß\n"),
        ContentEnd(0),
        MessageEnd(FinishReason.COMPLETE, USAGE),
    ]
    assert stream(events) == [
        head + b'"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n',
        head + b'"delta":{"content":"Gr\\u00fc\\u00df\\n"},"logprobs":null,"finish_reason":null}]}\n\n',
        head + b'"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ]


def test_the_usage_comes_last_and_only_when_asked_for() -> None:
    assert all("usage" not in chunk for chunk in payloads(stream(text_answer("a", "b"))))
    frames = stream(text_answer("a", "b"), request=WITH_USAGE)
    *chunks, last = payloads(frames)
    assert [chunk["usage"] for chunk in chunks] == [None] * 4
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 20,
        "completion_tokens": 6,
        "total_tokens": 26,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    assert b"".join(frames).endswith(b"data: [DONE]\n\n")


def test_unified_chunks_say_who_answered_and_are_counted() -> None:
    chunks = payloads(stream(thinking_answer("hm", "100 %"), UNIFIED, WITH_USAGE))
    assert [chunk["extra_fields"] for chunk in chunks] == [
        {**EXTRA_FIELDS, "chunk_index": index} for index in range(5)
    ]
    assert chunks[1]["choices"][0]["delta"] == {"reasoning_content": "hm", "reasoning": "hm"}
    assert chunks[2]["choices"][0]["delta"] == {"content": "100 %"}
    assert [chunk["usage"] is None for chunk in chunks] == [True] * 4 + [False]


def test_tool_calls_in_chunks() -> None:
    deltas = [
        chunk["choices"][0]["delta"]
        for chunk in payloads(stream(tool_answer(("clock", '{"a":1}'), ("day", "{}"))))
    ]
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"content": "I w"},
        {"content": "ill look it up."},
        {"tool_calls": [{"index": 0, "id": "clock_000000000000", "type": "function",
                         "function": {"name": "clock", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {"tool_calls": [{"index": 1, "id": "day_000000000001", "type": "function",
                         "function": {"name": "day", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": ""}}]},
        {},
    ]  # fmt: skip


def test_a_citation_comes_in_a_chunk_of_its_own() -> None:
    source = Source("document", "d1", {"url": "https://example.com"})
    events: list[Event] = [
        MessageStart("a1"),
        ContentStart(0, "text"),
        TextDelta(0, "She was "),
        ContentEnd(0),
        ContentStart(1, "text"),
        TextDelta(1, "in London"),
        CitationAdded(0, Citation(3, 9, "London", (source,), "text", 1)),
        ContentEnd(1),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    ]
    delta = payloads(stream(events))[3]["choices"][0]["delta"]
    assert delta.keys() == {"annotations", "citations"}
    assert (delta["citations"][0]["start"], delta["citations"][0]["end"]) == (11, 17)
    assert delta["annotations"][0]["url_citation"]["title"] == "https://example.com"


def test_what_a_provider_said_besides_comes_in_the_last_chunks() -> None:
    fields = {
        "system_fingerprint": "fp",
        "choices[0].native_finish_reason": "end_turn",
        "choices[0].message.reasoning_details": [{"type": "reasoning.text"}],
        "choices[0].message.tool_calls[1].extra_content": {"signature": "s"},
        "choices[0].message": "in place of the answer",
        "choices[1]": {"index": 1},
        "usage.queue_time": 0.5,
    }
    events: list[Event] = [
        MessageStart("a1"),
        ToolCallStart(0, "c1", "a"),
        ToolCallEnd(0),
        ToolCallStart(1, "c2", "b"),
        ToolCallEnd(1),
        MessageEnd(FinishReason.TOOL_CALL, Usage(), None, Extras("openai", fields)),
    ]
    finish, usage = payloads(stream(events, UNIFIED, WITH_USAGE))[-2:]
    assert finish["system_fingerprint"] == "fp"
    assert finish["extra_fields"]["chunk_index"] == 3
    assert finish["choices"] == [
        {
            "index": 0,
            "delta": {
                "tool_calls": [{"index": 1, "extra_content": {"signature": "s"}}],
                "reasoning_details": [{"type": "reasoning.text"}],
            },
            "logprobs": None,
            "finish_reason": "tool_calls",
            "native_finish_reason": "end_turn",
        }
    ]
    assert usage["usage"]["queue_time"] == 0.5


def test_an_illegal_order_of_events_is_refused() -> None:
    with pytest.raises(IllegalEventOrderError):
        stream([TextDelta(0, "a")])


BROKEN: list[Event] = [
    MessageStart("a1"),
    ContentStart(0, "text"),
    TextDelta(0, "Hel"),
    ContentEnd(0),
    MessageEnd(FinishReason.ERROR, Usage(), Failure("the provider went away", "UPSTREAM_CONNECTION")),
]


def test_a_stream_that_breaks_off_ends_with_an_error_and_without_done() -> None:
    members = {"message": "the provider went away", "type": "server_error", "code": "upstream_connection"}
    own = stream(BROKEN, FACE, WITH_USAGE)
    assert payloads(own)[-1] == {"error": {**members, "param": None}}
    unified = stream(BROKEN, UNIFIED, WITH_USAGE)
    assert payloads(unified)[-1] == {
        "type": "server_error",
        "is_bifrost_error": False,
        "error": members,
        "extra_fields": EXTRA_FIELDS,
    }
    for frames in (own, unified):
        assert b"[DONE]" not in b"".join(frames)
        assert b'"finish_reason":"' not in b"".join(frames)
        assert frames[-1].endswith(b"\n\n")


@pytest.mark.parametrize("face", [FACE, UNIFIED])
def test_openais_sdk_raises_where_a_stream_breaks_off(face: OpenAiChat) -> None:
    client, _ = sdk_client(b"".join(stream(BROKEN, face)), "text/event-stream")
    chunks = client.chat.completions.create(model="a", messages=[], stream=True)
    seen: list[str | None] = []
    with pytest.raises(openai.APIError, match="the provider went away") as caught:
        seen.extend(chunk.choices[0].delta.content for chunk in chunks)
    assert seen == ["", "Hel"]
    assert caught.value.code == "upstream_connection"


@pytest.mark.parametrize("face", [FACE, UNIFIED])
def test_openais_sdk_reads_a_stream_with_heartbeats_between_all_frames(face: OpenAiChat) -> None:
    frames = stream(text_answer("Hel", "lo"), face, WITH_USAGE)
    sent = b"".join(face.heartbeat * 2 + frame for frame in frames)
    client, _ = sdk_client(sent, "text/event-stream")
    chunks = list(client.chat.completions.create(model="a", messages=[], stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "Hello"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 26


@pytest.mark.parametrize("face", [FACE, UNIFIED])
def test_openais_sdk_collects_tool_calls_from_a_stream(face: OpenAiChat) -> None:
    frames = stream(tool_answer(("clock", '{"zone":"UTC"}'), ("day", '{"n":1}')), face)
    client, _ = sdk_client(b"".join(frames), "text/event-stream")
    with client.chat.completions.stream(model="a", messages=[]) as collected:
        message = collected.get_final_completion().choices[0].message
    assert message.content == "I will look it up."
    assert [(call.function.name, call.function.arguments) for call in message.tool_calls or ()] == [
        ("clock", '{"zone":"UTC"}'), ("day", '{"n":1}')
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "type", "code", "is_own"),
    [
        (errors.InvalidRequestError("bad", field="top_p"), "invalid_request_error", "invalid_request", False),
        (errors.UnknownFieldError("bad"), "invalid_request_error", "unknown_field", False),
        (errors.AuthenticationError("who"), "authentication_error", "invalid_api_key", False),
        (errors.ModelNotFoundError("what"), "invalid_request_error", "model_not_found", True),
        (errors.InvalidGenerationError("no"), "server_error", "no_valid_response_generated", True),
        (errors.UpstreamConnectionError("gone"), "server_error", "upstream_connection", True),
        (errors.InternalError("oh"), "server_error", "internal_error", True),
        (errors.UpstreamRefusedError("slow", status=429), "rate_limit_error", "upstream_refused", False),
        (errors.UpstreamRefusedError("pay", status=402), "insufficient_quota", "upstream_refused", False),
        (errors.UpstreamRefusedError("no", status=403), "permission_error", "upstream_refused", False),
        (errors.UpstreamRefusedError("no", status=400), "invalid_request_error", "upstream_refused", False),
        (
            errors.UpstreamRefusedError("no", status=400, type="own", param="stop", provider_code="bad_stop"),
            "own",
            "bad_stop",
            False,
        ),
    ],
)
def test_errors_in_both_shapes(error: errors.CausewayError, type: str, code: str, is_own: bool) -> None:
    body = json.loads(FACE.encode_error(error, "trace"))
    assert body == {"error": {"message": error.message, "type": type, "param": error.field, "code": code}}
    unified = json.loads(UNIFIED.encode_error(error, "trace"))
    assert unified == {
        "event_id": "trace",
        "type": type,
        "is_bifrost_error": is_own,
        "status_code": error.status,
        "error": {name: value for name, value in body["error"].items() if value is not None},
        "extra_fields": {"request_type": "chat_completion"},
    }


@pytest.mark.parametrize("face", [FACE, UNIFIED])
def test_openais_sdk_understands_an_error(face: OpenAiChat) -> None:
    error = errors.InvalidRequestError("Invalid 'top_p': too much.", field="top_p")
    client, _ = sdk_client(face.encode_error(error, "trace"), "application/json", 400)
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="a", messages=[])
    assert "too much" in caught.value.message
    assert (caught.value.code, caught.value.param) == ("invalid_request", "top_p")


def test_what_a_provider_sent_is_passed_on_as_it_is() -> None:
    assert FACE.relay_response(b'{"id": 1}\n', PROVENANCE) == b'{"id": 1}\n'
    assert FACE.relay_frame(b"data: {}\n\n", PROVENANCE) == b"data: {}\n\n"


json_objects = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
    min_size=1,
    max_size=4,
)


@given(json_objects, st.sampled_from([None, 2]))
def test_a_relayed_answer_gets_extra_fields_and_nothing_else(
    members: dict[str, Any], indent: int | None
) -> None:
    body = f"\n{json.dumps(members, indent=indent, ensure_ascii=False)} ".encode()
    told = json.loads(UNIFIED.relay_response(body, PROVENANCE))
    assert told == {**members, "extra_fields": {**EXTRA_FIELDS, "routing_info": ROUTING}}


@given(st.lists(json_objects, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_relayed_frames_get_extra_fields_and_nothing_else(chunks: list[dict[str, Any]], end: str) -> None:
    def framed(objects: list[dict[str, Any]]) -> str:
        frames = [f": ping {{}}{end}{end}"]
        frames += [f"data: {json.dumps(item)}{end}{end}" for item in objects]
        return "".join([*frames, f"data: [DONE]{end}{end}"])

    told = UNIFIED.relay_frame(framed(chunks).encode(), PROVENANCE).decode()
    expected = framed([{**chunk, "extra_fields": EXTRA_FIELDS} for chunk in chunks])
    assert [line if "{" not in line else json.loads(line[6:]) for line in told.split(end)[2:]] == [
        line if "{" not in line else json.loads(line[6:]) for line in expected.split(end)[2:]
    ]
    assert told.count(end) == expected.count(end)


@pytest.mark.parametrize(
    "frame",
    [b": comment {}\n\n", b"data: [DONE]\n\n", b"data: {}\n\n", b"data: { }\n\n", b"event: x\n\n", b"\n"],
)
def test_frames_without_an_object_pass_untouched(frame: bytes) -> None:
    assert UNIFIED.relay_frame(frame, PROVENANCE) == frame


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"<html>", b'{"cut": '])
def test_bodies_that_are_no_objects_pass_untouched(body: bytes) -> None:
    assert UNIFIED.relay_response(body, PROVENANCE) == body
