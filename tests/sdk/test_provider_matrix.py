"""Every SDK, synchronous and not, with every provider behind the gateway, whole and streamed.

Each test runs in all cells: where a provider honestly does otherwise the expectation says so, and no cell
is left out. What a provider was sent is compared in full, so that nothing is added and nothing lost.
"""

import json
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import jsonschema_rs
import pytest
from msgspec import Struct

from causeway.config.schema import Config, EngineConfig
from causeway.model.response import FinishReason
from causeway.testing import Answer, Call, ScriptedUpstream, Status
from causeway.testing.replies import Reply
from causeway.testing.tokens import logprob_of, split_tokens
from support.fronts import EMBEDDED, Front
from support.sdks import SDKS, Asked, Sdk, Told
from support.upstreams import FrontedGateway, gateway_before

Provider = Literal["openai", "cohere", "local"]
MODELS: dict[Provider, str] = {"openai": "openai/scripted", "cohere": "cohere/scripted", "local": EMBEDDED}

GATEWAY_KEY = "key-of-the-gateway"

CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
PARIS = "The capital of France is Paris."
# What the scripted providers say back word for word, the embedded model says as well.
SAID = [{"role": "user", "content": PARIS}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "gets the weather of a given location",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string", "description": "the location to get weather for"}},
            "required": ["location"],
        },
    },
}
SCHEMA: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}},
    "required": ["name", "age", "city"],
    "additionalProperties": False,
}
JOHN = {"name": "John Smith", "age": 42, "city": "Boston"}
PLAN = "I will look it up."
FACT = "Emperor penguins grow up to 122 cm tall."


class Cell(Struct):
    """One SDK, one provider, one kind of answer."""

    sdk: Sdk
    provider: Provider
    stream: bool
    front: Front

    @property
    def upstream(self) -> ScriptedUpstream | None:
        """The provider's server; the embedded model has none."""
        return {"openai": self.front.openai, "cohere": self.front.cohere}.get(self.provider)

    def script(self, *replies: Reply) -> None:
        """Tell a scripted provider what to answer; the embedded model answers by itself."""
        if self.upstream is not None:
            self.upstream.script(*replies)

    def ask(self, messages: list[Any], **asked: Any) -> Told:
        """Ask the provider's model."""
        question = Asked(model=MODELS[self.provider], messages=messages, **asked)
        return self.sdk.ask(self.front.url, question, stream=self.stream)

    def assert_sent(self, messages: list[Any], *, openai: Any, cohere: Any) -> None:
        """Compare the last body that the provider was sent; nobody else was sent anything."""
        upstream = self.upstream
        others = [one for one in (self.front.openai, self.front.cohere) if one is not upstream]
        assert all(one.requests == [] for one in others)
        if upstream is None:
            return
        body = upstream.requests[-1].json
        expected = {"model": "scripted", "messages": messages}
        if self.provider == "cohere":
            expected |= {"stream": self.stream, **cohere}
        else:
            asks_for_stream = {"stream": True, "stream_options": {"include_usage": True}}
            expected |= (asks_for_stream if self.stream else {}) | openai
        assert body == expected


@pytest.fixture(params=["whole", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "stream")


@pytest.fixture(params=MODELS)
def provider(request: pytest.FixtureRequest) -> Provider:
    name: Provider = request.param
    return name


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return SDKS[request.param]


@pytest.fixture
def cell(sdk: Sdk, provider: Provider, stream: bool, front: Front) -> Cell:
    return Cell(sdk, provider, stream, front)


def test_a_question_is_answered(cell: Cell) -> None:
    cell.script(Answer(PARIS))
    told = cell.ask(CAPITAL, temperature=0)
    assert told.text == PARIS
    assert (told.thinking, told.plan, told.calls, told.citations, told.logprobs) == ("", "", [], [], [])
    assert told.finish == cell.sdk.finish_word(FinishReason.COMPLETE)
    assert told.input_tokens >= len(split_tokens(CAPITAL[0]["content"]))
    assert told.output_tokens >= len(split_tokens(PARIS))
    if cell.stream:
        assert told.pieces > 1
    cell.assert_sent(CAPITAL, openai={"temperature": 0}, cohere={"temperature": 0})


def test_a_conversation_with_its_instruction(cell: Cell) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": "My name is Ada \u2014 \u65e5\u672c\u8a9e \U0001f600. Say hello."},
        {"role": "assistant", "content": "Hello, Ada."},
        {"role": "user", "content": "What is my name?"},
    ]
    told = cell.ask(messages, temperature=0, max_tokens=20)
    assert told.text
    # All of it was read, however the tokens are counted.
    assert told.input_tokens >= sum(len(split_tokens(message["content"])) for message in messages)
    cell.assert_sent(
        messages,
        openai={"temperature": 0, "max_completion_tokens": 20},
        cohere={"temperature": 0, "max_tokens": 20},
    )


