"""Anthropic's own SDK in front of the scripted upstream: it behaves as in front of the real thing."""

import copy
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import httpx
import jsonschema_rs
import msgspec
import pydantic
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.model.content import Citation, Source
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing import Answer, Call, ScriptedUpstream, Status
from causeway.testing.anthropic_blocks import sign_thinking
from causeway.testing.signatures import sign
from support.json_shape import fields_of
from support.recordings import fixture_files, recordings

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: Any = [{"name": name, "input_schema": SCHEMA} for name in ("get_weather", "get_time")]
THINKING: Any = {"type": "enabled", "budget_tokens": 1024}
DOCUMENTS: Any = [
    {
        "type": "document",
        "title": "France",
        "source": {
            "type": "text",
            "media_type": "text/plain",
            "data": "Paris is the capital of France. More.",
        },
        "citations": {"enabled": True},
    },
    {
        "type": "document",
        "source": {
            "type": "content",
            "content": [{"type": "text", "text": "Rome is in Italy. "}, {"type": "text", "text": "Yes."}],
        },
        "citations": {"enabled": True},
    },
]
_FREE = ("input",)


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


def ask(client: anthropic.Anthropic, **options: Any) -> Any:
    options = {"model": "claude-a", "max_tokens": 4096, "messages": said("Hello"), **options}
    return client.messages.create(**options)


def stream(client: anthropic.Anthropic, **options: Any) -> list[Any]:
    return list(ask(client, stream=True, **options))


def told(message: Any) -> Any:
    """Return what a message says, without ids."""
    body = message.to_dict() | {"id": ""}
    for block in body["content"]:
        block.pop("id", None)
        for added in ("parsed_output", "citations"):  # by the SDK, where there are none
            if not block.get(added):
                block.pop(added, None)
    return body


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(models=("claude-a", "claude-b", "claude-c")) as upstream:
        yield upstream


@pytest.fixture
def upstream(shared_upstream: ScriptedUpstream) -> ScriptedUpstream:
    shared_upstream.forget()
    return shared_upstream


@pytest.fixture
def client(upstream: ScriptedUpstream) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=upstream.url, api_key="secret", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture
async def async_client(upstream: ScriptedUpstream) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=upstream.url, api_key="secret", max_retries=0) as client:
        yield client


def test_a_message_says_back_what_it_was_told(
    client: anthropic.Anthropic, upstream: ScriptedUpstream
) -> None:
    reply = ask(client, messages=said("Hello, wörld"), system="Be kind.")
    assert [block.text for block in reply.content] == ["You said: Hello, wörld"]
    assert (reply.role, reply.type, reply.model) == ("assistant", "message", "claude-a")
    assert (reply.stop_reason, reply.stop_sequence) == ("end_turn", None)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (4, 4)
    assert reply._request_id == f"req_{upstream.requests[0].number:024d}"
    (request,) = upstream.requests
    assert (request.path, request.key) == ("/v1/messages", "secret")


async def test_the_asynchronous_client_is_answered_alike(async_client: anthropic.AsyncAnthropic) -> None:
    async with async_client.messages.stream(model="m", max_tokens=99, messages=said("Hello")) as events:
        assert "".join([text async for text in events.text_stream]) == "You said: Hello"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"thinking": THINKING},
        {"tools": TOOLS, "messages": said("get_time, then get_weather")},
        {"tools": TOOLS, "messages": said("get_time"), "thinking": THINKING},
        {"messages": [{"role": "user", "content": [*DOCUMENTS, {"type": "text", "text": "Tell me."}]}]},
        {"max_tokens": 2},
        {"max_tokens": 0},
        {"stop_sequences": ["Hel"]},
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ],
    ids=["text", "thinking", "tools", "both", "documents", "length", "nothing", "stop", "json"],
)
def test_a_stream_comes_to_the_same_as_the_whole(client: anthropic.Anthropic, options: Any) -> None:
    whole = told(ask(client, **options))
    given: Any = {"model": "claude-a", "max_tokens": 4096, "messages": said("Hello"), **options}
    with client.messages.stream(**given) as events:
        assert told(events.get_final_message()) == whole


