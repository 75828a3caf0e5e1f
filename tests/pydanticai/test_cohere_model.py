"""Pydantic AI's `CohereModel`, unmodified, against the gateway: text, tools, output types, streams.

What the wire must carry is shown with a scripted model, so that it does not hang on what a small
model happens to say; the same flows then run with the embedded model.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from support.answers import text_answer, thinking_answer, tool_answer
from support.gateway import ScriptedModel, serve
from support.process import Gateway

pytest.importorskip("pydantic_ai", reason="pydantic-ai lives in the other environment")

from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError, ModelRetry, ToolOutput
from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models.cohere import CohereModel
from pydantic_ai.providers.cohere import CohereProvider
from pydantic_ai.settings import ModelSettings

from causeway.model.content import ToolMessage
from causeway.model.errors import ContextOverflowError, EngineFailedError
from causeway.model.request import Thinking

MODEL = "command-r7b-12-2024"
CAPITAL = "What is the capital of France?"


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def cohere_model(url: str, monkeypatch: pytest.MonkeyPatch) -> CohereModel:
    # The provider takes the base URL from the environment only.
    monkeypatch.setenv("CO_BASE_URL", url)
    return CohereModel(MODEL, provider=CohereProvider(api_key="any"))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[CohereModel, ScriptedModel]]:
    with serve(lambda request, losses: text_answer("unset")) as (url, model):
        yield cohere_model(url, monkeypatch), model


@pytest.fixture
def embedded(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> CohereModel:
    return cohere_model(gateway.url + "/pydanticai/cohere", monkeypatch)


def answer_with(model: ScriptedModel, *answers: list[Any]) -> None:
    remaining = iter(answers)
    model.script = lambda request, losses: next(remaining)


# With a scripted model: what the wire carries.


async def test_text_usage_and_settings(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, text_answer("Hello ", "there."))
    settings = ModelSettings(
        temperature=0.1,
        max_tokens=9,
        seed=1,
        stop_sequences=["x"],
        frequency_penalty=0.2,
        presence_penalty=0.1,
    )
    result = await Agent(cohere, instructions="Be kind.", model_settings=settings).run("hi")
    assert result.output == "Hello there."
    assert result.usage.input_tokens == 20
    assert result.usage.output_tokens == 6
    assert result.response.finish_reason == "stop"
    sampling = model.requests[0].sampling
    assert (sampling.temperature, sampling.max_tokens, sampling.seed) == (0.1, 9, 1)
    assert (sampling.frequency_penalty, sampling.presence_penalty) == (0.2, 0.1)


async def test_tools_and_the_round_trip_of_a_result(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, tool_answer(("get_weather", '{"city":"Oslo"}')), text_answer("Sunny."))
    agent = Agent(cohere)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        return f"sunny in {city}"

    result = await agent.run("How is the weather in Oslo?")
    assert result.output == "Sunny."
    asked, followed = model.requests
    assert asked.tools[0].parameters["required"] == ["city"]
    told = followed.messages[-1]
    assert isinstance(told, ToolMessage)
    assert told.tool_call_id == "get_weather_000000000000"
    assert told.content[0].text == "sunny in Oslo"
    call = result.all_messages()[1].parts[-1]
    assert isinstance(call, ToolCallPart)
    assert call.args_as_dict() == {"city": "Oslo"}


async def test_a_tool_that_asks_to_be_called_again(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(
        model,
        tool_answer(("look", '{"where":"a"}')),
        tool_answer(("look", '{"where":"b"}')),
        text_answer("Found."),
    )
    agent = Agent(cohere)

    @agent.tool_plain(retries=2)
    def look(where: str) -> str:
        if where == "a":
            raise ModelRetry("not there, try b")
        return "here"

    assert (await agent.run("Find it.")).output == "Found."
    assert "not there, try b" in model.requests[1].messages[-1].content[0].text


async def test_output_types(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, tool_answer(("person", '{"name":"Ada","age":36}'), plan=None))
    agent = Agent(cohere, output_type=ToolOutput(Person, name="person"))
    result = await agent.run("Ada is 36.")
    assert result.output == Person(name="Ada", age=36)
    (tool,) = model.requests[0].tools
    assert set(tool.parameters["properties"]) == {"name", "age"}
    assert model.requests[0].tool_choice == "required"


async def test_streaming_text_and_tool_calls(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, tool_answer(("get_weather", '{"city":"Oslo"}')), text_answer("It is ", "sunny."))
    agent = Agent(cohere)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        return f"sunny in {city}"

    async with agent.run_stream("How is the weather in Oslo?") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces) == "It is sunny."
    assert len(pieces) == 2
    assert all(request.stream for request in model.requests)


async def test_thinking(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, thinking_answer("Let me see.", "Yes."), thinking_answer("Let me see.", "Yes."))
    agent = Agent(cohere, model_settings=ModelSettings(thinking="low"))
    result = await agent.run("Is it?")
    assert result.response.parts == [ThinkingPart("Let me see."), TextPart("Yes.")]
    # The thinking comes back in the history of the next turn.
    async with agent.run_stream("Sure?", message_history=result.all_messages()) as stream:
        assert await stream.get_output() == "Yes."
    response = stream.all_messages()[-1]
    assert isinstance(response, ModelResponse)
    assert [type(part) for part in response.parts] == [ThinkingPart, TextPart]
    assert model.requests[0].thinking in (None, Thinking(True, 2048))
    assert model.requests[1].messages[1].content[0].thinking == "Let me see."


async def test_an_overflow_is_known_for_what_it_is(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, [ContextOverflowError("too many tokens: 9 of 8")])
    with pytest.raises(ModelHTTPError) as caught:
        await Agent(cohere).run("hi")
    assert caught.value.status_code == 400
    assert "ContextWindow" in type(caught.value).__name__


async def test_an_error_in_a_stream_keeps_the_text_and_says_error(scripted: Any) -> None:
    cohere, model = scripted
    answer_with(model, [*text_answer("Hel")[:3], EngineFailedError("the engine died")])
    async with Agent(cohere).run_stream("hi") as stream:
        assert await stream.get_output() == "Hel"
    assert stream.response.finish_reason == "error"


# With the embedded model.


async def test_embedded_text(embedded: CohereModel) -> None:
    result = await Agent(embedded, model_settings=ModelSettings(temperature=0)).run(CAPITAL)
    assert "Paris" in result.output
    assert result.usage.input_tokens > 0


async def test_embedded_stream(embedded: CohereModel) -> None:
    agent = Agent(embedded, model_settings=ModelSettings(temperature=0))
    async with agent.run_stream(CAPITAL) as stream:
        pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
    assert len(pieces) > 1
    assert "Paris" in "".join(pieces)


async def test_embedded_output_type(embedded: CohereModel) -> None:
    settings = ModelSettings(temperature=0, max_tokens=200)
    agent = Agent(embedded, output_type=Person, model_settings=settings, retries=2)
    result = await agent.run("Ada is 36 years old. Give her name and age.")
    assert isinstance(result.output, Person)


async def test_embedded_tools(embedded: CohereModel) -> None:
    agent = Agent(embedded, model_settings=ModelSettings(temperature=0, max_tokens=200), retries=2)
    asked: list[str] = []

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        asked.append(city)
        return f"It is sunny in {city}."

    result = await agent.run("Use the tool to get the weather of the city of Oslo, then tell me.")
    assert result.output
    # A small model may answer without asking; what it asks must have reached the tool as text.
    assert all(isinstance(city, str) for city in asked)