def test_a_tool_that_is_required_is_called(cell: Cell) -> None:
    cell.script(Answer(tool_calls=(Call("get_weather", {"location": "Toronto"}),)))
    question = [{"role": "user", "content": "What's the weather in Toronto?"}]
    told = cell.ask(question, tools=[WEATHER], must_call=True)
    (call,) = told.calls
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"location": "Toronto"})
    assert call.id
    assert told.text == ""
    assert told.finish == cell.sdk.finish_word(FinishReason.TOOL_CALL)
    cell.assert_sent(
        question,
        openai={"tools": [WEATHER], "tool_choice": "required"},
        cohere={"tools": [WEATHER], "tool_choice": "REQUIRED"},
    )


@pytest.mark.parametrize("places", [["Toronto"], ["Toronto", "Madrid"]], ids=["one", "parallel"])
def test_the_sdks_own_message_is_sent_back_with_results(cell: Cell, places: list[str]) -> None:
    messages: list[Any] = [{"role": "user", "content": f"What's the weather in {' and in '.join(places)}?"}]
    cell.script(Answer(PLAN, tuple(Call("get_weather", {"location": place}) for place in places)))
    called = cell.ask(messages, tools=[WEATHER])
    assert [json.loads(call.arguments) for call in called.calls] == [{"location": place} for place in places]
    assert len({call.id for call in called.calls}) == len(places)
    assert called.finish == cell.sdk.finish_word(FinishReason.TOOL_CALL)
    if cell.sdk.dialect == "cohere" and cell.provider == "openai" and cell.stream:
        assert (called.text, called.plan) == (PLAN, "")  # as it goes out nobody knows that calls will follow
    elif cell.provider != "local":
        assert (called.text, called.plan) == ("", PLAN)

    degrees = [f"{20 + index}\u00b0C" for index in range(len(places))]
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"temperature: {told}"}
        for call, told in zip(called.calls, degrees, strict=True)
    ]
    if cell.provider == "openai":  # Cohere's answer is its own, with citations
        cell.script(Answer(f"The temperature is {' and '.join(degrees)}."))
    told = cell.ask([*messages, called.message, *results], tools=[WEATHER])
    assert all(one in told.text for one in degrees)
    assert told.finish == cell.sdk.finish_word(FinishReason.COMPLETE)
    assert_results_are_cited(cell, told, [call.id for call in called.calls])
    assert_sent_history(cell, called, results)


def assert_results_are_cited(cell: Cell, told: Told, call_ids: list[str]) -> None:
    # Cohere's callers expect citations of results from whoever answers, OpenAI's get those that Cohere makes.
    assert bool(told.citations) is (cell.sdk.dialect == "cohere" or cell.provider == "cohere")
    for citation in told.citations:
        assert told.text[citation.start : citation.end] == citation.text
        assert {id.rpartition(":")[0] for id in citation.source_ids} <= set(call_ids)


def assert_sent_history(cell: Cell, called: Told, results: list[Any]) -> None:
    """Compare what the provider was told of its own calls and of their results."""
    if cell.upstream is None:
        return
    body = cell.upstream.requests[-1].json
    _, assistant, *told_results = body["messages"]
    assert told_results == results
    assert assistant["role"] == "assistant"
    text = assistant["content" if cell.provider == "openai" else "tool_plan"]
    assert text == PLAN
    assert [
        (call["id"], call["type"], call["function"]["name"], call["function"]["arguments"])
        for call in assistant["tool_calls"]
    ] == [(call.id, "function", call.name, call.arguments) for call in called.calls]
    assert body["tools"] == [WEATHER]


def test_json_under_a_schema(cell: Cell) -> None:
    question = [{"role": "user", "content": "John Smith, 42, lives in Boston."}]
    cell.script(Answer(json.dumps(JOHN)))
    told = cell.ask(question, schema=SCHEMA, temperature=0)
    answer = json.loads(told.text)
    jsonschema_rs.validator_for(SCHEMA).validate(answer)
    assert answer == JOHN
    # Cohere holds to a schema whether or not it is said to be strict.
    sent = {"name": "answer", "strict": True, "schema": SCHEMA}
    if cell.sdk.dialect == "cohere":
        sent = {"name": "response", "schema": SCHEMA}
    cell.assert_sent(
        question,
        openai={"temperature": 0, "response_format": {"type": "json_schema", "json_schema": sent}},
        cohere={"temperature": 0, "response_format": {"type": "json_object", "json_schema": SCHEMA}},
    )


