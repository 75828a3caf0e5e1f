"""The bodies of chat completions: what is accepted, what becomes of it, and what is refused in what words."""

import json
from typing import Any

import msgspec
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.dialects.openai.request_schema import WireChatRequest, WireMessage
from causeway.model.content import (
    AssistantMessage,
    Document,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import ClientError, InvalidRequestError, MalformedJsonError
from causeway.model.extras import Extras
from causeway.model.loss import Loss, LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Sampling, Thinking, Tool
from support.openai_sdk import sent_by_the_sdk
from support.recordings import recordings

FACE = OpenAiChat(is_unified=False)
VENDORS = (
    "openai-chat", "mistral", "groq", "cerebras", "deepseek", "openrouter", "huggingface", "crusoe", "zai"
)  # fmt: skip
ANY = [
    p for vendor in VENDORS for end in ("", "#stream") for p in recordings(vendor, f"/chat/completions{end}")
]
# Some vendors have no recording of a kind, and some recordings no body.
CHATS = [p for p in ANY if p.values[0] is not None and p.values[0]["request"].get("body")] or ANY[:1]
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": True,
    },
}
CLOCK = {"function": {"name": "clock"}}


def decode(losses: LossReport | None = None, **fields: Any) -> ChatRequest:
    body = {"model": "some-model", "messages": HELLO, **fields}
    return FACE.decode_request(json.dumps(body).encode(), LossReport() if losses is None else losses)


def losses_of(**fields: Any) -> list[tuple[str, str]]:
    losses = LossReport()
    decode(losses, **fields)
    return [(loss.kind, loss.path) for loss in losses.losses]


def decode_one(message: dict[str, Any]) -> Any:
    return decode(messages=[message]).messages[0]


@pytest.mark.parametrize("exchange", CHATS)
def test_a_recorded_request_is_accepted_and_nothing_of_it_gets_lost(exchange: Any) -> None:
    body, losses = exchange["request"]["body"], LossReport()
    request = FACE.decode_request(json.dumps(body).encode(), losses)
    assert request.model == body["model"]
    assert request.stream == body["stream"]
    kinds = {"system": SystemMessage, "developer": SystemMessage, "user": UserMessage, "tool": ToolMessage}
    assert [type(message) for message in request.messages] == [
        kinds.get(message["role"], AssistantMessage) for message in body["messages"]
    ]
    unread = {name: body[name] for name in body.keys() - set(WireChatRequest.__struct_fields__)}
    assert (dict(request.extras.fields) if request.extras else {}) == unread
    named = {loss.path for loss in losses.losses}
    functions = [tool for tool in body.get("tools", ()) if "function" in tool]
    assert len(request.tools) == len(functions)
    assert len([path for path in named if path.count(".") == 0 and path.startswith("tools[")]) == len(
        body.get("tools", ())
    ) - len(functions)
    for said in texts_in(body["messages"]):
        assert said in texts_of(request)
    # The rest of what these clients send has a place, but for OpenAI's and OpenRouter's newest members.
    assert {path.rpartition(".")[2] for path in named if not path.endswith("]")} <= {
        "prompt_cache_breakpoint", "eager_input_streaming", "reasoning_effort"
    }  # fmt: skip


def texts_in(messages: list[dict[str, Any]]) -> list[str]:
    found = []
    for message in messages:
        content = message.get("content")
        found += [content] if isinstance(content, str) else [part.get("text") or "" for part in content or ()]
        found.append(message.get("reasoning_content") or "")
        found += [call["function"]["arguments"] for call in message.get("tool_calls") or ()]
    return found


def texts_of(request: ChatRequest) -> str:
    said: list[str] = []
    for message in request.messages:
        if isinstance(message, AssistantMessage):
            said += [message.tool_plan or "", *(call.arguments for call in message.tool_calls)]
        for block in message.content:
            said.append(block.thinking if isinstance(block, ThinkingBlock) else getattr(block, "text", ""))
    return "\n".join(said)


def test_the_smallest_request() -> None:
    assert decode() == ChatRequest(
        model="some-model",
        messages=(UserMessage((TextBlock("Hello"),)),),
        dialect="openai",
        is_verbatim=True,
    )


