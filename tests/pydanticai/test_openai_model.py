"""Pydantic AI's model for OpenAI's API, unmodified, through the mount that is named after it."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import pytest

from causeway.testing import Answer, Call, Status
from support.fronts import EMBEDDED, Front

pytest.importorskip("pydantic_ai", reason="pydantic-ai lives in the other environment")

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError, NativeOutput, RunContext, ToolOutput
from pydantic_ai.messages import ModelResponse, ThinkingPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

NAMES = ["openai/scripted", "cohere/scripted", EMBEDDED]
MOUNTS = ["/pydanticai/v1", "/pydanticai"]
CAPITAL = "What is the capital of France?"
PARIS = "The capital of France is Paris."
GREEDY = ModelSettings(temperature=0)


class Person(BaseModel):
    """A person."""

    name: str
    age: int
    city: str


@pytest.fixture(params=MOUNTS)
async def client(request: pytest.FixtureRequest, front: Front) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=front.url + request.param, api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest, client: AsyncOpenAI) -> OpenAIChatModel:
    return OpenAIChatModel(request.param, provider=OpenAIProvider(openai_client=client))


def script(front: Front, *answers: Any) -> None:
    """Give the same script to each provider; one of them is asked, or none."""
    front.openai.script(*answers)
    front.cohere.script(*answers)


async def test_text_and_usage(model: OpenAIChatModel, front: Front) -> None:
    script(front, Answer(PARIS))
    result = await Agent(model).run(CAPITAL, model_settings=GREEDY)
    assert result.output == PARIS
    assert result.usage.input_tokens > 0 < result.usage.output_tokens


async def test_a_stream(model: OpenAIChatModel, front: Front) -> None:
    script(front, Answer(PARIS))
    async with Agent(model).run_stream(CAPITAL, model_settings=GREEDY) as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces) == PARIS
    assert len(pieces) > 1
    assert result.usage.output_tokens > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_a_tool_is_called_and_its_result_told(
    model: OpenAIChatModel, front: Front, stream: bool
) -> None:
    script(
        front, Answer(tool_calls=(Call("get_weather", {"location": "Toronto"}),)), Answer("It is 20\u00b0C.")
    )
    asked = []
    agent = Agent(model)

    @agent.tool_plain
    def get_weather(location: str) -> str:
        """Gets the weather of a given location."""
        asked.append(location)
        return "temperature: 20\u00b0C"

    # Not `run_stream`: that ends with the first text, and what a model says before it calls is text here.
    handler = read_all if stream else None
    result = await agent.run(
        "What's the weather in Toronto?", event_stream_handler=handler, model_settings=GREEDY
    )
    assert asked == ["Toronto"]
    assert "20\u00b0C" in result.output
    sent = [*front.openai.requests, *front.cohere.requests]
    assert all(request.json.get("stream", False) is stream for request in sent)


async def read_all(_: RunContext[None], events: AsyncIterable[Any]) -> None:
    """Have a run stream its answers."""
    async for _ in events:
        pass


@pytest.mark.parametrize("output", [ToolOutput, NativeOutput])
async def test_a_typed_output(model: OpenAIChatModel, front: Front, output: Any) -> None:
    john = {"name": "John Smith", "age": 42, "city": "Boston"}
    if output is ToolOutput:
        script(front, Answer(tool_calls=(Call("final_result", john),)))
    else:
        script(front, Answer('{"name":"John Smith","age":42,"city":"Boston"}'))
    agent = Agent(model, output_type=output(Person))
    result = await agent.run("John Smith, 42, lives in Boston.", model_settings=GREEDY)
    assert result.output == Person(**john)


async def test_thinking_is_a_part_of_its_own(client: AsyncOpenAI, front: Front) -> None:
    for name in NAMES[:2]:
        script(front, Answer(PARIS, thinking="France, so Paris."))
        model = OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client))
        result = await Agent(model).run(CAPITAL)
        front.forget()
        (response,) = [message for message in result.all_messages() if isinstance(message, ModelResponse)]
        assert [part.content for part in response.parts if isinstance(part, ThinkingPart)] == [
            "France, so Paris."
        ]
        assert result.output == PARIS


async def test_a_providers_error_has_its_status(client: AsyncOpenAI, front: Front) -> None:
    for name in NAMES[:2]:
        script(front, Status(429, "slow down"))
        model = OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client))
        with pytest.raises(ModelHTTPError, match="slow down") as caught:
            await Agent(model).run(CAPITAL)
        front.forget()
        assert caught.value.status_code == 429
