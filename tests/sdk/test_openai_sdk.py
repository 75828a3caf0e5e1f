"""What OpenAI's SDK does beyond asking: typed answers, typed tools, its own streaming helper, raw headers."""

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from causeway.testing import Answer, Call, Status
from support.fronts import EMBEDDED, Front

MODELS = ["openai/scripted", "cohere/scripted", EMBEDDED]
CAPITAL: Any = [{"role": "user", "content": "What is the capital of France?"}]
PARIS = "The capital of France is Paris."
JOHN: Any = [{"role": "user", "content": "John Smith, 42, lives in Boston."}]
WEATHER: Any = [{"role": "user", "content": "What's the weather in Toronto?"}]


class Person(BaseModel):
    """A person."""

    name: str
    age: int
    city: str


class GetWeather(BaseModel):
    """Gets the weather of a given location."""

    location: str


@pytest.fixture
def client(front: Front) -> OpenAI:
    return OpenAI(base_url=f"{front.url}/v1", api_key="any", max_retries=0)


def script(front: Front, *answers: Answer) -> None:
    """Give the same script to each provider; one of them is asked, or none."""
    front.openai.script(*answers)
    front.cohere.script(*answers)


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_is_parsed_to_its_type(model: str, client: OpenAI, front: Front) -> None:
    script(front, Answer('{"name":"John Smith","age":42,"city":"Boston"}'))
    completion = client.chat.completions.parse(
        model=model, messages=JOHN, response_format=Person, temperature=0
    )
    assert completion.choices[0].message.parsed == Person(name="John Smith", age=42, city="Boston")


@pytest.mark.parametrize("model", MODELS)
def test_typed_tools_are_called_with_parsed_arguments(model: str, client: OpenAI, front: Front) -> None:
    script(front, Answer(tool_calls=(Call("GetWeather", {"location": "Toronto"}),)))
    completion = client.chat.completions.parse(
        model=model,
        messages=WEATHER,
        tools=[openai.pydantic_function_tool(GetWeather)],
        tool_choice="required",
    )
    (call,) = completion.choices[0].message.tool_calls or ()
    assert call.function.parsed_arguments == GetWeather(location="Toronto")


@pytest.mark.parametrize("model", MODELS)
def test_the_streaming_helper_parses_as_it_reads(model: str, client: OpenAI, front: Front) -> None:
    script(front, Answer('{"name":"John Smith","age":42,"city":"Boston"}', delta_characters=4))
    with client.chat.completions.stream(
        model=model,
        messages=JOHN,
        response_format=Person,
        temperature=0,
        stream_options={"include_usage": True},
    ) as stream:
        events = list(stream)
        completion = stream.get_final_completion()
    types = {event.type for event in events}
    assert {"chunk", "content.delta", "content.done"} <= types
    assert completion.choices[0].message.parsed == Person(name="John Smith", age=42, city="Boston")
    assert completion.usage is not None
    assert completion.usage.total_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_the_streaming_helper_reads_typed_tools(model: str, client: OpenAI, front: Front) -> None:
    script(front, Answer("Let me see.", (Call("GetWeather", {"location": "Toronto"}),), delta_characters=3))
    with client.chat.completions.stream(
        model=model, messages=WEATHER, tools=[openai.pydantic_function_tool(GetWeather)]
    ) as stream:
        events = list(stream)
        message = stream.get_final_completion().choices[0].message
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert [(event.name, event.parsed_arguments) for event in done] == [
        ("GetWeather", GetWeather(location="Toronto"))
    ]
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.parsed_arguments == GetWeather(location="Toronto")