def test_what_openais_sdk_sends_is_understood() -> None:
    body = sent_by_the_sdk(
        model="some-model",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Weather in Oslo?"}]},
        ],
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "weather"}},
        parallel_tool_calls=False,
        max_completion_tokens=50,
        stop=["END"],
        temperature=0.5,
        top_p=0.9,
        seed=7,
        frequency_penalty=-1.5,
        presence_penalty=1,
        logprobs=True,
        top_logprobs=3,
        n=2,
        reasoning_effort="low",
        stream=True,
        stream_options={"include_usage": True},
        user="somebody",
        metadata={"team": "search"},
        extra_body={"fallbacks": ["cohere/command-r"]},
    )
    losses = LossReport()
    assert FACE.decode_request(body, losses) == ChatRequest(
        model="some-model",
        messages=(
            SystemMessage((TextBlock("Be brief."),)),
            UserMessage((TextBlock("Weather in Oslo?"),)),
        ),
        dialect="openai",
        stream=True,
        sampling=Sampling(
            max_tokens=50,
            stop_sequences=("END",),
            temperature=0.5,
            seed=7,
            top_p=0.9,
            frequency_penalty=-1.5,
            presence_penalty=1.0,
            logprobs=True,
            top_logprobs=3,
        ),
        tools=(
            Tool("weather", "The weather of a city.", WEATHER["function"]["parameters"], is_strict=True),  # type: ignore[index]
        ),
        tool_choice="required",
        forced_tool="weather",
        allows_parallel_calls=False,
        thinking=Thinking(enabled=True, effort="low"),
        choices=2,
        wants_stream_usage=True,
        fallbacks=("cohere/command-r",),
        is_verbatim=True,
        extras=Extras("openai", {"user": "somebody", "metadata": {"team": "search"}}),
    )
    assert losses.losses == []


def test_text_beside_tool_calls_is_the_plan() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
    turn = {"role": "assistant", "content": "I look it up.", "reasoning_content": "Hm.", "tool_calls": [call]}
    assert decode_one(turn) == AssistantMessage(
        content=(ThinkingBlock("Hm."),),
        tool_plan="I look it up.",
        tool_calls=(ToolCall("c1", "weather", '{"city":"Oslo"}'),),
    )
    assert decode_one({**turn, "content": None}).tool_plan is None
    assert decode_one({**turn, "content": ""}).tool_plan is None


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_earlier_thinking_comes_before_the_text(name: str) -> None:
    assert decode_one({"role": "assistant", "content": "Four.", name: "2+2"}) == AssistantMessage(
        (ThinkingBlock("2+2"), TextBlock("Four."))
    )


def test_thinking_in_parts_is_read_as_mistral_writes_it() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}]},
        {"type": "text", "text": "4"},
    ]
    assert decode_one({"role": "assistant", "content": parts}) == AssistantMessage(
        (ThinkingBlock("2+2"), TextBlock("4"))
    )


def test_a_refusal_is_part_of_what_was_said() -> None:
    turn = {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]}
    assert decode_one(turn) == AssistantMessage((TextBlock("I will not."),))
    assert losses_of(messages=[turn]) == [("mapped", "messages[0].content[0]")]
    turn = {"role": "assistant", "content": None, "refusal": "I will not."}
    assert decode_one(turn) == AssistantMessage((TextBlock("I will not."),))


def test_parts_of_a_users_turn() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": "data:image/png;base64,AAAA"},
        audio,
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    assert decode_one({"role": "user", "content": parts}) == UserMessage(
        (
            TextBlock("What is this?"),
            ImageBlock("https://example.com/a.png", "low"),
            ImageBlock("data:image/png;base64,AAAA"),
            FileBlock("data:audio/wav;base64,AAAA", "audio/wav"),
            FileBlock("data:application/pdf;base64,AAAA", "application/pdf", "a.pdf"),
            OpaqueBlock("openai", "file", parts[-1]),
        )
    )


def test_a_tools_result_is_a_text_or_parts_or_nothing() -> None:
    result = {"role": "tool", "tool_call_id": "c1"}
    assert decode_one({**result, "content": "4"}) == ToolMessage("c1", (TextBlock("4"),))
    assert decode_one({**result, "content": [{"type": "text", "text": "4"}]}) == ToolMessage(
        "c1", (TextBlock("4"),)
    )
    assert decode_one({**result, "content": None}) == ToolMessage("c1", ())


def test_calls_from_before_there_were_tools_find_their_results() -> None:
    history = [
        {"role": "assistant", "content": None, "function_call": {"name": "clock", "arguments": "{}"}},
        {"role": "function", "name": "clock", "content": "noon"},
    ]
    call, result = decode(messages=history).messages
    assert isinstance(call, AssistantMessage)
    assert isinstance(result, ToolMessage)
    assert result.tool_call_id == call.tool_calls[0].id
    assert call.tool_calls[0].name == "clock"


