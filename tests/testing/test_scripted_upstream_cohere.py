"""Cohere's own SDK in front of the scripted upstream: it behaves as in front of the real thing."""

import base64
import struct
from collections.abc import Iterator
from typing import Any

import cohere
import jsonschema_rs
import msgspec
import pytest
from cohere.core.api_error import ApiError

from causeway.model.content import Citation, Source
from causeway.testing import Answer, Call, ScriptedUpstream, Status

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "description": name, "parameters": SCHEMA}}
    for name in ("get_weather", "get_time")
]
DOCUMENTS: Any = [
    "Paris is the capital of France. It is old.",
    {"id": "b", "data": {"title": "Italy", "text": "Rome is Italy’s capital."}},
]


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(models=("command-a", "command-b", "command-c")) as upstream:
        yield upstream


@pytest.fixture
def client(upstream: ScriptedUpstream) -> cohere.ClientV2:
    return cohere.ClientV2(base_url=upstream.url, api_key="secret")


@pytest.fixture
def async_client(upstream: ScriptedUpstream) -> cohere.AsyncClientV2:
    return cohere.AsyncClientV2(base_url=upstream.url, api_key="secret")


def events(client: cohere.ClientV2, **options: Any) -> list[Any]:
    return list(client.chat_stream(model="command-a", **options))


def test_a_chat_says_back_what_it_was_told(client: cohere.ClientV2, upstream: ScriptedUpstream) -> None:
    reply: Any = client.chat(model="command-a", messages=said("Hello, wörld"))
    assert reply.message.content[0].text == "You said: Hello, wörld"
    assert reply.finish_reason == "COMPLETE"
    assert reply.usage.tokens.input_tokens == reply.usage.billed_units.input_tokens == 2
    assert reply.usage.tokens.output_tokens == 4
    assert upstream.requests[0].key == "secret"


async def test_the_asynchronous_client_is_answered_alike(async_client: cohere.AsyncClientV2) -> None:
    reply: Any = await async_client.chat(model="command-a", messages=said("Hello"))
    assert reply.message.content[0].text == "You said: Hello"
    stream: Any = async_client.chat_stream(model="command-a", messages=said("Hello"))
    text = "".join(
        [event.delta.message.content.text async for event in stream if event.type == "content-delta"]
    )
    assert text == "You said: Hello"


def test_a_stream_has_the_events_of_text_in_their_order(client: cohere.ClientV2) -> None:
    found = events(client, messages=said("Hello"))
    kinds = ["message-start", "content-start", *["content-delta"] * 3, "content-end", "message-end"]
    assert [event.type for event in found] == kinds
    assert found[-1].delta.finish_reason == "COMPLETE"
    assert found[-1].delta.usage.tokens.output_tokens == 3


def test_thinking_comes_before_the_text(client: cohere.ClientV2) -> None:
    thinking: Any = {"type": "enabled"}
    reply: Any = client.chat(model="command-a", messages=said("Hi"), thinking=thinking)
    assert [block.type for block in reply.message.content] == ["thinking", "text"]
    assert reply.message.content[0].thinking == "The user said: Hi"
    found = events(client, messages=said("Hi"), thinking=thinking)
    assert [event.index for event in found if event.type == "content-start"] == [0, 1]
    pieces = [event.delta.message.content for event in found if event.type == "content-delta"]
    assert "".join(piece.thinking for piece in pieces if piece.thinking) == "The user said: Hi"
    off: Any = client.chat(model="command-a", messages=said("Hi"), thinking={"type": "disabled"})
    assert [block.type for block in off.message.content] == ["text"]


def test_tools_are_planned_and_called(client: cohere.ClientV2) -> None:
    reply: Any = client.chat(model="command-a", messages=said("get_time, then get_weather"), tools=TOOLS)
    assert reply.finish_reason == "TOOL_CALL"
    assert reply.message.tool_plan == "I will call get_time and get_weather."
    assert reply.message.content is None
    assert [call.function.name for call in reply.message.tool_calls] == ["get_time", "get_weather"]
    for call in reply.message.tool_calls:
        jsonschema_rs.validate(SCHEMA, msgspec.json.decode(call.function.arguments))