STOPPED = {"local": "The capital of France is", "openai": "You said: The capital of France is"}
STOPPED["cohere"] = STOPPED["openai"]


def test_a_stop_sequence_ends_the_answer_and_is_no_part_of_it(cell: Cell) -> None:
    messages = CAPITAL if cell.provider == "local" else SAID
    told = cell.ask(messages, stop_sequences=["%%", " Paris"], temperature=0)
    assert told.text == STOPPED[cell.provider]
    # OpenAI says `stop` for both, so nobody behind it can tell them apart.
    reason = FinishReason.COMPLETE if cell.provider == "openai" else FinishReason.STOP_SEQUENCE
    assert told.finish == cell.sdk.finish_word(reason)
    cell.assert_sent(
        messages,
        openai={"stop": ["%%", " Paris"], "temperature": 0},
        cohere={"stop_sequences": ["%%", " Paris"], "temperature": 0},
    )


def test_more_stop_sequences_than_openai_takes(cell: Cell) -> None:
    messages = CAPITAL if cell.provider == "local" else SAID
    sequences = ["%1", "%2", "%3", "%4", " Paris"]
    told = cell.ask(messages, stop_sequences=sequences, temperature=0)
    assert told.text == STOPPED[cell.provider]
    assert told.finish == cell.sdk.finish_word(FinishReason.STOP_SEQUENCE)
    cell.assert_sent(
        messages,
        openai={"stop": sequences[:4], "temperature": 0},
        cohere={"stop_sequences": sequences, "temperature": 0},
    )


def test_max_tokens_cuts_the_answer_and_says_so(cell: Cell) -> None:
    told = cell.ask(CAPITAL, max_tokens=3)
    assert told.output_tokens == 3
    assert told.finish == cell.sdk.finish_word(FinishReason.MAX_TOKENS)
    cell.assert_sent(CAPITAL, openai={"max_completion_tokens": 3}, cohere={"max_tokens": 3})


def test_seed_and_temperature_make_an_answer_that_repeats(cell: Cell) -> None:
    first, second = (cell.ask(CAPITAL, seed=7, temperature=0, max_tokens=8) for _ in range(2))
    assert first.text == second.text != ""
    cell.assert_sent(
        CAPITAL,
        openai={"seed": 7, "temperature": 0, "max_completion_tokens": 8},
        cohere={"seed": 7, "temperature": 0, "max_tokens": 8},
    )


def test_log_probabilities_of_every_token(cell: Cell) -> None:
    cell.script(Answer(PARIS))
    told = cell.ask(CAPITAL, logprobs=True, temperature=0)
    assert "".join(token for token, _ in told.logprobs) == told.text == PARIS
    assert len(told.logprobs) > 1
    assert all(logprob <= 0 for _, logprob in told.logprobs)
    if cell.upstream is not None:
        assert told.logprobs == [(token, pytest.approx(logprob_of(token))) for token in split_tokens(PARIS)]
    cell.assert_sent(
        CAPITAL, openai={"logprobs": True, "temperature": 0}, cohere={"logprobs": True, "temperature": 0}
    )


def test_an_answer_from_documents_cites_them(cell: Cell) -> None:
    question = [{"role": "user", "content": "How tall do emperor penguins grow, and where do they live?"}]
    documents = [
        {"id": "size", "data": {"text": FACT}},
        {"id": "home", "data": {"text": "Emperor penguins live in Antarctica."}},
    ]
    if cell.provider == "openai":  # Cohere cites by itself, what the embedded model says is cited
        cell.script(Answer(f"{FACT} Emperor penguins live in Antarctica."))
    told = cell.ask(question, documents=documents, temperature=0)
    assert "122" in told.text
    assert told.citations
    for citation in told.citations:
        assert told.text[citation.start : citation.end] == citation.text
        assert set(citation.source_ids) <= {"size", "home"}
    if cell.provider != "local":
        assert {id for citation in told.citations for id in citation.source_ids} == {"size", "home"}
    if cell.provider == "openai":
        body = cell.front.openai.requests[-1].json
        assert "documents" not in body
        (sent,) = body["messages"]
        assert all(document["data"]["text"] in json.dumps(sent) for document in documents)
    else:
        cell.assert_sent(question, openai={}, cohere={"documents": documents, "temperature": 0})


