"""langchain-cohere's `ChatCohere`, unmodified, against the gateway: every way in which it is used.

What the wire must carry is shown with a scripted model, so that it does not hang on what a small
model happens to say; the same flows then run with the embedded model.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from support.answers import cited_answer, text_answer, thinking_answer, tool_answer
from support.gateway import ScriptedModel, serve
from support.process import Gateway

pytest.importorskip("langchain_cohere", reason="langchain-cohere lives in the other environment")

from langchain_cohere import ChatCohere, create_cohere_react_agent
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from causeway.model import content
from causeway.model.request import ResponseFormat

MODEL = "command-a-03-2025"
CAPITAL = "What is the capital of France?"


class Person(BaseModel):
    """A person."""

    name: str = Field(description="The person's name")
    age: int = Field(description="The person's age in years")


@tool
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"It is sunny in {city}."


def chat(url: str, **options: Any) -> Any:
    return ChatCohere(base_url=url, cohere_api_key="any", model=MODEL, temperature=0, **options)


@pytest.fixture
def scripted() -> Iterator[tuple[str, ScriptedModel]]:
    with serve(lambda request, losses: text_answer("unset")) as (url, model):
        yield url, model


def answer_with(model: ScriptedModel, events: list[Any]) -> None:
    model.script = lambda request, losses: events


# With a scripted model: what the wire carries.


def test_invoke_carries_text_and_usage(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, text_answer("Hello ", "there."))
    message = chat(url).invoke([SystemMessage("Be kind."), HumanMessage("hi")])
    assert message.content == "Hello there."
    assert message.usage_metadata == {"input_tokens": 20, "output_tokens": 6, "total_tokens": 26}
    assert message.response_metadata["finish_reason"] == "COMPLETE"
    assert [type(said).__name__ for said in model.requests[0].messages] == ["SystemMessage", "UserMessage"]


async def test_stream_and_astream_carry_pieces_and_usage(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, text_answer("Hello ", "there."))
    chunks = list(chat(url).stream("hi"))
    assert [chunk.content for chunk in chunks if chunk.content] == ["Hello ", "there."]
    assert chunks[-1].usage_metadata or sum(chunks[1:], chunks[0]).additional_kwargs["token_count"]
    assert [chunk.content async for chunk in chat(url).astream("hi") if chunk.content] == ["Hello ", "there."]


def test_thinking_blocks_stream_as_reasoning(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, thinking_answer("Let me see.", "Yes."))
    blocks = [block for chunk in chat(url).stream("hi") for block in chunk.content if isinstance(block, dict)]
    assert [block["type"] for block in blocks] == ["reasoning", "text"]
    assert blocks[0]["summary"][0]["text"] == "Let me see."
    assert blocks[1]["text"] == "Yes."


def test_bind_tools_and_the_round_trip_of_a_result(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, tool_answer(("get_weather", '{"city":"Oslo"}')))
    bound = chat(url).bind_tools([get_weather])
    first = bound.invoke("How is the weather in Oslo?")
    (call,) = first.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})
    assert model.requests[0].tools[0].parameters["properties"]["city"]["type"] == "string"
    answer_with(model, text_answer("Sunny."))
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    assert bound.invoke([HumanMessage("How is the weather in Oslo?"), first, result]).content == "Sunny."
    *_, assistant, told = model.requests[1].messages
    assert assistant.tool_plan == "I will look it up."
    assert assistant.tool_calls[0].id == told.tool_call_id
    assert told.content[0].document.data == {"output": "It is sunny in Oslo."}


async def test_streamed_tool_calls(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, tool_answer(("get_weather", '{"city":"Oslo"}')))
    bound = chat(url).bind_tools([get_weather])
    last = list(bound.stream("How is the weather in Oslo?"))[-1]
    (call,) = last.additional_kwargs["tool_calls"]
    assert call["function"] == {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
    pieces = [
        piece
        async for chunk in bound.astream("How is the weather in Oslo?")
        for piece in chunk.tool_call_chunks
    ]
    assert "".join(piece["args"] or "" for piece in pieces).endswith('{"city":"Oslo"}')


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
def test_with_structured_output(scripted: Any, method: str) -> None:
    url, model = scripted
    said = '{"name":"Erick","age":27}'
    answer_with(model, tool_answer(("Person", said)) if method == "function_calling" else text_answer(said))
    structured = chat(url).with_structured_output(Person, method=method)
    assert structured.invoke("Erick, 27 years old") == Person(name="Erick", age=27)
    request = model.requests[0]
    if method == "function_calling":
        assert request.tools[0].name == "Person"
    elif method == "json_mode":
        assert request.response_format == ResponseFormat()
    else:
        assert set(request.response_format.json_schema["properties"]) == {"name", "age"}


def test_documents_and_their_citations(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, cited_answer())
    documents = [{"id": "doc-0", "data": {"text": "Ada was born in London."}}]
    message = chat(url).invoke("Where was Ada born?", documents=documents)
    (citation,) = message.response_metadata["citations"]
    assert message.content[citation.start : citation.end] == citation.text == "London"
    assert citation.sources[0].id == "doc-0"
    assert model.requests[0].documents == (content.Document({"text": "Ada was born in London."}, "doc-0"),)


def test_langchain_documents_are_sent_with_ids_of_its_own(scripted: Any) -> None:
    url, model = scripted
    answer_with(model, cited_answer())
    chat(url).invoke(
        [HumanMessage("Where was Ada born?")],
        documents=[Document(page_content="Ada was born in London.", metadata={"title": "Ada"})],
    )
    (document,) = model.requests[0].documents
    assert document.id == "doc-0"
    assert document.data["text"] == "Ada was born in London."


def test_the_react_agent_speaks_the_older_api(scripted: Any) -> None:
    """It streams `/v1/chat` with a raw prompt, and reads `application/stream+json`."""
    url, model = scripted
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agent = create_cohere_react_agent(
            chat(url, streaming=True), [get_weather], ChatPromptTemplate.from_template("{input}")
        )
        answer_with(
            model,
            text_answer(
                'Plan: look.\nAction: ```json\n[\n    {\n        "tool_name": "get_weather",\n        '
                '"parameters": {"city": "Oslo"}\n    }\n]\n```'
            ),
        )
        question = {"input": "How is the weather in Oslo?"}
        (action, *_) = agent.invoke({**question, "intermediate_steps": []})
        assert (action.tool, action.tool_input) == ("get_weather", {"city": "Oslo"})
        answer_with(
            model,
            text_answer(
                "Relevant Documents: 0\nCited Documents: 0\nAnswer: It is sunny.\n"
                "Grounded answer: It is <co: 0>sunny</co: 0>."
            ),
        )
        finish = agent.invoke({**question, "intermediate_steps": [(action, [{"text": "It is sunny."}])]})
    assert finish.return_values["output"] == "It is sunny."
    assert finish.return_values["citations"][0].text == "sunny"
    asked = model.requests[0]
    assert asked.sampling.stop_sequences == ("\nObservation:",)
    assert "get_weather" in asked.messages[-1].content[0].text


# With the embedded model.


def test_embedded_invoke(gateway: Gateway) -> None:
    message = chat(gateway.url).invoke(CAPITAL)
    assert "Paris" in message.content
    assert message.usage_metadata["total_tokens"] > 0


@pytest.mark.parametrize("prefix", ["/langchain", "/langchain/cohere"])
async def test_embedded_stream_and_astream(gateway: Gateway, prefix: str) -> None:
    model = chat(gateway.url + prefix)
    streamed = "".join(chunk.content for chunk in model.stream(CAPITAL))
    assert "Paris" in streamed
    assert "".join([chunk.content async for chunk in model.astream(CAPITAL)]) == streamed
    assert (await model.ainvoke(CAPITAL)).content == streamed


def test_embedded_conversation(gateway: Gateway) -> None:
    message = chat(gateway.url).invoke(
        [
            SystemMessage("Answer briefly."),
            HumanMessage("Hello"),
            AIMessage("Hello! How can I help you?"),
            HumanMessage(CAPITAL),
        ]
    )
    assert "Paris" in message.content


def test_embedded_bind_tools_loop(gateway: Gateway) -> None:
    bound = chat(gateway.url).bind_tools([get_weather])
    question = HumanMessage("Use the tool to get the weather of the city of Oslo.")
    first = bound.invoke([question])
    if not first.tool_calls:  # a small model may answer instead
        assert first.content
        return
    assert {call["name"] for call in first.tool_calls} == {"get_weather"}
    results = [ToolMessage("It is sunny in Oslo.", tool_call_id=call["id"]) for call in first.tool_calls]
    assert bound.invoke([question, first, *results]) is not None


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_embedded_with_structured_output(gateway: Gateway, method: str) -> None:
    structured = chat(gateway.url).with_structured_output(Person, method=method)
    person = structured.invoke("Erick, 27 years old")
    assert isinstance(person, Person)


def test_embedded_json_mode(gateway: Gateway) -> None:
    answer = (
        chat(gateway.url)
        .with_structured_output(None, method="json_mode")
        .invoke("Give a JSON object with the keys name and age for Erick, who is 27.")
    )
    assert isinstance(answer, dict)


def test_embedded_documents(gateway: Gateway) -> None:
    documents = [
        {"id": "doc-0", "data": {"text": "The Zorblat is a bird that lives on the island of Quen."}},
        {"id": "doc-1", "data": {"text": "Copper melts at 1085 degrees."}},
    ]
    message = chat(gateway.url).invoke("Where does the Zorblat live?", documents=documents)
    assert message.content
    for citation in message.response_metadata["citations"] or ():
        assert message.content[citation.start : citation.end] == citation.text
        assert citation.sources[0].id in ("doc-0", "doc-1")


def test_embedded_react_agents_model_call(gateway: Gateway) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chunks = list(chat(gateway.url).stream(CAPITAL, raw_prompting=True, stop=["\nObservation:"]))
    assert "Paris" in "".join(chunk.content for chunk in chunks)