def test_tool_calls_stream_one_after_another(client: cohere.ClientV2) -> None:
    found = events(client, messages=said("get_time, then get_weather"), tools=TOOLS)
    plan = "".join(event.delta.message.tool_plan for event in found if event.type == "tool-plan-delta")
    assert plan == "I will call get_time and get_weather."
    starts = [event for event in found if event.type == "tool-call-start"]
    assert [(event.index, event.delta.message.tool_calls.function.name) for event in starts] == [
        (0, "get_time"),
        (1, "get_weather"),
    ]
    for index in (0, 1):
        pieces = [event for event in found if event.type == "tool-call-delta" and event.index == index]
        arguments = "".join(piece.delta.message.tool_calls.function.arguments for piece in pieces)
        assert msgspec.json.decode(arguments) == {"city": "get_time, then get_weather"}
    order = [event.index for event in found if event.type.startswith("tool-call-")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("text", "tool_choice", "names"),
    [("Hi", "REQUIRED", ["get_weather"]), ("get_time", "NONE", []), ("get_time", None, ["get_time"])],
)
def test_tool_choice_is_obeyed(
    client: cohere.ClientV2, text: str, tool_choice: Any, names: list[str]
) -> None:
    options = {"tool_choice": tool_choice} if tool_choice else {}
    reply: Any = client.chat(model="command-a", messages=said(text), tools=TOOLS, **options)
    assert [call.function.name for call in reply.message.tool_calls or ()] == names


@pytest.mark.parametrize(
    ("content", "text", "source_id", "tool_output"),
    [
        ("It is sunny. Very.", "It is sunny.", "t1:0", {"content": "It is sunny. Very."}),
        ('{"sky": "blue", "n": 3}', "blue 3", "t1:0", {"sky": "blue", "n": "3"}),
        ([{"type": "text", "text": "Sunny."}], "Sunny.", "t1:0", {"content": "Sunny."}),
        (
            [{"type": "document", "document": {"id": "d", "data": {"text": "It rains."}}}],
            "It rains.",
            "d",
            {"text": "It rains."},
        ),
    ],
)
def test_the_results_of_tools_are_repeated_and_cited(
    client: cohere.ClientV2, content: Any, text: str, source_id: str, tool_output: Any
) -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    history = [
        *said("get_weather"),
        {"role": "assistant", "tool_plan": "I will.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t1", "content": content},
    ]
    reply: Any = client.chat(model="command-a", messages=history, tools=TOOLS)
    answer = reply.message.content[0].text
    assert answer == f"The tools said: {text}"
    (citation,) = reply.message.citations
    assert answer[citation.start : citation.end] == citation.text == text
    (source,) = citation.sources
    assert (source.type, source.id, source.tool_output) == ("tool", source_id, tool_output)


def test_documents_are_repeated_with_citations_of_real_spans(client: cohere.ClientV2) -> None:
    reply: Any = client.chat(model="command-a", messages=said("Tell me."), documents=DOCUMENTS)
    text = reply.message.content[0].text
    assert text == "The documents say: Paris is the capital of France. Rome is Italy’s capital."
    for citation, source_id in zip(reply.message.citations, ["doc:0", "b"], strict=True):
        assert text[citation.start : citation.end] == citation.text
        (source,) = citation.sources
        assert source.id == source.document["id"] == source_id
        assert citation.text in source.document["text"]


@pytest.mark.parametrize(
    ("mode", "order"),
    [("ACCURATE", "after"), ("FAST", "between"), ("OFF", "none"), (None, "after")],
)
def test_citations_stream_where_the_mode_says(client: cohere.ClientV2, mode: Any, order: str) -> None:
    options: Any = {"citation_options": {"mode": mode}} if mode else {}
    found = events(client, messages=said("Tell me."), documents=DOCUMENTS, **options)
    kinds = [event.type for event in found]
    citations = [event for event in found if event.type == "citation-start"]
    assert kinds.count("citation-end") == len(citations) == (0 if order == "none" else 2)
    if order == "none":
        return
    assert [event.index for event in citations] == [0, 1]
    last_delta = len(kinds) - 1 - kinds[::-1].index("content-delta")
    assert (kinds.index("citation-start") > last_delta) == (order == "after")
    assert kinds.index("content-end") > kinds.index("citation-start")


