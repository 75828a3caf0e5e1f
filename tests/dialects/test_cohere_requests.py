"""What a Cohere chat body may say, in every spelling, and what is refused with which words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.cohere.decode_request import decode_request
from causeway.dialects.cohere.encode_error import MAX_WARNING_CHARACTERS, encode_warning
from causeway.dialects.cohere.request_schema import WireChatRequest
from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    ImageBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import ClientError, InvalidRequestError, MalformedJsonError, UnknownFieldError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Sampling, Thinking

HI = [{"role": "user", "content": "hi"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    },
}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def decode(strict: bool = True, **fields: Any) -> ChatRequest:
    body = {"model": "m", "messages": HI, **fields}
    return decode_request(json.dumps(body).encode(), strict=strict, losses=LossReport())


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        ({"logprobs": True}, "sampling.logprobs", True),
        ({"log_probs": True}, "sampling.logprobs", True),
        ({"log_probs": True, "logprobs": True}, "sampling.logprobs", True),
        ({"strict_tools": True, "tools": [TOOL]}, "strict_tools", True),
        ({"strict_tool_choice": True, "tools": [TOOL]}, "strict_tools", True),
        ({"tool_choice": "AUTO"}, "tool_choice", None),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"tool_choice": "none"}, "tool_choice", "none"),
        ({"tool_choice": "Required", "tools": [TOOL]}, "tool_choice", "required"),
        ({"tool_choice": "any", "tools": [TOOL]}, "tool_choice", "required"),
        ({"safety_mode": "NONE"}, "safety_mode", "off"),
        ({"safety_mode": "OFF"}, "safety_mode", "off"),
        ({"safety_mode": False}, "safety_mode", "off"),
        ({"safety_mode": "STRICT"}, "safety_mode", "strict"),
        ({"safety_mode": "contextual"}, "safety_mode", "contextual"),
        ({"citation_options": {"mode": "fast"}}, "citation_mode", "fast"),
        ({"citation_options": {"mode": "ENABLED"}}, "citation_mode", "accurate"),
        ({"citation_options": {"mode": "DISABLED"}}, "citation_mode", "off"),
        ({"citation_options": {"mode": False}}, "citation_mode", "off"),
        ({"response_format": {"type": "text"}}, "response_format", None),
        ({"response_format": {"type": "json_object"}}, "response_format", ResponseFormat()),
        (
            {"response_format": {"type": "json_object", "schema": {"type": "object"}}},
            "response_format",
            ResponseFormat({"type": "object"}),
        ),
        (
            {"response_format": {"type": "json_object", "json_schema": {"a": 1}, "schema": {"b": 1}}},
            "response_format",
            ResponseFormat({"a": 1}),
        ),
        (
            {"response_format": {"type": "json_object", "json_schema": None, "schema": {"b": 1}}},
            "response_format",
            ResponseFormat(),
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"b": 1}}}},
            "response_format",
            ResponseFormat({"b": 1}),
        ),
        ({"thinking": {"token_budget": 500}}, "thinking", Thinking(True, 500)),
        ({"thinking": {"type": "disabled"}}, "thinking", Thinking(False)),
        ({"temperature": 2}, "sampling.temperature", 2.0),
        ({"p": 1}, "sampling.top_p", 1.0),
        ({"k": 500}, "sampling.top_k", 500),
        ({"seed": 2**64 - 1}, "sampling.seed", 2**64 - 1),
        ({"priority": 999}, "priority", 999),
        ({"stop_sequences": list("abcde")}, "sampling.stop_sequences", tuple("abcde")),
        ({"documents": []}, "documents", ()),
        (
            {"documents": ["s", {"data": "t"}, {"data": {"a": 1}, "id": "x"}]},
            "documents",
            (Document("s"), Document("t"), Document({"a": 1}, "x")),
        ),
    ],
)
def test_every_spelling_is_understood(fields: dict[str, Any], attribute: str, expected: Any) -> None:
    for strict in (True, False):
        value: Any = decode(strict, **fields)
        for name in attribute.split("."):
            value = getattr(value, name)
        assert value == expected


def test_null_means_not_given() -> None:
    names = (
        "stream tools tool_choice strict_tools strict_tool_choice documents citation_options "
        "response_format safety_mode max_tokens stop_sequences temperature seed frequency_penalty "
        "presence_penalty k p logprobs log_probs thinking priority fallbacks"
    ).split()
    assert replace(decode(**dict.fromkeys(names)), is_verbatim=True) == decode()
    assert decode().sampling == Sampling()


@pytest.mark.parametrize("strict", [True, False])
def test_fallbacks_are_the_gateways_own_field(strict: bool) -> None:
    request = decode(strict, fallbacks=["openai/gpt-4o-mini", "local/m"])
    assert request.fallbacks == ("openai/gpt-4o-mini", "local/m")
    assert request.is_verbatim
    assert decode(strict).fallbacks == ()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": None, "temperature": None, "tools": None, "response_format": None},
        {"temperature": 1, "p": 0.99, "k": 0, "frequency_penalty": 0.5, "presence_penalty": 1},
        {"tools": [TOOL], "tool_choice": "REQUIRED", "strict_tools": True},
        {"tools": [TOOL], "tool_choice": "NONE"},
        {"safety_mode": "OFF", "citation_options": {"mode": "DISABLED"}, "documents": ["d", {"data": "e"}]},
        {"response_format": {"type": "json_object", "schema": {"type": "object"}}},
        {"response_format": {"type": "json_object", "json_schema": None}},
        {"response_format": {"type": "text"}},
        {"thinking": {"type": "enabled", "token_budget": 5}, "logprobs": True, "priority": 3},
        {"messages": [*HI, {"role": "assistant", "tool_calls": [CALL]}]},
    ],
)
def test_what_cohere_takes_as_it_is_is_verbatim(fields: dict[str, Any]) -> None:
    for strict in (True, False):
        assert decode(strict, **fields).is_verbatim


@pytest.mark.parametrize(
    "fields",
    [
        {"log_probs": True},
        {"log_probs": None},
        {"strict_tool_choice": False},
        {"strict_tool_choice": None},
        {"tool_choice": "AUTO"},
        {"tools": [TOOL], "tool_choice": "required"},
        {"tools": [TOOL], "tool_choice": "ANY"},
        {"tools": [{"function": {"name": "f", "parameters": {}}}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"tools": []},
        {"documents": []},
        {"safety_mode": "NONE"},
        {"safety_mode": False},
        {"safety_mode": "contextual"},
        {"citation_options": {"mode": False}},
        {"citation_options": {"mode": "fast"}},
        {"thinking": {"token_budget": 5}},
        {"thinking": {"type": "ENABLED"}},
        {"temperature": 1.5},
        {"p": 1},
        {"p": 0},
        {"response_format": {"type": "json_object", "json_schema": None, "schema": {}}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        {"messages": [*HI, {"role": "assistant", "tool_calls": [{**CALL, "type": None}]}]},
        {"messages": [*HI, {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f"}}]}]},
    ],
)
def test_what_only_gateways_take_is_not_verbatim(fields: dict[str, Any]) -> None:
    for strict in (True, False):
        assert not decode(strict, **fields).is_verbatim


@pytest.mark.parametrize("fields", [{"unknown": 1}, {"frequency_penalty": -1}, {"presence_penalty": 1.5}])
def test_what_only_lenient_routes_take_is_not_verbatim(fields: dict[str, Any]) -> None:
    assert not decode(False, **fields).is_verbatim


def test_frames_with_event_types_are_never_passed_on_as_they_are() -> None:
    body = json.dumps({"model": "m", "messages": HI}).encode()
    for has_event_types in (False, True):
        request = CohereChat(True, has_event_types).decode_request(body, LossReport())
        assert request.is_verbatim is not has_event_types


def test_all_four_roles_with_string_and_block_content() -> None:
    request = decode(
        messages=[
            {"role": "system", "content": [{"type": "text", "text": "s"}]},
            {"role": "user", "content": [
                {"type": "text", "text": "u"},
                {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            ]},
            {"role": "user", "content": "again"},
            {"role": "assistant", "tool_plan": "p", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "a", "content": [
                {"type": "document", "document": {"data": "{\"x\":1}"}},
                {"type": "document", "document": {"data": {"x": 1}, "id": "d"}},
                {"type": "text", "text": "t"},
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "sunny"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "done"},
            ]},
            {"role": "system", "content": "late"},
        ]
    )  # fmt: skip
    assert request.messages == (
        SystemMessage((TextBlock("s"),)),
        UserMessage((TextBlock("u"), ImageBlock("https://x/y.png", "low"))),
        UserMessage((TextBlock("again"),)),
        AssistantMessage(tool_plan="p", tool_calls=(ToolCall("a", "f", "{}"),)),
        ToolMessage(
            "a",
            (DocumentBlock(Document('{"x":1}')), DocumentBlock(Document({"x": 1}, "d")), TextBlock("t")),
        ),
        ToolMessage("a", (TextBlock("sunny"),)),
        AssistantMessage(content=(ThinkingBlock("hm"), TextBlock("done"))),
        SystemMessage((TextBlock("late"),)),
    )


def user(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


def image(**image_url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": image_url}


PNG = "data:image/png;base64,AAAA"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"model": None}, "model", "a model parameter is required for this endpoint."),
        ({"model": ""}, "model", "a model parameter is required"),
        ({"model": 5}, "model", "model: expected str, got int"),
        ({"messages": None}, "messages", "messages: must contain at least 1 message"),
        ({"messages": []}, "messages", "messages: must contain at least 1 message"),
        ({"messages": "hi"}, "messages", "messages: expected array, got str"),
        ({"messages": [{"role": "developer", "content": "x"}]}, "messages[0].role",
         "messages[0].role: invalid value 'developer', expected one of user, assistant, system, tool"),
        ({"messages": [{"content": "x"}]}, "messages[0].role", "required field is missing"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "required field is missing"),
        (user(""), "messages[0].content", "message must not be empty in a turn"),
        (user([]), "messages[0].content", "message must not be empty in a turn"),
        (user([{"type": "text", "text": ""}]), "messages[0].content", "must not be empty"),
        (user([{"type": "video"}]), "messages[0].content[0].type", "invalid value 'video'"),
        (user([{"type": "text"}]), "messages[0].content[0].text", "required field is missing"),
        (user([image(url="ftp://x")]), "messages[0].content[0].image_url.url", "expected an http(s) URL"),
        (user([image(url="data:image/tiff;base64,AAAA")]), "messages[0].content[0].image_url.url",
         "expected a base64 data: URI of a PNG, JPEG, WEBP or GIF image"),
        (user([image(url="data:image/png;base64,A*A")]), "messages[0].content[0].image_url.url",
         "not valid base64"),
        (user([image(url=PNG, detail="big")]), "messages[0].content[0].image_url.detail", "auto, low, high"),
        (user([image(url=PNG)] * 21), "messages", "too many images, maximum is 20, received 21"),
        (user([image(url=PNG + "A" * (28 * 2**20))]), "messages", "images exceed"),
        ({"messages": [{"role": "assistant"}]}, "messages[0].content", "must not be empty"),
        ({"messages": [{"role": "assistant", "content": ""}]}, "messages[0].content", "must not be empty"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id",
         "tool call id must be provided with tool message"),
        ({"messages": [*HI, {"role": "tool", "tool_call_id": "zz", "content": "x"}]},
         "messages[1].tool_call_id", "tool call id not found in previous tool calls"),
        ({"messages": [{"role": "assistant", "tool_calls": [CALL, CALL]}]},
         "messages[0].tool_calls[1].id", "cannot have duplicate tool ids"),
        ({"messages": [{"role": "assistant", "tool_calls": [{**CALL, "type": "x"}]}]},
         "messages[0].tool_calls[0].type", "tool call must be of type function"),
        ({"messages": [{"role": "assistant", "tool_calls": [{**CALL, "id": None}]}]},
         "messages[0].tool_calls[0].id", "required field is missing"),
        ({"max_tokens": -1}, "max_tokens", "invalid request: max_tokens cannot be less than 0."),
        ({"max_tokens": 0}, "max_tokens", "max_tokens must be at least 1"),
        ({"max_tokens": "5"}, "max_tokens", "max_tokens: expected int, got str"),
        ({"max_tokens": 5.5}, "max_tokens", "max_tokens: expected int, got float"),
        ({"max_tokens": True}, "max_tokens", "max_tokens: expected int, got bool"),
        ({"stop_sequences": list("abcdef")}, "stop_sequences",
         "invalid request: too many stop sequences provided, maximum is 5, received 6."),
        ({"stop_sequences": [""]}, "stop_sequences", "must not contain an empty string"),
        ({"stop_sequences": [5]}, "stop_sequences[0]", "stop_sequences[0]: expected str, got int"),
        ({"temperature": 2.1}, "temperature", "temperature must be between 0 and 2 inclusive"),
        ({"temperature": -0.1}, "temperature", "temperature must be between"),
        ({"seed": -1}, "seed", "seed must be between 0 and 18446744073709551615 inclusive"),
        ({"seed": 2**64}, "seed", "seed must be between"),
        ({"k": 501}, "k", "k must be between 0 and 500 inclusive"),
        ({"p": 1.01}, "p", "p must be between 0 and 1 inclusive"),
        ({"frequency_penalty": 1.5}, "frequency_penalty",
         "invalid request: frequency_penalty must be between 0 and 1 inclusive."),
        ({"presence_penalty": -0.5}, "presence_penalty",
         "invalid request: presence_penalty must be between 0 and 1 inclusive."),
        ({"priority": 1000}, "priority", "priority must be between 0 and 999 inclusive"),
        ({"logprobs": True, "log_probs": False}, "logprobs", "logprobs and log_probs contradict"),
        ({"tools": [{"type": "f"}]}, "tools[0].type", "tool must be of type function"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name", "required field is missing"),
        ({"tool_choice": "REQUIRED"}, "tool_choice", "needs at least one tool"),
        ({"tool_choice": "f"}, "tool_choice", "expected one of REQUIRED, NONE, AUTO"),
        ({"strict_tools": True, "tools": [{"function": {"name": "f"}}]},
         "tools[0].function.parameters", "at least one required parameter"),
        ({"strict_tools": True, "tools": [
            {"function": {"name": "f", "parameters": {
                "properties": {str(n): {} for n in range(201)}, "required": ["1"]}}}]},
         "tools", "200 fields over all tools, received 201"),
        ({"documents": [{"id": "d", "data": "x"}, {"id": "d", "data": "y"}]}, "documents[1].id",
         "invalid request: duplicate document ID d at index 1 and 0"),
        ({"documents": [{"id": "d"}]}, "documents[0].data", "required field is missing"),
        ({"documents": [5]}, "documents[0]", "documents[0]: expected"),
        ({"citation_options": {"mode": "nice"}}, "citation_options.mode", "expected one of ENABLED"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "expected one of text, json_object"),
        ({"response_format": {}}, "response_format.type", "required field is missing"),
        ({"response_format": {"type": "text", "json_schema": {"a": 1}}}, "response_format.json_schema",
         "not allowed with type text"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
         "response_format.json_schema.schema", "expected an object"),
        ({"response_format": {"type": "json_object"}, "documents": ["d"]}, "response_format",
         "invalid request: response_format is not supported with RAG."),
        ({"response_format": {"type": "json_object"}, "tools": [TOOL]}, "response_format",
         "response_format is not supported with tools"),
        ({"safety_mode": "LOOSE"}, "safety_mode",
         "unrecognized safety mode 'LOOSE'. For proper usage, please refer to"),
        ({"safety_mode": True}, "safety_mode", "unrecognized safety mode"),
        ({"thinking": {"type": "maybe"}}, "thinking.type", "expected one of enabled, disabled"),
        ({"thinking": {"token_budget": 0}}, "thinking.token_budget", "must be at least 1"),
        ({"fallbacks": ["cohere/m", ""]}, "fallbacks[1]", "fallbacks[1]: expected the name of a model"),
        ({"fallbacks": [{"model": "m"}]}, "fallbacks[0]", "fallbacks[0]: expected str, got object"),
        ({"fallbacks": "m"}, "fallbacks", "fallbacks: expected array, got str"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_by_name(fields: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode(**fields)
    assert caught.value.status == 400
    assert caught.value.field == field
    assert words in caught.value.message


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b'{"model": "m"} trailing', b'{"model": NaN}', b"\xff", b'{"model":"\\ud800"}',
     b'{"model":"m","messages":[],"tools":[{"function":{"name":"f","parameters":'
     + b'{"a":' * 100_000],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
@pytest.mark.parametrize("strict", [True, False])
def test_what_is_not_json_is_said_to_be_so(body: bytes, strict: bool) -> None:
    with pytest.raises(MalformedJsonError, match=r"^invalid json syntax: "):
        decode_request(body, strict=strict, losses=LossReport())


@pytest.mark.parametrize("body", [b"[]", b"5", b'"text"', b"null"])
def test_a_body_that_is_no_object(body: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="body: expected object, got"):
        decode_request(body, strict=True, losses=LossReport())


UNKNOWN_FIELDS = [
    ({"n": 1}, "n"),
    ({"metadata": {}}, "metadata"),
    ({"raw_prompting": True}, "raw_prompting"),
    ({"messages": [{**HI[0], "name": "x"}]}, "messages[0].name"),
    ({"tools": [{"function": {"name": "f", "strict": True}}]}, "tools[0].function.strict"),
    ({"tools": [{"function": {"name": "f"}, "cache_control": {}}]}, "tools[0].cache_control"),
    ({"citation_options": {"type": "x"}}, "citation_options.type"),
]


@pytest.mark.parametrize(("fields", "path"), UNKNOWN_FIELDS)
def test_native_routes_refuse_unknown_fields(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(UnknownFieldError) as caught:
        decode(**fields)
    assert caught.value.status == 422
    assert caught.value.message == (
        f"unknown field: parameter '{path}' is not a valid field. "
        "For proper usage, please refer to https://docs.cohere.com/reference/chat"
    )


@pytest.mark.parametrize(("fields", "path"), UNKNOWN_FIELDS)
def test_gateway_routes_drop_unknown_fields_and_say_so(fields: dict[str, Any], path: str) -> None:
    losses = LossReport()
    body = {"model": "m", "messages": HI, "extra": 1, **fields}
    request = decode_request(json.dumps(body).encode(), strict=False, losses=losses)
    assert {loss.path for loss in losses.losses} == {"extra", path}
    assert request == decode(False, **fields)
    warning = encode_warning(losses)
    assert warning is not None
    assert f"unknown field: parameter {path} is not a valid field".encode() in warning


def test_a_bad_value_behind_an_unknown_field_is_still_refused() -> None:
    with pytest.raises(InvalidRequestError, match="max_tokens: expected int"):
        decode(strict=False, unknown=1, max_tokens="x")


@pytest.mark.parametrize("body", [b'{"unknown": 1} trailing', b'{"unknown": 1, "model": "\xff"}'])
def test_what_is_no_json_behind_an_unknown_field_is_refused_as_such(body: bytes) -> None:
    with pytest.raises(MalformedJsonError, match="invalid json syntax"):
        decode_request(body, strict=False, losses=LossReport())


def test_unknown_fields_are_bounded() -> None:
    with pytest.raises(UnknownFieldError, match="more than 64 unknown fields"):
        decode(strict=False, **{f"unknown_{n}": n for n in range(100)})


def test_gateway_routes_allow_wider_penalties() -> None:
    assert decode(strict=False, frequency_penalty=-2).sampling.frequency_penalty == -2
    with pytest.raises(InvalidRequestError, match="frequency_penalty must be between -2 and 2"):
        decode(strict=False, frequency_penalty=-2.5)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.just(1), max_size=5))
def test_warnings_are_safe_headers(names: dict[str, int]) -> None:
    losses = LossReport()
    body = json.dumps({**names, "model": "m", "messages": HI}).encode()
    if not names.keys() & set(WireChatRequest.__struct_fields__):
        decode_request(body, strict=False, losses=losses)
        warning = encode_warning(losses) or b""
        assert all(0x20 <= byte <= 0x7E for byte in warning)
        assert len(warning) <= MAX_WARNING_CHARACTERS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "text", "role", "content", "function", "name", "data", "mode"]),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from([
            "tools", "documents", "thinking", "response_format", "citation_options", "seed", "k", "p",
            "tool_choice", "safety_mode", "max_tokens", "stop_sequences", "temperature", "messages",
        ]),
        json_values,
    ),
    st.booleans(),
)  # fmt: skip
def test_nothing_but_client_errors_comes_of_any_json(fields: dict[str, Any], strict: bool) -> None:
    try:
        decode(strict, **fields)
    except ClientError as error:
        assert 400 <= error.status < 500


turn_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
assistant_more = st.fixed_dictionaries(
    {},
    optional={
        "tool_plan": st.none() | turn_texts,
        "tool_calls": st.none() | st.just([]) | st.just([CALL]),
        "citations": st.none() | st.just([]) | st.just([{"start": 0, "end": 1}]),
    },
)


@given(st.lists(turn_texts, min_size=1, max_size=4), assistant_more)
def test_a_text_and_a_list_of_that_one_text_are_the_same_turn(said: list[str], more: dict[str, Any]) -> None:
    turns = [
        {"role": role, "content": text, **(more if role == "assistant" else {})}
        for text in said
        for role in ("system", "user", "assistant")
    ]
    listed = [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in turns]
    for turn, other in zip(turns, listed, strict=True):
        if turn["content"] or turn["role"] != "assistant":
            assert outcome([turn]) == outcome([other])
    if all(said):
        assert outcome(turns) == outcome(listed)


def outcome(messages: list[dict[str, Any]]) -> object:
    """Return the messages as they are decoded, or what is wrong with them."""
    try:
        return decode(messages=messages).messages
    except ClientError as error:
        return error.message, error.field