@pytest.mark.parametrize("model", MODELS)
async def test_the_asynchronous_streaming_helper_joins_citations(model: str, front: Front) -> None:
    documents = [
        {
            "id": "size",
            "data": {"text": "Emperor penguins grow up to 122 cm tall.", "url": "https://a.example/1"},
        },
        {
            "id": "home",
            "data": {"text": "Emperor penguins live in Antarctica.", "url": "https://a.example/2"},
        },
    ]
    said = "Emperor penguins grow up to 122 cm tall. Emperor penguins live in Antarctica."
    front.openai.script(Answer(said))
    question: Any = [{"role": "user", "content": "How tall do emperor penguins grow?"}]
    async with (
        AsyncOpenAI(base_url=f"{front.url}/openai/v1", api_key="any", max_retries=0) as client,
        client.chat.completions.stream(
            model=model, messages=question, extra_body={"documents": documents}, temperature=0
        ) as stream,
    ):
        async for _ in stream:
            pass
        message = (await stream.get_final_completion()).choices[0].message
    assert message.content is not None
    citations = (message.model_extra or {})["citations"]
    for citation in citations:
        assert message.content[citation["start"] : citation["end"]] == citation["text"]
    annotations = message.annotations or []
    assert len(annotations) == sum(len(citation["sources"]) for citation in citations) > 0
    assert {annotation.url_citation.url for annotation in annotations} <= {
        "https://a.example/1",
        "https://a.example/2",
    }


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_who_answered_is_in_the_headers_and_in_the_body(
    model: str, stream: bool, client: OpenAI, front: Front
) -> None:
    script(front, Answer(PARIS))
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=CAPITAL, temperature=0, stream=stream
    )
    provider, _, name = model.partition("/")
    assert raw.headers["x-bifrost-provider"] == provider
    assert raw.headers["x-bifrost-resolved-model"] == name
    # What is billed apart is known when the stream is over, and OpenAI's answers have no place for it.
    billed = "dropped response.usage.billed_units" if model == EMBEDDED and not stream else None
    assert raw.headers.get("x-causeway-loss") == billed
    answer: Any = raw.parse()
    for part in list(answer) if stream else [answer]:
        extra = (part.model_extra or {})["extra_fields"]
        assert (extra["provider"], extra["resolved_model_used"]) == (provider, name)
        assert extra["original_model_requested"] == model


@pytest.mark.parametrize("model", MODELS)
def test_one_call_at_a_time(model: str, client: OpenAI, front: Front) -> None:
    tool: Any = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string"}},
                "required": ["location"],
            },
        },
    }
    question: Any = [{"role": "user", "content": "What's the weather in Toronto and in Madrid?"}]
    script(front, Answer(tool_calls=(Call("get_weather", {"location": "Toronto"}),)))
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=question, tools=[tool], parallel_tool_calls=False
    )
    assert len(raw.parse().choices[0].message.tool_calls or ()) == 1
    if model == "openai/scripted":
        assert front.openai.requests[0].json["parallel_tool_calls"] is False
    if model == "cohere/scripted":  # which cannot be asked for it
        assert raw.headers["x-causeway-loss"] == "dropped parallel_tool_calls"


@pytest.mark.parametrize("model", MODELS)
def test_the_choice_of_one_tool(model: str, client: OpenAI, front: Front) -> None:
    tools: Any = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
        for name in ("get_time", "get_date")
    ]
    script(front, Answer(tool_calls=(Call("get_date"),)))
    choice: Any = {"type": "function", "function": {"name": "get_date"}}
    completion = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "When is it?"}], tools=tools, tool_choice=choice
    )
    assert [call.function.name for call in completion.choices[0].message.tool_calls or ()] == ["get_date"]
    if model == "openai/scripted":
        assert front.openai.requests[0].json["tool_choice"] == choice
    if model == "cohere/scripted":  # which can only be given that tool alone
        body = front.cohere.requests[0].json
        assert (body["tool_choice"], body["tools"]) == ("REQUIRED", [tools[1]])


@pytest.mark.parametrize("model", MODELS[:2])
def test_an_error_within_a_stream_is_raised_and_no_success(model: str, client: OpenAI, front: Front) -> None:
    script(front, Answer("one two three four", error_after_events=4))
    raw = client.chat.completions.with_raw_response.create(model=model, messages=CAPITAL, stream=True)
    with pytest.raises(openai.APIError, match="broke off"):
        list(raw.parse())
    assert front.record_of(raw.headers).outcome == "error"


def test_the_sdk_asks_again_by_itself_after_a_rate_limit(front: Front) -> None:
    front.openai.script(Status(429, "slow down", headers={"retry-after-ms": "1"}), Answer(PARIS))
    client = OpenAI(base_url=f"{front.url}/v1", api_key="any", max_retries=1)
    completion = client.chat.completions.create(model=MODELS[0], messages=CAPITAL)
    assert completion.choices[0].message.content == PARIS
    assert len(front.openai.requests) == 2