def test_a_citation_between_deltas_comes_as_soon_as_its_span_is_told(client: cohere.ClientV2) -> None:
    options: Any = {"citation_options": {"mode": "FAST"}}
    told, before_last_delta, count = 0, 0, 0
    for event in events(client, messages=said("Tell me."), documents=DOCUMENTS, **options):
        if event.type == "content-delta":
            before_last_delta, told = told, told + len(event.delta.message.content.text)
        if event.type == "citation-start":
            assert before_last_delta < event.delta.message.citations.end <= told
            count += 1
    assert count == 2


def test_json_is_made_under_the_schema_in_either_spelling(client: cohere.ClientV2) -> None:
    for key in ("json_schema", "schema"):
        response_format: Any = {"type": "json_object", key: SCHEMA}
        reply: Any = client.chat(model="command-a", messages=said("Rome"), response_format=response_format)
        assert msgspec.json.decode(reply.message.content[0].text) == {"city": "Rome"}
    free: Any = client.chat(model="command-a", messages=said("Rome"), response_format={"type": "json_object"})
    assert msgspec.json.decode(free.message.content[0].text) == {"said": "Rome"}


def test_stop_sequences_and_the_bound_of_tokens_end_the_answer(client: cohere.ClientV2) -> None:
    stopped: Any = client.chat(model="command-a", messages=said("one STOP two"), stop_sequences=[" STOP"])
    assert (stopped.message.content[0].text, stopped.finish_reason) == ("You said: one", "STOP_SEQUENCE")
    cut: Any = client.chat(model="command-a", messages=said("one two"), max_tokens=3)
    assert (cut.message.content[0].text, cut.finish_reason) == ("You said: one", "MAX_TOKENS")


def test_log_probabilities_stand_for_each_token(client: cohere.ClientV2) -> None:
    reply: Any = client.chat(model="command-a", messages=said("Hi"), logprobs=True)
    assert "".join(item.text for item in reply.logprobs) == "You said: Hi"
    assert all(len(item.token_ids) == len(item.logprobs) == 1 for item in reply.logprobs)
    found = events(client, messages=said("Hi"), logprobs=True)
    streamed = [event.logprobs for event in found if event.type == "content-delta"]
    assert streamed == reply.logprobs


def test_a_scripted_answer_has_its_citations_and_its_plan(
    client: cohere.ClientV2, upstream: ScriptedUpstream
) -> None:
    citation = Citation(0, 3, "Ada", (Source("document", "d", {"id": "d", "text": "Ada."}),))
    upstream.script(
        Answer("Ada wrote.", citations=(citation,)), Answer("Plan.", (Call("f", {"a": 1}, "c1"),))
    )
    first: Any = client.chat(model="command-a", messages=said("Hi"))
    assert first.message.citations[0].sources[0].document == {"id": "d", "text": "Ada."}
    second: Any = client.chat(model="command-a", messages=said("Hi"))
    assert second.message.tool_plan == "Plan."
    assert second.message.tool_calls[0].id == "c1"


def test_vectors_come_in_every_form(client: cohere.ClientV2) -> None:
    forms: Any = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    response: Any = client.embed(
        model="e", input_type="search_document", texts=["a cat"], embedding_types=forms, output_dimension=16
    )
    vectors = response.embeddings
    (floats,) = vectors.float_
    assert sum(value * value for value in floats) == pytest.approx(1)
    assert vectors.int8 == [[round(value * 127) for value in floats]]
    assert vectors.uint8 == [[value + 128 for value in vectors.int8[0]]]
    bits = [int("".join("1" if value > 0 else "0" for value in floats[n : n + 8]), 2) for n in (0, 8)]
    assert vectors.ubinary == [bits]
    assert vectors.binary == [[value - 128 for value in bits]]
    assert struct.unpack("<16f", base64.b64decode(vectors.base64[0])) == pytest.approx(floats)
    assert response.meta.billed_units.input_tokens == 2


