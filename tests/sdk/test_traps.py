"""The traps of Cohere's wire, each with a test named after it, through both generations of the SDK.

The numbers are those of the contract that the project was written against: rows of 3.8 are what was
measured to break clients, items of 11 are where Cohere's documentation contradicts itself. A trap
that only input can spring is also among the spellings of `tests/dialects/test_cohere_requests.py`.
"""

import asyncio
import json
import threading
from typing import Any

import cohere
import httpx
import pytest
from cohere import V2ChatStreamResponse
from cohere.core.api_error import ApiError
from cohere.core.unchecked_base_model import construct_type

from causeway.config.schema import ServerConfig
from causeway.model import errors
from causeway.model.content import Citation, Source
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
)
from causeway.model.request import Thinking
from causeway.model.response import FinishReason, TokenLogprobs
from support.answers import ID, USAGE, cited_answer, text_answer, thinking_answer, tool_answer
from support.gateway import serve

HI: Any = [{"role": "user", "content": "hi"}]
BODY: Any = {"model": "m", "messages": HI}
ODD = "a\u2028b\u0085c\u2029 \u65e5\u672c \U0001f600 caf\u00e9"
ANSWERS: list[list[Any]] = [
    text_answer("Hello ", ODD),
    thinking_answer("Let me see.", "Yes."),
    tool_answer(("search", '{"q":"x"}'), ("look", "{}")),
    cited_answer(),
    [*text_answer("Hel")[:3], errors.EngineFailedError("the engine died")],
]
NATIVE_TYPES = {
    "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start",
    "tool-call-delta", "tool-call-end", "citation-start", "citation-end", "message-end",
}  # fmt: skip
OLDER_TYPES = {
    "stream-start", "content-delta", "citation-start", "citation-end", "tool-call-start", "tool-call-delta",
    "tool-call-end", "stream-end",
}  # fmt: skip


def raw_stream(events: list[Any], path: str = "/v2/chat", **fields: Any) -> httpx.Response:
    with serve(lambda request, losses: events) as (url, _):
        return httpx.post(url + path, json={**BODY, "stream": True, **fields})


def frames(response: httpx.Response) -> list[tuple[str, Any]]:
    """Return the event name and JSON of every frame but the last, which is `[DONE]`."""
    *blocks, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    found = []
    for block in blocks:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def sdk_stream(events: list[Any]) -> list[Any]:
    """Return what the sync and the async client saw, having made sure that they saw the same."""
    with serve(lambda request, losses: events) as (url, _):
        seen = list(cohere.ClientV2(base_url=url, api_key="any").chat_stream(model="m", messages=HI))

        async def collect() -> list[Any]:
            co = cohere.AsyncClientV2(base_url=url, api_key="any")
            return [event async for event in co.chat_stream(model="m", messages=HI)]

        assert asyncio.run(collect()) == seen
    return seen


def sdk_chat(events: list[Any], **fields: Any) -> Any:
    with serve(lambda request, losses: events) as (url, _):
        return cohere.ClientV2(base_url=url, api_key="any").chat(model="m", messages=HI, **fields)


def decoded(**fields: Any) -> Any:
    """Return the request that the model gets, on a strict route and on a lenient one."""
    with serve(lambda request, losses: text_answer("ok")) as (url, model):
        for prefix in ("", "/cohere"):
            response = httpx.post(f"{url}{prefix}/v2/chat", json={**BODY, **fields})
            assert response.status_code == 200, response.text
    strict, lenient = model.requests
    assert strict == lenient
    return strict


# 3.8: what breaks clients when a server sends it.


@pytest.mark.parametrize("events", ANSWERS)
def test_trap_3_8_no_error_event_and_no_unknown_type_is_ever_sent(events: list[Any]) -> None:
    for name, payload in frames(raw_stream(events)):
        assert name == payload["type"]
        assert name in NATIVE_TYPES


def test_trap_3_8_a_failure_is_a_message_end_that_the_sdk_delivers_with_counts() -> None:
    end = sdk_stream(ANSWERS[-1])[-1]
    assert end.type == "message-end"
    assert end.delta.finish_reason == "ERROR"
    # `usage: {}` breaks langchain-cohere's stream.
    assert end.delta.usage.billed_units.input_tokens == 0
    assert end.delta.usage.tokens.output_tokens == 0


@pytest.mark.parametrize("events", ANSWERS)
@pytest.mark.parametrize("path", ["/v2/chat", "/v2/chat/stream"])
def test_trap_3_8_every_data_line_is_whole_json_and_the_stream_ends_with_done(
    events: list[Any], path: str
) -> None:
    assert frames(raw_stream(events, path))


def test_trap_3_8_a_failure_never_drops_the_connection() -> None:
    assert sdk_stream([*text_answer("Hel")[:3], ValueError("a defect")])[-1].type == "message-end"


