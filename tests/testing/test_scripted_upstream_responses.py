"""OpenAI's own SDK asks the scripted upstream for responses: it behaves as in front of the real thing."""

import copy
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import openai
import pydantic
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.model.content import Citation, Source
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing import Answer, Call, ScriptedUpstream, Status
from causeway.testing.responses_items import encrypt
from support.json_shape import fields_of
from support.recordings import fixture_files, recordings

SCHEMA: Any = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: Any = [
    {"type": "function", "name": name, "parameters": SCHEMA, "strict": True}
    for name in ("get_weather", "get_time")
]
SHOWN: Any = {"effort": "low", "summary": "auto"}
ENCRYPTED: Any = ["reasoning.encrypted_content"]
_FREE = ("arguments", "parameters", "schema", "metadata")


def ask(client: openai.OpenAI, **options: Any) -> Any:
    return client.responses.create(**{"model": "gpt-a", "input": "Hello", **options})


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(shared_upstream: ScriptedUpstream) -> ScriptedUpstream:
    shared_upstream.forget()
    return shared_upstream


@pytest.fixture
def client(upstream: ScriptedUpstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="secret", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture
async def async_client(upstream: ScriptedUpstream) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{upstream.url}/v1", api_key="secret", max_retries=0) as client:
        yield client


def told(response: Any) -> Any:
    """Return what a response says, without ids."""
    body = response.to_dict() | {"id": ""}
    for item in body["output"]:
        item.pop("id")
        item.pop("call_id", None)
        for part in item.get("content") or ():
            part.pop("parsed", None)  # by the SDK
        item.pop("parsed_arguments", None)
    return body


def test_a_response_says_back_what_it_was_told(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    reply = ask(client, input="Hello, wörld", instructions="Be kind.", metadata={"a": "b"}, temperature=0.5)
    assert reply.output_text == "You said: Hello, wörld"
    assert (reply.object, reply.status, reply.model) == ("response", "completed", "gpt-a")
    assert (reply.instructions, reply.metadata, reply.temperature) == ("Be kind.", {"a": "b"}, 0.5)
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.total_tokens) == (4, 4, 8)
    (request,) = upstream.requests
    assert (request.path, request.key) == ("/v1/responses", "secret")


async def test_the_asynchronous_client_is_answered_alike(async_client: openai.AsyncOpenAI) -> None:
    async with async_client.responses.stream(model="m", input="Hello") as events:
        pieces = [event.delta async for event in events if event.type == "response.output_text.delta"]
    assert "".join(pieces) == "You said: Hello"
    assert len(pieces) == 3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reasoning": SHOWN, "include": ENCRYPTED},
        {"input": "get_time, then get_weather", "tools": TOOLS},
        {"input": "get_time", "tools": TOOLS, "reasoning": {"effort": "high"}},
        {"input": "word " * 30, "max_output_tokens": 16},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
    ],
    ids=["text", "reasoning", "tools", "both", "length", "json", "logprobs"],
)
def test_a_stream_comes_to_the_same_as_the_whole(client: openai.OpenAI, options: Any) -> None:
    whole = told(ask(client, **options))
    events = list(ask(client, stream=True, **options))
    assert told(events[-1].response) == whole
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert done == events[-1].response.output
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == events[-1].response.output_text
    logprobs = [event.logprobs for event in events if event.type == "response.output_text.delta"]
    told_whole = [part.logprobs or [] for item in done for part in getattr(item, "content", None) or ()]
    assert [found.token for piece in logprobs for found in piece] == [
        found.token for part in told_whole for found in part
    ]


def test_a_stream_has_its_events_in_their_order(client: openai.OpenAI) -> None:
    events = list(ask(client, input="Hi", reasoning=SHOWN, stream=True))
    assert list(dict.fromkeys(event.type.removeprefix("response.") for event in events)) == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "completed",
    ]
    calls = list(ask(client, input="get_time", tools=TOOLS, stream=True))
    kind = "response.function_call_arguments"
    pieces = [event.delta for event in calls if event.type == f"{kind}.delta"]
    (done,) = [event for event in calls if event.type == f"{kind}.done"]
    assert "".join(pieces) == done.arguments == calls[-1].response.output[0].arguments
    for found in (events, calls):
        assert [event.sequence_number for event in found] == list(range(len(found)))


