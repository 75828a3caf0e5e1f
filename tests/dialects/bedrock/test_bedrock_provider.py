"""Bedrock's dialect towards Amazon: every row of the translation of requests."""

import json
from typing import Any

import msgspec
import pytest

from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.token_count_provider import BedrockTokenCountProvider
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Citation,
    Document,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    Message,
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
from causeway.model.errors import UntranslatableError, UpstreamProtocolError
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.token_count import TokenCount

PROVIDER = BedrockProvider()
CALLER = BedrockConverse()
REQUEST = ChatRequest(model="", messages=(), dialect="bedrock")
HELLO = (UserMessage((TextBlock("Hello"),)),)
CLAUDE, NOVA, NOVA_2 = (
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "amazon.nova-lite-v1:0",
    "amazon.nova-2-lite-v1:0",
)
GPT, QWEN, LLAMA = "openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0", "us.meta.llama3-3-70b-instruct-v1:0"
OWN_PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
SPEC = {"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}


def encode(request: ChatRequest) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the body, and each loss as (kind, path)."""
    losses = LossReport()
    body = json.loads(PROVIDER.encode_request(request, losses))
    return body, [(loss.kind, loss.path) for loss in losses.losses]


def ask(model: str = CLAUDE, **fields: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the body without its messages, and the losses."""
    body, losses = encode(ChatRequest(model=model, messages=HELLO, **fields))
    assert body.pop("messages") == [{"role": "user", "content": [{"text": "Hello"}]}]
    return body, losses


def converse(*conversation: Message, **fields: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Return the messages, and the losses."""
    body, losses = encode(ChatRequest(model=fields.pop("model", CLAUDE), messages=conversation, **fields))
    return body["messages"], losses


# Requests: the options


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({}, {}),
        (
            {"sampling": Sampling(max_tokens=9, temperature=0.0, top_p=0.5)},
            {"inferenceConfig": {"maxTokens": 9, "temperature": 0.0, "topP": 0.5}},
        ),
        (
            {"sampling": Sampling(stop_sequences=("a", "b", "c", "d", "e"))},
            {"inferenceConfig": {"stopSequences": ["a", "b", "c", "d"]}},
        ),
        ({"stream": True}, {}),
        ({"tools": (Tool("f", "does", SCHEMA),)}, {"toolConfig": {"tools": [
            {"toolSpec": {"name": "f", "description": "does", "inputSchema": {"json": SCHEMA}}}]}}),
        ({"tools": (Tool("f"),)}, {"toolConfig": {"tools": [
            {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object", "properties": {}}}}}]}}),
        ({"tools": (Tool("f", None, SCHEMA, True),)}, {"toolConfig": {"tools": [
            {"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}, "strict": True}}]}}),
        ({"tools": (Tool("f", None, SCHEMA),), "tool_choice": "required"},
         {"toolConfig": {"tools": [SPEC], "toolChoice": {"any": {}}}}),
        ({"tools": (Tool("f", None, SCHEMA),), "tool_choice": "required", "forced_tool": "f"},
         {"toolConfig": {"tools": [SPEC], "toolChoice": {"tool": {"name": "f"}}}}),
        ({"tools": (Tool("f", None, SCHEMA, None, CachePoint(3600)),)},
         {"toolConfig": {"tools": [SPEC, {"cachePoint": {"type": "default", "ttl": "1h"}}]}}),
        ({"response_format": ResponseFormat(SCHEMA, "City")}, {"outputConfig": {"textFormat": {
            "type": "json_schema", "structure": {"jsonSchema": {
                "name": "City", "schema": '{"type":"object","properties":{"city":{"type":"string"}}}'}}}}}),
        ({"sampling": Sampling(top_k=7)}, {"additionalModelRequestFields": {"top_k": 7}}),
        ({"thinking": Thinking(True, 2000)},
         {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}),
        ({"thinking": Thinking(False)},
         {"additionalModelRequestFields": {"thinking": {"type": "disabled"}}}),
    ],
)  # fmt: skip
def test_an_option_is_told(fields: dict[str, Any], body: dict[str, Any]) -> None:
    assert ask(**fields) == (body, [])


@pytest.mark.parametrize(
    ("fields", "body", "losses"),
    [
        ({"sampling": Sampling(seed=0)}, {}, [("dropped", "seed")]),
        ({"sampling": Sampling(frequency_penalty=0.1, presence_penalty=0.2)}, {},
         [("dropped", "frequency_penalty"), ("dropped", "presence_penalty")]),
        ({"sampling": Sampling(logprobs=True, top_logprobs=2)}, {},
         [("dropped", "top_logprobs"), ("dropped", "logprobs")]),
        ({"sampling": Sampling(temperature=1.5)}, {"inferenceConfig": {"temperature": 1}},
         [("approximated", "temperature")]),
        ({"choices": 2, "dialect": "openai"}, {}, [("dropped", "n")]),
        ({"response_format": ResponseFormat()}, {}, [("dropped", "response_format")]),
        ({"documents": (Document("d"),), "citation_mode": "fast"}, {},
         [("dropped", "documents"), ("dropped", "citation_options")]),
        ({"safety_mode": "strict", "priority": 1}, {}, [("dropped", "safety_mode"), ("dropped", "priority")]),
        ({"extras": Extras("openai", {"user": "u"})}, {}, [("dropped", "user")]),
        ({"tools": (Tool("f"),), "tool_choice": "none"}, {}, [("mapped", "tool_choice")]),
        ({"tools": (Tool("f", None, SCHEMA), Tool("g")), "allowed_tools": ("f",)},
         {"toolConfig": {"tools": [SPEC]}}, [("mapped", "tool_choice")]),
        ({"tools": (Tool("f", None, SCHEMA),), "allows_parallel_calls": False},
         {"toolConfig": {"tools": [SPEC]}}, [("dropped", "parallel_tool_calls")]),
        ({"opaque_tools": (OpaqueTool("anthropic", "web_search", {}),)}, {}, [("dropped", "tools[0]")]),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_reported(
    fields: dict[str, Any], body: dict[str, Any], losses: list[tuple[str, str]]
) -> None:
    assert ask(**fields) == (body, losses)


@pytest.mark.parametrize(
    ("model", "thinking", "fields", "kind"),
    [
        (CLAUDE, Thinking(True, 2000), {"thinking": {"type": "enabled", "budget_tokens": 2000}}, None),
        (CLAUDE, Thinking(True, 9), {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "approximated"),
        (CLAUDE, Thinking(True, None, "high"),
         {"thinking": {"type": "enabled", "budget_tokens": 16384}}, "approximated"),
        (CLAUDE, Thinking(True), {"thinking": {"type": "enabled", "budget_tokens": 4096}}, "approximated"),
        (OWN_PROFILE, Thinking(True, 2000), {"thinking": {"type": "enabled", "budget_tokens": 2000}}, None),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", Thinking(True, 2000), None, "dropped"),
        ("anthropic.claude-opus-4-7", Thinking(True), {"thinking": {"type": "adaptive"}}, None),
        ("anthropic.claude-opus-4-7", Thinking(True, None, "low"),
         {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, None),
        (GPT, Thinking(True, None, "low"), {"reasoning_effort": "low"}, None),
        (GPT, Thinking(True, None, "minimal"), {"reasoning_effort": "low"}, "approximated"),
        (GPT, Thinking(True, 9000), {"reasoning_effort": "high"}, "approximated"),
        (GPT, Thinking(False), None, "dropped"),
        (QWEN, Thinking(True), {"reasoning_config": "medium"}, "approximated"),
        (NOVA_2, Thinking(True, None, "high"),
         {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}, None),
        (NOVA_2, Thinking(False), {"reasoningConfig": {"type": "disabled"}}, None),
        (NOVA, Thinking(True, 2000), None, "dropped"),
        (LLAMA, Thinking(True, 2000), None, "dropped"),
    ],
)  # fmt: skip
def test_thinking_is_asked_for_in_each_vendors_words(
    model: str, thinking: Thinking, fields: dict[str, Any] | None, kind: str | None
) -> None:
    body, losses = ask(model, thinking=thinking)
    assert body.get("additionalModelRequestFields") == fields
    assert losses == ([] if kind is None else [(kind, "thinking")])


def test_thinking_leaves_room_for_the_answer() -> None:
    body, losses = ask(thinking=Thinking(True, 8000), sampling=Sampling(max_tokens=4000))
    assert body["additionalModelRequestFields"]["thinking"]["budget_tokens"] == 2000
    assert losses == [("approximated", "thinking")]
    assert ask(thinking=Thinking(True, 8000), sampling=Sampling(max_tokens=1024)) == (
        {"inferenceConfig": {"maxTokens": 1024}},
        [("dropped", "thinking")],
    )


def test_a_model_that_thinks_is_not_told_how_to_choose_tokens() -> None:
    body, losses = ask(thinking=Thinking(True, 2000), sampling=Sampling(temperature=0.5, top_p=0.5, top_k=5))
    assert body == {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}
    assert losses == [("dropped", "temperature"), ("dropped", "p"), ("dropped", "k")]


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (NOVA, {"inferenceConfig": {"topK": 7}}),
        ("cohere.command-r-v1:0", {"k": 7}),
        (QWEN, {"top_k": 7}),
        (LLAMA, None),
    ],
)
def test_top_k_is_told_in_each_vendors_words(model: str, fields: dict[str, Any] | None) -> None:
    body, losses = ask(model, sampling=Sampling(top_k=7))
    assert body.get("additionalModelRequestFields") == fields
    assert losses == ([("dropped", "k")] if fields is None else [])


# Requests: the conversation


def test_turns_of_one_role_are_joined_and_results_come_with_them() -> None:
    messages, losses = converse(
        UserMessage((TextBlock("a"),)),
        UserMessage((TextBlock("b"),)),
        AssistantMessage(
            (TextBlock("c"),), "plan", (ToolCall("i", "f", '{"x": 1.50}'), ToolCall("j", "f", ""))
        ),
        ToolMessage("i", (TextBlock("r"),)),
        ToolMessage("j", (TextBlock("s"), CachePoint()), is_error=True),
        UserMessage((TextBlock("d"),)),
    )
    assert messages == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]},
        {
            "role": "assistant",
            "content": [
                {"text": "plan"},
                {"text": "c"},
                {"toolUse": {"toolUseId": "i", "name": "f", "input": {"x": 1.5}}},
                {"toolUse": {"toolUseId": "j", "name": "f", "input": {}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "i", "content": [{"text": "r"}], "status": "success"}},
                {"toolResult": {"toolUseId": "j", "content": [{"text": "s"}], "status": "error"}},
                {"cachePoint": {"type": "default"}},
                {"text": "d"},
            ],
        },
    ]
    assert losses == []


def test_arguments_keep_the_models_own_text() -> None:
    request = ChatRequest(
        model=CLAUDE, messages=(*HELLO, AssistantMessage((), None, (ToolCall("i", "f", '{"x": 1.50}'),)))
    )
    assert b'"input":{"x": 1.50}' in PROVIDER.encode_request(request, LossReport())


def test_instructions_stand_before_the_conversation() -> None:
    body, losses = encode(
        ChatRequest(
            model=CLAUDE,
            messages=(
                SystemMessage((TextBlock("a"), CachePoint(300))),
                *HELLO,
                SystemMessage((TextBlock("b"),)),
            ),
        )
    )
    assert body["system"] == [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "5m"}}, {"text": "b"}]
    assert losses == [("approximated", "messages[2]")]


@pytest.mark.parametrize(
    ("block", "encoded"),
    [
        (ImageBlock("data:image/png;base64,AAAA"), {"image": {"format": "png", "source": {"bytes": "AAAA"}}}),
        (
            ImageBlock("data:image/jpg;base64,AAAA"),
            {"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}},
        ),
        (
            ImageBlock("s3://b/a.gif"),
            {"image": {"format": "gif", "source": {"s3Location": {"uri": "s3://b/a.gif"}}}},
        ),
        (
            FileBlock("data:application/pdf;base64,AAAA", None),
            {"document": {"format": "pdf", "source": {"bytes": "AAAA"}, "name": "Document 1"}},
        ),
        (
            FileBlock("data:video/mp4;base64,AAAA", "video/mp4"),
            {"video": {"format": "mp4", "source": {"bytes": "AAAA"}}},
        ),
        (
            FileBlock("data:audio/mp3;base64,AAAA", "audio/mp3"),
            {"audio": {"format": "mp3", "source": {"bytes": "AAAA"}}},
        ),
        (
            TextBlock("hi", Seal("bedrock", {"guardContent": {"text": {"text": "hi"}}})),
            {"guardContent": {"text": {"text": "hi"}}},
        ),
        (TextBlock("hi", Seal("openai", {"id": "x"})), {"text": "hi"}),
        (OpaqueBlock("bedrock", "searchResult", {"searchResult": {}}), {"searchResult": {}}),
    ],
)
def test_a_block_is_told(block: Any, encoded: dict[str, Any]) -> None:
    assert converse(UserMessage((block,))) == ([{"role": "user", "content": [encoded]}], [])


@pytest.mark.parametrize(
    ("block", "model"),
    [
        (ImageBlock("https://example.com/a.png"), CLAUDE),
        (ImageBlock("data:image/tiff;base64,AAAA"), CLAUDE),
        (ImageBlock("data:image/png,AAAA"), CLAUDE),
        (FileBlock("https://example.com/a.pdf", "application/pdf"), CLAUDE),
        (FileBlock("data:application/zip;base64,AAAA", "application/zip"), CLAUDE),
        (OpaqueBlock("openai", "input_audio", {}), CLAUDE),
        (CachePoint(), LLAMA),
    ],
)
def test_a_block_that_cannot_be_told_is_reported_and_never_all_there_is(block: Any, model: str) -> None:
    messages, losses = converse(UserMessage((TextBlock("Hello"), block)), model=model)
    assert messages == [{"role": "user", "content": [{"text": "Hello"}]}]
    assert losses == [("dropped", "messages[0].content[1]")]
    with pytest.raises(UntranslatableError) as caught:
        converse(UserMessage((block,)), model=model)
    assert caught.value.field == "messages[0].content"


def test_a_documents_name_is_one_that_bedrock_takes() -> None:
    messages, losses = converse(
        UserMessage((FileBlock("data:text/csv;base64,AAAA", "text/csv", "my_report (final).csv"),))
    )
    assert messages[0]["content"][0]["document"]["name"] == "my report (final) csv"
    assert losses == [("mapped", "messages[0].content[0]")]


def test_an_id_that_bedrock_does_not_take_is_another_the_same_everywhere() -> None:
    messages, losses = converse(
        *HELLO,
        AssistantMessage((), None, (ToolCall("functions.f:0", "f", "{}"),)),
        ToolMessage("functions.f:0", (TextBlock("r"),)),
    )
    id = messages[1]["content"][0]["toolUse"]["toolUseId"]
    assert messages[2]["content"][0]["toolResult"]["toolUseId"] == id != "functions.f:0"
    assert losses == [("mapped", "messages[1].tool_calls[0].id"), ("mapped", "messages[2].tool_call_id")]


def test_arguments_that_are_no_object_are_told_in_one() -> None:
    messages, losses = converse(*HELLO, AssistantMessage((), None, (ToolCall("i", "f", "[1]"),)))
    assert messages[1]["content"][0]["toolUse"]["input"] == {"arguments": "[1]"}
    assert losses == [("approximated", "messages[1].tool_calls[0].arguments")]


def test_only_its_own_thinking_goes_back() -> None:
    own = ThinkingBlock("a", Seal("bedrock", {"signature": "s"}))
    messages, losses = converse(
        *HELLO,
        AssistantMessage(
            (own, ThinkingBlock("b"), ThinkingBlock("c", Seal("gemini", {"x": 1})), TextBlock("d"))
        ),
    )
    assert messages[1]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "a", "signature": "s"}}},
        {"text": "d"},
    ]
    assert losses == [("dropped", "messages[1].content[1]"), ("dropped", "messages[1].content[2]")]


def test_a_tools_documents_are_told_as_json() -> None:
    messages, losses = converse(
        *HELLO, ToolMessage("i", (DocumentBlock(Document({"a": "b"}, "d1")), DocumentBlock(Document("t"))))
    )
    assert messages[0]["content"][1]["toolResult"]["content"] == [
        {"json": {"id": "d1", "data": {"a": "b"}}},
        {"json": {"data": "t"}},
    ]
    assert losses == [("mapped", "messages[1].content[0]"), ("mapped", "messages[1].content[1]")]


def test_citations_go_back_with_the_text_that_was_cited_or_not_at_all() -> None:
    block = {"citationsContent": {"content": [{"text": "a"}], "citations": [{"title": "t"}]}}
    cited = Citation(0, 1, "a", (Source("document", "t", {"title": "t"}),), "text", 0)
    sealed = AssistantMessage((TextBlock("a", Seal("bedrock", block)),), citations=(cited,))
    plain = AssistantMessage((TextBlock("a"),), citations=(cited,))
    assert converse(*HELLO, sealed) == (
        [{"role": "user", "content": [{"text": "Hello"}]}, {"role": "assistant", "content": [block]}],
        [],
    )
    messages, losses = converse(*HELLO, plain)
    assert messages[1]["content"] == [{"text": "a"}]
    assert losses == [("dropped", "messages[1].citations")]


def test_tools_cannot_be_forbidden_where_the_conversation_has_used_them() -> None:
    body, losses = encode(
        ChatRequest(
            model=CLAUDE,
            messages=(*HELLO, AssistantMessage((), None, (ToolCall("i", "f", "{}"),)), ToolMessage("i", ())),
            tools=(Tool("f", None, SCHEMA),),
            tool_choice="none",
        )
    )
    assert body["toolConfig"] == {"tools": [SPEC]}
    assert losses == [("approximated", "tool_choice")]


# The face


def test_only_a_whole_answer_may_be_asked_for_verbatim() -> None:
    body = b'{"messages":[{"role":"user","content":[{"text":"a"}]}]}'
    request = CALLER.decode_request(body, LossReport())
    assert PROVIDER.takes_verbatim(request, body)
    assert not PROVIDER.takes_verbatim(msgspec.structs.replace(request, stream=True), body)


def test_a_count_is_read_or_refused() -> None:
    face = BedrockTokenCountProvider()
    request = ChatRequest(model=CLAUDE, messages=HELLO)
    assert json.loads(face.encode_request(request, LossReport())) == {
        "input": {"converse": {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}}
    }
    assert face.decode_response(b'{"inputTokens":7}', request) == TokenCount(7)
    for body in (b"", b"{}", b'{"inputTokens":"7"}'):
        with pytest.raises(UpstreamProtocolError):
            face.decode_response(body, request)
