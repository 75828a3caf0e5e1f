"""Tool calls of the embedded model, with its real engine and the bundled weights."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from causeway.engine.admission import AdmissionQueue
from causeway.engine.conversation import BUNDLED_SYSTEM_TEXT
from causeway.engine.local_language import LocalLanguageEngine
from causeway.engine.model import EmbeddedModel
from causeway.engine.supervisor import Supervisor
from causeway.engine.tool_choice import accept_tools, plan_calls
from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    Message,
    TextBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling, Tool
from causeway.model.response import ChatResponse, FinishReason

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRING = {"type": "string"}
ID = re.compile(r"(?P<name>\w+)_[0-9a-hjkmnp-tv-z]{12}")


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


WEATHER = Tool("get_weather", "Gets the weather of a given location", objects(location=STRING))
TOOLS: list[tuple[Tool, str]] = [
    (WEATHER, "What's the weather in Madrid?"),
    (WEATHER, "Hello"),
    (Tool("get_time"), "What time is it?"),
    (Tool("reset", "Resets all", {"type": "object", "properties": {}}), "Reset it"),
    (Tool("nothing_said", parameters=objects(a=STRING, b={"type": "integer"})), "?"),
    (
        Tool(
            "types",
            parameters=objects(
                a={"type": "str"},
                b={"type": "int"},
                c={"type": "float"},
                d={"type": "bool"},
                e={"type": "list"},
                f={"type": "dict"},
            ),
        ),
        "Fill all of it in",
    ),
    (
        Tool("person", parameters=objects(person=objects(name=STRING, home=objects(city=STRING)))),
        "Ada Lovelace lives in London",
    ),
    (Tool("pick", parameters=objects(colour={"enum": ["red", "green"]}, n={"enum": [1, None]})), "Paint it"),
    (
        Tool("list_tags", parameters=objects(tags={"type": "array", "items": STRING})),
        "Tag it as big and blue",
    ),
    (
        Tool("rows", parameters=objects(rows={"type": "array", "items": objects(x={"type": "number"})})),
        "1, 2, 3",
    ),
    (
        Tool(
            "tree",
            parameters={
                **objects(root={"$ref": "#/$defs/n"}),
                "$defs": {
                    "n": objects(name=STRING, children={"type": "array", "items": {"$ref": "#/$defs/n"}})
                },
            },
        ),
        "A tree with a root and two leaves",
    ),
    (
        Tool(
            "plan",
            parameters=objects(
                day={"type": "string", "format": "date"},
                at={"type": "string", "format": "time"},
                id={"type": "string", "format": "uuid"},
            ),
        ),
        "Plan it for 3 May 2024",
    ),
    (Tool("code", parameters=objects(code={"type": "string", "pattern": "[A-Z]{3}-[0-9]{4}"})), "It is abc"),
    (
        Tool(
            "limits",
            parameters=objects(
                n={"type": "integer", "minimum": 3, "maximum": 5},
                s={"type": "string", "minLength": 4, "maxLength": 6},
                l={"type": "array", "items": STRING, "minItems": 2, "maxItems": 2},
            ),
        ),
        "Take 99 of them to Llanfairpwllgwyngyll",
    ),
    (
        Tool(
            "maybe", parameters=objects(a={"anyOf": [{"type": "integer"}, {"type": "null"}]}, c={"const": 7})
        ),
        "Seven",
    ),
    (Tool("python_code", parameters=objects(code=STRING)), "Print hello in Python"),
    (
        Tool("odd", parameters=objects(**{"a-b": STRING, "": {"type": "integer"}, "\u65e5\u672c": STRING})),
        "日本 is odd",
    ),
]


@pytest.fixture
def model(supervisor: Supervisor) -> EmbeddedModel:
    return EmbeddedModel(
        "local/m", LocalLanguageEngine(supervisor, AdmissionQueue(4, 8)), BUNDLED_SYSTEM_TEXT
    )


def says(text: str) -> UserMessage:
    return UserMessage((TextBlock(text),))


async def ask(
    model: EmbeddedModel, *messages: Message, losses: LossReport | None = None, **fields: Any
) -> ChatResponse:
    request = ChatRequest(model="m", messages=messages, **fields)
    return fold([event async for event in model.stream_chat(request, losses or LossReport())])


def text_of(response: ChatResponse) -> str:
    (block,) = response.content
    assert isinstance(block, TextBlock)
    return block.text


@pytest.mark.parametrize(("tool", "text"), TOOLS, ids=[f"{tool.name}-{text[:9]}" for tool, text in TOOLS])
async def test_a_required_call_is_always_valid(model: EmbeddedModel, tool: Tool, text: str) -> None:
    response = await ask(model, says(text), tools=(tool,), tool_choice="required")
    assert response.finish_reason is FinishReason.TOOL_CALL
    assert response.content == ()
    assert response.tool_plan
    assert response.tool_calls
    for call in response.tool_calls:
        match = ID.fullmatch(call.id)
        assert match is not None
        assert match["name"] == call.name == tool.name
        arguments = json.loads(call.arguments)
        assert call.arguments == json.dumps(arguments, separators=(",", ":"), ensure_ascii=False)
        schema = json.dumps(tool.parameters or {})
        for name, proper in (("str", "string"), ("int", "integer"), ("float", "number"), ("bool", "boolean"),
                             ("list", "array"), ("dict", "object")):  # fmt: skip
            schema = schema.replace(f'"type": "{name}"', f'"type": "{proper}"')
        assert jsonschema_rs.is_valid(json.loads(schema), arguments)
        declared = (tool.parameters or {}).get("properties", {})
        assert list(arguments) == [name for name in declared if name in arguments], "in the schema's order"


async def test_auto_calls_where_the_words_match_and_answers_where_they_do_not(model: EmbeddedModel) -> None:
    called = await ask(model, says("What's the weather in Madrid?"), tools=(WEATHER,))
    assert [(call.name, call.arguments) for call in called.tool_calls] == [
        ("get_weather", '{"location":"Madrid"}')
    ]
    assert called.usage.input_tokens > called.usage.billed_input_tokens > 0
    assert called.usage.output_tokens > 0
    answered = await ask(
        model, says("What is the capital of France?"), tools=(WEATHER,), sampling=Sampling(temperature=0.0)
    )
    assert text_of(answered) == "The capital of France is Paris."
    assert answered.finish_reason is FinishReason.COMPLETE


async def test_none_answers_in_text_whatever_is_asked(model: EmbeddedModel) -> None:
    response = await ask(
        model,
        says("What's the weather in Madrid?"),
        tools=(WEATHER,),
        tool_choice="none",
        sampling=Sampling(max_tokens=20),
    )
    assert text_of(response)
    assert response.tool_calls == ()


async def test_one_call_for_each_part_of_the_question(model: EmbeddedModel) -> None:
    sales = Tool(
        "query_sales", "Sales of a day", objects(day={"type": "string", "description": "YYYY-MM-DD"})
    )
    cities = await ask(model, says("What's the weather in Madrid and in Paris?"), tools=(WEATHER, sales))
    assert [call.arguments for call in cities.tool_calls] == ['{"location":"Madrid"}', '{"location":"Paris"}']
    assert len({call.id for call in cities.tool_calls}) == 2
    both = await ask(
        model,
        says("Show me the sales of 29th September 2023, and also the weather in Oslo."),
        tools=(WEATHER, sales),
    )
    assert [(call.name, call.arguments) for call in both.tool_calls] == [
        ("query_sales", '{"day":"2023-09-29"}'),
        ("get_weather", '{"location":"Oslo"}'),
    ]
    assert both.tool_plan == "I will use the query_sales and get_weather tools to answer this."


async def test_a_list_that_is_one_argument_is_one_call(model: EmbeddedModel) -> None:
    distance = Tool("get_distance", "Distance of two cities", objects(a=STRING, b=STRING))
    response = await ask(model, says("What's the distance between Madrid and Paris?"), tools=(distance,))
    assert len(response.tool_calls) == 1


async def test_optional_arguments_are_given_when_they_are_spoken_of(model: EmbeddedModel) -> None:
    tool = Tool(
        "get_weather",
        "Weather",
        {"type": "object", "required": ["city"], "properties": {
            "city": STRING, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}},
    )  # fmt: skip
    plain = await ask(model, says("What's the weather in Madrid?"), tools=(tool,))
    assert plain.tool_calls[0].arguments == '{"city":"Madrid"}'
    exact = await ask(model, says("What's the weather in Madrid in Fahrenheit?"), tools=(tool,))
    assert exact.tool_calls[0].arguments == '{"city":"Madrid","unit":"fahrenheit"}'


RESULTS = [
    (TextBlock("24°C and sunny"),),
    (TextBlock('{"temperature": "24°C"}'),),
    (DocumentBlock(Document({"temperature": "24°C"})),),
    (DocumentBlock(Document({"output": '{"temperature":"24°C"}'})),),
    (DocumentBlock(Document('[{"temperature":"24°C"}]')),),
]


@pytest.mark.parametrize("content", RESULTS)
async def test_two_turns_end_with_an_answer_from_the_result(model: EmbeddedModel, content: Any) -> None:
    question = says("What's the weather in Madrid?")
    call = await ask(model, question, tools=(WEATHER,))
    history = (question, AssistantMessage((), call.tool_plan, call.tool_calls))
    result = ToolMessage(call.tool_calls[0].id, content)
    answer = await ask(model, *history, result, tools=(WEATHER,))
    assert answer.finish_reason is FinishReason.COMPLETE
    assert "24°C" in text_of(answer)
    again = await ask(model, *history, result, tools=(WEATHER,), tool_choice="required")
    assert again.tool_calls[0].arguments == '{"location":"Madrid"}'


async def test_a_follow_up_calls_the_same_tool(model: EmbeddedModel) -> None:
    history = (
        says("What's the weather in Madrid?"),
        AssistantMessage((), None, (ToolCall("c1", "get_weather", '{"location":"Madrid"}'),)),
        ToolMessage("c1", (TextBlock("24°C"),)),
        AssistantMessage((TextBlock("It is 24°C in Madrid."),)),
    )
    response = await ask(model, *history, says("And in Paris?"), tools=(WEATHER,))
    assert response.tool_calls[0].arguments == '{"location":"Paris"}'


async def test_a_required_call_after_a_result_goes_to_the_tool_that_is_left(model: EmbeddedModel) -> None:
    final = Tool("final_result", "The final answer", objects(city=STRING, temperature=STRING))
    messages = (
        says("What's the weather in Madrid?"),
        AssistantMessage((), None, (ToolCall("c1", "get_weather", '{"location":"Madrid"}'),)),
        ToolMessage("c1", (TextBlock('{"temperature": "24°C"}'),)),
    )
    response = await ask(model, *messages, tools=(WEATHER, final), tool_choice="required")
    (call,) = response.tool_calls
    assert call.name == "final_result"
    assert json.loads(call.arguments).keys() == {"city", "temperature"}


async def test_a_tool_that_is_forced_is_called_whatever_the_words_say(model: EmbeddedModel) -> None:
    clock = Tool("get_time", "Tells what time it is")
    question = says("What's the weather in Madrid?")
    called = await ask(
        model, question, tools=(WEATHER, clock), tool_choice="required", forced_tool="get_time"
    )
    assert [call.name for call in called.tool_calls] == ["get_time"]


@pytest.mark.parametrize(("allows", "places"), [(None, 2), (True, 2), (False, 1)])
async def test_parallel_calls_can_be_forbidden(
    model: EmbeddedModel, allows: bool | None, places: int
) -> None:
    question = says("What's the weather in Madrid and in Paris?")
    called = await ask(model, question, tools=(WEATHER,), allows_parallel_calls=allows)
    cities = [json.loads(call.arguments)["location"] for call in called.tool_calls]
    assert cities == ["Madrid", "Paris"][:places]


async def test_a_long_message_and_many_tools_are_looked_at_within_bounds(model: EmbeddedModel) -> None:
    losses = LossReport()
    text = "What's the weather in Madrid? " + "And so on, and on. " * 5000
    response = await ask(model, says(text), tools=(WEATHER,), losses=losses)
    assert response.tool_calls[0].name == "get_weather"
    assert [loss.path for loss in losses.losses] == ["messages"]
    many = tuple(Tool(f"tool_{number}") for number in range(257))
    with pytest.raises(InvalidRequestError, match="256 tools at most"):
        await ask(model, says("x"), tools=many)


async def test_what_is_not_applied_to_arguments_is_a_loss(model: EmbeddedModel) -> None:
    losses = LossReport()
    sampling = Sampling(max_tokens=1, stop_sequences=('"',), logprobs=True)
    response = await ask(model, says("Weather in Madrid"), tools=(WEATHER,), sampling=sampling, losses=losses)
    assert response.tool_calls[0].arguments == '{"location":"Madrid"}'
    assert response.logprobs is None
    assert [loss.path for loss in losses.losses] == ["max_tokens", "stop_sequences", "logprobs"]


async def test_strict_tools_refuse_what_plain_tools_drop(model: EmbeddedModel) -> None:
    tool = Tool("f", "Do it", objects(a={"type": "string", "format": "email"}))
    losses = LossReport()
    response = await ask(model, says("Do it"), tools=(tool,), tool_choice="required", losses=losses)
    assert response.tool_calls
    assert [loss.path for loss in losses.losses] == ["tools[0].function.parameters.properties.a.format"]
    with pytest.raises(InvalidRequestError) as caught:
        await ask(model, says("Do it"), tools=(tool,), strict_tools=True)
    assert caught.value.field == "tools[0].function.parameters.properties.a.format"


PLACES = {
    "What's the weather like in Lisbon?": "Lisbon",
    "Will it rain in Amsterdam tomorrow?": "Amsterdam",
    "Tell me the forecast for Mexico City": "Mexico City",
    "weather berlin": "berlin",
    "Hi! Could you please tell me how cold it is in Helsinki at the moment?": "Helsinki",
    "I'm flying to Buenos Aires on Friday, what will the weather be?": "Buenos Aires",
    "Weather for Seattle, please.": "Seattle",
    "is it sunny in athens": "athens",
    "What temperature does Cape Town have today?": "Cape Town",
    "My brother is in Kuala Lumpur. How is the weather there?": "Kuala Lumpur",
    "Give me Stockholm's weather": "Stockholm",
    "How windy is Chicago right now?": "Chicago",
    "Do I need an umbrella in Vienna?": "Vienna",
    "what's the weather at 90210": "90210",
    "Check the weather of Sydney": "Sydney",
    "The weather in São Paulo?": "São Paulo",
    "Is Reykjavik cold in winter? Look up its weather.": "Reykjavik",
    "I live in Dublin. What should I wear in Rome, given the weather?": "Rome",
    "How's the weather around Lake Tahoe?": "Lake Tahoe",
    "Show the weather in Washington, D.C.": "Washington, D.C",
}
FEWEST_RIGHT = 15


async def test_most_places_are_found(model: EmbeddedModel) -> None:
    right = []
    for question, place in PLACES.items():
        response = await ask(model, says(question), tools=(WEATHER,), tool_choice="required")
        said = [json.loads(call.arguments)["location"] for call in response.tool_calls]
        if said == [place]:
            right.append(question)
        else:
            print(f"{question} -> {said}")
    print(f"{len(right)} of {len(PLACES)} places are right")
    assert len(right) >= FEWEST_RIGHT


RESULT_ANSWERS: list[tuple[str, str, str]] = [
    ("What's the weather in Lisbon?", '{"temperature": "31°C", "sky": "clear"}', "31"),
    ("How far is it from Rome to Milan?", '{"distance_km": 572}', "572"),
    ("What is the status of order 8812?", '{"status": "cancelled"}', "cancelled"),
    ("Who is the president of the chess club?", '{"president": "Ines Duarte"}', "Ines Duarte"),
    ("What is 12 times 12?", "144", "144"),
    ("How many tickets are left?", '{"left": 6, "sold": 194}', "6"),
    ("When does the library open?", '{"opens": "10:15", "closes": "18:00"}', "10:15"),
    ("Translate good night to Spanish", '{"output": "buenas noches"}', "buenas noches"),
    ("What is the exchange rate of the euro to the dollar?", '{"rate": 1.0834}', "1.08"),
    ("What's the phone number of the bakery?", '{"phone": "555-0142"}', "555-0142"),
    ("Which room is the meeting in?", '[{"room": "B14", "floor": 2}]', "B14"),
    ("Did my package arrive?", "Delivered on 3 May, signed by K. Olsen", "3 May"),
]
FEWEST_TOLD = 8


async def test_most_answers_tell_the_result(model: EmbeddedModel) -> None:
    told = 0
    for question, result, fact in RESULT_ANSWERS:
        called = AssistantMessage((), None, (ToolCall("c1", "look_up", "{}"),))
        answer = text_of(await ask(model, says(question), called, ToolMessage("c1", (TextBlock(result),))))
        told += fact.casefold() in answer.casefold()
        print(f"{question} {result} -> {answer}")
    print(f"{told} of {len(RESULT_ANSWERS)} answers tell the result")
    assert told >= FEWEST_TOLD


MEANT: list[tuple[str, str | None]] = [
    ("Will I need a raincoat in Porto this weekend?", "get_weather"),
    ("What's the forecast?", "get_weather"),
    ("Mail the report to the whole team", "send_email"),
    ("Reserve a table for two at eight", "book_table"),
    ("How much is 18 divided by 4?", "calculate"),
    ("Look for cheap hotels on the internet", "search_web"),
    ("What are Apple shares worth?", "get_stock_price"),
    ("Put a dentist appointment into my calendar", "add_calendar_event"),
    ("How do you say thank you in Korean?", "translate_text"),
    ("Let Maria know by e-mail that I am ill", "send_email"),
    ("Find me a place for dinner and book it", "book_table"),
    ("What does TSLA trade at?", "get_stock_price"),
    ("Who wrote Hamlet?", None),
    ("Good morning!", None),
    ("Write a haiku about autumn.", None),
    ("What is the largest planet?", None),
    ("Explain recursion to a child.", None),
    ("Thank you, that was helpful.", None),
]
OFFICE = tuple(
    Tool(name, description, objects(**{parameter: STRING}))
    for name, description, parameter in (
        ("get_weather", "Current weather and forecast of a place", "location"),
        ("send_email", "Sends an email", "to"),
        ("book_table", "Books a table in a restaurant", "restaurant"),
        ("calculate", "Evaluates an arithmetic expression", "expression"),
        ("search_web", "Searches the web", "query"),
        ("get_stock_price", "Latest price of a stock", "ticker"),
        ("add_calendar_event", "Adds an event to the calendar", "title"),
        ("translate_text", "Translates a text into another language", "text"),
    )
)
FEWEST_MEANT = 12


async def test_the_tool_that_is_meant_is_mostly_chosen() -> None:
    right = 0
    for question, meant in MEANT:
        request = ChatRequest(model="m", messages=(says(question),), tools=OFFICE)
        calls = plan_calls(request, accept_tools(request, LossReport()), LossReport())
        chosen = [call.tool.tool.name for call in calls]
        right += chosen == ([] if meant is None else [meant])
        print(f"{question} -> {chosen}")
    print(f"{right} of {len(MEANT)} choices are right")
    assert right >= FEWEST_MEANT


@pytest.mark.parametrize(
    ("text", "is_called"),
    [
        ("Erick, 27 years old", True),
        ("Is Erick 27 years old?", False),
        ("Hello Erick!", False),
        ("I turned 27.", False),
    ],
)
async def test_a_message_that_is_the_arguments_of_the_only_tool_calls_it(
    model: EmbeddedModel, text: str, is_called: bool
) -> None:
    person = Tool("Person", "A person.", objects(name={"type": "string"}, age={"type": "integer"}))
    response = await ask(model, says(text), tools=(person,), sampling=Sampling(max_tokens=20))
    assert bool(response.tool_calls) is is_called
    if is_called:
        assert response.tool_calls[0].arguments == '{"name":"Erick","age":27}'