@pytest.mark.parametrize(
    "bend",
    [{"has_comments": True}, {"ends_lines_with_crlf": True}, {"chunk_bytes": 7}, {"delta_characters": 1}],
)
def test_a_bent_stream_says_the_same(
    client: openai.OpenAI, upstream: ScriptedUpstream, bend: dict[str, Any]
) -> None:
    upstream.script(Answer("Hello, wörld", (Call("f", {"a": "é"}),), **bend))
    events = list(ask(client, stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    kind = "response.function_call_arguments.delta"
    arguments = "".join(event.delta for event in events if event.type == kind)
    assert (text, arguments) == ("Hello, wörld", '{"a":"é"}')
    assert events[-1].type == "response.completed"


@pytest.mark.parametrize(
    ("reasoning", "include", "summaries", "is_encrypted"),
    [
        ({"effort": "low"}, [], 0, False),
        (SHOWN, [], 1, False),
        ({"effort": "low", "generate_summary": "concise"}, ENCRYPTED, 1, True),
    ],
)
def test_reasoning_is_shown_as_far_as_it_is_asked_for(
    client: openai.OpenAI, reasoning: Any, include: Any, summaries: int, is_encrypted: bool
) -> None:
    reply = ask(client, reasoning=reasoning, include=include)
    assert [item.type for item in reply.output] == ["reasoning", "message"]
    assert [part.text for part in reply.output[0].summary] == ["The user said: Hello"] * summaries
    assert (reply.output[0].encrypted_content is not None) == is_encrypted
    assert reply.usage.output_tokens_details.reasoning_tokens == 4
    assert len(ask(client, reasoning={"effort": "none"}).output) == 1


@pytest.mark.parametrize("store", [True, False])
def test_reasoning_is_taken_back(client: openai.OpenAI, store: bool) -> None:
    options: Any = {"tools": TOOLS, "reasoning": SHOWN, "include": ENCRYPTED, "store": store}
    first = ask(client, input="get_time", **options)
    reasoning, call = first.output
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "It is noon."}
    history = [{"role": "user", "content": "get_time"}, reasoning, call, output]
    assert ask(client, input=history, **options).output_text == "The tools said: It is noon."


def test_a_conversation_goes_on_from_a_response_that_was_kept(client: openai.OpenAI) -> None:
    first = ask(client, input="get_time", tools=TOOLS, reasoning=SHOWN)
    output = {"type": "function_call_output", "call_id": first.output[1].call_id, "output": "It is noon."}
    second = ask(client, input=[output], previous_response_id=first.id)
    assert (second.output_text, second.previous_response_id) == ("The tools said: It is noon.", first.id)
    third = ask(client, input="And?", previous_response_id=second.id)
    assert third.output_text == "You said: And?"
    assert third.usage.input_tokens > second.usage.input_tokens
    streamed = list(ask(client, stream=True))[-1].response
    client.responses.delete(first.id)
    assert ask(client, input="Go on", previous_response_id=third.id).output_text == "You said: Go on"
    reference = {"type": "item_reference", "id": streamed.output[0].id}
    follow_up = {"role": "user", "content": "Go on"}
    assert ask(client, input=[reference, follow_up]).output_text == "You said: Go on"
    for missing in ("resp_0", ask(client, store=False).id):
        with pytest.raises(openai.BadRequestError) as caught:
            ask(client, previous_response_id=missing)
        assert caught.value.code == "previous_response_not_found"
        assert caught.value.param == "previous_response_id"


def test_what_was_kept_is_shown_and_deleted(client: openai.OpenAI) -> None:
    first = ask(client)
    assert client.responses.retrieve(first.id).to_dict() == first.to_dict()
    client.responses.delete(first.id)
    for call in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError, match=first.id):
            call(first.id)


