"""JSON answers of the embedded model, with its real engine and the bundled weights."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import jsonschema_rs
import pytest

from causeway.engine.admission import AdmissionQueue
from causeway.engine.conversation import BUNDLED_SYSTEM_TEXT, engine_sampling
from causeway.engine.json_answer import accept_response_format, answer_json
from causeway.engine.local_language import LocalLanguageEngine
from causeway.engine.model import EmbeddedModel
from causeway.engine.protocol import Finished, PromptMessage, Started, Token
from causeway.engine.supervisor import Supervisor
from causeway.model.content import TextBlock, UserMessage
from causeway.model.errors import InvalidGenerationError, InvalidRequestError
from causeway.model.events import Event
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Sampling
from causeway.model.response import ChatResponse, FinishReason

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRING = {"type": "string"}


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.fixture
def model(supervisor: Supervisor) -> EmbeddedModel:
    return EmbeddedModel(
        "local/m", LocalLanguageEngine(supervisor, AdmissionQueue(4, 8)), BUNDLED_SYSTEM_TEXT
    )


async def ask(model: EmbeddedModel, text: str, **fields: Any) -> ChatResponse:
    request = ChatRequest(model="m", messages=(UserMessage((TextBlock(text),)),), **fields)
    return fold([event async for event in model.stream_chat(request, LossReport())])


def text_of(response: ChatResponse) -> str:
    (block,) = response.content
    assert isinstance(block, TextBlock)
    return block.text


SCHEMAS: list[tuple[str, dict[str, Any]]] = [
    ("John Smith, 42, lives in Boston.", objects(name=STRING, age={"type": "integer"}, city=STRING)),
    ("I love this phone!", objects(sentiment={"type": "string", "enum": ["positive", "negative"]})),
    ("Name three colours.", objects(colours={"type": "array", "items": STRING})),
    ("Is the sky blue?", objects(answer={"type": "boolean"}, because=STRING)),
    ("A person and their home.", objects(person=objects(name=STRING, home=objects(city=STRING, zip=STRING)))),
    ("A code.", objects(code={"type": "string", "pattern": "[A-Z]{3}-[0-9]{4}"})),
    (
        "When?",
        objects(day={"type": "string", "format": "date"}, at={"type": "string", "format": "date-time"}),
    ),
    ("Maybe.", objects(a={"anyOf": [{"type": "integer"}, {"type": "null"}]}, b={"const": "fixed"})),
    ("Numbers.", objects(a={"type": "number"}, b={"type": "float"}, c={"type": "int"})),
    (
        "Who is Ada?",
        {
            "title": "Person",
            "description": "A person",
            "type": "object",
            "properties": {
                "name": {"description": "n", "title": "Name", "type": "string"},
                "age": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "title": "Age"},
            },
            "required": ["name"],
        },
    ),
    ("Say anything.", objects(a={"type": "array"}, b={"type": "object"})),
    (
        "A short list.",
        {
            **objects(head={"$ref": "#/$defs/node"}),
            "$defs": {
                "node": objects(value=STRING, next={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]})
            },
        },
    ),
]


@pytest.mark.parametrize(("text", "schema"), SCHEMAS, ids=[text for text, _ in SCHEMAS])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_a_complete_answer_holds_to_the_schema(
    model: EmbeddedModel, text: str, schema: dict[str, Any], temperature: float
) -> None:
    sampling = Sampling(temperature=temperature, seed=3, max_tokens=300)
    response = await ask(model, text, response_format=ResponseFormat(schema), sampling=sampling)
    answer = text_of(response)
    assert answer.startswith("{")
    if response.finish_reason is FinishReason.COMPLETE:
        proper = json.loads(json.dumps(schema).replace('"float"', '"number"').replace('"int"', '"integer"'))
        assert jsonschema_rs.is_valid(proper, json.loads(answer))
    else:
        assert response.finish_reason is FinishReason.MAX_TOKENS


async def test_what_is_asked_for_is_in_the_answer(model: EmbeddedModel) -> None:
    text, schema = SCHEMAS[0]
    sampling = Sampling(temperature=0.0)
    response = await ask(model, text, response_format=ResponseFormat(schema), sampling=sampling)
    assert json.loads(text_of(response)) == {"name": "John Smith", "age": 42, "city": "Boston"}
    assert response.usage.input_tokens > response.usage.billed_input_tokens > 0


@pytest.mark.parametrize("schema", [None, {"type": "object"}])
async def test_json_without_a_schema_is_an_object_five_levels_deep_at_most(
    model: EmbeddedModel, schema: dict[str, Any] | None
) -> None:
    def depth(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max((depth(item) for item in inner), default=0)

    for seed in range(3):
        response = await ask(
            model,
            "Describe a company with its departments and people as JSON.",
            response_format=ResponseFormat(schema),
            sampling=Sampling(temperature=1.0, seed=seed, max_tokens=200),
        )
        assert text_of(response).startswith("{")
        if response.finish_reason is FinishReason.COMPLETE:
            assert depth(json.loads(text_of(response))) <= 5


async def test_max_tokens_cuts_json_like_any_text(model: EmbeddedModel) -> None:
    schema = objects(name=STRING)
    response = await ask(
        model, "Who is Ada?", response_format=ResponseFormat(schema), sampling=Sampling(max_tokens=3)
    )
    assert response.finish_reason is FinishReason.MAX_TOKENS
    assert text_of(response).startswith('{"')


async def test_logprobs_name_the_json_too(model: EmbeddedModel) -> None:
    sampling = Sampling(temperature=0.0, logprobs=True)
    response = await ask(
        model, "Who?", response_format=ResponseFormat(objects(name=STRING)), sampling=sampling
    )
    assert response.logprobs is not None
    assert "".join(item.text for item in response.logprobs) == text_of(response)


async def test_a_schema_that_cannot_be_kept_is_refused_by_its_keyword(model: EmbeddedModel) -> None:
    for keyword, value in {"minimum": 1, "oneOf": [STRING], "not": {}}.items():
        with pytest.raises(InvalidRequestError, match=keyword) as caught:
            await ask(
                model, "x", response_format=ResponseFormat(objects(a={"type": "integer", keyword: value}))
            )
        assert caught.value.field == f"response_format.json_schema.properties.a.{keyword}"


NASTY: list[dict[str, Any]] = [
    objects(a={"enum": [f"value {n}" for n in range(20_000)]}),
    objects(a={"enum": [f"{n:x}" * 20 for n in range(1000)]}),
    objects(a={"type": "string", "pattern": "(a|a)*b"}),
    objects(a={"type": "string", "pattern": '("a"?){0,300}b'}),
    objects(a={"type": "string", "pattern": "((a+)+)+"}),
    objects(a={"type": "string", "pattern": "(a|b)*a(a|b){30}"}),
    objects(**{f"p{n}": {"type": "string", "pattern": "(x|y)*x(x|y){15}"} for n in range(50)}),
    objects(**{f"p{n}": {"type": "string"} for n in range(500)}),
    {**objects(p0=STRING), "properties": {f"p{n}": STRING for n in range(500)}},
    objects(a={"anyOf": [objects(k=STRING, **{f"k{n}": STRING}) for n in range(200)]}),
    objects(a={"type": "string", "description": "x" * 900_000}),
]


@pytest.mark.parametrize("schema", NASTY, ids=range(len(NASTY)))
async def test_no_schema_keeps_others_from_being_answered(
    model: EmbeddedModel, supervisor: Supervisor, schema: dict[str, Any]
) -> None:
    connection = await supervisor.ready()
    plain = connection.start(
        (PromptMessage("user", "Tell me a long story."),), engine_sampling(Sampling(seed=1), LossReport())
    )
    async for message in plain:
        if isinstance(message, Token):
            break
    nasty = asyncio.create_task(
        ask(model, "Fill it in.", response_format=ResponseFormat(schema), sampling=Sampling(max_tokens=30))
    )
    other = asyncio.create_task(
        ask(model, "What is the capital of France?", sampling=Sampling(temperature=0.0, max_tokens=20))
    )
    assert "Paris" in text_of(await other)
    (outcome,) = await asyncio.gather(nasty, return_exceptions=True)
    told_meanwhile = 0
    plain.cancel()
    async for message in plain:
        told_meanwhile += isinstance(message, Token)
    assert told_meanwhile > 0, "the story went on beside it"
    if isinstance(outcome, InvalidRequestError):
        assert outcome.field is not None
        assert outcome.field.startswith("response_format.json_schema")
    else:
        assert isinstance(outcome, ChatResponse)
        assert text_of(outcome).startswith("{")


class _Scripted:
    """A generation that says what it was told to."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self.is_cancelled = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        yield Started(1, 5, 2)
        for text in self._texts:
            yield Token(1, text)
        yield Finished(1, "end", 5, len(self._texts), 0, 5)

    def cancel(self) -> None:
        self.is_cancelled = True


@pytest.mark.parametrize(
    ("texts", "is_told"),
    [
        (["Sure! ", "Here is"], False),
        (["[1]"], False),
        (['{"a": 1}', " and more"], True),
        (['{"a": "{', '}"}', "{"], True),
        (['{"a": ', '"no number"}'], True),
        (['{"a": 1'], True),
        (['{"b": 1}'], True),
    ],
)
async def test_an_engine_that_writes_something_else_is_an_error(texts: list[str], is_told: bool) -> None:
    generation = _Scripted(*texts)

    async def start(messages: Any, sampling: Any) -> Any:
        assert json.loads(sampling.json_schema)
        return generation

    schema = accept_response_format(ResponseFormat(objects(a={"type": "integer"})), LossReport())
    events: list[Event] = []

    async def collect() -> None:
        async for event in answer_json(start, (), engine_sampling(Sampling(), LossReport()), schema):
            events.append(event)

    with pytest.raises(InvalidGenerationError):
        await collect()
    assert bool(events) == is_told
    assert generation.is_cancelled