def test_a_stream_has_its_events_in_their_order(
    client: anthropic.Anthropic, upstream: ScriptedUpstream
) -> None:
    events = stream(client, messages=said("get_time"), tools=TOOLS, thinking=THINKING)
    kinds = [(event.type, getattr(getattr(event, "delta", None), "type", None)) for event in events]
    delta = "content_block_delta"
    assert list(dict.fromkeys(kinds)) == [
        ("message_start", None),
        ("content_block_start", None),
        (delta, "thinking_delta"),
        (delta, "signature_delta"),
        ("content_block_stop", None),
        (delta, "input_json_delta"),
        ("message_delta", None),
        ("message_stop", None),
    ]
    assert [event.index for event in events if event.type == "content_block_start"] == [0, 1]
    body = {"model": "m", "max_tokens": 9, "messages": said("Hi"), "stream": True}
    raw = httpx.post(f"{upstream.url}/v1/messages", json=body, headers={"anthropic-version": "2023-06-01"})
    assert raw.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert raw.text.count('event: ping\ndata: {"type":"ping"}\n\n') == 1  # the SDK does not show it


@pytest.mark.parametrize(
    "bend",
    [{"has_comments": True}, {"ends_lines_with_crlf": True}, {"chunk_bytes": 7}, {"delta_characters": 1}],
)
def test_a_bent_stream_says_the_same(
    client: anthropic.Anthropic, upstream: ScriptedUpstream, bend: dict[str, Any]
) -> None:
    upstream.script(Answer("Hello, wörld", (Call("f", {"a": "é"}),), "Hm, hm.", **bend))
    given: Any = {"model": "m", "max_tokens": 99, "messages": said("a")}
    with client.messages.stream(**given) as events:
        thinking, text, call = events.get_final_message().content
    assert (thinking.thinking, text.text, call.input) == ("Hm, hm.", "Hello, wörld", {"a": "é"})  # type: ignore[union-attr]


def test_thinking_is_given_with_its_signature_and_taken_back(client: anthropic.Anthropic) -> None:
    first = ask(client, messages=said("get_time"), tools=TOOLS, thinking=THINKING)
    thinking, call = first.content
    assert (thinking.type, thinking.thinking) == ("thinking", "The user said: get_time")
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": "It is noon."}
    history = [*said("get_time"), {"role": "assistant", "content": first.content}]
    again = ask(
        client, messages=[*history, {"role": "user", "content": [result]}], tools=TOOLS, thinking=THINKING
    )
    assert again.content[-1].text == "The tools said: It is noon."
    assert again.usage.output_tokens_details.thinking_tokens == 4


def test_thinking_that_is_not_to_be_shown_is_signed_all_the_same(client: anthropic.Anthropic) -> None:
    adaptive: Any = {"type": "adaptive", "display": "omitted"}
    first = ask(client, thinking=adaptive)
    assert first.content[0].thinking == ""
    history: Any = [*said("Hello"), {"role": "assistant", "content": first.content}, *said("Go on")]
    assert ask(client, messages=history, thinking=adaptive).content[-1].text == "You said: Go on"


def with_call(thinking: Any = None, result_id: str = "c1", before: Any = (), more: Any = ()) -> Any:
    """Return a conversation in which a call was answered."""
    call = {"type": "tool_use", "id": "c1", "name": "get_time", "input": {}}
    result = {"type": "tool_result", "tool_use_id": result_id, "content": "noon"}
    return [
        *said("get_time"),
        {"role": "assistant", "content": [*([thinking] if thinking else []), call]},
        {"role": "user", "content": [*before, result, *more]},
    ]