def test_a_custom_tools_call_is_told_as_a_functions() -> None:
    call = {"id": "c1", "type": "custom", "custom": {"name": "sql", "input": 'SELECT "a"'}}
    message = {"role": "assistant", "tool_calls": [call]}
    assert json.loads(decode_one(message).tool_calls[0].arguments) == {"input": 'SELECT "a"'}
    assert losses_of(messages=[message]) == [("approximated", "messages[0].tool_calls[0].custom")]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", (None, None)),
        ("none", ("none", None)),
        ("required", ("required", None)),
        ("any", ("required", None)),
        ({"type": "any"}, ("required", None)),
        ({"type": "function", "function": {"name": "clock"}}, ("required", "clock")),
    ],
)
def test_tool_choices(choice: Any, expected: tuple[str | None, str | None]) -> None:
    request = decode(tools=[WEATHER, CLOCK], tool_choice=choice)
    assert (request.tool_choice, request.forced_tool) == expected
    assert [tool.name for tool in request.tools] == ["weather", "clock"]


def test_tools_that_are_not_allowed_are_left_out() -> None:
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "clock"}}]}
    losses = LossReport()
    request = decode(
        losses, tools=[WEATHER, CLOCK], tool_choice={"type": "allowed_tools", "allowed_tools": allowed}
    )
    assert request.allowed_tools == ("clock",)
    assert request.tool_choice == "required"
    assert losses.losses == []
    sent = msgspec.json.decode(OpenAiProvider().encode_request(request, losses))
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["clock"]
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("mapped", "tool_choice")]


def test_a_vendors_own_tool_is_lost_and_named() -> None:
    losses = LossReport()
    request = decode(
        losses, tools=[{"type": "openrouter:web_search", "parameters": {}}], tool_choice="required"
    )
    assert (request.tools, request.tool_choice) == ((), None)
    assert losses.losses == [
        Loss("dropped", "tools[0]", "a tool of type openrouter:web_search is its vendor's own")
    ]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, ResponseFormat()),
        ({"type": "json_object", "schema": {"type": "object"}}, ResponseFormat({"type": "object"})),
        (
            {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True},
            },
            ResponseFormat({"type": "object"}, "a", None, is_strict=True),
        ),
    ],
)
def test_response_formats(wire: Any, expected: ResponseFormat | None) -> None:
    assert decode(response_format=wire).response_format == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning_effort": "none"}, Thinking(enabled=False)),
        ({"reasoning_effort": "xhigh"}, Thinking(enabled=True, effort="xhigh")),
        ({"reasoning_effort": "max"}, Thinking(enabled=True, effort="xhigh")),
        ({"reasoning": {"enabled": True}}, Thinking(enabled=True)),
        ({"reasoning": {"enabled": False}}, Thinking(enabled=False)),
        ({"reasoning": {"effort": "high"}}, Thinking(enabled=True, effort="high")),
        ({"reasoning": {"max_tokens": 2000}}, Thinking(enabled=True, token_budget=2000)),
        ({"reasoning_max_tokens": 2000}, Thinking(enabled=True, token_budget=2000)),
        ({"reasoning": {}}, None),
        ({}, None),
    ],
)
def test_thinking_in_every_spelling(fields: dict[str, Any], expected: Thinking | None) -> None:
    assert decode(**fields).thinking == expected


def test_options_have_several_spellings() -> None:
    assert decode(max_tokens=5).sampling.max_tokens == 5
    assert decode(max_completion_tokens=5, max_tokens=5).sampling.max_tokens == 5
    assert decode(stop="END").sampling.stop_sequences == ("END",)
    assert decode(stop=[]).sampling.stop_sequences == ()
    assert decode(top_k=-1).sampling.top_k == 0
    assert decode(temperature=None, stop=None, tools=None, n=None).sampling == Sampling()


def test_coheres_extensions_ask_for_a_grounded_answer() -> None:
    request = decode(
        documents=["Oslo is cold.", {"id": "d1", "data": {"text": "Rome is warm."}}],
        citation_options={"mode": "FAST"},
        safety_mode="STRICT",
        priority=3,
    )
    assert request.documents == (Document("Oslo is cold."), Document({"text": "Rome is warm."}, "d1"))
    assert (request.citation_mode, request.safety_mode, request.priority) == ("fast", "strict", 3)
    assert request.extras is None


