"""What Anthropic is asked, for requests that came in other dialects, and what is told as lost."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.anthropic.enforceable_schemas import enforceable
from causeway.dialects.anthropic.provider_face import AnthropicProvider
from causeway.dialects.anthropic.quirks import AnthropicQuirks
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
from causeway.model.errors import UntranslatableError
from causeway.model.extras import Extras
from causeway.model.loss import Loss, LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool

PROVIDER = AnthropicProvider()
OLDER, NEWER = "claude-sonnet-4-5", "claude-opus-4-8"


def user(text: str) -> UserMessage:
    return UserMessage((TextBlock(text),))


def model(text: str) -> AssistantMessage:
    return AssistantMessage((TextBlock(text),))


def system(text: str) -> SystemMessage:
    return SystemMessage((TextBlock(text),))


def asked(*messages: Message, model: str = OLDER, **options: Any) -> tuple[dict[str, Any], list[Loss]]:
    """Return the body, and what was lost."""
    losses = LossReport()
    request = ChatRequest(model=model, messages=messages or (user("hi"),), **options)
    return json.loads(PROVIDER.encode_request(request, losses)), losses.losses


def paths(losses: list[Loss]) -> list[tuple[str, str]]:
    return [(loss.kind, loss.path) for loss in losses]


def test_a_bound_is_given_where_nobody_gave_one() -> None:
    assert asked()[0] == {
        "model": OLDER,
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "hi"}],
    }
    request = ChatRequest(model="m", messages=(user("hi"),))
    body = AnthropicProvider(AnthropicQuirks(default_max_tokens=7)).encode_request(request, LossReport())
    assert json.loads(body)["max_tokens"] == 7


def test_turns_of_one_role_are_joined() -> None:
    body, losses = asked(user("a"), user("b"), model("c"), model("d"), user("e"))
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]},
        {"role": "user", "content": "e"},
    ]
    assert losses == []


def test_a_text_without_a_visible_character_is_not_sent() -> None:
    body, losses = asked(user("a"), model(" \n"), UserMessage((TextBlock(""), TextBlock("b"))), model(""))
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    ]
    assert losses == []


def test_a_conversation_may_begin_with_the_model() -> None:
    assert asked(model("a"), user("b"))[0]["messages"][0] == {"role": "assistant", "content": "a"}


def test_white_space_at_the_end_of_the_models_last_turn_is_left_out() -> None:
    body, losses = asked(user("a"), model("b \n"))
    assert body["messages"][-1] == {"role": "assistant", "content": "b"}
    assert paths(losses) == [("approximated", "messages[1].content")]
    assert asked(user("a"), model("b "), user("c"))[0]["messages"][1]["content"] == "b "


def test_instructions_stand_before_the_conversation() -> None:
    body, losses = asked(system("a"), system("b"), user("c"), system("d"), user("e"))
    assert [block["text"] for block in body["system"]] == ["a", "b", "d"]
    assert [turn["role"] for turn in body["messages"]] == ["user"]
    assert paths(losses) == [("approximated", "messages[3]")]
    assert asked(system("a"), user("c"))[0]["system"] == "a"


def test_results_come_first_in_the_users_turn_after_the_calls() -> None:
    call = ToolCall("c1", "f", '{"a": 1.50}')
    body, losses = asked(
        user("q"),
        AssistantMessage(tool_plan="I call.", tool_calls=(call, ToolCall("functions.g:0", "g", ""))),
        ToolMessage("c1", (TextBlock("one"),), is_error=True),
        user("and"),
        ToolMessage("functions.g:0", ()),
    )
    assistant, said = body["messages"][1:]
    assert [block["type"] for block in assistant["content"]] == ["text", "tool_use", "tool_use"]
    assert assistant["content"][1]["input"] == {"a": 1.5}
    assert assistant["content"][2]["input"] == {}
    id = assistant["content"][2]["id"]
    assert said["content"] == [
        {
            "type": "tool_result",
            "tool_use_id": "c1",
            "content": [{"type": "text", "text": "one"}],
            "is_error": True,
        },
        {"type": "tool_result", "tool_use_id": id},
        {"type": "text", "text": "and"},
    ]
    assert paths(losses) == [
        ("mapped", "messages[1].tool_calls[1].id"),
        ("mapped", "messages[4].tool_call_id"),
    ]


def test_arguments_that_are_no_object_are_told_as_a_text() -> None:
    body, losses = asked(user("q"), AssistantMessage(tool_calls=(ToolCall("c", "f", '{"a":'),)))
    assert body["messages"][1]["content"][0]["input"] == {"arguments": '{"a":'}
    assert paths(losses) == [("approximated", "messages[1].tool_calls[0].arguments")]


def test_thinking_goes_back_only_with_anthropics_signature() -> None:
    content = (
        ThinkingBlock("own", Seal("anthropic", {"signature": "ab=="})),
        ThinkingBlock("other", Seal("openai", {"id": "rs_1"})),
        OpaqueBlock("anthropic", "redacted_thinking", {"type": "redacted_thinking", "data": "x"}),
        OpaqueBlock("openai", "web_search_call", {}),
        TextBlock("t", Seal("gemini", {"thought_signature": "x"})),
    )
    body, losses = asked(user("q"), AssistantMessage(content), user("r"))
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "own", "signature": "ab=="},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": "t"},
    ]
    assert paths(losses) == [
        ("dropped", "messages[1].content[1]"),
        ("dropped", "messages[1].content[3]"),
    ]


def test_a_call_stands_where_it_stood_among_anthropics_own_blocks() -> None:
    before = OpaqueBlock("anthropic", "server_tool_use", {"type": "server_tool_use"})
    after = OpaqueBlock("anthropic", "code_execution_tool_result", {"type": "code_execution_tool_result"})
    call = ToolCall("c", "f", "{}", Seal("anthropic", {"blocks_before": 1, "caller": {"type": "x"}}))
    body, _ = asked(user("q"), AssistantMessage((before, after), tool_calls=(call,)))
    assert [block["type"] for block in body["messages"][1]["content"]] == [
        "server_tool_use",
        "tool_use",
        "code_execution_tool_result",
    ]
    assert body["messages"][1]["content"][1]["caller"] == {"type": "x"}


def test_images_and_files_are_sent_as_anthropic_takes_them() -> None:
    body, losses = asked(
        UserMessage(
            (
                ImageBlock("data:image/png;base64,AAAA", "high"),
                ImageBlock("https://example.com/a.png"),
                ImageBlock("data:image/tiff;base64,AAAA"),
                ImageBlock("gs://bucket/a.png"),
                FileBlock("data:application/pdf;base64,BBBB", name="a.pdf"),
                FileBlock("https://example.com/a.pdf"),
                FileBlock("data:text/csv;base64,YSxi"),
                FileBlock("data:text/plain;base64,!"),
                FileBlock("data:audio/wav;base64,AAAA", "audio/wav"),
                FileBlock("s3://bucket/a.pdf", "application/pdf"),
            )
        )
    )
    assert body["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "BBBB"},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}},
    ]
    assert paths(losses) == [
        ("dropped", "messages[0].content[0].detail"),
        *(("dropped", f"messages[0].content[{place}]") for place in (2, 3, 7, 8, 9)),
    ]


def test_a_turn_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(UntranslatableError, match=r"messages\[0\]\.content"):
        asked(UserMessage((FileBlock("data:audio/wav;base64,AAAA", "audio/wav"),)))


def test_documents_stand_in_the_users_last_turn_and_are_to_be_cited() -> None:
    documents = (Document("Paris is big.", "d"), Document({"title": "t", "snippet": "s", "year": 3}))
    body, losses = asked(user("a"), model("b"), user("c"), documents=documents)
    assert body["messages"][:2] == [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert body["messages"][2]["content"] == [
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Paris is big."},
            "title": "d",
            "citations": {"enabled": True},
        },
        {
            "type": "document",
            "source": {
                "type": "content",
                "content": [
                    {"type": "text", "text": "title: t"},
                    {"type": "text", "text": "snippet: s"},
                    {"type": "text", "text": "year: 3"},
                ],
            },
            "title": "doc:1",
            "citations": {"enabled": True},
        },
        {"type": "text", "text": "c"},
    ]
    assert paths(losses) == [("mapped", "documents[1]")]


@pytest.mark.parametrize(
    ("options", "lost"),
    [
        ({"citation_mode": "off"}, []),
        (
            {"response_format": ResponseFormat()},
            [("approximated", "response_format"), ("dropped", "citation_options")],
        ),
    ],
)
def test_nothing_is_cited_where_that_is_not_wanted_or_cannot_be(options: Any, lost: Any) -> None:
    body, losses = asked(documents=(Document("x", "d"),), **options)
    assert "citations" not in body["messages"][0]["content"][0]
    assert paths(losses) == lost


def test_files_are_cited_where_documents_are() -> None:
    pdf = FileBlock("data:application/pdf;base64,BBBB")
    content = UserMessage((pdf, TextBlock("q")))
    assert "citations" not in asked(content)[0]["messages"][0]["content"][0]
    body, _ = asked(content, documents=(Document("x", "d"),))
    assert [block.get("citations") for block in body["messages"][0]["content"]] == [{"enabled": True}] * 2 + [
        None
    ]


def test_documents_in_a_tools_result_are_search_results() -> None:
    blocks = (DocumentBlock(Document({"title": "t", "text": "x"}, "d")), DocumentBlock(Document("y")))
    body, _ = asked(
        user("q"), AssistantMessage(tool_calls=(ToolCall("c", "f", "{}"),)), ToolMessage("c", blocks)
    )
    first, second = body["messages"][2]["content"][0]["content"]
    assert first == {
        "type": "search_result",
        "source": "d",
        "title": "t",
        "content": [{"type": "text", "text": "x"}],
        "citations": {"enabled": True},
    }
    assert second["source"] == second["title"] == "messages[2].content[1]"


def test_marks_for_the_cache_belong_to_the_block_before() -> None:
    long = CachePoint(3600)
    body, losses = asked(
        SystemMessage((TextBlock("s"), CachePoint())),
        UserMessage((CachePoint(), TextBlock("a"), CachePoint(60))),
        AssistantMessage((TextBlock("b"), long)),
        ToolMessage("c", (TextBlock("r"), long)),
        tools=(Tool("f", cache_point=CachePoint()),),
    )
    assert body["system"] == [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]
    assert body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "5m"}
    assert body["messages"][1]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert body["messages"][2]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert body["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert paths(losses) == [
        ("dropped", "messages[1].content[0]"),
        ("approximated", "messages[1].content[2]"),
    ]


def test_citations_of_others_are_not_taken_back() -> None:
    citation = Citation(0, 1, "a", (Source("document", "d", {}),), "text", 0)
    _, losses = asked(user("q"), AssistantMessage((TextBlock("a"),), citations=(citation,)), user("r"))
    assert paths(losses) == [("dropped", "messages[1].citations")]
    sealed = TextBlock("a", Seal("anthropic", {"citations": [{"type": "char_location"}]}))
    body, losses = asked(user("q"), AssistantMessage((sealed,), citations=(citation,)), user("r"))
    assert body["messages"][1]["content"][0]["citations"] == [{"type": "char_location"}]
    assert losses == []


@pytest.mark.parametrize(
    ("thinking", "name", "max_tokens", "wire", "lost"),
    [
        (Thinking(False), OLDER, None, {"thinking": {"type": "disabled"}, "max_tokens": 4096}, []),
        (Thinking(False), "claude-3-haiku-20240307", None, {"max_tokens": 4096}, []),
        (Thinking(True), "claude-3-5-sonnet-20241022", None, {"max_tokens": 4096}, ["dropped"]),
        (
            Thinking(True, 2000),
            "claude-sonnet-4-20250514",
            None,
            {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 6096},
            [],
        ),
        (
            Thinking(True, 10),
            OLDER,
            2000,
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
            ["approximated"],
        ),
        (
            Thinking(True, 9000),
            OLDER,
            4000,
            {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000},
            ["approximated"],
        ),
        (Thinking(True, 9000), OLDER, 500, {"max_tokens": 500}, ["dropped"]),
        (
            Thinking(True, None, "low"),
            OLDER,
            None,
            {"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 6144},
            ["approximated"],
        ),
        (
            Thinking(True, 3000),
            "claude-opus-4-6",
            None,
            {"thinking": {"type": "enabled", "budget_tokens": 3000}, "max_tokens": 7096},
            [],
        ),
        (
            Thinking(True, None, "xhigh"),
            "claude-opus-4-6",
            None,
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}, "max_tokens": 4096},
            ["approximated"],
        ),
        (
            Thinking(True, None, "xhigh"),
            NEWER,
            None,
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "xhigh"},
                "max_tokens": 4096,
            },
            [],
        ),
        (
            Thinking(True, 5000),
            "claude-fable-5",
            100,
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "medium"},
                "max_tokens": 100,
            },
            ["approximated"],
        ),
        (
            Thinking(True),
            "my-alias",
            None,
            {"thinking": {"type": "adaptive", "display": "summarized"}, "max_tokens": 4096},
            [],
        ),
    ],
)
def test_thinking_is_asked_for_in_the_words_that_the_model_takes(
    thinking: Thinking, name: str, max_tokens: int | None, wire: Any, lost: list[str]
) -> None:
    body, losses = asked(model=name, thinking=thinking, sampling=Sampling(max_tokens=max_tokens))
    assert {key: body[key] for key in ("thinking", "output_config", "max_tokens") if key in body} == wire
    assert paths(losses) == [(kind, "thinking") for kind in lost]
    assert all(
        loss.path == "reasoning_effort" for loss in asked(model=name, thinking=thinking, dialect="openai")[1]
    )


def test_an_older_model_that_has_to_call_a_tool_does_not_think() -> None:
    options: Any = {"tools": (Tool("f"),), "tool_choice": "required", "thinking": Thinking(True, 2000)}
    body, losses = asked(**options)
    assert "thinking" not in body
    assert paths(losses) == [("dropped", "thinking")]
    assert asked(model=NEWER, **options)[0]["thinking"]["type"] == "adaptive"


def test_sampling_is_fitted_to_the_model() -> None:
    sampling = Sampling(
        temperature=1.5,
        top_p=0.5,
        top_k=0,
        seed=1,
        frequency_penalty=0.1,
        logprobs=True,
        stop_sequences=("\n", "x"),
    )
    body, losses = asked(sampling=sampling, choices=2)
    assert (body["temperature"], body["stop_sequences"]) == (1.0, ["x"])
    assert not body.keys() & {"top_p", "top_k", "seed", "frequency_penalty", "logprobs", "n"}
    assert set(paths(losses)) == {
        ("approximated", "temperature"),
        ("dropped", "p"),
        ("dropped", "seed"),
        ("dropped", "frequency_penalty"),
        ("dropped", "logprobs"),
        ("dropped", "num_generations"),
        ("dropped", "stop_sequences[0]"),
    }
    assert asked(model="claude-3-haiku-20240307", sampling=sampling)[0]["top_p"] == 0.5
    newer = asked(model=NEWER, sampling=Sampling(temperature=0.5, top_k=3))
    assert not newer[0].keys() & {"temperature", "top_k"}
    assert paths(newer[1]) == [("dropped", "temperature"), ("dropped", "k")]
    thinking = asked(thinking=Thinking(True, 2000), sampling=Sampling(temperature=0.2, top_p=0.5, top_k=3))
    assert not thinking[0].keys() & {"temperature", "top_p", "top_k"}
    assert len(thinking[1]) == 3


def test_tools_and_the_choice_among_them() -> None:
    tools = (Tool("f", "does f", {"properties": {"a": {}}}, is_strict=True), Tool("g"))
    own = OpaqueTool("anthropic", "bash_20250124", {"type": "bash_20250124", "name": "bash"})
    options: Any = {"tools": tools, "opaque_tools": (own, OpaqueTool("openai", "file_search", {}))}
    body, losses = asked(**options)
    assert body["tools"] == [
        {
            "name": "f",
            "description": "does f",
            "input_schema": {"type": "object", "properties": {"a": {}}},
            "strict": True,
        },
        {"name": "g", "input_schema": {"type": "object"}},
        own.data,
    ]
    assert "tool_choice" not in body
    assert paths(losses) == [("dropped", "tools[1]")]
    for choice, wire in [
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none", "allows_parallel_calls": False}, {"type": "none"}),
        ({"tool_choice": "required", "forced_tool": "g"}, {"type": "tool", "name": "g"}),
        ({"allows_parallel_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
    ]:
        assert asked(**options, **choice)[0]["tool_choice"] == wire
    assert "tool_choice" not in asked(tool_choice="none")[0]
    body, losses = asked(tools=tools, allowed_tools=("g",))
    assert [tool["name"] for tool in body["tools"]] == ["g"]
    assert paths(losses) == [("mapped", "tool_choice")]


def test_strict_tools_are_enforced_where_the_model_can() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    tool = asked(tools=(Tool("f", None, schema),), strict_tools=True)[0]["tools"][0]
    assert (tool["strict"], tool["input_schema"]["additionalProperties"]) == (True, False)
    bounded = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
    for name, parameters in [("claude-sonnet-4-0", schema), (OLDER, bounded), (OLDER, {"type": "object"})]:
        body, losses = asked(model=name, tools=(Tool("f", None, parameters),), strict_tools=True)
        assert "strict" not in body["tools"][0]
        assert paths(losses) == [("approximated", "strict_tools")]


def test_a_schema_is_enforced_or_told() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]}
    closed = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    body, losses = asked(response_format=ResponseFormat(schema))
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": closed}}
    assert paths(losses) == [("approximated", "response_format.json_schema")]
    for name, parameters in [("claude-sonnet-4-0", closed), (OLDER, {"type": "object"})]:
        body, losses = asked(system("s"), user("q"), model=name, response_format=ResponseFormat(parameters))
        assert "output_config" not in body
        assert body["system"][0] == {"type": "text", "text": "s"}
        assert body["system"][1]["text"].endswith(json.dumps(parameters, separators=(",", ":")))
        assert paths(losses) == [("approximated", "response_format.json_schema")]


schemas = st.recursive(
    st.sampled_from(
        [{"type": "string", "maxLength": 3}, {"type": "integer"}, {"enum": ["a"]}, {"$ref": "#/$defs/a"}]
    ),
    lambda inner: (
        st.builds(lambda i: {"type": "array", "items": i, "minItems": 2}, inner)
        | st.builds(lambda a, b: {"oneOf": [a, b]}, inner, inner)
        | st.builds(lambda a, b: {"type": "object", "properties": {"a": a, "b": b}}, inner, inner)
    ),
    max_leaves=6,
)


def every_object_is_closed(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(map(every_object_is_closed, schema))
    if not isinstance(schema, dict):
        return True
    is_closed = schema.get("type") != "object" or schema.get("additionalProperties") is False
    bounds = schema.keys() & {"maxLength", "minItems", "oneOf"}
    return is_closed and not bounds and all(map(every_object_is_closed, schema.values()))


@settings(max_examples=100, deadline=None)
@given(schemas)
def test_what_is_enforced_is_closed_and_without_bounds(schema: dict[str, Any]) -> None:
    closed = enforceable(schema)
    assert closed is not None
    assert every_object_is_closed(closed.schema)
    assert set(closed.left_out) == {
        word for word in ("maxLength", "minItems") if f'"{word}"' in json.dumps(schema)
    }


def test_what_has_no_place_is_named() -> None:
    _, losses = asked(
        safety_mode="strict",
        priority=3,
        extras=Extras("openai", {"verbosity": "low"}),
        documents=(Document("x"),),
        citation_mode="fast",
    )
    assert paths(losses) == [
        ("approximated", "citation_options"),
        ("dropped", "safety_mode"),
        ("dropped", "priority"),
        ("dropped", "verbosity"),
    ]


texts = st.sampled_from(["", " ", "\n", "a", "b ", " c"]).map(TextBlock)
marks = st.just(CachePoint())
blobs = st.sampled_from(
    [
        ImageBlock("https://example.com/a.png"),
        ImageBlock("data:image/bmp;base64,AAAA"),
        FileBlock("data:application/pdf;base64,AAAA"),
        FileBlock("data:audio/wav;base64,AAAA", "audio/wav"),
        OpaqueBlock("openai", "input_file", {}),
        OpaqueBlock("anthropic", "container_upload", {"type": "container_upload"}),
    ]
)
thoughts = st.sampled_from([ThinkingBlock("a"), ThinkingBlock("b", Seal("anthropic", {"signature": "s"}))])
calls = st.builds(
    ToolCall, st.sampled_from(["a", "b:1"]), st.just("f"), st.sampled_from(["", "{}", "[]", "{"])
)


def several(blocks: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(blocks, max_size=3).map(tuple)


messages = st.one_of(
    st.builds(SystemMessage, several(texts | marks)),
    st.builds(UserMessage, several(texts | marks | blobs)),
    st.builds(
        AssistantMessage,
        several(texts | marks | thoughts),
        st.none() | st.sampled_from(["", "p "]),
        several(calls),
    ),
    st.builds(ToolMessage, st.sampled_from(["a", "b:1"]), several(texts | marks | blobs), st.booleans()),
)


@settings(max_examples=200, deadline=None)
@given(
    several(messages),
    st.lists(st.just(Document("x")) | st.just(Document({"a": 1}, "d")), max_size=2).map(tuple),
    st.sampled_from(["claude-3-haiku-20240307", OLDER, NEWER]),
    st.sampled_from([None, Thinking(True), Thinking(True, 5000), Thinking(False)]),
    st.none() | st.integers(1, 6000),
)
def test_whatever_is_asked_is_what_anthropic_takes(
    said: tuple[Message, ...],
    documents: tuple[Document, ...],
    name: str,
    thinking: Thinking | None,
    max_tokens: int | None,
) -> None:
    try:
        body, losses = asked(
            *said,
            model=name,
            documents=documents,
            thinking=thinking,
            sampling=Sampling(max_tokens=max_tokens),
        )
    except UntranslatableError:
        return
    turns = body["messages"]
    roles = [turn["role"] for turn in turns]
    assert all(one != other for one, other in pairwise(roles))
    assert set(roles) <= {"user", "assistant"}
    for turn in turns:
        blocks = (
            turn["content"]
            if isinstance(turn["content"], list)
            else [{"type": "text", "text": turn["content"]}]
        )
        kinds = [block["type"] for block in blocks]
        assert kinds
        assert kinds == sorted(kinds, key=lambda kind: turn["role"] == "user" and kind != "tool_result")
        assert all(block["text"].strip() for block in blocks if block["type"] == "text")
        assert all(block["signature"] for block in blocks if block["type"] == "thinking")
        assert not any("cache_control" in block for block in blocks if block["type"] == "thinking")
    if roles[-1:] == ["assistant"]:
        last = (
            turns[-1]["content"]
            if isinstance(turns[-1]["content"], str)
            else turns[-1]["content"][-1].get("text", "")
        )
        assert last == last.rstrip()
    budget = body.get("thinking", {}).get("budget_tokens")
    assert budget is None or 1024 <= budget < body["max_tokens"]
    assert max_tokens is None or body["max_tokens"] == max_tokens
    unsaid = {loss.path for loss in losses}
    for index, message in enumerate(said):
        for place, block in enumerate(message.content):
            if block in (ThinkingBlock("a"), OpaqueBlock("openai", "input_file", {})):
                assert f"messages[{index}].content[{place}]" in unsaid