TEXT: Any = {"type": "text", "text": "and?"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"messages": with_call(), "thinking": THINKING}, "messages.1.content.0.type"),
        (
            {"messages": with_call({"type": "thinking", "thinking": "Hm.", "signature": "c29tZQ=="})},
            "messages.1.content.0: the `signature`",
        ),
        (
            {
                "messages": with_call(
                    {"type": "thinking", "thinking": "Hm!", "signature": sign_thinking("Hm.")}
                )
            },
            "messages.1.content.0: the `signature`",
        ),
        (  # as another dialect signs it
            {"messages": with_call({"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")})},
            "messages.1.content.0: the `signature`",
        ),
        ({"messages": with_call({"type": "thinking", "thinking": "Hm."})}, "signature"),
        ({"messages": with_call({"type": "redacted_thinking", "data": "x"})}, "messages.1.content.0.data"),
        ({"messages": with_call(result_id="c2")}, "messages.2.content.0.tool_use_id"),
        ({"messages": with_call(before=[TEXT])}, "messages.2.content.1"),
        ({"messages": with_call()[:2]}, "c1"),
        ({"messages": [*with_call()[:2], *said("no")]}, "c1"),
        ({"messages": [with_call()[2]]}, "messages.0.content.0.tool_use_id"),
        ({"messages": [*with_call(), *with_call()]}, "messages.4.content.0.id"),
        ({"messages": [{"role": "user", "content": [with_call()[1]["content"][0]]}]}, "role user"),
        ({"messages": [{"role": "assistant", "content": [DOCUMENTS[0]]}, *said("a")]}, "role assistant"),
        ({"messages": []}, "messages"),
        ({"messages": said("")}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "content.0.text"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": " \n"}]}]}, "content.0.text"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "role"),
        ({"messages": [*said("a"), {"role": "assistant", "content": "so "}]}, "messages.1.content"),
        ({"messages": [{"role": "user", "content": [{"type": "tekst", "text": "a"}]}]}, "'tekst'"),
        ({"messages": [{"role": "user", "content": [{**TEXT, "note": 1}]}]}, "note"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}]}, "url"),
        (
            {"messages": [{"role": "user", "content": [DOCUMENTS[0], {**DOCUMENTS[1], "citations": None}]}]},
            "citations",
        ),
        ({"system": [{"type": "text", "text": ""}]}, "system.0.text"),
        ({"system": [{**TEXT, "cache_control": {"type": "ephemeral"}}] * 5}, "cache_control"),
        ({"temperature": 1.5}, "temperature"),
        ({"temperature": 0.5, "thinking": THINKING}, "temperature"),
        ({"top_k": 5, "thinking": THINKING}, "top_k"),
        ({"top_p": 0.5, "thinking": THINKING}, "top_p"),
        ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, "max_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1000}}, "budget_tokens"),
        ({"thinking": {"type": "enabled"}}, "budget_tokens"),
        ({"thinking": THINKING, "tools": TOOLS, "tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tool_choice": {"type": "auto"}}, "tool_choice"),
        ({"tools": TOOLS, "tool_choice": {"type": "tool", "name": "other"}}, "tool_choice"),
        ({"tools": TOOLS * 2}, "tools.2.name"),
        ({"tools": [{"name": "a b", "input_schema": SCHEMA}]}, "tools.0.name"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "tools.0.input_schema"),
        ({"tools": [{"name": "a", "parameters": {}}]}, "tools.0"),
        ({"stop_sequences": [" "]}, "stop_sequences.0"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "additional"),
        (
            {
                "output_config": {
                    "format": {"type": "json_schema", "schema": {"type": "integer", "minimum": 1}}
                }
            },
            "minimum",
        ),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    client: anthropic.Anthropic, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        ask(client, extra_body=options)
    assert caught.value.body["error"]["type"] == "invalid_request_error"  # type: ignore[index]
    assert field in caught.value.body["error"]["message"]  # type: ignore[index]


def test_max_tokens_must_be_given_and_the_version_too(upstream: ScriptedUpstream) -> None:
    body = {"model": "m", "messages": said("a")}
    url = f"{upstream.url}/v1/messages"
    without = httpx.post(url, json=body, headers={"anthropic-version": "2023-06-01"})
    assert (without.status_code, "max_tokens" in without.json()["error"]["message"]) == (400, True)
    for response in (
        httpx.post(url, json=body | {"max_tokens": 9}),
        httpx.post(f"{url}/count_tokens", json=body),
        httpx.get(f"{upstream.url}/anthropic/v1/models"),
    ):
        assert response.status_code == 400
        assert "anthropic-version" in response.json()["error"]["message"]
        assert response.json()["request_id"] == response.headers["request-id"]


def test_the_tools_that_the_user_names_are_called_in_their_order(client: anthropic.Anthropic) -> None:
    reply = ask(client, messages=said("call get_time and then get_weather"), tools=TOOLS)
    assert [(block.type, block.name) for block in reply.content] == [
        ("tool_use", "get_time"),
        ("tool_use", "get_weather"),
    ]
    assert len({block.id for block in reply.content}) == 2
    assert reply.stop_reason == "tool_use"
    for block in reply.content:
        jsonschema_rs.validate(SCHEMA, block.input)


@pytest.mark.parametrize(
    ("text", "choice", "names"),
    [
        ("How are you?", {"type": "auto"}, []),
        ("get_time", {"type": "none"}, []),
        ("How are you?", {"type": "any"}, ["get_weather"]),
        ("get_time", {"type": "tool", "name": "get_weather"}, ["get_weather"]),
        ("get_time get_weather", {"type": "auto", "disable_parallel_tool_use": True}, ["get_time"]),
    ],
)
def test_tool_choice_is_obeyed(client: anthropic.Anthropic, text: str, choice: Any, names: list[str]) -> None:
    reply = ask(client, messages=said(text), tools=TOOLS, tool_choice=choice)
    assert [block.name for block in reply.content if block.type == "tool_use"] == names