def test_the_last_are_kept_by_each_upstream(client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("causeway.testing.responses._MOST_KEPT", 2)
    with ScriptedUpstream() as other:
        elsewhere = openai.OpenAI(base_url=f"{other.url}/v1", api_key="k", max_retries=0)
        with pytest.raises(openai.NotFoundError):
            elsewhere.responses.retrieve(ask(client).id)
        oldest, *others = [ask(elsewhere) for _ in range(3)]
        assert [elsewhere.responses.retrieve(kept.id).id for kept in others] == [kept.id for kept in others]
        with pytest.raises(openai.NotFoundError):
            elsewhere.responses.retrieve(oldest.id)


def said(text: str = "Hi") -> Any:
    return {"role": "user", "content": text}


CALL: Any = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT: Any = {"type": "function_call_output", "call_id": "c1", "output": "noon"}
REASONING: Any = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": encrypt("Hm.")}


@pytest.mark.parametrize(
    ("options", "param", "code"),
    [
        ({"input": [said(), OUTPUT]}, "input", None),
        ({"input": [said(), OUTPUT, CALL]}, "input", None),
        ({"input": [said(), CALL, said()]}, "input", None),
        (
            {"input": [{**REASONING, "encrypted_content": "gAAAA"}, CALL, OUTPUT]},
            None,
            "invalid_encrypted_content",
        ),
        ({"input": [REASONING, said()]}, "input", None),
        ({"input": [REASONING]}, "input", None),
        ({"input": [REASONING, {"role": "assistant", "content": "42"}, said()]}, "input", None),
        ({"input": [{**REASONING, "id": None}, CALL, OUTPUT]}, "input[0].id", "missing_required_parameter"),
        ({"input": [said(), {**CALL, "id": "call_1"}, OUTPUT]}, "input[1].id", "invalid_value"),
        ({"input": [{**CALL, "call_id": "c" * 65}]}, "input[0].call_id", "invalid_value"),
        ({"input": [{**CALL, "index": 0}]}, "input[0]", "unknown_parameter"),
        ({"input": [{"type": "tool_call"}]}, "input[0].type", "invalid_value"),
        ({"input": [{"role": "tool", "content": "a"}]}, "input[0].role", "invalid_value"),
        (
            {"input": [{"role": "user", "content": [{"type": "output_text", "text": "a"}]}]},
            "input[0].content[0].type",
            "invalid_value",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "a"}]}]},
            "input[0].content[0].type",
            "invalid_value",
        ),
        ({"input": None}, "input", "missing_required_parameter"),
        ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "previous_response_id", None),
        ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({"temperature": 2.5}, "temperature", None),
        ({"include": ["everything"]}, "include[0]", None),
        ({"reasoning": {"summary": "long"}}, "reasoning.summary", None),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools[0]", "unknown_parameter"),
        ({"tools": TOOLS, "tool_choice": {"type": "function", "name": "f"}}, "tool_choice", None),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"tools": TOOLS, "tool_choice": "any"}, "tool_choice", "invalid_value"),
        ({"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}, "text.format.name", None),
        ({"text": {"format": {"type": "json_schema", "name": "a"}}}, "text.format.schema", None),
        ({"stop": ["a"]}, None, None),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    client: openai.OpenAI, options: dict[str, Any], param: str | None, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, extra_body=options)
    assert (caught.value.type, caught.value.param) == ("invalid_request_error", param)
    assert code in (None, caught.value.code)
    assert param is None or param in caught.value.message
    if "stop" in options:
        assert "`stop`" in caught.value.message


def test_what_was_not_kept_cannot_be_referred_to(client: openai.OpenAI) -> None:
    unsealed = {key: value for key, value in REASONING.items() if key != "encrypted_content"}
    for items in ([{"type": "item_reference", "id": "msg_0"}], [unsealed, CALL, OUTPUT]):
        with pytest.raises(openai.NotFoundError, match="input"):
            ask(client, input=items)


@pytest.mark.parametrize(
    ("text", "options", "names"),
    [
        ("How are you?", {}, []),
        ("get_time get_weather", {}, ["get_time", "get_weather"]),
        ("get_time get_weather", {"parallel_tool_calls": False}, ["get_time"]),
        ("get_time", {"tool_choice": "none"}, []),
        ("How are you?", {"tool_choice": "required"}, ["get_weather"]),
        ("get_time", {"tool_choice": {"type": "function", "name": "get_weather"}}, ["get_weather"]),
        (
            "get_time",
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "required",
                    "tools": [{"type": "function", "name": "get_weather"}],
                }
            },
            ["get_weather"],
        ),
        (
            "get_time",
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}},
            [],
        ),
    ],
)
def test_tool_choice_is_obeyed(client: openai.OpenAI, text: str, options: Any, names: list[str]) -> None:
    reply = ask(client, input=text, tools=TOOLS, **options)
    calls = [item for item in reply.output if item.type == "function_call"]
    assert [call.name for call in calls] == names
    for call in calls:
        jsonschema_rs.validate(SCHEMA, msgspec.json.decode(call.arguments))