@pytest.mark.parametrize(
    ("fields", "is_verbatim"),
    [
        ({"user": "a", "logit_bias": {"5": -100}, "min_p": 0.1}, True),
        ({"fallbacks": ["openai/other"]}, True),
        ({"documents": ["a"]}, False),
        ({"documents": None}, False),
        ({"citation_options": {"mode": "OFF"}}, False),
        ({"safety_mode": "OFF"}, False),
        ({"priority": 0}, False),
        ({"reasoning": {"effort": "low"}}, False),
        ({"reasoning_max_tokens": 9}, False),
    ],
)
def test_a_body_with_words_of_others_may_not_go_as_it_is(fields: dict[str, Any], is_verbatim: bool) -> None:
    assert decode(**fields).is_verbatim == is_verbatim


def test_fields_without_a_place_are_kept_as_they_came_and_are_no_loss() -> None:
    fields = {"user": None, "metadata": {}, "store": False, "logit_bias": {"5": 1}, "min_p": 0.05, "new": [1]}
    losses = LossReport()
    assert decode(losses, **fields).extras == Extras("openai", fields)
    assert losses.losses == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "user", "content": "a", "name": "ann"}, [("dropped", "messages[0].name")]),
        ({"role": "tool", "tool_call_id": "c1", "content": "a", "name": "clock"}, []),
        ({"role": "user", "content": "a", "name": None, "prefix": False, "annotations": []}, []),
        (
            {"role": "system", "content": [{"type": "text", "text": "a", "cache_control": {"type": "x"}}]},
            [("dropped", "messages[0].content[0].cache_control")],
        ),
        ({"role": "assistant", "audio": {"id": "a"}}, [("dropped", "messages[0].audio")]),
        (
            {"role": "assistant", "content": [{"type": "reference", "reference_ids": [1]}]},
            [("dropped", "messages[0].content[0]")],
        ),
        (
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "data:,", "detail": "original"}}],
            },
            [("approximated", "messages[0].content[0].image_url.detail")],
        ),
    ],
)
def test_what_has_no_place_inside_a_message_is_named(message: Any, expected: list[tuple[str, str]]) -> None:
    assert losses_of(messages=[message]) == expected