def test_the_results_of_tools_are_repeated_unless_the_user_goes_on(client: anthropic.Anthropic) -> None:
    assert ask(client, messages=with_call(), tools=TOOLS).content[0].text == "The tools said: noon"
    assert ask(client, messages=with_call(more=[TEXT]), tools=TOOLS).content[0].text == "You said: and?"


def test_documents_are_cited_where_they_stand(client: anthropic.Anthropic) -> None:
    messages: Any = [{"role": "user", "content": [*DOCUMENTS, {"type": "text", "text": "Tell me."}]}]
    reply = ask(client, messages=messages)
    texts = ["The documents say: ", "Paris is the capital of France.", " ", "Rome is in Italy."]
    assert [block.text for block in reply.content] == texts
    assert [len(block.citations or ()) for block in reply.content] == [0, 1, 0, 1]
    in_text, in_blocks = reply.content[1].citations[0], reply.content[3].citations[0]
    document = DOCUMENTS[0]["source"]["data"]
    assert (in_text.type, in_text.document_index, in_text.document_title) == ("char_location", 0, "France")
    assert document[in_text.start_char_index : in_text.end_char_index] == in_text.cited_text == texts[1]
    assert (in_blocks.type, in_blocks.document_index) == ("content_block_location", 1)
    assert (in_blocks.start_block_index, in_blocks.end_block_index) == (0, 1)
    assert in_blocks.cited_text == "Rome is in Italy. "


def test_documents_that_may_not_be_cited_are_repeated_without(client: anthropic.Anthropic) -> None:
    documents = [{**document, "citations": {"enabled": False}} for document in DOCUMENTS]
    reply = ask(client, messages=[{"role": "user", "content": documents}])
    (block,) = reply.content
    assert block.text == "The documents say: Paris is the capital of France. Rome is in Italy."
    assert block.citations is None


def test_search_results_in_a_tools_result_are_cited(client: anthropic.Anthropic) -> None:
    found = {
        "type": "search_result",
        "source": "https://example.com",
        "title": "Weather",
        "content": [{"type": "text", "text": "It rains."}, {"type": "text", "text": "A lot."}],
        "citations": {"enabled": True},
    }
    messages = with_call()
    messages[2]["content"][0]["content"] = [found]
    reply = ask(client, messages=messages, tools=TOOLS)
    assert "".join(block.text for block in reply.content) == "The tools said: It rains."
    (location,) = reply.content[1].citations
    assert (location.type, location.search_result_index, location.source, location.title) == (
        "search_result_location",
        0,
        "https://example.com",
        "Weather",
    )
    assert (location.start_block_index, location.end_block_index, location.cited_text) == (0, 1, "It rains.")


def test_scripted_citations_overlap_and_point_where_they_say(
    client: anthropic.Anthropic, upstream: ScriptedUpstream
) -> None:
    page = {
        "type": "page_location",
        "cited_text": "page",
        "document_index": 0,
        "document_title": None,
        "start_page_number": 1,
        "end_page_number": 2,
    }
    upstream.script(
        Answer(
            "Paris is nice, they say.",
            citations=(
                Citation(0, 13, "Paris is nice", (Source("document", "doc:0", {}),)),
                Citation(9, 24, "nice, they say.", (Source("document", "any", page),)),
                Citation(0, 5, "Paris", (Source("document", "unknown", {}),)),
            ),
        )
    )
    reply = ask(client, messages=[{"role": "user", "content": DOCUMENTS}])
    assert [(block.text, [c.type for c in block.citations or ()]) for block in reply.content] == [
        ("Paris is ", ["char_location"]),
        ("nice", ["char_location", "page_location"]),
        (", they say.", ["page_location"]),
    ]
    assert reply.content[0].citations[0].cited_text == DOCUMENTS[0]["source"]["data"]


def test_json_is_made_under_the_schema(client: anthropic.Anthropic) -> None:
    class Trip(pydantic.BaseModel):
        city: str
        days: int

    reply: Any = client.messages.parse(model="m", max_tokens=99, messages=said("Rome"), output_format=Trip)
    assert reply.parsed_output.city == "Rome"


