"""OpenAI's dialect towards providers: every row of the translation, and every vendor's oddity."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.decode_error import MAX_MESSAGE_CHARACTERS
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.dialects.openai.quirks import OpenAiQuirks
from causeway.model.content import (
    AssistantMessage,
    Citation,
    Document,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    Source,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import UntranslatableError, UpstreamProtocolError, UpstreamRefusedError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.extras import Extras
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage

HELLO = (UserMessage((TextBlock("Hello"),)),)
CLOSED = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"city": {"type": "string"}}}


def encode(request: ChatRequest, **quirks: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the body, and each loss as (kind, path)."""
    losses = LossReport()
    provider = OpenAiProvider(msgspec.convert(quirks, OpenAiQuirks))
    body = json.loads(provider.encode_request(request, losses))
    return body, [(loss.kind, loss.path) for loss in losses.losses]


def asked(request: ChatRequest, **quirks: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the body without model and messages, and the losses."""
    body, losses = encode(request, **quirks)
    assert (body.pop("model"), body.pop("messages")) == ("m", [{"role": "user", "content": "Hello"}])
    return body, losses


def ask(**fields: Any) -> ChatRequest:
    return ChatRequest(model="m", messages=HELLO, **fields)


def messages(*conversation: Message, **quirks: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    body, losses = encode(ChatRequest(model="m", messages=conversation), **quirks)
    return body["messages"], losses


# Requests: the options


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({}, {}),
        ({"sampling": Sampling(max_tokens=9)}, {"max_completion_tokens": 9}),
        ({"sampling": Sampling(stop_sequences=("a", "b", "c", "d", "e"))}, {"stop": ["a", "b", "c", "d"]}),
        (
            {"sampling": Sampling(temperature=0.0, top_p=0.5, seed=0)},
            {"temperature": 0.0, "top_p": 0.5, "seed": 0},
        ),
        (
            {"sampling": Sampling(frequency_penalty=0.1, presence_penalty=0.2)},
            {"frequency_penalty": 0.1, "presence_penalty": 0.2},
        ),
        ({"sampling": Sampling(logprobs=True)}, {"logprobs": True}),
        ({"sampling": Sampling(logprobs=True, top_logprobs=0)}, {"logprobs": True, "top_logprobs": 0}),
        ({"sampling": Sampling(top_k=0)}, {}),
        ({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
        ({"choices": 2}, {"n": 2}),
        ({"allows_parallel_calls": False}, {"parallel_tool_calls": False}),
        ({"tool_choice": "none"}, {"tool_choice": "none"}),
        ({"tool_choice": "required"}, {"tool_choice": "required"}),
        (
            {"tool_choice": "required", "forced_tool": "f"},
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        ),
        (
            {"tools": (Tool("f", "does", OPEN, True), Tool("g"))},
            {
                "tools": [
                    {
                        "type": "function",
                        "function": {"name": "f", "description": "does", "parameters": OPEN, "strict": True},
                    },
                    {"type": "function", "function": {"name": "g"}},
                ]
            },
        ),
        ({"response_format": ResponseFormat()}, {"response_format": {"type": "json_object"}}),
        (
            {"response_format": ResponseFormat(OPEN)},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "response", "schema": OPEN}}},
        ),
        (
            {"response_format": ResponseFormat(OPEN, "city", "a city", False)},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "city", "description": "a city", "schema": OPEN, "strict": False},
                }
            },
        ),
        ({"thinking": Thinking(True, effort="xhigh")}, {"reasoning_effort": "xhigh"}),
        ({"thinking": Thinking(False)}, {"reasoning_effort": "none"}),
        ({"priority": 0, "fallbacks": ("x/y",), "wants_stream_usage": True}, {}),
    ],
)
def test_what_openai_can_be_asked_is_asked_without_loss(fields: dict[str, Any], body: dict[str, Any]) -> None:
    assert asked(ask(**fields)) == (body, [])


@pytest.mark.parametrize(
    ("fields", "body", "cohere_path", "openai_path", "kind"),
    [
        ({"sampling": Sampling(top_k=3)}, {}, "k", "top_k", "dropped"),
        ({"safety_mode": "strict"}, {}, "safety_mode", "safety_mode", "dropped"),
        ({"priority": 5}, {}, "priority", "priority", "dropped"),
        ({"documents": (Document("text"),)}, {}, "documents", "documents", "dropped"),
        ({"thinking": Thinking(True)}, {}, "thinking", "reasoning_effort", "approximated"),
        (
            {"thinking": Thinking(True, 2_048)},
            {"reasoning_effort": "low"},
            "thinking",
            "reasoning_effort",
            "approximated",
        ),
        (
            {"thinking": Thinking(True, 2_049)},
            {"reasoning_effort": "medium"},
            "thinking",
            "reasoning_effort",
            "approximated",
        ),
        (
            {"thinking": Thinking(True, 8_193)},
            {"reasoning_effort": "high"},
            "thinking",
            "reasoning_effort",
            "approximated",
        ),
        (
            {"thinking": Thinking(True, 1, "high")},
            {"reasoning_effort": "high"},
            "thinking",
            "reasoning_effort",
            "approximated",
        ),
    ],
)
def test_what_openai_cannot_be_asked_is_reported_in_the_callers_words(
    fields: dict[str, Any], body: dict[str, Any], cohere_path: str, openai_path: str, kind: str
) -> None:
    assert asked(ask(**fields)) == (body, [(kind, cohere_path)])
    assert asked(ask(**fields, dialect="openai")) == (body, [(kind, openai_path)])


def test_how_to_cite_is_lost_only_where_there_is_something_to_cite() -> None:
    assert asked(ask(citation_mode="fast")) == ({}, [])
    losses = asked(ask(citation_mode="fast", documents=(Document("text"),)))[1]
    assert losses == [("dropped", "documents"), ("dropped", "citation_options")]


@pytest.mark.parametrize(
    ("schema", "is_strict"),
    [
        (CLOSED, True),
        (OPEN, False),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({"type": "object", "additionalProperties": False}, True),
        ({**CLOSED, "properties": {"city": CLOSED}}, True),
        ({**CLOSED, "properties": {"city": OPEN}}, False),
        ({**CLOSED, "properties": {"city": {"type": "array", "items": OPEN}}}, False),
        ({**CLOSED, "properties": {"city": {"anyOf": [{"type": "null"}, OPEN]}}}, False),
        ({**CLOSED, "properties": {"city": {"$ref": "#/$defs/c"}}, "$defs": {"c": OPEN}}, False),
        ({"properties": {"city": {}}}, False),
    ],
)
def test_strict_tools_are_strict_where_openai_can_enforce_their_schema(
    schema: dict[str, Any], is_strict: bool
) -> None:
    body, losses = asked(ask(tools=(Tool("f", None, schema),), strict_tools=True))
    assert body["tools"][0]["function"].get("strict", False) is is_strict
    assert losses == ([] if is_strict else [("approximated", "strict_tools")])
    body, losses = asked(ask(tools=(Tool("f", None, schema),)))
    assert "strict" not in body["tools"][0]["function"]
    assert losses == []


def test_fields_of_openais_own_are_written_back_but_never_over_others() -> None:
    extras = Extras("openai", {"user": "u", "seed": 5, "metadata": {"a": 1}})
    body, losses = asked(ask(dialect="openai", sampling=Sampling(seed=1), extras=extras))
    assert body == {"seed": 1, "user": "u", "metadata": {"a": 1}}
    assert losses == []
    body, losses = asked(ask(extras=Extras("cohere", {"raw_prompting": True})))
    assert (body, losses) == ({}, [("dropped", "raw_prompting")])


def test_a_vendors_own_word_says_more_than_what_is_written_for_another() -> None:
    thinking = {"type": "enabled", "clear_thinking": False}
    request = ask(
        dialect="openai",
        thinking=Thinking(True, effort="high"),
        extras=Extras("openai", {"thinking": thinking}),
    )
    body, _ = asked(request, reasoning_request="thinking")
    assert body == {"thinking": thinking}


@pytest.mark.parametrize(
    ("quirks", "body", "is_taken"),
    [
        ({}, {"max_completion_tokens": 9}, True),
        ({"max_tokens_field": "max_tokens"}, {"max_completion_tokens": 9}, False),
        ({"max_tokens_field": "max_tokens"}, {"max_tokens": 9}, True),
        ({"max_tokens_field": "max_tokens"}, {"temperature": 1}, True),
        ({"sends_stream_options": False}, {"stream": True}, True),
        ({"sends_stream_options": False}, {"stream": True, "stream_options": {"include_usage": True}}, False),
        ({"unsupported": ("logprobs",)}, {"logprobs": True}, False),
        ({"supports_json_schema": False}, {"response_format": {"type": "json_object"}}, True),
        (
            {"supports_json_schema": False},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": CLOSED}}},
            False,
        ),
        (
            {"reasoning_history_field": "reasoning_content"},
            {
                "messages": [
                    {"role": "assistant", "content": "Hi", "reasoning_content": "Hm."},
                    {"role": "assistant", "content": "Hello", "reasoning_content": ""},
                ]
            },
            True,
        ),
        (
            {"reasoning_history_field": "reasoning"},
            {"messages": [{"role": "assistant", "content": "Hi", "reasoning_content": "Hm."}]},
            False,
        ),
        ({"max_stop_sequences": 1}, {"stop": ["a", "b"]}, False),
    ],
)
def test_a_body_goes_to_a_vendor_as_it_is_where_its_author_heeded_the_quirks(
    quirks: dict[str, Any], body: dict[str, Any], is_taken: bool
) -> None:
    sent = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}], **body}).encode()
    request = OpenAiChat(is_unified=False).decode_request(sent, LossReport())
    provider = OpenAiProvider(msgspec.convert(quirks, OpenAiQuirks))
    assert provider.takes_verbatim(request, sent) is is_taken


# Requests: what is particular to a vendor


@pytest.mark.parametrize(
    ("quirks", "fields", "body", "losses"),
    [
        ({"max_tokens_field": "max_tokens"}, {"sampling": Sampling(max_tokens=9)}, {"max_tokens": 9}, []),
        ({"required_tool_choice": "any"}, {"tool_choice": "required"}, {"tool_choice": "any"}, []),
        ({"seed_field": "random_seed"}, {"sampling": Sampling(seed=3)}, {"random_seed": 3}, []),
        ({"supports_top_k": True}, {"sampling": Sampling(top_k=3)}, {"top_k": 3}, []),
        ({"sends_stream_options": False}, {"stream": True}, {"stream": True}, []),
        ({"max_stop_sequences": 1}, {"sampling": Sampling(stop_sequences=("a", "b"))}, {"stop": ["a"]}, []),
        (
            {"unsupported": ["logprobs", "top_logprobs", "seed"], "seed_field": "random_seed"},
            {"sampling": Sampling(logprobs=True, top_logprobs=2, seed=0, temperature=1.0)},
            {"temperature": 1.0},
            [("dropped", "logprobs"), ("dropped", "top_logprobs"), ("dropped", "seed")],
        ),
        ({"unsupported": ["seed"]}, {}, {}, []),
        (
            {"supports_json_schema": False},
            {"response_format": ResponseFormat(OPEN)},
            {"response_format": {"type": "json_object"}},
            [("approximated", "response_format.json_schema")],
        ),
        ({"reasoning_request": "none"}, {"thinking": Thinking(True)}, {}, [("dropped", "thinking")]),
        ({"no_reasoning_effort": None}, {"thinking": Thinking(False)}, {}, [("dropped", "thinking")]),
        (
            {"no_reasoning_effort": "minimal"},
            {"thinking": Thinking(False)},
            {"reasoning_effort": "minimal"},
            [("approximated", "thinking")],
        ),
        (
            {"reasoning_request": "reasoning"},
            {"thinking": Thinking(True, 100)},
            {"reasoning": {"max_tokens": 100}},
            [],
        ),
        (
            {"reasoning_request": "reasoning"},
            {"thinking": Thinking(True)},
            {"reasoning": {"enabled": True}},
            [],
        ),
        (
            {"reasoning_request": "reasoning"},
            {"thinking": Thinking(True, effort="low")},
            {"reasoning": {"effort": "low"}},
            [],
        ),
        (
            {"reasoning_request": "reasoning"},
            {"thinking": Thinking(False)},
            {"reasoning": {"enabled": False}},
            [],
        ),
        (
            {"reasoning_request": "thinking"},
            {"thinking": Thinking(True)},
            {"thinking": {"type": "enabled"}},
            [],
        ),
        (
            {"reasoning_request": "thinking"},
            {"thinking": Thinking(False)},
            {"thinking": {"type": "disabled"}},
            [],
        ),
        (
            {"reasoning_request": "thinking"},
            {"thinking": Thinking(True, 100)},
            {"thinking": {"type": "enabled"}},
            [("approximated", "thinking")],
        ),
    ],
)
def test_a_vendor_is_asked_in_its_own_words(
    quirks: dict[str, Any], fields: dict[str, Any], body: dict[str, Any], losses: list[tuple[str, str]]
) -> None:
    assert asked(ask(**fields), **quirks) == (body, losses)


def test_a_setting_that_is_not_known_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `max_token_field`"):
        msgspec.convert({"max_token_field": "max_tokens"}, OpenAiQuirks)
    with pytest.raises(msgspec.ValidationError, match="unsupported"):
        msgspec.convert({"unsupported": ["sead"]}, OpenAiQuirks)


def test_the_face_takes_as_many_stop_sequences_as_its_provider() -> None:
    assert OpenAiProvider().max_stop_sequences == 4
    assert OpenAiProvider(OpenAiQuirks(max_stop_sequences=16)).max_stop_sequences == 16


# Requests: the conversation


def test_a_conversation_keeps_its_turns_in_place() -> None:
    conversation = (
        UserMessage((TextBlock("one"), TextBlock("two"))),
        SystemMessage((TextBlock("be brief"),)),
        AssistantMessage((TextBlock("well"),)),
        SystemMessage((TextBlock("a"), TextBlock("b"))),
        AssistantMessage(tool_plan="I look.", tool_calls=(ToolCall("c1", "f", '{"x": 1}'),)),
        ToolMessage("c1", (TextBlock("r1"), TextBlock("r2"))),
        AssistantMessage((TextBlock("so"),), "I look.", (ToolCall("c2", "f", "{}"),)),
        ToolMessage("c2", ()),
        AssistantMessage(tool_calls=(ToolCall("c3", "f", "{}"),)),
        AssistantMessage(),
    )

    def parts(*texts: str) -> list[dict[str, str]]:
        return [{"type": "text", "text": text} for text in texts]

    def calls(id: str, arguments: str = "{}") -> list[dict[str, Any]]:
        return [{"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}}]

    encoded, losses = messages(*conversation)
    assert losses == []
    assert encoded == [
        {"role": "user", "content": parts("one", "two")},
        {"role": "system", "content": "be brief"},
        {"role": "assistant", "content": "well"},
        {"role": "system", "content": parts("a", "b")},
        {"role": "assistant", "content": "I look.", "tool_calls": calls("c1", '{"x": 1}')},
        {"role": "tool", "tool_call_id": "c1", "content": "r1\nr2"},
        {"role": "assistant", "content": parts("I look.", "so"), "tool_calls": calls("c2")},
        {"role": "tool", "tool_call_id": "c2", "content": ""},
        {"role": "assistant", "content": None, "tool_calls": calls("c3")},
        {"role": "assistant", "content": ""},
    ]


def test_images_and_blocks_of_the_same_dialect_are_carried() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}}
    blocks = (
        ImageBlock("https://example.com/a.png", "low"),
        ImageBlock("data:image/png;base64,AA=="),
        FileBlock("data:audio/mpeg;base64,AA==", "audio/mpeg"),
        FileBlock("data:application/pdf;base64,AA==", "application/pdf", "a.pdf"),
        FileBlock("https://example.com/a.pdf", "application/pdf"),
        OpaqueBlock("anthropic", "document", {}),
    )
    encoded, losses = messages(UserMessage(blocks))
    assert encoded[0]["content"] == [
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        audio,
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
    ]
    assert losses == [("dropped", f"messages[0].content[{index}]") for index in (4, 5)]


def test_a_users_turn_of_which_nothing_is_left_is_refused() -> None:
    turn = UserMessage((OpaqueBlock("gemini", "video", {}),))
    with pytest.raises(UntranslatableError, match=r"messages\[1\]\.content") as caught:
        messages(*HELLO, turn)
    assert caught.value.field == "messages[1].content"


def test_documents_in_a_tools_result_are_told_as_json_with_their_ids() -> None:
    result = ToolMessage(
        "c1",
        (
            TextBlock("Two hits."),
            DocumentBlock(Document({"title": "Ä"}, "d1")),
            ImageBlock("https://example.com/a.png"),
            DocumentBlock(Document("plain")),
        ),
    )
    encoded, losses = messages(result)
    text, _, documents = encoded[0]["content"].partition("\n")
    assert text == "Two hits."
    assert json.loads(documents) == [{"id": "d1", "data": {"title": "Ä"}}, {"data": "plain"}]
    assert losses == [
        ("mapped", "messages[0].content[1]"),
        ("dropped", "messages[0].content[2]"),
        ("mapped", "messages[0].content[3]"),
    ]


def test_earlier_thinking_goes_back_where_the_provider_reads_it() -> None:
    turn = AssistantMessage((ThinkingBlock("hm "), ThinkingBlock("so"), TextBlock("yes")))
    encoded, losses = messages(turn)
    assert encoded == [{"role": "assistant", "content": "yes"}]
    assert losses == [("dropped", "messages[0].content[0]"), ("dropped", "messages[0].content[1]")]
    for field in ("reasoning_content", "reasoning"):
        encoded, losses = messages(turn, reasoning_history_field=field)
        assert encoded == [{"role": "assistant", "content": "yes", field: "hm so"}]
        assert losses == []


def test_earlier_citations_are_lost_and_named() -> None:
    citation = Citation(0, 3, "yes", (Source("document", "d", {}),))
    assert messages(AssistantMessage((TextBlock("yes"),), citations=(citation,)))[1] == [
        ("dropped", "messages[0].citations")
    ]


def test_a_long_tool_call_id_is_shortened_alike_in_call_and_result() -> None:
    long, fine = "i" * 41, "i" * 40
    turns = (
        AssistantMessage(tool_calls=(ToolCall(long, "f", "{}"), ToolCall(fine, "f", "{}"))),
        ToolMessage(long, (TextBlock("a"),)),
        ToolMessage(fine, (TextBlock("b"),)),
    )
    for bound in (9, 40):
        encoded, losses = messages(*turns, max_tool_call_id_characters=bound)
        first, second = (call["id"] for call in encoded[0]["tool_calls"])
        assert [first, second] == [encoded[1]["tool_call_id"], encoded[2]["tool_call_id"]]
        assert len(first) == len(second) == bound
        assert first != second
        assert first.isalnum()
        assert losses[0] == ("mapped", "messages[0].tool_calls[0].id")
        assert ("mapped", "messages[1].tool_call_id") in losses
    assert second != fine or len(losses) == 2
    encoded, losses = messages(*turns, max_tool_call_id_characters=None)
    assert encoded[1]["tool_call_id"] == long
    assert losses == []


# Whole answers


def completion(message: dict[str, Any], finish_reason: str | None = "stop", **members: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}
    body = {"id": "c-1", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice]}
    return json.dumps({**body, **members}).encode()


def decode(message: dict[str, Any], finish_reason: str | None = "stop", **members: Any) -> ChatResponse:
    return OpenAiProvider().decode_response(completion(message, finish_reason, **members))


def fields_of(response: ChatResponse) -> dict[str, Any]:
    return {} if response.extras is None else dict(response.extras.fields)


def test_a_plain_answer() -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 4, "image_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert decode({"content": "Hi", "refusal": None, "annotations": []}, usage=usage) == ChatResponse(
        id="c-1",
        content=(TextBlock("Hi"),),
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(
            input_tokens=9,
            output_tokens=3,
            billed_input_tokens=9,
            billed_output_tokens=3,
            cached_tokens=4,
            image_tokens=2,
            reasoning_tokens=1,
        ),
        model="m",
        created=7,
    )


def test_text_beside_tool_calls_is_their_plan() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
    response = decode({"content": "I look.", "reasoning_content": "hm", "tool_calls": [call]}, "tool_calls")
    assert response.content == (ThinkingBlock("hm"),)
    assert response.tool_plan == "I look."
    assert response.tool_calls == (ToolCall("c1", "f", '{"x":1}'),)
    assert response.finish_reason is FinishReason.TOOL_CALL
    assert decode({"content": "", "tool_calls": [call]}, "tool_calls").tool_plan is None


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ({"name": "f"}, "{}"),
        ({"name": "f", "arguments": ""}, "{}"),
        ({"name": "f", "arguments": None}, "{}"),
        ({"name": "f", "arguments": {"x": [1]}}, '{"x":[1]}'),
        ({"name": "f", "arguments": "not json"}, "not json"),
    ],
)
def test_a_call_without_an_id_gets_one_and_arguments_are_text(
    function: dict[str, Any], arguments: str
) -> None:
    first, second = decode({"tool_calls": [{"function": function}] * 2}, "tool_calls").tool_calls
    assert (first.name, first.arguments) == ("f", arguments)
    assert first.id != second.id
    for call in (first, second):
        assert call.id.startswith("f_")
        assert len(call.id) == 14
        assert set(call.id[2:]) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert decode({"tool_calls": [{"function": function}] * 2}, "tool_calls").tool_calls == (first, second)
    streamed = stream({"tool_calls": [{"index": 0, "function": {"name": "f"}}]}, {}, finish="tool_calls")
    assert fold(streamed).tool_calls[0].id == first.id


@pytest.mark.parametrize(
    ("message", "content", "extras"),
    [
        ({"content": None}, (), {}),
        ({"content": ""}, (), {}),
        ({"content": "a", "reasoning_content": "t"}, (ThinkingBlock("t"), TextBlock("a")), {}),
        (
            {"content": "a", "reasoning": "t"},
            (ThinkingBlock("t"), TextBlock("a")),
            {"choices[0].message.reasoning": None},
        ),
        (
            {"content": "a", "reasoning_content": "t", "reasoning": "u"},
            (ThinkingBlock("t"), TextBlock("a")),
            {"choices[0].message.reasoning": "u"},
        ),
        ({"content": "a", "reasoning": None, "reasoning_details": []}, (TextBlock("a"),), {}),
        (
            {"content": None, "refusal": "I will not."},
            (TextBlock("I will not."),),
            {"choices[0].message.refusal": "I will not."},
        ),
        (
            {
                "content": [
                    {
                        "type": "thinking",
                        "thinking": [{"type": "text", "text": "t"}, {"type": "tool_reference"}],
                    },
                    {"type": "text", "text": "a"},
                    {"type": "reference", "reference_ids": [1]},
                    {"type": "thinking", "thinking": "u"},
                    {"type": "text", "text": ""},
                ]
            },
            (ThinkingBlock("t"), TextBlock("a"), ThinkingBlock("u")),
            {"choices[0].message.content[2]": {"type": "reference", "reference_ids": [1]}},
        ),
    ],
)
def test_content_in_every_vendors_form(
    message: dict[str, Any], content: tuple[Any, ...], extras: dict[str, Any]
) -> None:
    response = decode(message)
    assert response.content == content
    assert fields_of(response) == extras


@pytest.mark.parametrize(
    ("word", "reason", "is_kept"),
    [
        ("stop", FinishReason.COMPLETE, False),
        ("length", FinishReason.MAX_TOKENS, False),
        ("tool_calls", FinishReason.TOOL_CALL, False),
        ("content_filter", FinishReason.CONTENT_FILTER, False),
        (None, FinishReason.COMPLETE, False),
        ("function_call", FinishReason.TOOL_CALL, True),
        ("eos", FinishReason.COMPLETE, True),
        ("end_turn", FinishReason.COMPLETE, True),
        ("model_length", FinishReason.MAX_TOKENS, True),
        ("insufficient_system_resource", FinishReason.ERROR, True),
        ("error", FinishReason.ERROR, False),
    ],
)
def test_finish_reasons_of_every_vendor(word: str | None, reason: FinishReason, is_kept: bool) -> None:
    response = decode({"content": "a"}, word)
    assert response.finish_reason is reason
    assert fields_of(response) == ({"choices[0].finish_reason": word} if is_kept else {})
    if reason is FinishReason.ERROR:
        assert response.failure == Failure(f"the provider ended the answer with finish_reason {word}", word)
    else:
        assert response.failure is None


def test_tool_calls_that_end_with_stop_are_tool_calls() -> None:
    for word in ("stop", "eos"):
        response = decode({"tool_calls": [{"id": "c", "function": {"name": "f"}}]}, word)
        assert response.finish_reason is FinishReason.TOOL_CALL
        assert fields_of(response) == {"choices[0].finish_reason": word}


def test_the_stop_sequence_that_vllm_names_is_one() -> None:
    body = json.loads(completion({"content": "a"}))
    body["choices"][0]["stop_reason"] = "END"
    response = OpenAiProvider().decode_response(json.dumps(body).encode())
    assert response.finish_reason is FinishReason.STOP_SEQUENCE
    assert fields_of(response) == {"choices[0].stop_reason": "END"}
    body["choices"][0]["stop_reason"] = 2
    response = OpenAiProvider().decode_response(json.dumps(body).encode())
    assert response.finish_reason is FinishReason.COMPLETE


def test_a_choice_that_failed_says_why() -> None:
    body = json.loads(completion({"content": "a"}, "error"))
    body["choices"][0]["error"] = {"code": 502, "message": "upstream is down"}
    response = OpenAiProvider().decode_response(json.dumps(body).encode())
    assert response.finish_reason is FinishReason.ERROR
    assert response.failure == Failure("upstream is down", "error")


@pytest.mark.parametrize(
    ("usage", "expected", "extras"),
    [
        (None, Usage(), {}),
        ({"prompt_tokens": 5.0, "completion_tokens": None}, {"input": 5, "output": 0}, {}),
        (
            {"prompt_tokens": 5, "num_cached_tokens": 2},
            {"input": 5, "cached_tokens": 2},
            {"num_cached_tokens": 2},
        ),
        (
            {"prompt_tokens": 5, "prompt_cache_hit_tokens": 2, "prompt_tokens_details": None},
            {"input": 5, "cached_tokens": 2},
            {"prompt_cache_hit_tokens": 2},
        ),
        (
            {"completion_tokens": 5, "reasoning_tokens": 2},
            {"output": 5, "reasoning_tokens": 2},
            {"reasoning_tokens": 2},
        ),
        (  # xAI: 12 + 1 + 228 = 241
            {
                "prompt_tokens": 12,
                "completion_tokens": 1,
                "total_tokens": 241,
                "completion_tokens_details": {"reasoning_tokens": 228},
            },
            {"input": 12, "output": 229, "reasoning_tokens": 228},
            {"completion_tokens": 1},
        ),
        ({"prompt_tokens": 5, "total_tokens": 9}, {"input": 5}, {"total_tokens": 9}),
        (
            {"prompt_tokens": 5, "queue_time": 0.5, "prompt_tokens_details": {"audio_tokens": 0}},
            {"input": 5},
            {"queue_time": 0.5, "prompt_tokens_details.audio_tokens": 0},
        ),
    ],
)
def test_usage_of_every_vendor(
    usage: dict[str, Any] | None, expected: Usage | dict[str, int], extras: dict[str, Any]
) -> None:
    response = decode({"content": "a"}, usage=usage)
    if isinstance(expected, dict):
        counts = dict(expected)
        input_tokens, output_tokens = counts.pop("input", 0), counts.pop("output", 0)
        expected = Usage(
            input_tokens=input_tokens,
            billed_input_tokens=input_tokens,
            output_tokens=output_tokens,
            billed_output_tokens=output_tokens,
            **counts,
        )
    assert response.usage == expected
    assert fields_of(response) == {f"usage.{name}": value for name, value in extras.items()}


def test_what_has_no_place_is_kept_at_its_path() -> None:
    body = json.loads(
        completion(
            {
                "content": "a",
                "audio": None,
                "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}],
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f"}, "extra_content": {"g": 1}}
                ],
            },
            "tool_calls",
            system_fingerprint="fp",
            service_tier=None,
            x_groq={"id": "r"},
            citations=["https://example.com"],
        )
    )
    another = {"index": 1, "message": {"content": "b"}, "finish_reason": "stop"}
    body["choices"].append(another)
    body["choices"][0]["native_finish_reason"] = "end_turn"
    response = OpenAiProvider().decode_response(json.dumps(body).encode())
    assert fields_of(response) == {
        "system_fingerprint": "fp",
        "x_groq": {"id": "r"},
        "citations": ["https://example.com"],
        "choices[0].native_finish_reason": "end_turn",
        "choices[0].message.reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}],
        "choices[0].message.tool_calls[0].extra_content": {"g": 1},
        "choices[1]": another,
    }


def citation(start: int, end: int, **members: Any) -> dict[str, Any]:
    cited = {"start_index": start, "end_index": end, "url": "https://example.com", "title": "E", **members}
    return {"type": "url_citation", "url_citation": cited}


def test_annotations_that_cite_a_span_are_citations() -> None:
    real, empty, beyond = citation(2, 5, content="c"), citation(0, 0), citation(0, 99)
    file = {"type": "file", "file": {"name": "a.pdf"}}
    response = decode({"content": "a bcd e", "annotations": [empty, real, beyond, file]})
    data = {"url": "https://example.com", "title": "E", "content": "c"}
    source = Source("document", "https://example.com", data)
    assert response.citations == (Citation(2, 5, "bcd", (source,), "text"),)
    assert fields_of(response) == {"choices[0].message.annotations": [empty, beyond, file]}


def test_log_probabilities_are_kept_with_their_alternatives() -> None:
    body = json.loads(completion({"content": "é!"}))
    alternative = {"token": "?", "logprob": -2.0, "bytes": [63]}
    tokens = [
        {"token": "\\xc3", "logprob": -0.5, "bytes": [195], "top_logprobs": [alternative]},
        {"token": "!", "logprob": -1, "bytes": None, "top_logprobs": []},
    ]
    body["choices"][0]["logprobs"] = {"content": tokens, "refusal": None}
    response = OpenAiProvider().decode_response(json.dumps(body).encode())
    assert response.logprobs == (
        TokenLogprobs("\\xc3", (), (-0.5,), (195,), (TokenAlternative("?", -2.0, (63,)),)),
        TokenLogprobs("!", (), (-1.0,), None, ()),
    )
    assert fields_of(response) == {}
    foreign = {"tokens": ["a"], "token_logprobs": [-1.0]}
    body["choices"][0]["logprobs"] = {"content": foreign}
    response = OpenAiProvider().decode_response(json.dumps(body).encode())
    assert response.logprobs is None
    assert fields_of(response) == {"choices[0].logprobs": {"content": foreign}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        completion({"content": "a"})[:-9],
        b"[]",
        b'"text"',
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"index": 0}]}',
        b'{"choices": [{"text": "a legacy completion"}]}',
        b'{"choices": [{"message": {"content": 5}}]}',
        b'{"choices": "none"}',
        b'{"choices": [{"message": {}}], "usage": 7}',
        b'{"choices": [{"message": {}}], "created": 1e999}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_completion_is_an_upstream_error(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        OpenAiProvider().decode_response(body)


def test_an_answer_without_an_id_gets_one_of_its_own() -> None:
    first = b'{"choices": [{"message": {"content": "a"}}]}'
    second = b'{"choices": [{"message": {"content": "b"}}]}'
    ids = [OpenAiProvider().decode_response(body).id for body in (first, second, first)]
    assert ids[0] == ids[2] != ids[1]
    assert ids[0].startswith("chatcmpl-")


def test_an_error_under_a_status_of_success_is_an_error() -> None:
    with pytest.raises(UpstreamRefusedError, match="slow down") as caught:
        OpenAiProvider().decode_response(b'{"error": {"message": "slow down", "code": 429}}')
    assert caught.value.status == 429
    with pytest.raises(UpstreamRefusedError, match="no") as caught:
        OpenAiProvider().decode_response(b'{"error": {"message": "no", "code": "odd"}}')
    assert caught.value.status == 502


# Streams


def frames(*deltas: dict[str, Any] | None, finish: str | None = "stop", **choice: Any) -> bytes:
    """Return the frames of a stream without `[DONE]`; `choice` members stand in the last."""
    lines = []
    for number, delta in enumerate(deltas):
        is_last = number == len(deltas) - 1
        told = {"index": 0, "delta": delta, "finish_reason": finish if is_last else None}
        told |= choice if is_last else {}
        chunk = {
            "id": "c-1",
            "object": "chat.completion.chunk",
            "created": 7,
            "model": "m",
            "choices": [told],
        }
        lines.append(f"data: {json.dumps(chunk)}\n\n")
    return "".join(lines).encode()


def stream(*deltas: dict[str, Any] | None, finish: str | None = "stop", **choice: Any) -> list[Event]:
    return read(frames(*deltas, finish=finish, **choice), b"data: [DONE]\n\n")


def read(*chunks: bytes) -> list[Event]:
    decoder = OpenAiProvider().stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


END = MessageEnd(FinishReason.COMPLETE, Usage())
START = MessageStart("c-1", "m", 7)


def test_thinking_then_text_become_blocks() -> None:
    deltas = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "h", "content": None},
        {"reasoning": "m"},
        {"content": "a", "reasoning_content": None},
        {"content": "b"},
        None,
        {},
    ]
    assert stream(*deltas) == [
        START,
        ContentStart(0, "thinking"),
        ThinkingDelta(0, "h"),
        ThinkingDelta(0, "m"),
        ContentEnd(0),
        ContentStart(1, "text"),
        TextDelta(1, "a"),
        TextDelta(1, "b"),
        ContentEnd(1),
        END,
    ]


def test_a_stream_is_told_as_it_comes() -> None:
    decoder = OpenAiProvider().stream_decoder()
    assert list(decoder.feed(frames({"role": "assistant"}, finish=None))) == [START]
    assert list(decoder.feed(b": OPENROUTER PROCESSING\n\nevent: chunk\n")) == []
    assert list(decoder.feed(frames({"content": "a"}, finish=None))) == [
        ContentStart(0, "text"),
        TextDelta(0, "a"),
    ]
    call = {"index": 0, "id": "x", "function": {"name": "f", "arguments": ""}}
    assert list(decoder.feed(frames({"tool_calls": [call]}, finish=None))) == [
        ContentEnd(0),
        ToolCallStart(0, "x", "f"),
    ]
    more = {"index": 0, "function": {"arguments": '{"a"'}}
    assert list(decoder.feed(frames({"tool_calls": [more]}, finish=None))) == [ToolCallDelta(0, '{"a"')]
    assert list(decoder.feed(frames({}, finish="tool_calls"))) == []
    assert list(decoder.feed(b"data: [DONE]\n\n")) == [
        ToolCallEnd(0),
        MessageEnd(FinishReason.TOOL_CALL, Usage()),
    ]
    assert list(decoder.feed(frames({"content": "late"}))) == []
    assert list(decoder.finish()) == []


def call_piece(index: int | None, id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    piece = {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    return {"tool_calls": [piece]}


def test_a_call_is_closed_when_it_is_complete_and_another_begins() -> None:
    decoder = OpenAiProvider().stream_decoder()
    opening = call_piece(0, "x", "f", '{"a":')
    list(decoder.feed(frames(opening, call_piece(0, None, None, "{}}"), finish=None)))
    assert list(decoder.feed(frames(call_piece(1, "y", "g", ""), finish=None))) == [
        ToolCallEnd(0),
        ToolCallStart(1, "y", "g"),
    ]
    assert list(decoder.feed(frames(call_piece(0, None, None, " \n"), finish=None))) == []
    with pytest.raises(UpstreamProtocolError, match="complete"):
        list(decoder.feed(frames(call_piece(0, None, None, "x"), finish=None)))


def test_pieces_of_a_later_call_wait_for_the_earlier() -> None:
    pieces = [
        call_piece(0, "x", "f", '{"a":"}'),
        call_piece(1, "y", "g", "{}"),
        call_piece(0, None, None, '"}'),
    ]
    assert stream(*pieces, finish="tool_calls") == [
        START,
        ToolCallStart(0, "x", "f"),
        ToolCallDelta(0, '{"a":"}'),
        ToolCallDelta(0, '"}'),
        ToolCallEnd(0),
        ToolCallStart(1, "y", "g"),
        ToolCallDelta(1, "{}"),
        ToolCallEnd(1),
        MessageEnd(FinishReason.TOOL_CALL, Usage()),
    ]


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, "x", "f", "{}"), (0, "y", "g", "")],  # every call is numbered 0
        [(None, "x", "f", "{}"), (None, "y", "g", "")],
        [(None, "x", "f", "{"), (None, "x", None, "}"), (None, "y", "g", "")],
        [(None, "x", "f", ""), (None, None, None, "{}"), (None, "y", "g", "")],
        [(3, "x", "f", "{"), (7, "y", "g", ""), (3, "", "f", "}")],
        [(0, "x", None, ""), (0, None, "f", "{}"), (1, "y", "g", "")],
    ],
)
def test_calls_are_told_apart_however_they_are_marked(
    pieces: list[tuple[int | None, str | None, str | None, str]],
) -> None:
    response = fold(stream(*(call_piece(*piece) for piece in pieces), finish="tool_calls"))
    assert response.tool_calls == (ToolCall("x", "f", "{}"), ToolCall("y", "g", "{}"))


def test_what_is_said_after_calls_began_comes_after_them() -> None:
    deltas = [
        {"content": "I look."},
        call_piece(0, "x", "f", '{"a":'),
        {"content": "And"},
        call_piece(0, None, None, "1}"),
        {"reasoning_content": "hm", "content": " then."},
    ]
    response = fold(stream(*deltas, finish="tool_calls"))
    assert response.tool_calls == (ToolCall("x", "f", '{"a":1}'),)
    assert response.content == (
        TextBlock("I look."),
        TextBlock("And"),
        ThinkingBlock("hm"),
        TextBlock(" then."),
    )


def test_a_refusal_in_pieces_is_text_and_marked() -> None:
    response = fold(stream({"refusal": "I "}, {"refusal": "will not."}, {}))
    assert response.content == (TextBlock("I will not."),)
    assert fields_of(response) == {"choices[0].message.refusal": "I will not."}
    for response in (
        fold(stream({"content": "Well. "}, {"refusal": "No."})),
        decode({"content": "Well. ", "refusal": "No."}),
    ):
        assert response.content == (TextBlock("Well. "),)
        assert fields_of(response) == {"choices[0].message.refusal": "No."}


def test_what_only_looks_like_tool_calls_is_gathered_too() -> None:
    events = stream({"x": {"tool_calls": [1]}}, {"x": {"tool_calls": [2, {"index": 0}]}}, {})
    assert fields_of(fold(events)) == {"choices[0].message.x": {"tool_calls": [1, 2, {"index": 0}]}}


def test_fields_of_many_chunks_are_gathered() -> None:
    chunks = [
        {
            "choices": [{"index": 0, "delta": {"reasoning_details": [{"d": 1}], "channel": "analysis"}}],
            "x": {"a": 1},
        },
        {
            "choices": [{"index": 0, "delta": {"reasoning_details": [{"d": 2}], "channel": "final"}}],
            "x": {"b": 2},
        },
        {"choices": [{"index": 1, "delta": {"role": "assistant", "content": "o"}}]},
        {"choices": [{"index": 1, "delta": {"content": "k", "tool_calls": [{"index": 0, "id": "x"}]}}]},
        {
            "choices": [
                {
                    "index": 1,
                    "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]},
                    "finish_reason": "stop",
                }
            ]
        },
        {"choices": [{"index": 0, "delta": {"content": "a"}}], "service_tier": "one", "obfuscation": "zzz"},
        {
            "choices": [{"index": 0, "delta": {"content": "b"}}],
            "service_tier": "two",
            "system_fingerprint": "fp",
        },
        {"choices": [{"index": 0, "delta": {"content": "c"}}], "provider": "P"},
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"tool_calls": [{"index": 5, "id": "c", "extra": 1, "function": {"name": "f"}}]},
                }
            ]
        },
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls", "matched_stop": 7}]},
        {"choices": [], "usage": {"prompt_tokens": 1, "queue_time": 0.5}, "moderation": {"flagged": False}},
    ]
    sent = [f"data: {json.dumps({'id': 'c-1', **chunk})}\n\n".encode() for chunk in chunks]
    response = fold(read(*sent, b"data: [DONE]\n\n"))
    assert fields_of(response) == {
        "choices[0].message.reasoning_details": [{"d": 1}, {"d": 2}],
        "choices[0].message.channel": "final",
        "x": {"a": 1, "b": 2},
        "choices[1]": {
            "index": 1,
            "message": {
                "role": "assistant",
                "content": "ok",
                "tool_calls": [{"index": 0, "id": "x", "function": {"arguments": "{"}}],
            },
            "finish_reason": "stop",
        },
        "service_tier": "two",
        "system_fingerprint": "fp",
        "provider": "P",
        "choices[0].message.tool_calls[0].extra": 1,
        "choices[0].matched_stop": 7,
        "usage.queue_time": 0.5,
        "moderation": {"flagged": False},
    }


def test_annotations_of_a_stream_are_citations_of_its_text() -> None:
    said = [{"content": "a"}, {"content": "b"}]
    deltas = [
        {"annotations": [citation(0, 0)]},
        *said,
        {"annotations": [citation(1, 3)]},
        {"content": "c"},
        {},
    ]
    events = stream(*deltas)
    source = Source("document", "https://example.com", {"url": "https://example.com", "title": "E"})
    assert CitationAdded(0, Citation(1, 3, "bc", (source,), "text")) in events
    assert fields_of(fold(events)) == {"choices[0].message.annotations": [citation(0, 0)]}


def test_log_probabilities_of_a_stream_stand_with_their_text() -> None:
    def logprobs(*tokens: str) -> dict[str, Any]:
        return {"content": [{"token": token, "logprob": -1.0} for token in tokens]}

    def chunk(delta: dict[str, Any], tokens: tuple[str, ...]) -> bytes:
        return frames(delta, finish=None, logprobs=logprobs(*tokens))

    item = {token: TokenLogprobs(token, (), (-1.0,)) for token in ("t", "a", "b", "x", "y", "e")}
    sent = [
        chunk({"reasoning_content": "t"}, ("t",)),
        chunk({"content": "a"}, ("a",)),
        chunk({"content": "ab"}, ("a", "b")),
        chunk({"content": "é"}, ("x", "y")),
        chunk({"content": ""}, ("e",)),
        frames({}),
        b"data: [DONE]\n\n",
    ]
    assert read(*sent)[3:-2] == [
        ContentEnd(0),
        ContentStart(1, "text"),
        TextDelta(1, "a", item["t"]),
        TextDelta(1, "", item["a"]),
        TextDelta(1, "a", item["a"]),
        TextDelta(1, "b", item["b"]),
        TextDelta(1, "é", item["x"]),
        TextDelta(1, "", item["y"]),
        TextDelta(1, "", item["e"]),
    ]


def test_azures_first_chunk_does_not_begin_the_answer() -> None:
    first = (
        b'data: {"choices": [], "id": "", "model": "", "created": 0, "prompt_filter_results": [{"a": 1}]}\n\n'
    )
    events = read(first, frames({"content": "a"}), b"data: [DONE]\n\n")
    assert events[0] == START
    assert fields_of(fold(events)) == {"prompt_filter_results": [{"a": 1}]}


def test_a_stream_with_a_finish_reason_needs_no_mark_at_its_end() -> None:
    assert read(frames({"content": "a"}, {})) == stream({"content": "a"}, {})


def test_a_stream_with_its_mark_needs_no_finish_reason() -> None:
    assert stream({"content": "a"}, finish=None)[-1] == END


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"data: [DONE]\n\n",
        b"data: not json\n\n",
        b"data: [1]\n\n",
        b'data: {"choices": 1}\n\n',
        frames({"content": "a"}, finish=None),
        frames({"content": "a"})[:-2],
        b"data: " + b"x" * (17 * 1024 * 1024),
    ],
    ids=["nothing", "html", "done", "no json", "list", "mistyped", "no finish", "cut", "endless"],
)
def test_a_stream_that_broke_off_is_an_upstream_error(sent: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        read(sent)


@pytest.mark.parametrize(
    ("sent", "message", "status"),
    [
        (b'{"error": {"message": "m", "code": 429}}', "m", 429),
        (b'{"error": {"message": "m", "code": "rate_limited"}}', "m", 502),
        (b'{"error": "m"}', "m", 502),
        (b'{"object": "error", "message": "m", "code": 400}', "m", 400),
        (b'{"id": "c", "choices": [{"delta": {}}], "error": {"code": 503, "message": "m"}}', "m", 503),
    ],
)
def test_an_error_in_a_stream_is_raised(sent: bytes, message: str, status: int) -> None:
    with pytest.raises(UpstreamRefusedError) as caught:
        read(frames({"content": "a"}, finish=None), b"data: " + sent + b"\n\n")
    assert (caught.value.message, caught.value.status) == (message, status)


def test_the_frames_that_a_relay_reads_are_marked() -> None:
    markers = OpenAiProvider.tap_markers
    is_read = [
        any(marker in frame for marker in markers)
        for frame in (
            b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null}',
            b'data: {"choices":[{"delta":{"content":"\\"usage\\":{"}}]}',
            b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}',
            b'data: {"choices": [], "usage": {"prompt_tokens": 1}}',
            b'data: {"error":{"message":"m"}}',
            b"data: [DONE]",
        )
    ]
    assert is_read == [False, False, True, True, True, True]


# Errors


@pytest.mark.parametrize(
    ("body", "message", "type", "param", "code"),
    [
        ({"error": {"message": "m", "type": "t", "param": "p", "code": "c"}}, "m", "t", "p", "c"),
        ({"error": {"message": "m", "code": 400}}, "m", None, None, None),
        ({"error": {"message": "m", "code": 1301}}, "m", None, None, "1301"),
        ({"error": "text"}, "text", None, None, None),
        ({"message": "m", "type": "t"}, "m", "t", None, None),
        ({"detail": "d"}, "d", None, None, None),
        (
            {"detail": [{"loc": ["body", "model"], "msg": "missing"}, {"msg": "odd"}]},
            "body.model: missing; odd",
            None,
            None,
            None,
        ),
        (
            {
                "object": "error",
                "message": {"detail": [{"loc": ["body"], "msg": "bad"}]},
                "type": "t",
                "code": None,
            },
            "body: bad",
            "t",
            None,
            None,
        ),
        ([{"error": {"message": "m", "code": 400, "status": "INVALID"}}], "m", None, None, None),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": "too many requests"}}},
            "Provider returned error: too many requests",
            None,
            None,
            None,
        ),
    ],
)
def test_errors_of_every_shape(
    body: Any, message: str, type: str | None, param: str | None, code: str | None
) -> None:
    error = OpenAiProvider().decode_error(400, json.dumps(body).encode())
    assert error.message == message
    assert (error.status, error.type, error.param, error.provider_code) == (400, type, param, code)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>busy</html>", b"null", b"[]", b"{}", b'{"error": {}}', b'{"message": "  "}', b"\xff"],
)
def test_an_error_that_says_nothing_gets_a_plain_sentence(body: bytes) -> None:
    error = OpenAiProvider().decode_error(503, body)
    assert error.message == "the provider answered with status 503 and no readable message"
    assert error.status == 503


def test_an_endless_message_is_cut() -> None:
    error = OpenAiProvider().decode_error(400, json.dumps({"error": {"message": "x" * 9_999}}).encode())
    assert error.message == "x" * MAX_MESSAGE_CHARACTERS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "metadata", "raw", "code", "type", "loc", "msg"]),
            inner,
        )
    ),
)


@given(json_values)
def test_no_error_body_is_too_odd(value: Any) -> None:
    error = OpenAiProvider().decode_error(500, json.dumps(value).encode())
    assert error.message
    assert len(error.message) <= MAX_MESSAGE_CHARACTERS


@given(st.binary(max_size=50))
def test_no_error_bytes_are_too_odd(body: bytes) -> None:
    assert OpenAiProvider().decode_error(500, body).status == 500
