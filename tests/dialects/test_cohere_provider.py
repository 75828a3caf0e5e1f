"""Cohere as a provider: what it is asked, each thing within what it takes, and what is said to be lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.cohere.decode_request import decode_request
from causeway.dialects.cohere.encode_options import EFFORT_BUDGETS
from causeway.dialects.cohere.provider_face import CohereProvider
from causeway.dialects.faces import ChatProviderFace
from causeway.model.content import (
    AssistantMessage,
    Citation,
    Document,
    DocumentBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Sampling, Thinking, Tool

FACE: ChatProviderFace = CohereProvider()
HI = (UserMessage((TextBlock("hi"),)),)
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CALL = ToolCall("call_1", "f", "{}")


def ask(*messages: Message, **fields: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the body that Cohere is sent, and what is reported as kinds and paths."""
    losses = LossReport()
    request = ChatRequest(model="m", messages=messages or HI, **fields)
    body = json.loads(FACE.encode_request(request, losses))
    return body, [(loss.kind, loss.path) for loss in losses.losses]


def sampled(**fields: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    return ask(sampling=Sampling(**fields), dialect="openai")


def test_a_request_says_nothing_that_was_not_given() -> None:
    assert ask() == ({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": False}, [])


@pytest.mark.parametrize(
    ("fields", "name", "sent", "kind", "path"),
    [
        ({"temperature": 1.5}, "temperature", 1, "approximated", "temperature"),
        ({"frequency_penalty": -0.5}, "frequency_penalty", 0, "approximated", "frequency_penalty"),
        ({"presence_penalty": 1.5}, "presence_penalty", 1, "approximated", "presence_penalty"),
        ({"top_p": 1.0}, "p", 0.99, "approximated", "top_p"),
        ({"top_p": 0.0}, "p", 0.01, "approximated", "top_p"),
        ({"top_k": 501}, "k", 500, "approximated", "top_k"),
        ({"seed": -1}, "seed", 2**64 - 1, "mapped", "seed"),
    ],
)
def test_what_is_out_of_coheres_range_is_held_to_it(
    fields: dict[str, Any], name: str, sent: float, kind: str, path: str
) -> None:
    body, losses = sampled(**fields)
    assert body[name] == sent
    assert losses == [(kind, path)]


def test_what_is_in_coheres_range_is_sent_as_it_is() -> None:
    body, losses = sampled(
        max_tokens=5, temperature=1.0, top_p=0.5, top_k=500, seed=2**64 - 1, frequency_penalty=1.0,
        presence_penalty=0.0, logprobs=True, stop_sequences=("a",),
    )  # fmt: skip
    assert losses == []
    del body["model"], body["messages"], body["stream"]
    assert body == {
        "max_tokens": 5, "temperature": 1.0, "p": 0.5, "k": 500, "seed": 2**64 - 1, "frequency_penalty": 1.0,
        "presence_penalty": 0.0, "logprobs": True, "stop_sequences": ["a"],
    }  # fmt: skip


def test_paths_are_in_the_names_of_the_dialect_that_was_asked_in() -> None:
    _, losses = ask(sampling=Sampling(top_p=1.0, top_k=501), thinking=Thinking(True, effort="low"))
    assert [path for _, path in losses] == ["k", "p", "thinking"]


def test_several_answers_and_other_tokens_are_dropped() -> None:
    body, losses = ask(choices=2, sampling=Sampling(logprobs=True, top_logprobs=3), dialect="openai")
    assert losses == [("dropped", "n"), ("dropped", "top_logprobs")]
    assert body["logprobs"] is True
    assert body.keys() == {"model", "messages", "stream", "logprobs"}


def test_the_first_five_stop_sequences_are_sent() -> None:
    body, losses = sampled(stop_sequences=tuple("abcdefg"))
    assert (body["stop_sequences"], losses) == (list("abcde"), [])


def test_a_choice_of_one_tool_is_that_tool_and_required() -> None:
    tools = (Tool("f", parameters=SCHEMA), Tool("g", "does g", SCHEMA))
    body, losses = ask(tools=tools, tool_choice="required", forced_tool="g", dialect="openai")
    function = {"name": "g", "description": "does g", "parameters": SCHEMA}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["tool_choice"] == "REQUIRED"
    assert losses == [("mapped", "tool_choice")]


def test_a_tool_without_parameters_has_the_schema_that_cohere_requires() -> None:
    body, _ = ask(tools=(Tool("f"),), tool_choice="none")
    assert body["tools"][0]["function"] == {"name": "f", "parameters": {"type": "object", "properties": {}}}
    assert body["tool_choice"] == "NONE"


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    tools = (Tool("f", parameters=SCHEMA),)
    assert ask(tools=tools, allows_parallel_calls=False)[1] == [("dropped", "parallel_tool_calls")]
    assert ask(tools=tools, allows_parallel_calls=True)[1] == []


NO_REQUIRED = {"type": "object", "properties": {"a": {"type": "string"}}}
WIDE = {"type": "object", "properties": {str(n): {} for n in range(201)}, "required": ["1"]}


@pytest.mark.parametrize(
    ("tools", "is_strict", "lost"),
    [
        ([(SCHEMA, True), (SCHEMA, True)], True, []),
        ([(SCHEMA, None), (SCHEMA, False)], False, []),
        ([(SCHEMA, False), (SCHEMA, True)], False, [1]),
        ([(SCHEMA, True), (NO_REQUIRED, True)], False, [0, 1]),
        ([(None, True)], False, [0]),
        ([(WIDE, True)], False, [0]),
    ],
)
def test_cohere_is_strict_with_every_tool_or_with_none(
    tools: list[Any], is_strict: bool, lost: list[int]
) -> None:
    body, losses = ask(
        tools=tuple(Tool(f"f{n}", None, schema, strict) for n, (schema, strict) in enumerate(tools))
    )
    assert body.get("strict_tools", False) is is_strict
    assert losses == [("approximated", f"tools[{index}].function.strict") for index in lost]
    assert all("strict" not in tool["function"] for tool in body["tools"])


def test_a_schema_keeps_its_description_and_loses_its_name() -> None:
    schema = ResponseFormat(SCHEMA, name="n", description="d", is_strict=True)
    body, losses = ask(response_format=schema, dialect="openai")
    assert body["response_format"] == {"type": "json_object", "json_schema": {"description": "d", **SCHEMA}}
    assert losses == []
    assert ask(response_format=ResponseFormat())[0]["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    ("thinking", "sent", "lost"),
    [
        (Thinking(False), {"type": "disabled"}, []),
        (Thinking(True), {"type": "enabled"}, []),
        (Thinking(True, 700), {"type": "enabled", "token_budget": 700}, []),
        (Thinking(True, 700, "high"), {"type": "enabled", "token_budget": 700}, []),
        *(
            (
                Thinking(True, effort=effort),
                {"type": "enabled", "token_budget": budget},
                [("approximated", "reasoning_effort")],
            )
            for effort, budget in EFFORT_BUDGETS.items()
        ),
    ],
)
def test_an_effort_is_a_bound_in_tokens(thinking: Thinking, sent: Any, lost: Any) -> None:
    body, losses = ask(thinking=thinking, dialect="openai")
    assert (body["thinking"], losses) == (sent, lost)


def test_more_effort_is_more_tokens() -> None:
    assert sorted(EFFORT_BUDGETS.values()) == list(EFFORT_BUDGETS.values())
    assert list(EFFORT_BUDGETS) == ["minimal", "low", "medium", "high", "xhigh"]


def test_fields_of_another_dialect_are_dropped_by_name() -> None:
    fields = {"logit_bias": {"1": 2}, "user": "u"}
    body, losses = ask(extras=Extras("openai", fields))
    assert losses == [("dropped", "logit_bias"), ("dropped", "user")]
    assert body.keys() == {"model", "messages", "stream"}


AUDIO = OpaqueBlock("openai", "input_audio", {"type": "input_audio"})
IMAGE = ImageBlock("https://x/y.png", "low")


def test_blocks_that_cohere_does_not_know_are_dropped_by_place() -> None:
    body, losses = ask(
        SystemMessage((TextBlock("s"),)),
        UserMessage((TextBlock("u"), AUDIO, IMAGE)),
        AssistantMessage(tool_calls=(CALL,)),
        ToolMessage("call_1", (IMAGE, TextBlock("t"), AUDIO)),
        ToolMessage("call_1", (IMAGE,)),
        SystemMessage((TextBlock("late"),)),
    )
    image = {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert body["messages"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "u"}, image]},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "t"},
        {"role": "tool", "tool_call_id": "call_1", "content": ""},
        {"role": "system", "content": "late"},
    ]
    places = ["messages[1].content[1]", "messages[3].content[0]", "messages[3].content[2]"]
    assert losses == [("dropped", path) for path in [*places, "messages[4].content[0]"]]