def test_embed_reads_inputs_of_content_blocks(client: cohere.ClientV2) -> None:
    inputs: Any = [{"content": [{"type": "text", "text": "a cat"}]}]
    from_inputs: Any = client.embed(model="e", input_type="search_query", inputs=inputs)
    from_texts: Any = client.embed(model="e", input_type="search_query", texts=["a cat"])
    assert from_inputs.embeddings.float_ == from_texts.embeddings.float_


def test_rerank_puts_the_documents_that_share_words_first(client: cohere.ClientV2) -> None:
    documents = ["A cat slept.", "Berlin.", "Paris is the capital of France.", "The capital sleeps."]
    response = client.rerank(model="r", query="capital of France", documents=documents, top_n=2)
    assert [result.index for result in response.results] == [2, 3]
    scores = [result.relevance_score for result in response.results]
    assert 1 >= scores[0] > scores[1] > 0


def test_models_are_listed_page_by_page(client: cohere.ClientV2) -> None:
    first = client.models.list(page_size=2)
    assert [model.name for model in first.models] == ["command-a", "command-b"]
    second = client.models.list(page_size=2, page_token=first.next_page_token)
    assert [model.name for model in second.models] == ["command-c"]
    assert second.next_page_token is None
    assert client.models.get("command-b").name == "command-b"
    with pytest.raises(ApiError) as caught:
        client.models.get("command-z")
    assert caught.value.status_code == 404


def test_models_are_told_in_the_words_of_the_only_dialect() -> None:
    with ScriptedUpstream(dialects=["cohere"]) as upstream:
        client = cohere.ClientV2(base_url=f"{upstream.url}/any", api_key="k")
        assert client.models.list().models[0].name == "scripted"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
def test_a_status_is_the_error_that_the_sdk_knows(
    client: cohere.ClientV2, upstream: ScriptedUpstream, status: int
) -> None:
    upstream.respond = lambda request: Status(status, "because", headers={"retry-after": "0.001"})
    with pytest.raises(ApiError) as caught:
        client.chat(model="command-a", messages=said("Hi"), request_options={"max_retries": 0})
    assert (caught.value.status_code, caught.value.body["message"]) == (status, "because")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("extra", "status", "field"),
    [
        ({"stream_options": {}}, 422, "stream_options"),
        ({"temperature": 1.5}, 400, "temperature"),
        ({"stop_sequences": list("abcdef")}, 400, "stop_sequences"),
        ({"tool_choice": "REQUIRED"}, 400, "tool_choice"),
        ({"tools": TOOLS, "response_format": {"type": "json_object"}}, 400, "response_format"),
        ({"tools": [{"type": "function", "function": {"name": "f", "strict": True}}]}, 422, "strict"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "a"}]}, 400, "messages[0]"),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    client: cohere.ClientV2, extra: dict[str, Any], status: int, field: str
) -> None:
    with pytest.raises(ApiError) as caught:
        client.chat(
            model="command-a",
            messages=said("Hi"),
            request_options={"additional_body_parameters": extra, "max_retries": 0},
        )
    assert caught.value.status_code == status
    assert field in caught.value.body["message"]


def test_a_required_key_is_asked_for() -> None:
    with ScriptedUpstream(required_key="right") as upstream:
        for key, message in [("wrong", "invalid api token"), ("", "no api key supplied")]:
            with pytest.raises(ApiError) as caught:
                cohere.ClientV2(base_url=upstream.url, api_key=key).chat(model="m", messages=said("Hi"))
            assert (caught.value.status_code, caught.value.body["message"]) == (401, message)
        assert cohere.ClientV2(base_url=upstream.url, api_key="right").chat(model="m", messages=said("Hi"))
