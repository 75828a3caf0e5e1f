"""Requests of Anthropic's callers: what they become, and what is said of those that are wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.anthropic.provider_face import AnthropicProvider
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Citation,
    Document,
    DocumentBlock,
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
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool

CALLER = AnthropicChat()
PROVIDER = AnthropicProvider()
LEAST: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 5,
    "messages": [{"role": "user", "content": "hi"}],
}


def decoded(losses: LossReport | None = None, **members: Any) -> ChatRequest:
    return CALLER.decode_request(json.dumps(LEAST | members).encode(), losses or LossReport())


def said(*blocks: Any, role: str = "user") -> Any:
    return [{"role": role, "content": list(blocks)}]


def text(words: str, **members: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **members}


def test_the_least_that_can_be_asked() -> None:
    assert decoded() == ChatRequest(
        model="claude-x",
        messages=(UserMessage((TextBlock("hi"),)),),
        dialect="anthropic",
        sampling=Sampling(max_tokens=5),
        is_verbatim=True,
    )


def test_options_and_what_only_anthropic_knows() -> None:
    request = decoded(
        stream=True,
        temperature=0.5,
        top_p=0.25,
        top_k=3,
        stop_sequences=["x"],
        thinking={"type": "adaptive", "display": "summarized"},
        output_config={
            "effort": "max",
            "task_budget": {"total": 5},
            "format": {"type": "json_schema", "schema": {}},
        },
        metadata={"user_id": "u"},
        service_tier="auto",
        container=None,
        tools=[
            {"name": "f", "input_schema": {}, "defer_loading": True, "cache_control": {"type": "ephemeral"}},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        fallbacks=["openai/gpt"],
    )
    assert request.sampling == Sampling(
        max_tokens=5, stop_sequences=("x",), temperature=0.5, top_p=0.25, top_k=3
    )
    assert request.thinking == Thinking(True, None, "xhigh")
    assert request.response_format == ResponseFormat({})
    assert request.tools == (Tool("f", None, {}, None, CachePoint()),)
    assert request.opaque_tools == (
        OpaqueTool("anthropic", "web_search_20250305", {"type": "web_search_20250305", "name": "web_search"}),
    )
    assert (request.tool_choice, request.forced_tool) == ("required", "f")
    assert request.allows_parallel_calls is False
    assert request.fallbacks == ("openai/gpt",)
    assert request.stream
    assert request.extras is not None
    assert request.extras.fields == {
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
        "output_config.effort": "max",
        "output_config.task_budget": {"total": 5},
        "thinking.display": "summarized",
        "tools[0].defer_loading": True,
    }


def test_an_effort_without_thinking_is_one_of_the_whole_answer() -> None:
    request = decoded(output_config={"effort": "low"})
    assert request.thinking is None
    assert request.extras is not None
    assert request.extras.fields == {"output_config.effort": "low"}


@pytest.mark.parametrize("value", ["default", [{"model": "claude-y"}], {"a": 1}])
def test_fallbacks_of_anthropics_own_are_kept(value: Any) -> None:
    request = decoded(fallbacks=value)
    assert request.fallbacks == ()
    assert request.extras is not None
    assert request.extras.fields == {"fallbacks": value}


def test_the_older_name_of_an_output_format_is_read() -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    request = decoded(output_format={"type": "json_schema", "schema": schema})
    assert request.response_format == ResponseFormat(schema)
    again = json.loads(PROVIDER.encode_request(request, LossReport()))
    assert again["output_config"]["format"]["schema"] == schema  # where Anthropic reads it now


def test_what_a_user_can_say() -> None:
    png = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "BBBB"}
    uploaded = {"type": "document", "source": {"type": "file", "file_id": "f"}}
    request = decoded(
        messages=said(
            {"type": "image", "source": png},
            {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}},
            {"type": "document", "source": pdf, "title": "a.pdf", "citations": {"enabled": True}},
            {"type": "document", "source": {"type": "url", "url": "https://e.com/a.pdf"}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hello"}},
            uploaded,
            text("q", cache_control={"type": "ephemeral", "ttl": "1h"}),
        )
    )
    assert request.messages == (
        UserMessage(
            (
                ImageBlock("data:image/png;base64,AAAA"),
                ImageBlock("https://e.com/a.png"),
                FileBlock("data:application/pdf;base64,BBBB", "application/pdf", "a.pdf"),
                FileBlock("https://e.com/a.pdf", "application/pdf"),
                FileBlock("data:text/plain;base64,aGVsbG8=", "text/plain"),
                OpaqueBlock("anthropic", "document", uploaded),
                TextBlock("q"),
                CachePoint(3600),
            )
        ),
    )
    assert request.extras is not None
    assert request.extras.fields == {"messages[0].content[2].citations": {"enabled": True}}


def test_documents_to_be_cited_belong_to_the_request() -> None:
    def document(source: Any, title: str | None = None) -> dict[str, Any]:
        return {"type": "document", "source": source, "title": title, "citations": {"enabled": True}}

    plain = {"type": "text", "media_type": "text/plain", "data": "Paris is big."}
    chunks = {"type": "content", "content": [text("a"), text("b")]}
    losses = LossReport()
    request = decoded(
        losses,
        messages=said(document(plain, "t"), document(chunks, "u"), document(plain, "t"), text("q")),
    )
    assert request.documents == (
        Document("Paris is big.", "t"),
        Document({"text": "a", "text_2": "b"}, "u"),
        Document("Paris is big."),
    )
    assert request.messages == (UserMessage((TextBlock("q"),)),)
    assert [loss.path for loss in losses.losses] == ["messages[0].content[2].title"]
    # By themselves they are what the user says.
    assert decoded(messages=said(document(plain))).documents == ()


def test_results_of_tools_are_messages_of_their_own() -> None:
    reference = {"type": "tool_reference", "tool_name": "f"}
    found = {
        "type": "search_result",
        "source": "s",
        "title": "t",
        "content": [text("x")],
        "citations": {"enabled": True},
    }
    request = decoded(
        messages=said(
            {"type": "tool_result", "tool_use_id": "a", "content": "one", "is_error": True},
            {"type": "tool_result", "tool_use_id": "b", "content": [text("two"), reference, found]},
            {"type": "tool_result", "tool_use_id": "c", "cache_control": {"type": "ephemeral"}},
            text("and"),
        )
    )
    assert request.messages == (
        ToolMessage("a", (TextBlock("one"),), is_error=True),
        ToolMessage(
            "b",
            (
                TextBlock("two"),
                OpaqueBlock("anthropic", "tool_reference", reference),
                DocumentBlock(Document({"title": "t", "text": "x"}, "s")),
            ),
        ),
        ToolMessage("c", (CachePoint(),)),
        UserMessage((TextBlock("and"),)),
    )


def test_what_a_model_said() -> None:
    place = {
        "type": "char_location",
        "cited_text": "big",
        "document_index": 1,
        "document_title": None,
        "start_char_index": 0,
        "end_char_index": 3,
    }
    own = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    request = decoded(
        messages=said(
            {"type": "thinking", "thinking": "hm", "signature": "ab=="},
            {"type": "thinking", "thinking": "of another model", "signature": ""},
            own,
            text("Big.", citations=[place]),
            {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}},
            {"type": "redacted_thinking", "data": "x"},
            role="assistant",
        )
    )
    source = Source(
        "document", "doc:1", {"id": "doc:1", "text": "big", "start_char_index": 0, "end_char_index": 3}
    )
    assert request.messages == (
        AssistantMessage(
            (
                ThinkingBlock("hm", Seal("anthropic", {"signature": "ab=="})),
                ThinkingBlock("of another model"),
                OpaqueBlock("anthropic", "server_tool_use", own),
                TextBlock("Big.", Seal("anthropic", {"citations": [place]})),
                OpaqueBlock("anthropic", "redacted_thinking", {"type": "redacted_thinking", "data": "x"}),
            ),
            None,
            (
                ToolCall(
                    "c",
                    "f",
                    '{"a":1}',
                    Seal("anthropic", {"caller": {"type": "direct"}, "blocks_before": 4}),
                ),
            ),
            (Citation(0, 4, "Big.", (source,), "text", 3),),
        ),
    )


def test_instructions_stand_where_they_are_given() -> None:
    addition = {"role": "system", "content": [{"type": "tool_addition", "tool": {"name": "f"}}]}
    body = LEAST | {
        "system": [text("a"), text("b", cache_control={"type": "ephemeral", "ttl": "5m"})],
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "system", "content": "from now on"},
            {"role": "assistant", "content": "r"},
            {"role": "user", "content": "s"},
            addition,
        ],
    }
    request = CALLER.decode_request(json.dumps(body).encode(), LossReport())
    assert request.messages == (
        SystemMessage((TextBlock("a"), TextBlock("b"), CachePoint(300))),
        UserMessage((TextBlock("q"),)),
        SystemMessage((TextBlock("from now on"),)),
        AssistantMessage((TextBlock("r"),)),
        UserMessage((TextBlock("s"), OpaqueBlock("anthropic", "system", addition))),
    )
    again = json.loads(PROVIDER.encode_request(request, LossReport()))
    assert [turn["role"] for turn in again["messages"]] == ["user", "system", "assistant", "user", "system"]
    assert again["messages"][-1] == addition


WRONG = [
    ({"model": None}, "model"),
    ({"model": 1}, "model"),
    ({"max_tokens": None}, "max_tokens"),
    ({"max_tokens": "5"}, "max_tokens"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": [1]}, "messages[0]"),
    ({"messages": [{"content": "hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "tool", "content": "hi"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
    ({"messages": said("hi")}, "messages[0].content[0]"),
    ({"messages": said({})}, "messages[0].content[0].type"),
    ({"messages": said({"type": 1})}, "messages[0].content[0].type"),
    ({"messages": said({"type": "text"})}, "messages[0].content[0].text"),
    ({"messages": said({"type": "text", "text": 1})}, "messages[0].content[0].text"),
    ({"messages": said({"type": "image"})}, "messages[0].content[0].source"),
    ({"messages": said({"type": "image", "source": "x"})}, "messages[0].content[0].source"),
    ({"messages": said({"type": "document", "source": 1})}, "messages[0].content[0].source"),
    ({"messages": said({"type": "document", "source": {}, "title": 1})}, "messages[0].content[0].title"),
    ({"messages": said({"type": "tool_result"})}, "messages[0].content[0].tool_use_id"),
    (
        {"messages": said({"type": "tool_result", "tool_use_id": "a", "content": 1})},
        "messages[0].content[0].content",
    ),
    (
        {"messages": said({"type": "tool_result", "tool_use_id": "a", "content": [{}]})},
        "messages[0].content[0].content[0].type",
    ),
    (
        {"messages": said({"type": "tool_result", "tool_use_id": "a", "is_error": "no"})},
        "messages[0].content[0].is_error",
    ),
    ({"messages": said({"type": "thinking"}, role="assistant")}, "messages[0].content[0].thinking"),
    ({"messages": said({"type": "tool_use"}, role="assistant")}, "messages[0].content[0].id"),
    (
        {"messages": said({"type": "tool_use", "id": "a"}, role="assistant")},
        "messages[0].content[0].name",
    ),
    (
        {"messages": said({"type": "tool_use", "id": "a", "name": "f", "input": "{}"}, role="assistant")},
        "messages[0].content[0].input",
    ),
    ({"messages": said(text("a", citations=1), role="assistant")}, "messages[0].content[0].citations"),
    ({"system": 1}, "system"),
    ({"system": [{"type": "image"}]}, "system[0].type"),
    ({"system": [{"type": "text"}]}, "system[0].text"),
    ({"stream": "yes"}, "stream"),
    ({"temperature": 1.5}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_p": -1}, "top_p"),
    ({"top_k": -1}, "top_k"),
    ({"top_k": 0.5}, "top_k"),
    ({"stop_sequences": "x"}, "stop_sequences"),
    ({"stop_sequences": [""]}, "stop_sequences[0]"),
    ({"thinking": {"type": "maybe"}}, "thinking.type"),
    ({"thinking": {}}, "thinking.type"),
    ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
    ({"thinking": {"type": "enabled", "budget_tokens": 0}}, "thinking.budget_tokens"),
    ({"output_config": {"effort": "huge"}}, "output_config.effort"),
    ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
    ({"output_format": {"type": "json_schema"}}, "output_format.schema"),
    ({"tools": {}}, "tools"),
    ({"tools": [{}]}, "tools[0].name"),
    ({"tools": [{"name": "f", "input_schema": 1}]}, "tools[0].input_schema"),
    ({"tools": [{"name": "f", "description": 1}]}, "tools[0].description"),
    ({"tools": [{"name": "f", "strict": 1}]}, "tools[0].strict"),
    ({"tools": [{"type": 1}]}, "tools[0].type"),
    ({"tool_choice": "auto"}, "tool_choice"),
    ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
    ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ({"fallbacks": [""]}, "fallbacks[0]"),
]


@pytest.mark.parametrize(("members", "field"), WRONG)
def test_an_error_names_the_field_in_anthropics_shape(members: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decoded(**members)
    assert caught.value.field == field
    assert caught.value.status == 400
    body = json.loads(CALLER.encode_error(caught.value, "req_1"))
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert body["error"]["message"].startswith(f"{field}: ")
    assert body["request_id"] == "req_1"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        CALLER.decode_request(body, LossReport())


MEMBERS = [
    "role",
    "content",
    "type",
    "text",
    "source",
    "thinking",
    "tools",
    "system",
    "name",
    "input",
    "messages",
]
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["user", "assistant", "text", "tool_use", "document"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), anything, max_size=4))
def test_any_body_is_accepted_or_refused_with_a_reason(members: dict[str, Any]) -> None:
    losses = LossReport()
    try:
        request = decoded(losses, **members)
    except ClientError as error:
        assert error.message
        return
    PROVIDER.encode_request(request, losses)  # and what was accepted can be asked


@pytest.mark.parametrize("name", ["a.b", "a[0]"])
def test_a_name_that_looks_like_a_path_is_reported(name: str) -> None:
    losses = LossReport()
    request = decoded(losses, **{name: 1})
    assert request.extras is None
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("unknown", name)]