def test_stop_sequences_and_the_bound_of_tokens_end_the_answer(client: anthropic.Anthropic) -> None:
    stopped = ask(client, messages=said("one STOP two"), stop_sequences=["two", " STOP"])
    assert [block.text for block in stopped.content] == ["You said: one"]
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", " STOP")
    cut = ask(client, messages=said("one two"), max_tokens=3)
    assert [block.text for block in cut.content] == ["You said: one"]
    assert (cut.stop_reason, cut.stop_sequence) == ("max_tokens", None)


def test_what_is_marked_counts_as_written_to_the_cache(client: anthropic.Anthropic) -> None:
    mark = {"type": "ephemeral"}
    system = [{"type": "text", "text": "one two three", "cache_control": mark}]
    usage = ask(client, system=system, messages=said("four five")).usage
    assert (usage.input_tokens, usage.cache_creation_input_tokens) == (2, 3)
    everything = ask(client, system="one two three", messages=said("four five"), cache_control=mark).usage
    assert (everything.input_tokens, everything.cache_creation_input_tokens) == (0, 5)


def test_a_scripted_usage_is_told_apart_by_the_cache(
    client: anthropic.Anthropic, upstream: ScriptedUpstream
) -> None:
    upstream.script(
        Answer("a", usage=Usage(input_tokens=100, output_tokens=7, cached_tokens=60, cache_write_tokens=30)),
        Answer("a", finish_reason=FinishReason.CONTENT_FILTER),
    )
    usage = ask(client).usage
    assert (usage.input_tokens, usage.output_tokens) == (10, 7)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (60, 30)
    assert ask(client).stop_reason == "refusal"


def test_scripted_calls_keep_their_ids_and_texts(
    client: anthropic.Anthropic, upstream: ScriptedUpstream
) -> None:
    calls = (Call("f", {"a": 1}, "id-1"), Call("g", '{"b": [2]}'))
    upstream.script(Answer("Let me see.", calls), Answer(None, (Call("f", "{broken"),)))
    text, first, second = ask(client).content
    assert (text.text, first.id, first.input, second.input) == ("Let me see.", "id-1", {"a": 1}, {"b": [2]})
    pieces = [event.delta.partial_json for event in stream(client) if event.type == "content_block_delta"]
    assert "".join(pieces) == "{broken"


def test_tokens_are_counted(client: anthropic.Anthropic) -> None:
    messages = with_call(more=[TEXT])
    count = client.messages.count_tokens(model="m", system="Be kind.", messages=messages, tools=TOOLS)
    assert (
        count.input_tokens
        == ask(client, system="Be kind.", messages=messages, tools=TOOLS).usage.input_tokens
    )
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        client.messages.count_tokens(model="m", messages=said("a"), extra_body={"max_tokens": 5})


def test_models_are_listed_page_by_page(client: anthropic.Anthropic) -> None:
    assert [model.id for model in client.models.list(limit=2)] == ["claude-a", "claude-b", "claude-c"]
    assert client.models.list(limit=2).has_more
    assert [model.id for model in client.models.list(before_id="claude-c", limit=1).data] == ["claude-b"]
    assert client.models.retrieve("claude-b").id == "claude-b"
    with pytest.raises(anthropic.NotFoundError, match="claude-z"):
        client.models.retrieve("claude-z")
    wrong: list[Any] = [{"limit": 0}, {"after_id": "claude-z"}]
    for options in wrong:
        with pytest.raises(anthropic.BadRequestError, match=next(iter(options))):
            client.models.list(**options)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (413, anthropic.APIStatusError, "request_too_large"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (529, anthropic.APIStatusError, "overloaded_error"),
    ],
)
def test_a_status_is_the_error_that_the_sdk_knows(
    client: anthropic.Anthropic, upstream: ScriptedUpstream, status: int, error: type[Exception], kind: str
) -> None:
    upstream.script(Status(status, "because"))
    with pytest.raises(error, match="because") as caught:
        ask(client)
    found: Any = caught.value
    assert (found.status_code, found.body["type"]) == (status, "error")
    assert found.body["error"] == {"type": kind, "message": "because"}
    assert found.request_id == found.body["request_id"]


def test_an_error_in_the_stream_is_raised(client: anthropic.Anthropic, upstream: ScriptedUpstream) -> None:
    upstream.script(Answer("one two three", error_after_events=4))
    events = ask(client, stream=True)
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(events)
    assert caught.value.body["error"]["type"] == "overloaded_error"  # type: ignore[index]