def test_text_beside_tool_calls_is_the_plan_and_thinking_stays() -> None:
    content = (ThinkingBlock("hm"), TextBlock("I will "), TextBlock("look."))
    body, losses = ask(AssistantMessage(content, tool_calls=(CALL,)))
    (message,) = body["messages"]
    assert message["content"] == [{"type": "thinking", "thinking": "hm"}]
    assert message["tool_plan"] == "I will look."
    assert losses == []


@pytest.mark.parametrize(
    "message",
    [
        AssistantMessage((TextBlock("t"),), "a plan", (CALL,)),
        AssistantMessage((TextBlock("t"),), None, (CALL,), (Citation(0, 1, "t", ()),)),
        AssistantMessage((TextBlock("t"),)),
    ],
)
def test_other_text_stays_where_it_is(message: AssistantMessage) -> None:
    (encoded,) = ask(message)[0]["messages"]
    assert encoded["content"] == "t"
    assert encoded.get("tool_plan") == message.tool_plan


def test_documents_and_results_of_tools_keep_their_ids() -> None:
    body, losses = ask(
        AssistantMessage(tool_calls=(CALL,)),
        ToolMessage("call_1", (DocumentBlock(Document({"x": 1}, "d")), DocumentBlock(Document('{"y":1}')))),
        documents=(Document("s"), Document("t", "1"), Document({"a": "b"})),
    )
    assert body["documents"] == ["s", {"id": "1", "data": "t"}, {"data": {"a": "b"}}]
    assert body["messages"][1]["content"] == [
        {"type": "document", "document": {"data": {"x": 1}, "id": "d"}},
        {"type": "document", "document": {"data": '{"y":1}'}},
    ]
    assert losses == []


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
tools = st.builds(
    Tool,
    texts,
    st.none() | texts,
    st.sampled_from([None, SCHEMA, NO_REQUIRED]),
    st.sampled_from([None, True, False]),
)
requests = st.builds(
    ChatRequest,
    model=st.just("m"),
    messages=st.just(HI),
    dialect=st.sampled_from(["cohere", "openai"]),
    stream=st.booleans(),
    sampling=st.builds(
        Sampling,
        max_tokens=st.none() | st.integers(1, 10**6),
        stop_sequences=st.lists(texts, max_size=8).map(tuple),
        temperature=st.none() | st.floats(0, 2),
        seed=st.none() | st.integers(-(2**63), 2**64 - 1),
        top_k=st.none() | st.integers(0, 1000),
        top_p=st.none() | st.floats(0, 1),
        frequency_penalty=st.none() | st.floats(-2, 2),
        presence_penalty=st.none() | st.floats(-2, 2),
        logprobs=st.booleans(),
        top_logprobs=st.none() | st.integers(0, 20),
    ),
    tools=st.lists(tools, max_size=3, unique_by=lambda tool: tool.name).map(tuple),
    allows_parallel_calls=st.sampled_from([None, True, False]),
    citation_mode=st.sampled_from([None, "accurate", "fast", "off"]),
    thinking=st.none() | st.builds(Thinking, st.booleans(), effort=st.sampled_from([None, *EFFORT_BUDGETS])),
    safety_mode=st.sampled_from([None, "contextual", "strict", "off"]),
    priority=st.integers(0, 999),
    choices=st.integers(1, 3),
)


@given(requests)
def test_whatever_is_asked_is_said_as_cohere_itself_accepts_it(request: ChatRequest) -> None:
    body = FACE.encode_request(request, LossReport())
    again = decode_request(body, strict=True, losses=(losses := LossReport()))
    assert again.is_verbatim
    assert losses.losses == []
    assert None not in json.loads(body).values()
    # What has been said once in Cohere's words is said the same, and loses nothing more.
    assert json.loads(FACE.encode_request(again, losses)) == json.loads(body)
    assert losses.losses == []