def test_thinking_is_told_apart_from_the_answer(cell: Cell) -> None:
    cell.script(Answer(PARIS, thinking="France, so Paris."))
    told = cell.ask(CAPITAL, thinks=True, temperature=0)
    assert told.text == PARIS
    assert told.thinking == ("" if cell.provider == "local" else "France, so Paris.")
    cell.assert_sent(
        CAPITAL,
        openai={"reasoning_effort": "low", "temperature": 0},
        cohere={"thinking": {"type": "enabled", "token_budget": 2048}, "temperature": 0},
    )


def test_a_fallback_answers_where_the_first_cannot(cell: Cell) -> None:
    """The embedded model cannot see, a scripted provider has had enough: each stands in for the other."""
    question: list[Any] = CAPITAL
    fallback = EMBEDDED
    if cell.provider == "local":
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        question = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}]
        fallback = "openai/scripted"
        cell.front.openai.script(Answer(PARIS))
    cell.script(Status(429, "too many requests"))
    told = cell.ask(question, fallbacks=[fallback], temperature=0)
    assert told.text == PARIS
    sent = [*cell.front.openai.requests, *cell.front.cohere.requests]
    assert len(sent) == 1
    assert "fallbacks" not in sent[0].json


@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_an_error_is_the_sdks_own(cell: Cell, status: int, request: pytest.FixtureRequest) -> None:
    if cell.upstream is None:
        assert_own_error(cell, status, request)
        return
    cell.script(Status(status, "the provider's own words", headers={"retry-after": "7"}))
    with pytest.raises(cell.sdk.errors[status], match="the provider's own words") as caught:
        cell.ask(CAPITAL)
    assert cell.sdk.retry_after(caught.value) == "7"
    assert len(cell.upstream.requests) == 1


def assert_own_error(cell: Cell, status: int, request: pytest.FixtureRequest) -> None:
    """Provoke what answers with this status where no provider is: the gateway, or the embedded model."""
    match status:
        case 400:
            image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
            with pytest.raises(cell.sdk.errors[400], match="cannot see images"):
                cell.ask([{"role": "user", "content": [image]}])
        case 401:
            asked = Asked(model=EMBEDDED, messages=CAPITAL)
            guarded: FrontedGateway = request.getfixturevalue("guarded")
            with pytest.raises(cell.sdk.errors[401], match="invalid api token"):
                cell.sdk.ask(guarded.url, asked, stream=cell.stream, key="wrong")
        case 404:
            asked = Asked(model="local/none", messages=CAPITAL)
            with pytest.raises(cell.sdk.errors[404], match="local/none"):
                cell.sdk.ask(cell.front.url, asked, stream=cell.stream)
        case 429:  # which is a provider's word: a model that is busy itself says 503, and when to come back
            asked = Asked(model=EMBEDDED, messages=CAPITAL)
            crowded: str = request.getfixturevalue("crowded")
            with pytest.raises(cell.sdk.errors[503], match="the embedded model is busy") as caught:
                cell.sdk.ask(crowded, asked, stream=cell.stream, key=GATEWAY_KEY)
            assert int(cell.sdk.retry_after(caught.value) or 0) >= 1


@pytest.fixture(scope="session")
def guarded() -> Iterator[FrontedGateway]:
    """A gateway that asks for a key, with a model that answers one call at a time."""
    engine = EngineConfig(slots=1, queue_limit=0)
    with gateway_before(config=Config(engine=engine), keys=[GATEWAY_KEY]) as gateway:
        yield gateway


@pytest.fixture
def crowded(guarded: FrontedGateway) -> Iterator[str]:
    """The URL of that gateway while its model is busy with somebody else's long answer."""
    story = (
        "Write a very long story about a ship and its crew, with many chapters."  # it goes on for a minute
    )
    body = {
        "model": EMBEDDED,
        "messages": [{"role": "user", "content": story}],
        "stream": True,
        "temperature": 0,
        "max_tokens": 3000,
    }
    headers = {"authorization": f"Bearer {GATEWAY_KEY}"}
    # When the call before has ended, its slot is free once the engine has stopped.
    while httpx.get(f"{guarded.url}/health").json()["engine"]["busy"]:
        pass
    with httpx.stream("POST", f"{guarded.url}/v2/chat", json=body, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_bytes()  # whose end would be that of the connection
        next(pieces)
        yield guarded.url