@pytest.mark.parametrize(
    ("finish_reason", "kind"), [(FinishReason.ERROR, "api_error"), (FinishReason.TIMEOUT, "timeout_error")]
)
def test_an_answer_that_failed_is_an_error(
    client: anthropic.Anthropic, upstream: ScriptedUpstream, finish_reason: FinishReason, kind: str
) -> None:
    upstream.respond = lambda request: Answer("one", finish_reason=finish_reason)
    for is_streamed in (False, True):
        with pytest.raises(anthropic.APIStatusError) as caught:
            list(ask(client, stream=is_streamed))
        assert caught.value.body["error"]["type"] == kind  # type: ignore[index]


def test_a_required_key_is_asked_for() -> None:
    with ScriptedUpstream(required_key="right") as upstream:
        with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
            ask(anthropic.Anthropic(base_url=upstream.url, api_key="wrong", max_retries=0))
        assert ask(anthropic.Anthropic(base_url=upstream.url, api_key="right")).content
        for headers in ({"x-api-key": "right"}, {"authorization": "Bearer right"}):
            version = {"anthropic-version": "2023-06-01"}
            assert httpx.get(f"{upstream.url}/anthropic/v1/models", headers=headers | version).json()["data"]


def with_own_signatures(body: Any) -> Any:
    """Return a request with the signatures that this upstream gives to the same thoughts."""
    body = copy.deepcopy(body)
    for message in body["messages"]:
        for block in message["content"]:
            if isinstance(block, dict) and block.get("type") == "thinking":
                block["signature"] = sign_thinking(block["thinking"])
    return body


@pytest.mark.parametrize("exchange", recordings("anthropic", "beta=true"))
def test_what_anthropic_took_is_taken(shared_upstream: ScriptedUpstream, exchange: Any) -> None:
    # The two that it refused, it refused for what it knows of its models; here any model is answered.
    shared_upstream.forget()
    url = httpx.URL(exchange["request"]["url"]).copy_with(scheme="http", host="", port=None)
    response = httpx.post(
        shared_upstream.url + url.raw_path.decode(),
        json=with_own_signatures(exchange["request"]["body"]),
        headers={"anthropic-version": "2023-06-01"},
    )
    assert response.status_code == 200, response.text


def recorded_fields() -> set[str]:
    found: set[str] = set()
    for parameter in recordings("anthropic", "beta=true"):
        exchange: Any = parameter.values[0]
        if exchange is None:
            pytest.skip("the recordings are not beside this checkout")
        found.update(answer_fields(exchange["response"]))
    for parameter in fixture_files("anthropic", "*.chunks.txt"):
        for line in str(parameter.values[0]).splitlines():
            found.update(fields_of(msgspec.json.decode(line), free=_FREE))
    return found


def answer_fields(response: Any) -> Iterator[str]:
    """Yield the fields of an answer, or of all events of its stream."""
    if "json" in response:
        yield from fields_of(response["json"], free=_FREE)
        return
    for line in response["text"].splitlines():
        if line.startswith("data:"):
            yield from fields_of(msgspec.json.decode(line[5:].encode()), free=_FREE)


def test_nothing_is_written_that_was_not_recorded(upstream: ScriptedUpstream) -> None:
    known = recorded_fields()
    thinking = {"type": "enabled", "budget_tokens": 1024}
    for is_streamed in (False, True):
        body = {
            "model": "m",
            "max_tokens": 2048,
            "stream": is_streamed,
            "tools": TOOLS,
            "thinking": thinking,
        }
        for text in ("Hello", "get_time"):
            response = httpx.post(
                f"{upstream.url}/v1/messages",
                json=body | {"messages": said(text)},
                headers={"anthropic-version": "2023-06-01"},
            )
            written = {"text": response.text} if is_streamed else {"json": response.json()}
            assert set(answer_fields(written)) - known == set()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["text", "user"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "text", "id", "schema", "format", "properties"]),
            inner,
        )
    ),
    max_leaves=8,
)
FIELDS = ["messages", "system", "tools", "tool_choice", "thinking", "output_config", "stop_sequences"]


@settings(deadline=None)
@given(body=st.dictionaries(st.sampled_from(FIELDS), JSON | st.lists(JSON, min_size=1, max_size=2)))
def test_whatever_it_is_sent_it_answers(shared_upstream: ScriptedUpstream, body: Any) -> None:
    response = httpx.post(
        f"{shared_upstream.url}/v1/messages",
        json={"model": "m", "max_tokens": 5, "messages": said("a")} | body,
        headers={"anthropic-version": "2023-06-01"},
    )
    assert response.status_code in (200, 400)
