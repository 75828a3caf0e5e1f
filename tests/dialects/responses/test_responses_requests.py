"""The bodies of `POST /responses`: what is accepted, what becomes of it, and how it is refused."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.provider_face import ResponsesProvider
from causeway.dialects.responses.request_schema import WireRequest
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Citation,
    Document,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    Seal,
    Source,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import ClientError, InvalidRequestError, MalformedJsonError
from causeway.model.loss import Loss, LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool

FACE = ResponsesChat(is_unified=False)
PROVIDER = ResponsesProvider()
WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}
SEARCH = {"type": "web_search", "search_context_size": "low"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA=="}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{}"}
CALL_AGAIN = {**CALL, "id": "fc_2", "call_id": "call_2"}
SEARCHED = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "It rains.", "annotations": [], "logprobs": []}],
}


def decode(losses: LossReport | None = None, **fields: Any) -> ChatRequest:
    body = {"model": "some-model", "input": "Hello", **fields}
    return FACE.decode_request(json.dumps(body).encode(), LossReport() if losses is None else losses)


def decode_items(*items: Any) -> tuple[Any, ...]:
    return decode(input=items).messages


def encoded(request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(PROVIDER.encode_request(request, LossReport()))
    return body


def refusal(**fields: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        decode(**fields)
    return caught.value


def test_a_text_is_a_users_message() -> None:
    assert decode() == ChatRequest(
        model="some-model",
        messages=(UserMessage((TextBlock("Hello"),)),),
        dialect="responses",
        is_verbatim=True,
    )


def test_instructions_are_the_first_message_and_go_back_to_where_they_stood() -> None:
    request = decode(instructions="Be brief.")
    assert request.messages[0] == SystemMessage((TextBlock("Be brief."),))
    assert encoded(request)["instructions"] == "Be brief."


@pytest.mark.parametrize("role", ["system", "developer"])
def test_an_instruction_in_the_input_stays_there(role: str) -> None:
    items = [{"role": role, "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    request = decode(input=items)
    assert isinstance(request.messages[0], SystemMessage)
    assert encoded(request)["input"] == items
    assert "instructions" not in encoded(request)


def test_what_a_user_may_say() -> None:
    parts = [
        {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_image", "image_url": "https://x/i.png", "detail": "low"},
        {"type": "input_image", "file_id": "file-1", "detail": "auto"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="},
        {"type": "input_file", "file_url": "https://x/b.pdf"},
        {"type": "input_file", "file_id": "file-2"},
    ]
    request = decode(input=[{"role": "user", "content": parts}])
    assert request.messages == (
        UserMessage(
            (
                TextBlock("Look"),
                CachePoint(),
                ImageBlock("https://x/i.png", "low"),
                OpaqueBlock("responses", "input_image", parts[2]),
                FileBlock("data:application/pdf;base64,QQ==", "application/pdf", "a.pdf"),
                FileBlock("https://x/b.pdf"),
                OpaqueBlock("responses", "input_file", parts[5]),
            )
        ),
    )
    assert encoded(request)["input"] == [{"role": "user", "content": parts}]


def test_the_items_between_two_turns_are_one_turn_of_the_assistants() -> None:
    items = [REASONING, CALL, SEARCHED, CALL_AGAIN, MESSAGE]
    output = {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
    messages = decode_items({"role": "user", "content": "Weather?"}, *items, output)
    assert messages[1:] == (
        AssistantMessage(
            content=(
                ThinkingBlock("", Seal("responses", {"item": REASONING})),
                OpaqueBlock("responses", "web_search_call", SEARCHED),
                TextBlock("It rains.", Seal("responses", {"item": {"id": "msg_1", "status": "completed"}})),
            ),
            tool_calls=(
                ToolCall(
                    "call_1",
                    "weather",
                    "{}",
                    Seal("responses", {"item": {"id": "fc_1"}, "preceding_blocks": 1}),
                ),
                ToolCall(
                    "call_2",
                    "weather",
                    "{}",
                    Seal("responses", {"item": {"id": "fc_2"}, "preceding_blocks": 2}),
                ),
            ),
        ),
        ToolMessage("call_1", (TextBlock("rain"),)),
    )


@given(st.permutations([REASONING, CALL, SEARCHED, CALL_AGAIN, MESSAGE]))
def test_the_items_of_a_turn_go_back_in_their_order(items: list[dict[str, Any]]) -> None:
    assert encoded(decode(input=items))["input"] == items


@given(
    st.permutations([{k: v for k, v in CALL.items() if k != "id"}, {"role": "assistant", "content": "Hm."}])
)
def test_items_without_ids_go_back_in_their_order_too(items: list[dict[str, Any]]) -> None:
    assert encoded(decode(input=items))["input"] == items


def test_a_call_that_ends_a_turn_and_has_no_id_has_no_seal() -> None:
    plain = {name: value for name, value in CALL.items() if name != "id"}
    assert decode_items(MESSAGE, plain)[0].tool_calls == (ToolCall("call_1", "weather", "{}"),)


def test_the_parts_of_a_message_go_back_to_one_message() -> None:
    part = MESSAGE["content"][0]
    refused = {"type": "refusal", "refusal": "I will not."}
    message = {**MESSAGE, "phase": "final_answer", "content": [part, {**part, "text": "More."}, refused]}
    request = decode(input=[message, MESSAGE])
    assert [block.text for block in request.messages[0].content] == [
        "It rains.",
        "More.",
        "I will not.",
        "It rains.",
    ]
    assert encoded(request)["input"] == [message, MESSAGE]


def test_annotations_are_citations_of_their_part() -> None:
    address = {"type": "url_citation", "start_index": 3, "end_index": 8, "url": "https://x", "title": "X"}
    file = {"type": "file_citation", "index": 2, "file_id": "file-1", "filename": "a.pdf"}
    part = {"type": "output_text", "text": "It rains.", "annotations": [address, file], "logprobs": []}
    request = decode(input=[{**MESSAGE, "content": [part]}])
    assert request.messages[0].citations == (
        Citation(
            3, 8, "rains", (Source("document", "https://x", {"url": "https://x", "title": "X"}),), "text", 0
        ),
        Citation(
            2,
            2,
            "",
            (
                Source(
                    "document",
                    "file-1",
                    {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf"},
                ),
            ),
            "text",
            0,
        ),
    )
    assert encoded(request)["input"] == [{**MESSAGE, "content": [part]}]


@pytest.mark.parametrize(
    "annotation",
    [
        {"type": "url_citation", "start_index": 3, "end_index": 80, "url": "https://x"},
        {"type": "file_path", "file_id": "f"},
        {"type": "file_citation", "file_id": "f", "index": -1},
        "nonsense",
    ],
)
def test_annotations_that_cite_no_span_are_kept(annotation: Any) -> None:
    part = {"type": "output_text", "text": "It rains.", "annotations": [annotation], "logprobs": []}
    request = decode(input=[{**MESSAGE, "content": [part]}])
    assert request.messages[0].citations == ()
    assert encoded(request)["input"] == [{**MESSAGE, "content": [part]}]


def test_a_tools_result_may_be_parts() -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,QQ=="}
    output = {"type": "function_call_output", "call_id": "call_1", "output": [image]}
    assert decode_items(output) == (ToolMessage("call_1", (ImageBlock("data:image/png;base64,QQ=="),)),)
    assert encoded(decode(input=[output]))["input"] == [output]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "item_reference", "id": "msg_1"},
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"},
        {"type": "custom_tool_call", "call_id": "c", "name": "grep", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "y"},
        {"type": "mcp_approval_response", "approval_request_id": "m", "approve": True},
        {"type": "some_call_of_tomorrow", "status": "completed"},
    ],
)
def test_items_that_only_openai_knows_are_kept_whole(item: dict[str, Any]) -> None:
    assert decode_items(item) == (AssistantMessage((OpaqueBlock("responses", item["type"], item),)),)
    assert encoded(decode(input=[item]))["input"] == [item]


def test_the_options() -> None:
    request = decode(
        stream=True,
        max_output_tokens=100,
        temperature=0.5,
        top_p=0.9,
        top_logprobs=3,
        include=["message.output_text.logprobs", "reasoning.encrypted_content"],
        parallel_tool_calls=False,
        reasoning={"effort": "low", "summary": "auto"},
        text={
            "format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True},
            "verbosity": "low",
        },
        fallbacks=["other/model"],
        store=False,
        metadata={"a": "b"},
    )
    assert request.stream
    assert request.sampling == Sampling(
        max_tokens=100, temperature=0.5, top_p=0.9, logprobs=True, top_logprobs=3
    )
    assert request.allows_parallel_calls is False
    assert request.thinking == Thinking(enabled=True, effort="low")
    assert request.response_format == ResponseFormat({}, "n", None, True)
    assert request.fallbacks == ("other/model",)
    assert request.extras is not None
    assert request.extras.fields == {
        "include": ["reasoning.encrypted_content"],
        "reasoning.summary": "auto",
        "text.verbosity": "low",
        "store": False,
        "metadata": {"a": "b"},
    }
    again = encoded(request)
    assert again["reasoning"] == {"effort": "low", "summary": "auto"}
    assert again["text"]["verbosity"] == "low"
    assert (again["store"], again["metadata"]) == (False, {"a": "b"})
    assert "fallbacks" not in again


@pytest.mark.parametrize(
    ("reasoning", "thinking"),
    [
        ({"effort": "none"}, Thinking(enabled=False)),
        ({"effort": "xhigh"}, Thinking(enabled=True, effort="xhigh")),
        ({"max_tokens": 1000}, Thinking(enabled=True, token_budget=1000)),
        ({"summary": "auto"}, None),
        ({}, None),
    ],
)
def test_how_much_to_reason(reasoning: dict[str, Any], thinking: Thinking | None) -> None:
    assert decode(reasoning=reasoning).thinking == thinking


def test_tools_of_both_kinds() -> None:
    deferred = {**WEATHER, "name": "later", "defer_loading": True}
    request = decode(tools=[SEARCH, WEATHER, deferred])
    assert request.opaque_tools == (OpaqueTool("responses", "web_search", SEARCH),)
    assert request.tools == tuple(
        Tool(name, "The weather of a city.", WEATHER["parameters"], True) for name in ("weather", "later")
    )
    assert encoded(request)["tools"] == [WEATHER, deferred, SEARCH]


@pytest.mark.parametrize(
    ("choice", "canonical"),
    [
        ("auto", (None, None, ())),
        ("none", ("none", None, ())),
        ("required", ("required", None, ())),
        ({"type": "function", "name": "weather"}, ("required", "weather", ())),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]},
            (None, None, ("weather",)),
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]},
            ("required", None, ("weather",)),
        ),
        ({"type": "web_search"}, (None, None, ())),
        (
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "web_search"}, {"type": "function", "name": "weather"}],
            },
            (None, None, ("weather",)),
        ),
    ],
)
def test_which_tool_to_call(choice: Any, canonical: tuple[Any, ...]) -> None:
    request = decode(tools=[WEATHER, SEARCH], tool_choice=choice)
    assert (request.tool_choice, request.forced_tool, request.allowed_tools) == canonical
    assert encoded(request).get("tool_choice", "auto") == choice


def test_coheres_extensions_are_taken_and_stay_here() -> None:
    request = decode(documents=[{"id": "a", "data": "x"}], citation_options={"mode": "FAST"}, priority=3)
    assert (request.documents, request.citation_mode, request.priority) == ((Document("x", "a"),), "fast", 3)
    assert not request.is_verbatim
    assert not decode(reasoning={"max_tokens": 5}).is_verbatim


def test_what_has_no_place_inside_a_part_is_reported() -> None:
    losses = LossReport()
    decode(
        losses,
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "a", "mood": "glad"},
                    {"type": "input_image", "image_url": "https://x", "detail": "original"},
                ],
            }
        ],
    )
    assert losses.losses == [
        Loss("dropped", "input[0].content[0].mood", "the gateway has no place for it"),
        Loss("approximated", "input[0].content[1].detail", "the highest that others know is asked for"),
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model": None}, "model"),
        ({"input": None}, "input"),
        ({"model": 3}, "model"),
        ({"input": 3}, "input"),
        ({"input": [3]}, "input[0]"),
        ({"input": [{}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": 3}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": [3]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": 3}]}]},
            "input[0].content[0].text",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "input[0].content[0].image_url",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "ftp://x"}]}]},
            "input[0].content[0].image_url",
        ),
        (
            {
                "input": [
                    {
                        "role": "user",
                        "content": [{"type": "input_image", "image_url": "https://x", "detail": "no"}],
                    }
                ]
            },
            "input[0].content[0].detail",
        ),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0].file_url"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "x"}]}]},
            "input[0].content[0].file_url",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": 3}]}]},
            "input[0].content[0].file_data",
        ),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "system", "content": [{"type": "input_image"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "assistant"}]}, "input[0].content"),
        ({"input": [{"role": "assistant", "content": 3}]}, "input[0].content"),
        ({"input": [{"type": 3}]}, "input[0].type"),
        ({"input": [{"type": "function_call"}]}, "input[0].call_id"),
        ({"input": [{**CALL, "name": 3}]}, "input[0].name"),
        ({"input": [{**CALL, "arguments": {}}]}, "input[0].arguments"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call_output", "call_id": 3, "output": "x"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        ({"input": [{"type": "reasoning", "summary": "x"}]}, "input[0].summary"),
        ({"input": [{"type": "reasoning", "summary": [{}]}]}, "input[0].summary[0].text"),
        ({"instructions": 3}, "instructions"),
        ({"stream": "yes"}, "stream"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"include": "all"}, "include"),
        ({"parallel_tool_calls": "x"}, "parallel_tool_calls"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [{"type": 3}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tools": [{"type": "function", "name": 3}]}, "tools[0].name"),
        ({"tools": [{**WEATHER, "parameters": "x"}]}, "tools[0].parameters"),
        ({"tools": [{**WEATHER, "strict": "x"}]}, "tools[0].strict"),
        ({"tools": [{**WEATHER, "description": 3}]}, "tools[0].description"),
        ({"tool_choice": "some"}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {}}, "tool_choice.type"),
        ({"tool_choice": {"type": 3}}, "tool_choice.type"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "function", "name": "x"}}, "tool_choice.name"),
        ({"tool_choice": {"type": "allowed_tools", "mode": "x", "tools": []}}, "tool_choice.mode"),
        ({"tool_choice": {"type": "allowed_tools", "tools": 3}}, "tool_choice.tools"),
        (
            {"tool_choice": {"type": "allowed_tools", "tools": [{"type": "function"}]}},
            "tool_choice.tools[0].name",
        ),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        ({"text": {"format": {}}}, "text.format.type"),
        ({"reasoning": {"effort": "much"}}, "reasoning.effort"),
        ({"reasoning": {"max_tokens": 0}}, "reasoning.max_tokens"),
        ({"fallbacks": [""]}, "fallbacks[0]"),
        ({"priority": 1000}, "priority"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    error = refusal(**fields)
    assert (error.status, error.field) == (400, field)
    assert field.rpartition(".")[2].partition("[")[0] in error.message
    body = json.loads(FACE.encode_error(error, "trace"))
    assert body["error"]["param"] == field
    assert body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("name", ["prompt", "conversation", "previous_response_id"])
def test_the_input_may_come_from_elsewhere(name: str) -> None:
    assert decode(input=None, **{name: "some_1"}).messages == ()


def test_a_body_that_is_not_json() -> None:
    for body in (b"", b"{", b'{"model": "\xff"}', b"[" * 5000):
        with pytest.raises(MalformedJsonError):
            FACE.decode_request(body, LossReport())
    with pytest.raises(InvalidRequestError):
        FACE.decode_request(b"[]", LossReport())


NAMES = sorted(
    {*WireRequest.__struct_fields__, "role", "content", "type", "text", "name", "summary", "output"}
)
KINDS = ["message", "reasoning", "function_call", "function_call_output", "input_text", "input_file",
         "output_text", "refusal", "function", "allowed_tools", "url_citation", "json_schema"]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    SCALARS | st.sampled_from([*KINDS, "user", "assistant", "system"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES), VALUES)
def test_any_json_is_a_request_or_an_error_of_the_clients(body: dict[str, Any], input: Any) -> None:
    raw = msgspec.json.encode({"model": "m", "input": input, **body})
    try:
        request = FACE.decode_request(raw, LossReport())
    except ClientError:
        return
    assert isinstance(json.loads(PROVIDER.encode_request(request, LossReport())), dict)


ITEMS = st.dictionaries(
    st.sampled_from(["role", "content", "summary", "output", "call_id", "name", "arguments", "id", "status"]),
    VALUES,
    max_size=5,
).flatmap(lambda item: st.sampled_from(KINDS).map(lambda kind: {"type": kind, "role": "assistant", **item}))


@given(st.lists(ITEMS, max_size=4))
def test_any_items_are_a_conversation_or_an_error_of_the_clients(items: list[Any]) -> None:
    try:
        request = decode(input=items)
    except ClientError as error:
        assert error.field is not None
        return
    PROVIDER.encode_request(request, LossReport())
