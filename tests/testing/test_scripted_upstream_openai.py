"""OpenAI's own SDK in front of the scripted upstream: it behaves as in front of the real thing."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import jsonschema_rs
import msgspec
import openai
import pydantic
import pytest
import pytest_asyncio

from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing import Answer, Call, ScriptedUpstream, Status

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": SCHEMA}}
    for name in ("get_weather", "get_time")
]


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(models=("gpt-a", "gpt-b")) as upstream:
        yield upstream


@pytest.fixture
def client(upstream: ScriptedUpstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="secret", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture
async def async_client(upstream: ScriptedUpstream) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{upstream.url}/v1", api_key="secret", max_retries=0) as client:
        yield client


def told(completion: Any) -> Any:
    """Return what a completion says, without ids."""
    (choice,) = completion.choices
    return {
        "text": choice.message.content or "",
        "calls": [(call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()],
        "logprobs": choice.logprobs.content if choice.logprobs else [],
        "finish_reason": choice.finish_reason,
        "usage": completion.usage,
        "model": completion.model,
    }


def told_by(chunks: Iterable[Any]) -> Any:
    """Return what the chunks of a stream say together."""
    text, calls, logprobs, finish_reason = "", [], [], None
    for chunk in chunks:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish_reason = choice.finish_reason
            logprobs += choice.logprobs.content if choice.logprobs else []
            for piece in choice.delta.tool_calls or ():
                if piece.id:
                    assert piece.index == len(calls)
                    calls.append((piece.function.name, ""))
                name, arguments = calls[piece.index]
                calls[piece.index] = (name, arguments + piece.function.arguments)
    return {
        "text": text,
        "calls": calls,
        "logprobs": logprobs,
        "finish_reason": finish_reason,
        "usage": chunk.usage,
        "model": chunk.model,
    }


def test_a_chat_says_back_what_it_was_told(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    reply = client.chat.completions.create(model="gpt-a", messages=said("Hello, wörld"))
    assert reply.choices[0].message.content == "You said: Hello, wörld"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == "gpt-a"
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (2, 4, 6)
    (request,) = upstream.requests
    assert (request.method, request.path, request.key) == ("POST", "/v1/chat/completions", "secret")
    assert request.json["messages"] == said("Hello, wörld")
    assert "secret" not in repr(request)


async def test_the_asynchronous_client_is_answered_alike(async_client: openai.AsyncOpenAI) -> None:
    reply = await async_client.chat.completions.create(model="gpt-a", messages=said("Hello"))
    assert reply.choices[0].message.content == "You said: Hello"
    stream = await async_client.chat.completions.create(model="gpt-a", messages=said("Hello"), stream=True)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == "You said: Hello"
    assert len(pieces) > 3


@pytest.mark.parametrize(
    "options",
    [
        {"messages": said("Hello there")},
        {"messages": said("call get_time and get_weather"), "tools": TOOLS},
        {"messages": said("Hello"), "response_format": {"type": "json_object"}},
        {"messages": said("one two three"), "max_tokens": 3},
        {"messages": said("Hello"), "logprobs": True, "top_logprobs": 2},
    ],
    ids=["text", "tools", "json", "length", "logprobs"],
)
def test_a_stream_comes_to_the_same_as_the_whole(client: openai.OpenAI, options: Any) -> None:
    whole = client.chat.completions.create(model="gpt-a", **options)
    stream = client.chat.completions.create(
        model="gpt-a", **options, stream=True, stream_options={"include_usage": True}
    )
    assert told_by(stream) == told(whole)


def test_the_same_question_gets_the_same_answer(client: openai.OpenAI) -> None:
    first, second = (client.chat.completions.create(model="m", messages=said("Hi")) for _ in range(2))
    assert first.to_dict() | {"id": ""} == second.to_dict() | {"id": ""}
    assert first.id != second.id


def test_the_tools_that_the_user_names_are_called_in_their_order(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model="m", messages=said("call get_time and then get_weather"), tools=TOOLS
    )
    calls: Any = reply.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["get_time", "get_weather"]
    assert len({call.id for call in calls}) == 2
    assert reply.choices[0].finish_reason == "tool_calls"
    assert reply.choices[0].message.content is None
    for call in calls:
        arguments = msgspec.json.decode(call.function.arguments)
        jsonschema_rs.validate(SCHEMA, arguments)
        assert arguments["city"] == "call get_time and then get_weather"


@pytest.mark.parametrize(
    ("text", "options", "names"),
    [
        ("How are you?", {}, []),
        ("get_weathers and forget_time", {}, []),
        ("call get_time", {"tool_choice": "none"}, []),
        ("How are you?", {"tool_choice": "required"}, ["get_weather"]),
        ("call get_time", {"tool_choice": "required"}, ["get_time"]),
        (
            "call get_time",
            {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
            ["get_weather"],
        ),
        ("get_time get_weather", {"parallel_tool_calls": False}, ["get_time"]),
    ],
)
def test_tool_choice_is_obeyed(client: openai.OpenAI, text: str, options: Any, names: list[str]) -> None:
    reply = client.chat.completions.create(model="m", messages=said(text), tools=TOOLS, **options)
    calls: Any = reply.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == names


def test_the_results_of_tools_are_repeated(client: openai.OpenAI) -> None:
    first: Any = client.chat.completions.create(
        model="m", messages=said("get_time, get_weather"), tools=TOOLS
    ).choices[0]
    results: Any = [
        {"role": "tool", "tool_call_id": call.id, "content": f"result of {call.function.name}."}
        for call in first.message.tool_calls
    ]
    history = [*said("get_time, get_weather"), first.message, *results]
    reply = client.chat.completions.create(model="m", messages=history, tools=TOOLS)
    assert reply.choices[0].message.content == "The tools said: result of get_time. result of get_weather."


def test_json_is_made_under_the_schema(client: openai.OpenAI) -> None:
    class Trip(pydantic.BaseModel):
        city: str
        days: int
        stops: list["Trip"]
        note: str | None

    reply = client.chat.completions.parse(model="m", messages=said("Rome"), response_format=Trip)
    trip = reply.choices[0].message.parsed
    assert trip is not None
    assert trip.city == "Rome"


def test_stop_sequences_and_the_bound_of_tokens_end_the_answer(client: openai.OpenAI) -> None:
    stopped = client.chat.completions.create(model="m", messages=said("one STOP two"), stop=["two", " STOP"])
    assert stopped.choices[0].message.content == "You said: one"
    assert stopped.choices[0].finish_reason == "stop"
    cut = client.chat.completions.create(model="m", messages=said("one two"), max_completion_tokens=3)
    assert cut.choices[0].message.content == "You said: one"
    assert cut.choices[0].finish_reason == "length"


def test_log_probabilities_stand_for_each_token(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(model="m", messages=said("é"), logprobs=True, top_logprobs=3)
    logprobs: Any = reply.choices[0].logprobs
    assert "".join(token.token for token in logprobs.content) == "You said: é"
    for token in logprobs.content:
        assert bytes(token.bytes).decode() == token.token
        assert len(token.top_logprobs) == 3
        assert token.top_logprobs[0].logprob == token.logprob <= 0


def test_reasoning_is_told_where_effort_is_asked_for(client: openai.OpenAI) -> None:
    reply: Any = client.chat.completions.create(model="m", messages=said("Hi"), reasoning_effort="low")
    assert reply.choices[0].message.reasoning_content == "The user said: Hi"
    assert reply.usage.completion_tokens_details.reasoning_tokens == 4
    plain: Any = client.chat.completions.create(model="m", messages=said("Hi"), reasoning_effort="none")
    assert not hasattr(plain.choices[0].message, "reasoning_content")


def test_azure_is_answered_under_its_deployments(upstream: ScriptedUpstream) -> None:
    with openai.AzureOpenAI(
        azure_endpoint=upstream.url, api_version="2024-10-21", api_key="secret", azure_deployment="my-gpt"
    ) as client:
        reply = client.chat.completions.create(model="my-gpt", messages=said("Hi"))
    assert reply.choices[0].message.content == "You said: Hi"
    (request,) = upstream.requests
    assert request.path == "/openai/deployments/my-gpt/chat/completions"
    assert (request.query, request.key) == ("api-version=2024-10-21", "secret")


@pytest.mark.parametrize("prefix", ["", "/v1", "/openai/v1", "/some/where/else"])
def test_any_prefix_is_answered(upstream: ScriptedUpstream, prefix: str) -> None:
    with openai.OpenAI(base_url=upstream.url + prefix, api_key="k") as client:
        assert client.chat.completions.create(model="m", messages=said("Hi")).choices
        assert [model.id for model in client.models.list()] == ["gpt-a", "gpt-b"]


def test_models_are_listed_and_found_by_name(client: openai.OpenAI) -> None:
    assert client.models.retrieve("gpt-b").id == "gpt-b"
    with pytest.raises(openai.NotFoundError, match="gpt-c"):
        client.models.retrieve("gpt-c")


def test_embeddings_rank_similar_texts_together(client: openai.OpenAI) -> None:
    texts = ["A cat sat on the mat.", "The cat is sitting on a mat.", "Interest rates rose in spring."]
    response = client.embeddings.create(model="e", input=texts)
    vectors = [item.embedding for item in response.data]

    def cosine(a: int, b: int) -> float:
        return sum(x * y for x, y in zip(vectors[a], vectors[b], strict=True))

    assert len(vectors[0]) == 1536
    assert cosine(0, 0) == pytest.approx(1, abs=1e-6)
    assert cosine(0, 1) > cosine(0, 2) + 0.2
    assert response.usage.prompt_tokens == sum(len(text.split()) for text in texts)


def test_embeddings_come_in_both_encodings_and_any_length(client: openai.OpenAI) -> None:
    plain = client.embeddings.create(model="e", input="a cat", dimensions=8, encoding_format="float")
    packed = client.embeddings.create(model="e", input=["a cat"], dimensions=8)  # base64 is the SDK's way
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)
    tokens = client.embeddings.create(model="e", input=[[1, 2], [3]], dimensions=8)
    assert [item.index for item in tokens.data] == [0, 1]
    assert len(client.embeddings.create(model="e", input=[1, 2, 3], dimensions=8).data) == 1


def test_scripted_answers_are_given_in_order_and_then_the_default(
    client: openai.OpenAI, upstream: ScriptedUpstream
) -> None:
    upstream.script(
        Answer("first", finish_reason=FinishReason.MAX_TOKENS, usage=Usage(input_tokens=7, output_tokens=9)),
        Answer("Let me see.", (Call("f", {"a": 1}, "id-1"), Call("g", "{broken"))),
    )
    assert len(list(client.models.list())) == 2  # an answer waits for a chat
    assert upstream.replies_left == 2
    first = client.chat.completions.create(model="m", messages=said("Hi"))
    assert first.choices[0].message.content == "first"
    assert first.choices[0].finish_reason == "length"
    assert first.usage is not None
    assert first.usage.total_tokens == 16
    second: Any = client.chat.completions.create(model="m", messages=said("Hi")).choices[0].message
    assert second.content == "Let me see."
    assert [(call.function.name, call.function.arguments) for call in second.tool_calls] == [
        ("f", '{"a":1}'),
        ("g", "{broken"),
    ]
    assert second.tool_calls[0].id == "id-1"
    third = client.chat.completions.create(model="m", messages=said("Hi"))
    assert third.choices[0].message.content == "You said: Hi"


def test_a_function_can_decide_what_is_answered(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.respond = lambda request: Answer("b") if request.json["model"] == "gpt-b" else None
    texts = [
        client.chat.completions.create(model=model, messages=said("Hi")).choices[0].message.content
        for model in ("gpt-a", "gpt-b")
    ]
    assert texts == ["You said: Hi", "b"]


def test_the_sdk_retries_what_it_is_told_to(upstream: ScriptedUpstream) -> None:
    upstream.script(Status(429, "slow down", headers={"retry-after-ms": "1"}), Status(500))
    with openai.OpenAI(base_url=upstream.url, api_key="k", max_retries=2) as client:
        assert client.chat.completions.create(model="m", messages=said("Hi")).choices
    assert len(upstream.requests) == 3


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
    upstream.script(Status(status, "because", headers={"retry-after": "9"}))
    with pytest.raises(error, match="because") as caught:
        client.chat.completions.create(model="m", messages=said("Hi"))
    assert caught.value.body["message"] == "because"  # type: ignore[index]
    assert caught.value.response.headers["retry-after"] == "9"
    assert caught.value.request_id


def test_an_error_in_the_stream_is_raised(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.script(Answer("one two three", error_after_events=2))
    stream = client.chat.completions.create(model="m", messages=said("Hi"), stream=True)
    assert [next(stream).choices[0].delta.content for _ in range(2)] == ["", "one"]
    with pytest.raises(openai.APIError, match="broke off"):
        next(stream)


def test_a_truncated_stream_is_a_connection_error(client: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.script(Answer("one two three", close_after_bytes=300))
    with pytest.raises(openai.APIConnectionError):
        list(client.chat.completions.create(model="m", messages=said("Hi"), stream=True))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": said("Hi"), "max_tokens": 0}, "max_tokens"),
        ({"messages": said("Hi"), "stop": list("abcde")}, "stop"),
        ({"messages": said("Hi"), "n": 2}, "n"),
        ({"messages": said("Hi"), "tool_choice": "required"}, "tool_choice"),
        ({"messages": said("Hi"), "tool_choice": "perhaps"}, "tool_choice"),
        ({"messages": said("Hi"), "response_format": {"type": "xml"}}, "response_format"),
        (
            {"messages": [*said("Hi"), {"role": "tool", "content": "a", "tool_call_id": "x"}]},
            r"messages\[1\]",
        ),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    client: openai.OpenAI, body: dict[str, Any], field: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=field):
        client.chat.completions.create(**{"model": "m", **body})


def test_a_schema_that_nothing_satisfies_is_refused(client: openai.OpenAI) -> None:
    endless = {"type": "object", "properties": {"again": {"$ref": "#"}}, "required": ["again"]}
    with pytest.raises(openai.BadRequestError, match="no value that ends"):
        client.chat.completions.create(
            model="m",
            messages=said("Hi"),
            response_format={"type": "json_schema", "json_schema": {"name": "e", "schema": endless}},
        )


def test_a_required_key_is_asked_for() -> None:
    with ScriptedUpstream(required_key="right") as upstream:
        base_url = f"{upstream.url}/v1"
        with pytest.raises(openai.AuthenticationError, match="not correct") as caught:
            openai.OpenAI(base_url=base_url, api_key="wrong").models.list()
        assert caught.value.code == "invalid_api_key"
        assert openai.OpenAI(base_url=base_url, api_key="right").models.list().data
