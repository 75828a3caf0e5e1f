"""The older chat API through Cohere's own SDK, in both of its generations."""

import asyncio
from typing import Any

import cohere
import pytest
from cohere.core.api_error import ApiError

from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.model.content import ToolMessage
from support.answers import cited_answer, text_answer, tool_answer
from support.gateway import serve
from support.process import Gateway

QUESTION = "What is the capital of France?"
TOOL: Any = {
    "name": "search",
    "description": "Search the web",
    "parameter_definitions": {"q": {"description": "the query", "type": "str", "required": True}},
}


@pytest.mark.parametrize("prefix", ["", *COHERE_PREFIXES])
def test_chat(gateway: Gateway, prefix: str) -> None:
    answer = cohere.Client(base_url=gateway.url + prefix, api_key="any").chat(
        message=QUESTION, model="command-r", temperature=0
    )
    assert "Paris" in answer.text
    assert answer.finish_reason == "COMPLETE"
    assert [turn.role for turn in answer.chat_history] == ["USER", "CHATBOT"]
    assert answer.chat_history[1].message == answer.text
    assert answer.meta.api_version.version == "1"
    assert answer.meta.tokens.input_tokens > answer.meta.billed_units.input_tokens > 0


def test_chat_stream_without_a_model_in_a_conversation(gateway: Gateway) -> None:
    stream = cohere.Client(base_url=gateway.url, api_key="any").chat_stream(
        message=QUESTION,
        preamble="Answer in one sentence.",
        chat_history=[
            cohere.UserMessage(message="Hello"),
            cohere.ChatbotMessage(message="Hello, how can I help?"),
        ],
        temperature=0,
        max_tokens=30,
    )
    events = list(stream)
    assert list(dict.fromkeys(event.event_type for event in events)) == [
        "stream-start",
        "text-generation",
        "stream-end",
    ]
    text = "".join(event.text for event in events if event.event_type == "text-generation")
    assert text == events[-1].response.text
    assert "Paris" in text
    assert [turn.role for turn in events[-1].response.chat_history] == [
        "SYSTEM", "USER", "CHATBOT", "USER", "CHATBOT",
    ]  # fmt: skip


async def test_async_chat_and_chat_stream(gateway: Gateway) -> None:
    co = cohere.AsyncClient(base_url=gateway.url, api_key="any")

    async def streamed() -> str:
        stream = co.chat_stream(message=QUESTION, temperature=0)
        return "".join([event.text async for event in stream if event.event_type == "text-generation"])

    whole, text = await asyncio.gather(co.chat(message=QUESTION, temperature=0), streamed())
    assert whole.text == text
    assert "Paris" in text


def test_documents_are_cited() -> None:
    with serve(lambda request, losses: cited_answer()) as (url, model):
        co = cohere.Client(base_url=url, api_key="any")
        documents = [{"title": "Ada", "text": "Ada was born in London."}]
        answer = co.chat(message="Where was she born?", documents=documents)
        events = list(co.chat_stream(message="Where was she born?", documents=documents))
    (citation,) = answer.citations
    assert answer.text[citation.start : citation.end] == citation.text == "London"
    assert citation.document_ids == [answer.documents[0]["id"]]
    assert [event.citations for event in events if event.event_type == "citation-generation"] == [[citation]]
    assert model.requests[0].documents[0].id == "doc_0"


@pytest.mark.parametrize("stream", [False, True])
def test_tool_use_in_two_steps(stream: bool) -> None:
    def script(request: Any, losses: Any) -> Any:
        answered = any(isinstance(message, ToolMessage) for message in request.messages)
        return text_answer("Ada.") if answered else tool_answer(("search", '{"q":"who"}'))

    with serve(script) as (url, model):
        co = cohere.Client(base_url=url, api_key="any")

        def ask(**fields: Any) -> Any:
            return list(co.chat_stream(**fields))[-1].response if stream else co.chat(**fields)

        first = ask(message="Who was it?", tools=[TOOL])
        (call,) = first.tool_calls
        assert (call.name, call.parameters) == ("search", {"q": "who"})
        results = [cohere.ToolResult(call=call, outputs=[{"name": "Ada"}])]
        second = ask(message="", tools=[TOOL], tool_results=results, chat_history=first.chat_history)
        single = ask(message="Who was it?", tools=[TOOL], tool_results=results, force_single_step=True)
    assert second.text == single.text == "Ada."
    assert [turn.role for turn in second.chat_history] == ["USER", "CHATBOT", "TOOL", "CHATBOT"]
    asked, followed, stepped = model.requests
    assert asked.tools[0].parameters["required"] == ["q"]
    assert [type(message).__name__ for message in followed.messages] == [
        "UserMessage", "AssistantMessage", "ToolMessage",
    ]  # fmt: skip
    assert (followed.tool_choice, stepped.tool_choice) == (None, "none")


@pytest.mark.parametrize(
    ("fields", "status", "name", "words"),
    [
        ({"connectors": [{"id": "web-search"}]}, 501, "NotImplementedError", "connectors"),
        ({"search_queries_only": True}, 501, "NotImplementedError", "search_queries_only"),
        ({"conversation_id": "c"}, 501, "NotImplementedError", "conversation_id"),
        ({"temperature": 3}, 400, "BadRequestError", "temperature"),
        ({"message": ""}, 400, "BadRequestError", "message must be at least 1 token long"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_sdks_own(
    gateway: Gateway, fields: dict[str, Any], status: int, name: str, words: str, stream: bool
) -> None:
    co: Any = cohere.Client(base_url=gateway.url, api_key="any")
    ask = (lambda **given: list(co.chat_stream(**given))) if stream else co.chat
    with pytest.raises(ApiError) as caught:
        ask(**{"message": "hi", **fields}, request_options={"max_retries": 0})
    assert caught.value.status_code == status
    assert type(caught.value).__name__ == name
    assert words in caught.value.body["message"]