def test_json_is_made_under_the_schema(client: openai.OpenAI) -> None:
    class Trip(pydantic.BaseModel):
        city: str
        days: int

    reply = client.responses.parse(model="m", input="Rome", text_format=Trip)
    assert reply.output_parsed is not None
    assert reply.output_parsed.city == "Rome"
    free = ask(client, input="Rome", text={"format": {"type": "json_object"}})
    assert msgspec.json.decode(free.output_text) == {"said": "Rome"}


def test_the_bound_of_tokens_ends_the_answer(client: openai.OpenAI) -> None:
    reply = ask(client, input="word " * 30, max_output_tokens=16)
    assert len(reply.output_text.split()) == 16
    assert (reply.status, reply.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert reply.output[0].status == "incomplete"


def test_a_scripted_answer_is_told_in_items(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    annotation: Any = {
        "type": "url_citation",
        "url": "https://example.com",
        "title": "Example",
        "start_index": 0,
        "end_index": 3,
    }
    sources = (Source("document", "a", annotation), Source("document", "b", {"text": "Ada."}))
    usage = Usage(input_tokens=100, output_tokens=7, cached_tokens=60, cache_write_tokens=30)
    upstream.script(
        Answer(
            "Ada.", (Call("f", "{broken", "c9"),), citations=(Citation(0, 3, "Ada", sources),), usage=usage
        ),
        Answer("Ada.", citations=(Citation(0, 3, "Ada", sources),)),
        Answer("No.", finish_reason=FinishReason.CONTENT_FILTER),
        Answer("No.", finish_reason=FinishReason.ERROR),
    )
    message, call = (reply := ask(client)).output
    assert [shown.to_dict() for shown in message.content[0].annotations] == [annotation]
    assert (call.call_id, call.name, call.arguments) == ("c9", "f", "{broken")
    assert reply.usage.input_tokens_details.cached_tokens == 60
    assert reply.usage.input_tokens_details.cache_write_tokens == 30
    added = [event for event in ask(client, stream=True) if event.type.endswith("annotation.added")]
    assert [event.annotation_index for event in added] == [0]
    assert [event.to_dict()["annotation"] for event in added] == [annotation]
    assert ask(client).incomplete_details.reason == "content_filter"
    failed = ask(client)
    assert (failed.status, failed.error.code) == ("failed", "server_error")


def test_tokens_are_counted(client: openai.OpenAI) -> None:
    options: Any = {"input": [said("one two"), CALL, OUTPUT], "instructions": "Be kind."}
    count = client.responses.input_tokens.count(model="m", **options)
    assert count.object == "response.input_tokens"
    assert count.input_tokens == ask(client, **options).usage.input_tokens == 6
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.responses.input_tokens.count(model="m", extra_body={"temperature": 1})


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (503, openai.InternalServerError),
    ],
)
def test_a_status_is_the_error_that_the_sdk_knows(
    client: openai.OpenAI, upstream: ScriptedUpstream, status: int, error: type[openai.APIStatusError]
) -> None:
    upstream.script(Status(status, "because"))
    with pytest.raises(error, match="because") as caught:
        ask(client)
    assert caught.value.body["message"] == "because"  # type: ignore[index]
    assert caught.value.request_id