def test_what_has_no_place_inside_an_option_is_named() -> None:
    assert losses_of(stream_options={"include_usage": True, "include_obfuscation": True}) == [
        ("dropped", "stream_options.include_obfuscation")
    ]
    assert losses_of(reasoning={"effort": "max", "exclude": True}) == [
        ("dropped", "reasoning.exclude"),
        ("approximated", "reasoning.effort"),
    ]
    cached = {**CLOCK, "cache_control": {"type": "ephemeral"}}
    assert losses_of(tools=[cached]) == [("dropped", "tools[0].cache_control")]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"model": None}, "model", "Missing required parameter"),
        ({"model": 5}, "model", "expected string, got integer"),
        ({"messages": None}, "messages", "Missing required parameter"),
        ({"messages": []}, "messages", "at least one message"),
        ({"messages": "hi"}, "messages", "expected array, got string"),
        ({"messages": [{"content": "a"}]}, "messages[0].role", "Missing required parameter"),
        ({"messages": [*HELLO, {"role": "bot"}]}, "messages[1].role", "one of system, developer, user"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "expected string or array"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "Missing required parameter"),
        ({"messages": [{"role": "system", "content": None}]}, "messages[0].content", "Missing required"),
        (
            {"messages": [{"role": "user", "content": [{"text": "a"}]}]},
            "messages[0].content[0].type",
            "Missing required",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
            "messages[0].content[0].text",
            "expected a string",
        ),
        (
            {"messages": [{"role": "system", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0].type",
            "expected one of text, got 'image_url'",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "a.png"}]}]},
            "messages[0].content[0].image_url",
            "http(s) URL",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": 5}}]}]},
            "messages[0].content[0].image_url",
            "both strings",
        ),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].tool_call_id", "Missing required"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "a"}}]}]},
            "messages[0].tool_calls[0].id",
            "Missing required",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": 5}}]}]},
            "messages[0].tool_calls[0].function.name",
            "expected string, got integer",
        ),
        ({"temperature": 2.5}, "temperature", "expected a value from 0 to 2, got 2.5"),
        ({"temperature": "hot"}, "temperature", "expected number, got string"),
        ({"top_p": -0.1}, "top_p", "from 0 to 1"),
        ({"frequency_penalty": 3}, "frequency_penalty", "from -2 to 2"),
        ({"top_logprobs": 21}, "top_logprobs", "from 0 to 20"),
        ({"n": 0}, "n", "from 1 to 128"),
        ({"seed": 2**64}, "seed", "expected a value"),
        ({"max_tokens": 0}, "max_tokens", "at least 1"),
        ({"max_completion_tokens": -1}, "max_completion_tokens", "at least 1"),
        ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens", "contradicts"),
        ({"stop": [""]}, "stop", "no empty string"),
        ({"stop": [5]}, "stop[0]", "expected string, got integer"),
        ({"stream": "yes"}, "stream", "expected boolean, got string"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name", "Missing required"),
        ({"tool_choice": "sometimes", "tools": [CLOCK]}, "tool_choice", "one of auto, none, required, any"),
        ({"tool_choice": "required"}, "tool_choice", "at least one tool"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "a"}}, "tools": [CLOCK]},
            "tool_choice.function.name",
            "'a' is not among 'tools'",
        ),
        ({"tool_choice": {"type": "word"}, "tools": [CLOCK]}, "tool_choice.type", "expected one of"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "text, json_object, json_schema"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "Missing required"),
        ({"reasoning_effort": "huge"}, "reasoning_effort", "expected one of none"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort", "expected one of none"),
        ({"reasoning_effort": "low", "reasoning": {"effort": "high"}}, "reasoning_effort", "contradicts"),
        ({"reasoning": {"max_tokens": 0}}, "reasoning.max_tokens", "at least 1"),
        ({"fallbacks": ["a", {"model": "b"}]}, "fallbacks[1]", "expected string, got object"),
        ({"documents": [{"id": "a"}]}, "documents[0].data", "Missing required"),
        (
            {"documents": [{"id": "a", "data": "x"}, {"id": "a", "data": "y"}]},
            "documents[1].id",
            "documents[0] has the same",
        ),
        ({"citation_options": {"mode": "SLOW"}}, "citation_options.mode", "expected one of ENABLED"),
        ({"safety_mode": "LAX"}, "safety_mode", "expected one of CONTEXTUAL"),
        ({"priority": 1000}, "priority", "from 0 to 999"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(fields: Any, field: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode(**fields)
    assert caught.value.field == field
    assert f"'{field}'" in caught.value.message
    assert words in caught.value.message


def test_a_path_that_names_the_model_needs_none_in_the_body() -> None:
    body = json.dumps({"messages": HELLO}).encode()
    assert OpenAiChat(is_unified=False, needs_model=False).decode_request(body, LossReport()).model == ""


@pytest.mark.parametrize("body", [b"", b"{", b'{"model":', b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(MalformedJsonError, match="not valid JSON"):
        FACE.decode_request(body, LossReport())


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="the body: expected object, got array"):
        FACE.decode_request(b"[]", LossReport())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "name", "id", "function", "schema", "mode", "url", "thinking"])
            | st.text(max_size=3),
            values,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(WireChatRequest.__struct_fields__), json_values, max_size=4))
def test_any_value_in_any_field_is_decoded_or_refused(fields: dict[str, Any]) -> None:
    try:
        request = decode(**fields)
    except ClientError:
        return
    assert request.messages


@given(
    st.sampled_from(["system", "user", "assistant", "tool", "function"]),
    st.dictionaries(st.sampled_from(WireMessage.__struct_fields__[1:]), json_values, max_size=4),
)
def test_any_value_in_any_message_is_decoded_or_refused(role: str, members: dict[str, Any]) -> None:
    try:
        request = decode(messages=[{"role": role, **members}])
    except ClientError as error:
        assert error.field is not None
        assert error.field.startswith("messages[0]")
        return
    assert len(request.messages) == 1


def test_every_parameter_of_the_sdk_is_either_read_or_kept() -> None:
    parameters = openai.types.chat.completion_create_params.CompletionCreateParamsNonStreaming.__annotations__
    given = {name: [] for name in parameters.keys() - set(WireChatRequest.__struct_fields__)}
    extras = decode(**given).extras
    assert extras is not None
    assert extras.fields == given


@given(
    st.sampled_from(["system", "developer", "user", "assistant", "tool", "function", "weird"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    st.dictionaries(st.sampled_from(["refusal", "reasoning", "name", "more"]), st.sampled_from(["", "x"])),
)
def test_a_member_of_a_turn_that_is_null_makes_no_difference(
    role: str, text: str, more: dict[str, str]
) -> None:
    """A turn that has nothing but its text is decoded by a quicker way."""

    def outcome(turn: dict[str, Any]) -> object:
        losses = LossReport()
        try:
            return decode(losses, messages=[*HELLO, turn, turn]).messages, losses.losses
        except ClientError as error:
            return error.message, error.field

    turn = {"role": role, "content": text, **more}
    assert outcome(turn) == outcome({**turn, "tool_calls": None, "unknown": None})