@pytest.mark.parametrize("path", ["/v2/chat", "/v1/chat"])
def test_trap_3_8_heartbeats_are_nothing_that_the_sdk_would_read(path: str) -> None:
    """What the gateway sent with heartbeats in it is put to the SDK as it came."""
    go_on = threading.Event()
    answer = text_answer("Hello ", "there.")
    script = [*answer[:3], go_on, *answer[3:]]
    heartbeat = ": keep-alive\n\n" if path == "/v2/chat" else "}\n\n"
    body = BODY if path == "/v2/chat" else {"message": "hi"}
    received = ""
    with (
        serve(lambda request, losses: script, config=ServerConfig(heartbeat_seconds=0.01)) as (url, _),
        httpx.stream("POST", url + path, json={**body, "stream": True}) as response,
    ):
        for text in response.iter_text():
            received += text
            if heartbeat in received:
                go_on.set()
    sent = httpx.Response(200, headers={"content-type": response.headers["content-type"]}, text=received)
    replay = httpx.MockTransport(lambda request: sent)
    with httpx.Client(transport=replay) as client:
        if path == "/v2/chat":
            co = cohere.ClientV2(base_url=url, api_key="any", httpx_client=client)
            types = [event.type for event in co.chat_stream(model="m", messages=HI)]
            assert types == [
                "message-start", "content-start", "content-delta", "content-delta", "content-end",
                "message-end",
            ]  # fmt: skip
        else:
            older = cohere.Client(base_url=url, api_key="any", httpx_client=client)
            types = [event.event_type for event in older.chat_stream(message="hi")]
            assert types == ["stream-start", "text-generation", "text-generation", "stream-end"]


def test_trap_3_8_the_content_type_is_exactly_the_one_that_the_sdk_wants() -> None:
    assert raw_stream(ANSWERS[0]).headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("path", ["/v2/chat", "/v2/chat/stream", "/v1/chat"])
def test_trap_3_8_no_raw_line_separators_and_no_byte_that_a_chunk_could_cut(path: str) -> None:
    body = {"message": "hi"} if path == "/v1/chat" else BODY
    with serve(lambda request, losses: ANSWERS[0]) as (url, _):
        response = httpx.post(url + path, json={**body, "stream": True})
    assert response.content.isascii()


def test_trap_3_8_text_with_line_separators_and_emoji_comes_through() -> None:
    events = sdk_stream(text_answer(*ODD))
    pieces = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert "".join(pieces) == ODD


def test_trap_3_8_a_content_delta_has_text_or_thinking_but_never_both_keys() -> None:
    for events in ANSWERS:
        for name, payload in frames(raw_stream(events)):
            if name == "content-delta":
                assert len(payload["delta"]["message"]["content"]) == 1


def test_trap_3_8_no_line_is_longer_than_one_mebibyte() -> None:
    source = Source("document", "big", {"id": "big", "text": "x" * (2 * 1024 * 1024)})
    events: list[Event] = [
        MessageStart(ID),
        ContentStart(0, "text"),
        TextDelta(0, "Cited."),
        CitationAdded(0, Citation(0, 5, "Cited", (source,), "text")),
        ContentEnd(0),
        MessageEnd(FinishReason.COMPLETE, USAGE),
    ]
    assert max(map(len, raw_stream(events).text.splitlines())) < 1024 * 1024
    (citation,) = [event for event in sdk_stream(events) if event.type == "citation-start"]
    assert citation.delta.message.citations.sources[0].id == "big"
    # A whole answer is not read by lines, and has everything.
    assert len(sdk_chat(events).message.citations[0].sources[0].document["text"]) == 2 * 1024 * 1024


@pytest.mark.parametrize("events", ANSWERS)
def test_trap_3_8_frames_of_the_second_path_carry_both_kinds_of_type(events: list[Any]) -> None:
    for name, payload in frames(raw_stream(events, "/v2/chat/stream")):
        assert name == payload["event_type"]
        assert name in OLDER_TYPES
        assert payload["type"] in NATIVE_TYPES
        read = construct_type(type_=V2ChatStreamResponse, object_=payload)
        assert read.type == payload["type"]


# 11: where the documentation misleads.


def test_trap_11_01_off_that_yaml_reads_as_false_is_accepted() -> None:
    request = decoded(safety_mode=False, citation_options={"mode": False})
    assert (request.safety_mode, request.citation_mode) == ("off", "off")
    request = decoded(safety_mode="OFF", citation_options={"mode": "OFF"})
    assert (request.safety_mode, request.citation_mode) == ("off", "off")