def test_a_stream_that_fails_says_so_and_ends(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.script(Answer("one two three", error_after_events=5))
    body = {"model": "m", "input": "Hi", "stream": True}
    text = httpx.post(f"{upstream.url}/v1/responses", json=body).text
    events = [msgspec.json.decode(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert [event["type"] for event in events[4:]] == [
        "response.output_text.delta",
        "error",
        "response.failed",
    ]
    assert events[5]["error"]["code"] == events[6]["response"]["error"]["code"] == "server_error"
    assert [event["sequence_number"] for event in events] == list(range(7))


def test_a_required_key_is_asked_for() -> None:
    with ScriptedUpstream(required_key="right", dialects=["responses"]) as upstream:
        with pytest.raises(openai.AuthenticationError) as caught:
            ask(openai.OpenAI(base_url=upstream.url, api_key="wrong", max_retries=0))
        assert caught.value.code == "invalid_api_key"
        assert ask(openai.OpenAI(base_url=upstream.url, api_key="right")).output_text


# A file's kind is told by what is behind its address.
_NOT_KNOWN_HERE = ("tool_return_content-url-audio-openai_responses_--1",)


def with_own_seals(value: Any) -> Any:
    """Return a request with reasoning that this upstream has encrypted."""
    value = copy.deepcopy(value)
    given = value.get("input")
    for item in given if isinstance(given, list) else ():
        if item.get("encrypted_content") and item["type"] == "reasoning":
            item["encrypted_content"] = encrypt("Hm.")
    return value


@pytest.mark.parametrize(
    "exchange", recordings("openai-responses", "responses") + recordings("openai-responses", "input_tokens")
)
def test_what_openai_took_is_taken_and_what_it_refused_is_refused(
    shared_upstream: ScriptedUpstream, exchange: Any, request: pytest.FixtureRequest
) -> None:
    shared_upstream.forget()
    url = httpx.URL(exchange["request"]["url"]).raw_path.decode()
    body = with_own_seals(exchange["request"]["body"])
    response = httpx.post(shared_upstream.url + url, json=body)
    expected = exchange["response"]["status"]
    if body.get("previous_response_id"):  # it alone has that response
        assert response.json()["error"]["code"] == "previous_response_not_found"
    elif any(name in request.node.name for name in _NOT_KNOWN_HERE):
        assert (response.status_code, expected) == (200, 400)
    else:
        assert response.status_code == expected, response.text
    if expected == response.status_code == 400:
        assert response.json()["error"]["param"] == exchange["response"]["json"]["error"]["param"]


def answer_fields(response: Any) -> Iterator[str]:
    """Yield the fields of an answer, or of all events of its stream."""
    if "json" in response:
        yield from fields_of(response["json"], free=_FREE)
        return
    for line in response["text"].splitlines():
        if line.startswith("data:") and "[DONE]" not in line:
            yield from fields_of(msgspec.json.decode(line[5:].encode()), free=_FREE)


def test_nothing_is_written_that_was_not_recorded(upstream: ScriptedUpstream) -> None:
    known: set[str] = set()
    for parameter in recordings("openai-responses", "responses"):
        exchange: Any = parameter.values[0]
        if exchange is None:
            pytest.skip("the recordings are not beside this checkout")
        known.update(answer_fields(exchange["response"]))
    for parameter in fixture_files("openai/responses", "*.chunks.txt"):
        for line in str(parameter.values[0]).splitlines():
            known.update(fields_of(msgspec.json.decode(line), free=_FREE))
    body = {"model": "m", "tools": TOOLS, "reasoning": SHOWN, "include": ENCRYPTED}
    for is_streamed in (False, True):
        for text in ("Hello", "get_time"):
            response = httpx.post(
                f"{upstream.url}/v1/responses", json=body | {"input": text, "stream": is_streamed}
            )
            written = {"text": response.text} if is_streamed else {"json": response.json()}
            assert set(answer_fields(written)) - known == set()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["user", "message", "function", "function_call", "reasoning", "json_schema"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "name", "id", "tools", "mode"]), inner)
    ),
    max_leaves=8,
)
FIELDS = ["input", "instructions", "tools", "tool_choice", "text", "reasoning", "include", "metadata"]


@settings(deadline=None)
@given(body=st.dictionaries(st.sampled_from(FIELDS), JSON | st.lists(JSON, min_size=1, max_size=2)))
def test_whatever_it_is_sent_it_answers(shared_upstream: ScriptedUpstream, body: Any) -> None:
    response = httpx.post(f"{shared_upstream.url}/v1/responses", json={"model": "m", "input": "a"} | body)
    assert response.status_code in (200, 400, 404)
