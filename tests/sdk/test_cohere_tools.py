"""Tool use through Cohere's own SDK, answered by the embedded model."""

import json
import re
from typing import Any

import cohere
import pytest
from cohere.core.api_error import ApiError

from support.process import Gateway

MODEL = "command-a-03-2025"
ID = re.compile(r"get_weather_[0-9a-hjkmnp-tv-z]{12}")
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
QUESTION: Any = [{"role": "user", "content": "What's the weather in Toronto?"}]
BASES = ["", "/cohere", "/pydanticai/cohere"]


def client(gateway: Gateway, base: str = "") -> Any:
    return cohere.ClientV2(base_url=gateway.url + base, api_key="any")


@pytest.mark.parametrize("base", BASES)
def test_the_documented_two_turns_end_with_a_cited_answer(gateway: Gateway, base: str) -> None:
    co = client(gateway, base)
    messages = list(QUESTION)
    called = co.chat(model=MODEL, messages=messages, tools=[WEATHER])
    assert called.finish_reason == "TOOL_CALL"
    assert not called.message.content
    assert called.message.tool_plan
    (call,) = called.message.tool_calls
    assert ID.fullmatch(call.id)
    assert (call.type, call.function.name) == ("function", "get_weather")
    assert call.function.arguments == '{"location":"Toronto"}'
    messages.append(called.message)
    document = {"type": "document", "document": {"data": json.dumps({"temperature": "20°C"})}}
    messages.append({"role": "tool", "tool_call_id": call.id, "content": [document]})
    answer = co.chat(model=MODEL, messages=messages, tools=[WEATHER])
    assert answer.finish_reason == "COMPLETE"
    text = answer.message.content[0].text
    assert "20°C" in text
    assert answer.message.citations
    for citation in answer.message.citations:
        assert text[citation.start : citation.end] == citation.text
        (source,) = citation.sources
        assert (source.type, source.id, source.tool_output) == (
            "tool",
            f"{call.id}:0",
            {"temperature": "20°C"},
        )


@pytest.mark.parametrize("choice", ["REQUIRED", "required", "NONE", "none", None])
def test_tool_choice_in_any_case(gateway: Gateway, choice: Any) -> None:
    fields = {} if choice is None else {"tool_choice": choice}
    response = client(gateway).chat(
        model=MODEL, messages=[{"role": "user", "content": "Hello"}], tools=[WEATHER], max_tokens=20, **fields
    )
    if choice is not None and choice.upper() == "REQUIRED":
        assert response.finish_reason == "TOOL_CALL"
        arguments = json.loads(response.message.tool_calls[0].function.arguments)
        assert isinstance(arguments["location"], str)
    else:
        assert not response.message.tool_calls
        assert response.message.content[0].text


def test_auto_is_the_gateways_name_for_the_default(gateway: Gateway) -> None:
    response = client(gateway).chat(
        model=MODEL,
        messages=QUESTION,
        tools=[WEATHER],
        request_options={"additional_body_parameters": {"tool_choice": "AUTO"}},
    )
    assert response.finish_reason == "TOOL_CALL"


def test_calls_on_a_stream_come_one_after_the_other(gateway: Gateway) -> None:
    question: Any = [{"role": "user", "content": "What's the weather in Toronto and in Madrid?"}]
    events = list(client(gateway).chat_stream(model=MODEL, messages=question, tools=[WEATHER]))
    types = [event.type for event in events]
    call = ["tool-call-start", "tool-call-delta", "tool-call-end"]
    assert types == ["message-start", "tool-plan-delta", *call, *call, "message-end"]
    assert [event.index for event in events if event.type.startswith("tool-call")] == [0, 0, 0, 1, 1, 1]
    starts = [event.delta.message.tool_calls for event in events if event.type == "tool-call-start"]
    assert all(ID.fullmatch(start.id) and start.function.arguments == "" for start in starts)
    arguments = [
        event.delta.message.tool_calls.function.arguments
        for event in events
        if event.type == "tool-call-delta"
    ]
    assert arguments == ['{"location":"Toronto"}', '{"location":"Madrid"}']
    end = events[-1].delta
    assert end.finish_reason == "TOOL_CALL"
    assert end.usage.tokens.output_tokens == end.usage.billed_units.output_tokens > 0


def test_parallel_results_are_answered_on_a_stream(gateway: Gateway) -> None:
    co = client(gateway)
    messages: Any = [{"role": "user", "content": "What's the weather in Toronto and in Madrid?"}]
    called = co.chat(model=MODEL, messages=messages, tools=[WEATHER])
    messages.append(called.message)
    for call, degrees in zip(called.message.tool_calls, ("20°C", "24°C"), strict=True):
        messages.append({"role": "tool", "tool_call_id": call.id, "content": f"temperature: {degrees}"})
    events = list(co.chat_stream(model=MODEL, messages=messages, tools=[WEATHER]))
    text = "".join(event.delta.message.content.text for event in events if event.type == "content-delta")
    assert "20°C" in text
    assert "24°C" in text
    assert events[-1].delta.finish_reason == "COMPLETE"
    messages.append({"role": "assistant", "content": text})
    messages.append({"role": "user", "content": "And in Oslo?"})
    again = co.chat(model=MODEL, messages=messages, tools=[WEATHER])
    assert again.message.tool_calls[0].function.arguments == '{"location":"Oslo"}'


def test_a_tool_without_parameters_is_called_with_an_empty_object(gateway: Gateway) -> None:
    clock: Any = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object"}}}
    events = list(
        client(gateway).chat_stream(
            model=MODEL, messages=[{"role": "user", "content": "What time is it?"}], tools=[clock]
        )
    )
    deltas = [event for event in events if event.type == "tool-call-delta"]
    assert [event.delta.message.tool_calls.function.arguments for event in deltas] == ["{}"]


def test_strict_tools(gateway: Gateway) -> None:
    co = client(gateway)
    response = co.chat(
        model=MODEL, messages=QUESTION, tools=[WEATHER], strict_tools=True, tool_choice="REQUIRED"
    )
    assert response.message.tool_calls[0].function.arguments == '{"location":"Toronto"}'
    unkept = json.loads(json.dumps(WEATHER))
    unkept["function"]["parameters"]["properties"]["location"]["maxLength"] = 5
    with pytest.raises(ApiError) as caught:
        co.chat(model=MODEL, messages=QUESTION, tools=[unkept], strict_tools=True)
    assert caught.value.status_code == 400
    assert "location.maxLength" in caught.value.body["message"]