@pytest.mark.parametrize("key", ["schema", "json_schema"])
def test_trap_11_02_a_schema_is_read_under_either_key(key: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert decoded(response_format={"type": "json_object", key: schema}).response_format.json_schema == schema


@pytest.mark.parametrize("reason", FinishReason)
def test_trap_11_03_finish_reasons_are_upper_case(reason: FinishReason) -> None:
    # Cohere has no word for an answer that a filter held back.
    told = "ERROR" if reason is FinishReason.CONTENT_FILTER else reason.upper()
    events = text_answer("a", finish_reason=reason)
    assert sdk_chat(events).finish_reason == told
    assert sdk_stream(events)[-1].delta.finish_reason == told


def test_trap_11_04_thinking_makes_a_second_content_start() -> None:
    starts = [event for event in sdk_stream(ANSWERS[1]) if event.type == "content-start"]
    assert [(start.index, start.delta.message.content.type) for start in starts] == [
        (0, "thinking"),
        (1, "text"),
    ]


def test_trap_11_05_a_delta_is_a_piece_and_not_a_token() -> None:
    (delta,) = [event for event in sdk_stream(text_answer("several words")) if event.type == "content-delta"]
    assert delta.delta.message.content.text == "several words"


def test_trap_11_06_an_answer_has_usage_and_no_meta() -> None:
    with serve(lambda request, losses: text_answer("a")) as (url, _):
        answer = httpx.post(f"{url}/v2/chat", json=BODY).json()
    assert list(answer) == ["id", "message", "finish_reason", "usage"]
    assert set(answer["usage"]) >= {"billed_units", "tokens"}


def test_trap_11_07_python_type_names_and_a_plan_in_a_thinking_block_are_accepted() -> None:
    parameters = {"type": "object", "properties": {"q": {"type": "str"}}, "required": ["q"]}
    call = {"id": "c", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    request = decoded(
        tools=[{"type": "function", "function": {"name": "search", "parameters": parameters}}],
        messages=[
            *HI,
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "I will search."}],
                "tool_calls": [call],
            },
            {"role": "tool", "tool_call_id": "c", "content": "found"},
        ],
    )
    assert request.tools[0].parameters["properties"]["q"]["type"] in ("str", "string")
    assert request.messages[1].content[0].thinking == "I will search."


def test_trap_11_08_thinking_without_a_type_is_enabled() -> None:
    assert decoded(thinking={"token_budget": 500}).thinking == Thinking(True, 500)


def test_trap_11_09_citation_events_are_delivered_under_their_own_types() -> None:
    types = [event.type for event in sdk_stream(cited_answer())]
    assert types[-4:] == ["citation-start", "citation-end", "content-end", "message-end"]
    assert all("event_type" not in payload for _, payload in frames(raw_stream(cited_answer())))


def test_trap_11_10_logprobs_have_the_names_of_their_properties() -> None:
    item = TokenLogprobs("a", (7,), (-0.5,))
    events: list[Event] = [
        MessageStart(ID),
        ContentStart(0, "text"),
        TextDelta(0, "a", item),
        ContentEnd(0),
        MessageEnd(FinishReason.COMPLETE, USAGE),
    ]
    (whole,) = sdk_chat(events, logprobs=True).logprobs
    (streamed,) = [event.logprobs for event in sdk_stream(events) if event.type == "content-delta"]
    for read in (whole, streamed):
        assert (read.text, read.token_ids, read.logprobs) == ("a", [7], [-0.5])


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (errors.InvalidRequestError("x"), 400, "BadRequestError"),
        (errors.AuthenticationError("x"), 401, "UnauthorizedError"),
        (errors.ModelNotFoundError("x"), 404, "NotFoundError"),
        (errors.UnknownFieldError("x"), 422, "UnprocessableEntityError"),
        (errors.InternalError("x"), 500, "InternalServerError"),
        (errors.NotImplementedHereError("x"), 501, "NotImplementedError"),
        (errors.OverloadedError("x"), 503, "ServiceUnavailableError"),
    ],
)
def test_trap_11_11_each_status_is_the_exception_of_its_name(
    error: errors.CausewayError, status: int, name: str
) -> None:
    with serve(lambda request, losses: [error]) as (url, _), pytest.raises(ApiError) as caught:
        cohere.ClientV2(base_url=url, api_key="any").chat(
            model="m", messages=HI, request_options={"max_retries": 0}
        )
    assert (caught.value.status_code, type(caught.value).__name__) == (status, name)
    assert caught.value.body["message"] == "x"


def test_trap_11_15_the_highest_seed_is_exact_and_temperatures_above_one_are_taken() -> None:
    assert decoded(seed=2**64 - 1, temperature=1.5).sampling.seed == 2**64 - 1
    with serve(lambda request, losses: text_answer("ok")) as (url, _):
        assert httpx.post(f"{url}/v2/chat", json={**BODY, "seed": 2**64}).status_code == 400


def test_trap_11_16_more_tokens_than_a_model_can_write_are_not_refused() -> None:
    assert decoded(max_tokens=10**9).sampling.max_tokens == 10**9


def test_trap_11_18_a_citation_indexes_the_answer_and_not_its_source() -> None:
    answer = sdk_chat(cited_answer())
    (citation,) = answer.message.citations
    assert answer.message.content[0].text[citation.start : citation.end] == citation.text
    assert citation.sources[0].document["text"][citation.start : citation.end] != citation.text


def test_trap_11_19_a_safety_mode_beside_tools_or_documents_is_no_error() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    assert decoded(safety_mode="STRICT", tools=[tool]).tools
    assert decoded(safety_mode="NONE", documents=["a"]).documents


def test_trap_11_20_other_gateways_names_are_read_everywhere() -> None:
    parameters = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
    request = decoded(
        log_probs=True,
        strict_tool_choice=True,
        tools=[{"type": "function", "function": {"name": "f", "parameters": parameters}}],
    )
    assert request.sampling.logprobs
    assert request.strict_tools
