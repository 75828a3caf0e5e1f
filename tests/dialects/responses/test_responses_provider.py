"""Requests of any dialect as OpenAI's Responses API is asked, and answers of providers that talk nonsense."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.provider_face import ResponsesProvider
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
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import (
    UntranslatableError,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRefusedError,
)
from causeway.model.events import Event, MessageEnd, OpaqueAdded, TextDelta, ToolCallStart
from causeway.model.extras import Extras
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.response import FinishReason
from support.provenance import NOBODY
from support.responses_recordings import recorded_responses, recorded_streams
from support.strategies import names, texts, tool_calls

PROVIDER = ResponsesProvider()
CALLER = ResponsesChat(is_unified=False)
HELLO = UserMessage((TextBlock("Hello"),))
SCHEMA = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}


def encode(losses: LossReport | None = None, **fields: Any) -> dict[str, Any]:
    request = ChatRequest(**{"model": "m", "messages": (HELLO,), "dialect": "cohere", **fields})
    body: dict[str, Any] = json.loads(
        PROVIDER.encode_request(request, LossReport() if losses is None else losses)
    )
    return body


def encode_items(*messages: Message) -> tuple[list[Any], list[tuple[str, str]]]:
    losses = LossReport()
    items = encode(losses, messages=(HELLO, *messages))["input"][1:]
    return items, [(loss.kind, loss.path) for loss in losses.losses]


def test_a_request_of_another_dialect_is_not_stored() -> None:
    assert encode() == {"model": "m", "input": [{"role": "user", "content": "Hello"}], "store": False}


def test_the_options_of_another_dialect() -> None:
    losses = LossReport()
    body = encode(
        losses,
        stream=True,
        sampling=Sampling(max_tokens=5, temperature=0.1, top_p=0.2, logprobs=True, top_logprobs=2),
        thinking=Thinking(enabled=True, effort="high"),
        response_format=ResponseFormat({"type": "object"}),
        tools=(Tool("a", "d", SCHEMA), Tool("b")),
        tool_choice="required",
        allowed_tools=("a",),
        allows_parallel_calls=False,
        strict_tools=True,
    )
    del body["input"], body["model"]
    assert body == {
        "stream": True,
        "max_output_tokens": 5,
        "temperature": 0.1,
        "top_p": 0.2,
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "response", "schema": {"type": "object"}}},
        "tools": [
            {"type": "function", "name": "a", "description": "d", "parameters": SCHEMA, "strict": True},
            {
                "type": "function",
                "name": "b",
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            },
        ],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": "a"}],
        },
        "parallel_tool_calls": False,
        "store": False,
    }
    assert losses.losses == []


@pytest.mark.parametrize(
    ("thinking", "reasoning", "lost"),
    [
        (Thinking(enabled=False), {"effort": "none"}, []),
        (Thinking(enabled=True), {"summary": "auto"}, ["approximated"]),
        (Thinking(enabled=True, token_budget=2000), {"effort": "low", "summary": "auto"}, ["approximated"]),
        (
            Thinking(enabled=True, token_budget=8000),
            {"effort": "medium", "summary": "auto"},
            ["approximated"],
        ),
        (Thinking(enabled=True, token_budget=9000), {"effort": "high", "summary": "auto"}, ["approximated"]),
        (
            Thinking(enabled=True, token_budget=9000, effort="low"),
            {"effort": "low", "summary": "auto"},
            ["approximated"],
        ),
    ],
)
def test_how_much_to_think(thinking: Thinking, reasoning: dict[str, Any], lost: list[str]) -> None:
    losses = LossReport()
    assert encode(losses, thinking=thinking)["reasoning"] == reasoning
    assert [(loss.kind, loss.path) for loss in losses.losses] == [(kind, "thinking") for kind in lost]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"sampling": Sampling(top_k=3)}, [("dropped", "k")]),
        ({"sampling": Sampling(seed=3)}, [("dropped", "seed")]),
        ({"sampling": Sampling(frequency_penalty=0.1)}, [("dropped", "frequency_penalty")]),
        ({"sampling": Sampling(presence_penalty=0.1)}, [("dropped", "presence_penalty")]),
        ({"choices": 2}, [("dropped", "num_generations")]),
        ({"documents": (Document("x"),), "citation_mode": "fast"},
         [("dropped", "documents"), ("dropped", "citation_options")]),
        ({"safety_mode": "strict"}, [("dropped", "safety_mode")]),
        ({"priority": 1}, [("dropped", "priority")]),
        ({"strict_tools": True, "tools": (Tool("a", None, {"type": "object"}),)},
         [("approximated", "strict_tools")]),
        ({"tools": (Tool("a", None, {}, None, CachePoint()),)}, [("dropped", "tools")]),
        ({"opaque_tools": (OpaqueTool("gemini", "google_search", {}),)}, [("dropped", "tools[0]")]),
        ({"extras": Extras("cohere", {"raw_prompting": True})}, [("dropped", "raw_prompting")]),
    ],
)  # fmt: skip
def test_what_the_provider_cannot_be_told_is_reported(
    fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    losses = LossReport()
    encode(losses, **fields)
    assert [(loss.kind, loss.path) for loss in losses.losses] == expected


def test_stop_sequences_are_left_to_the_gateway() -> None:
    assert PROVIDER.max_stop_sequences == 0
    request = ChatRequest(model="m", messages=(HELLO,), dialect="responses", is_verbatim=True)
    assert PROVIDER.takes_verbatim(request, b"")
    stopped = msgspec.structs.replace(request, sampling=Sampling(stop_sequences=("x",)))
    assert not PROVIDER.takes_verbatim(stopped, b"")
    assert not PROVIDER.takes_verbatim(msgspec.structs.replace(request, is_verbatim=False), b"")


def test_what_a_user_says() -> None:
    message = UserMessage(
        (
            TextBlock("Look"),
            CachePoint(300),
            ImageBlock("https://x/i.png", "high"),
            CachePoint(),
            FileBlock("data:text/plain;base64,QQ==", "text/plain"),
            FileBlock("https://x/a.pdf", "application/pdf", "a.pdf"),
            FileBlock("s3://x/a.pdf", "application/pdf"),
            OpaqueBlock("openai", "input_audio", {}),
        )
    )
    items, lost = encode_items(message)
    assert items == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "input_image", "image_url": "https://x/i.png", "detail": "high"},
                {"type": "input_file", "filename": "file", "file_data": "data:text/plain;base64,QQ=="},
                {"type": "input_file", "file_url": "https://x/a.pdf", "filename": "a.pdf"},
            ],
        }
    ]
    assert lost == [
        ("approximated", "messages[1].content[1]"),
        ("dropped", "messages[1].content[3]"),
        ("dropped", "messages[1].content[6]"),
        ("dropped", "messages[1].content[7]"),
    ]


def test_a_user_who_says_nothing_that_can_be_carried_is_refused() -> None:
    with pytest.raises(UntranslatableError) as caught:
        encode_items(UserMessage((OpaqueBlock("openai", "input_audio", {}),)))
    assert caught.value.field == "messages[1].content"


def test_an_assistants_turn_of_another_dialect() -> None:
    message = AssistantMessage(
        content=(
            ThinkingBlock("Hm.", Seal("anthropic", {"signature": "x"})),
            TextBlock("So."),
            OpaqueBlock("anthropic", "redacted_thinking", {}),
            CachePoint(),
        ),
        tool_plan="First.",
        tool_calls=(ToolCall("c" * 65, "weather", "{}"),),
        citations=(Citation(0, 2, "So", ()),),
    )
    items, lost = encode_items(
        message, ToolMessage("c" * 65, (TextBlock("a"), TextBlock("b")), is_error=True)
    )
    id = items[2]["call_id"]
    assert len(id) == 52
    assert items == [
        {"role": "assistant", "content": "First."},
        {"role": "assistant", "content": "So."},
        {"type": "function_call", "call_id": id, "name": "weather", "arguments": "{}"},
        {
            "type": "function_call_output",
            "call_id": id,
            "output": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
        },
    ]
    assert lost == [
        ("dropped", "messages[1].content[0]"),
        ("dropped", "messages[1].content[2]"),
        ("dropped", "messages[1].content[3]"),
        ("mapped", "messages[1].tool_calls[0].id"),
        ("dropped", "messages[1].citations"),
        ("dropped", "messages[2].is_error"),
        ("mapped", "messages[2].tool_call_id"),
    ]


def test_documents_in_a_tools_result_are_told_as_text() -> None:
    items, lost = encode_items(
        ToolMessage("c", (DocumentBlock(Document({"a": "b"}, "d")), DocumentBlock(Document("x"))))
    )
    assert [json.loads(part["text"]) for part in items[0]["output"]] == [
        {"id": "d", "data": {"a": "b"}},
        {"data": "x"},
    ]
    assert lost == [("mapped", "messages[1].content[0]"), ("mapped", "messages[1].content[1]")]


def test_reasoning_of_the_gateways_own_making_is_not_sent_to_a_provider() -> None:
    item = {"type": "reasoning", "id": "rs_causewayabc", "summary": []}
    sealed = {**item, "encrypted_content": "gAAA"}
    items, lost = encode_items(
        AssistantMessage(
            (
                ThinkingBlock("", Seal("responses", {"item": item})),
                ThinkingBlock("", Seal("responses", {"item": sealed})),
                TextBlock(
                    "Hi", Seal("responses", {"item": {"id": "msg_causewayabc", "status": "completed"}})
                ),
            ),
            tool_calls=(ToolCall("c", "f", "{}", Seal("responses", {"item": {"id": "fc_causeway1"}})),),
        )
    )
    assert items == [
        sealed,
        {"role": "assistant", "content": "Hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]
    assert lost == [("dropped", "messages[1].content[0]")]


user_blocks = (
    st.builds(TextBlock, texts)
    | st.builds(ImageBlock, names.map("https://{}".format), st.sampled_from([None, "auto", "low", "high"]))
    | names.map(lambda name: FileBlock(f"https://x/{name}", None, name))
    | names.map(lambda name: FileBlock("data:application/pdf;base64,QQ==", "application/pdf", name))
)
turns = st.one_of(
    st.builds(UserMessage, st.lists(user_blocks, min_size=1, max_size=3).map(tuple)),
    st.builds(SystemMessage, st.lists(st.builds(TextBlock, texts), min_size=1, max_size=2).map(tuple)),
    st.builds(ToolMessage, names, st.lists(user_blocks, min_size=1, max_size=3).map(tuple)),
    st.builds(
        AssistantMessage,
        content=st.lists(st.builds(TextBlock, texts), max_size=2).map(tuple),
        tool_calls=st.lists(tool_calls, min_size=1, max_size=2).map(tuple),
    ),
)
tools = st.lists(
    st.builds(Tool, names, st.none() | texts, st.just(SCHEMA), st.none() | st.booleans()),
    max_size=3,
    unique_by=lambda tool: tool.name,
)


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """Any request that the dialect has words for. Two turns of the assistant's in a row are one there."""
    messages: list[Message] = []
    for message in draw(st.lists(turns, min_size=1, max_size=5)):
        if not (
            isinstance(message, AssistantMessage) and messages and isinstance(messages[-1], AssistantMessage)
        ):
            messages.append(message)
    if isinstance(messages[0], SystemMessage) and len(messages[0].content) > 1:
        messages.insert(0, HELLO)  # an instruction in parts that stands first is sealed as such
    known = draw(tools)
    choice = draw(st.sampled_from([None, "none", "required"])) if known else None
    forced = known[0].name if choice == "required" and draw(st.booleans()) else None
    allowed = (
        () if forced or choice == "none" or not known else draw(st.sampled_from([(), (known[-1].name,)]))
    )
    return ChatRequest(
        model=draw(names),
        messages=tuple(messages),
        dialect="responses",
        stream=draw(st.booleans()),
        sampling=draw(
            st.builds(
                Sampling,
                max_tokens=st.none() | st.integers(1, 10**6),
                temperature=st.none() | st.floats(0, 2),
                top_p=st.none() | st.floats(0, 1),
                logprobs=st.booleans(),
                top_logprobs=st.none() | st.integers(0, 20),
            )
        ),
        tools=tuple(known),
        tool_choice=choice,
        forced_tool=forced,
        allowed_tools=allowed,
        allows_parallel_calls=draw(st.none() | st.booleans()),
        response_format=draw(
            st.none()
            | st.just(ResponseFormat())
            | st.builds(ResponseFormat, st.just(SCHEMA), names, st.none() | texts, st.none() | st.booleans())
        ),
        thinking=draw(
            st.sampled_from([None, Thinking(enabled=False), Thinking(enabled=True, effort="minimal")])
        ),
        is_verbatim=True,
    )


@given(requests())
def test_a_request_comes_back_whole(request: ChatRequest) -> None:
    losses = LossReport()
    body = PROVIDER.encode_request(request, losses)
    assert CALLER.decode_request(body, losses) == request
    assert losses.losses == []


def frames(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events)


def decode_stream(stream: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    return [*decoder.feed(stream), *decoder.finish()]


RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": []}
CREATED = {"type": "response.created", "response": {**RESPONSE, "status": "in_progress"}}
COMPLETED = {"type": "response.completed", "response": {**RESPONSE, "status": "completed"}}


def call_item(number: int) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{number}",
        "call_id": f"call_{number}",
        "name": "f",
        "arguments": f'{{"n":{number}}}',
    }


def call_events(number: int) -> list[dict[str, Any]]:
    item, place = call_item(number), {"output_index": number, "item_id": f"fc_{number}"}
    return [
        {"type": "response.output_item.added", "item": {**item, "arguments": ""}, **place},
        {"type": "response.function_call_arguments.delta", "delta": '{"n":', **place},
        {"type": "response.function_call_arguments.delta", "delta": f"{number}}}", **place},
        {"type": "response.output_item.done", "item": item, **place},
    ]


@given(st.permutations([0] * 4 + [1] * 4 + [2] * 4))
def test_items_that_are_told_at_once_are_put_one_after_the_other(order: list[int]) -> None:
    waiting = [call_events(number) for number in range(3)]
    events = [waiting[number].pop(0) for number in order]
    calls = fold(decode_stream(frames(CREATED, *events, COMPLETED))).tool_calls
    assert sorted((call.id, call.arguments) for call in calls) == [
        (f"call_{number}", f'{{"n":{number}}}') for number in range(3)
    ]


def test_an_item_that_was_only_told_when_it_was_done_is_told() -> None:
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
    }
    done = {"type": "response.output_item.done", "output_index": 0, "item": message}
    assert [e.text for e in decode_stream(frames(CREATED, done, COMPLETED)) if isinstance(e, TextDelta)] == [
        "Hi"
    ]


def test_an_item_that_nobody_said_was_done_is_closed() -> None:
    delta = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"}
    response = fold(decode_stream(frames(CREATED, delta, COMPLETED)))
    assert [block.text for block in response.content if isinstance(block, TextBlock)] == ["Hi"]


def test_a_call_without_arguments_has_none() -> None:
    item = {**call_item(0), "arguments": ""}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    response = fold(decode_stream(frames(CREATED, done, COMPLETED)))
    assert response.tool_calls[0].arguments == "{}"
    assert response.finish_reason is FinishReason.TOOL_CALL
    whole = PROVIDER.decode_response(json.dumps({**RESPONSE, "output": [item]}).encode())
    assert whole.tool_calls == response.tool_calls


def test_the_parts_of_a_summary_are_paragraphs_streamed_and_whole() -> None:
    parts = [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]
    item = {"type": "reasoning", "id": "rs_1", "summary": parts}
    events: list[dict[str, Any]] = []
    for part in parts:
        events.append({"type": "response.reasoning_summary_part.added", "output_index": 0})
        events.append(
            {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": part["text"]}
        )
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    streamed = fold(decode_stream(frames(CREATED, *events, done, COMPLETED)))
    assert streamed.content == (ThinkingBlock("One.\n\nTwo.", Seal("responses", {"item": item})),)
    body = json.dumps({**RESPONSE, "output": [item]}).encode()
    assert PROVIDER.decode_response(body).content == streamed.content


def test_a_response_that_failed_before_it_spoke_is_an_error() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Slow down."}
    failed = {**RESPONSE, "status": "failed", "error": error}
    with pytest.raises(UpstreamRefusedError, match=r"Slow down\.") as caught:
        decode_stream(frames(CREATED, {"type": "response.failed", "response": failed}))
    assert (caught.value.status, caught.value.provider_code) == (429, "rate_limit_exceeded")
    with pytest.raises(UpstreamRefusedError, match=r"Slow down\."):
        PROVIDER.decode_response(json.dumps(failed).encode())
    with pytest.raises(UpstreamRefusedError, match=r"Slow down\."):
        PROVIDER.decode_ending(json.dumps(failed).encode())


def test_a_response_that_failed_later_keeps_what_it_said() -> None:
    failed = {**RESPONSE, "status": "failed", "error": {"code": "server_error", "message": "Gone."}}
    delta = {"type": "response.output_text.delta", "delta": "Hi"}
    response = fold(decode_stream(frames(CREATED, delta, {"type": "response.failed", "response": failed})))
    assert (response.finish_reason, response.failure and response.failure.message) == (
        FinishReason.ERROR,
        "Gone.",
    )


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "server_error", "message": "Gone.", "param": None},
        {"type": "error", "error": {"code": "server_error", "message": "Gone."}},
    ],
)
def test_an_error_event_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(UpstreamRefusedError, match=r"Gone\.") as caught:
        decode_stream(frames(CREATED, event))
    assert caught.value.status == 500


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (b"", "ended before"),
        (frames(CREATED), "ended before"),
        (b"data: {\n\n", "not JSON"),
        (b"data: 3\n\n", "no response"),
        (b"data: {}\n\n", "no response"),
        (frames({"type": "response.output_item.done", "item": {"type": "function_call"}}), "broken item"),
        (frames({"type": "response.completed", "response": {"usage": "much"}}), "usage"),
    ],
)
def test_a_stream_of_nonsense_is_an_upstream_error(stream: bytes, message: str) -> None:
    with pytest.raises(UpstreamProtocolError, match=message):
        decode_stream(stream)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"3", "no JSON object"),
        (b"{}", "no response"),
        (b'{"output": 3}', "no response"),
        (b'{"output": [3]}', "no response"),
        (b'{"output": [{}]}', r"output\[0\]\.type"),
        (b'{"output": [{"type": "function_call"}]}', r"output\[0\]\.call_id"),
        (b'{"output": [], "usage": 3}', "usage"),
    ],
)
def test_a_body_of_nonsense_is_an_upstream_error(body: bytes, message: str) -> None:
    with pytest.raises(UpstreamProtocolError, match=message):
        PROVIDER.decode_response(body)


def test_an_error_in_place_of_a_response_is_an_error() -> None:
    with pytest.raises(UpstreamRefusedError, match="No such model"):
        PROVIDER.decode_response(b'{"error": {"message": "No such model", "code": 404}}')


NAMES = [
    "type", "id", "content", "text", "summary", "annotations", "logprobs", "call_id", "name", "arguments",
    "start_index", "end_index", "url", "token", "status", "role", "index",
]  # fmt: skip
KINDS = [
    "message", "reasoning", "function_call", "output_text", "refusal", "assistant", "url_citation",
    "completed", "failed", "incomplete",
]  # fmt: skip
MEMBERS = ["id", "output", "usage", "status", "error", "model", "created_at"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(KINDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)
TYPES = [
    "created", "completed", "failed", "incomplete", "output_item.added", "output_item.done",
    "content_part.added", "content_part.done", "output_text.delta", "output_text.done",
    "output_text.annotation.added", "refusal.delta", "function_call_arguments.delta",
    "reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_text.delta", "queued",
]  # fmt: skip
EVENTS = st.builds(
    lambda type, index, members: {"type": f"response.{type}", "output_index": index, **members},
    st.sampled_from(TYPES),
    st.integers(0, 2),
    st.fixed_dictionaries(
        {},
        optional={
            "item": st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
            "part": st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
            "delta": texts | VALUES,
            "content_index": st.integers(0, 2),
            "response": st.dictionaries(st.sampled_from(["output", "usage", "status", "error"]), VALUES),
            "logprobs": st.lists(VALUES, max_size=2),
            "annotation": st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
        },
    ),
)


@given(st.lists(EVENTS, max_size=8))
def test_any_events_are_an_answer_or_an_upstream_error(events: list[dict[str, Any]]) -> None:
    try:
        told = decode_stream(frames(CREATED, *events, COMPLETED))
    except UpstreamError:
        return
    fold(told)


@given(
    st.dictionaries(st.sampled_from(MEMBERS), VALUES),
    st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6), max_size=3),
)
def test_any_json_is_an_answer_or_an_upstream_error(members: dict[str, Any], output: list[Any]) -> None:
    body = msgspec.json.encode({"output": output, **members})
    try:
        response = PROVIDER.decode_response(body)
    except UpstreamError:
        return
    assert PROVIDER.decode_ending(body) == response.ending()
    request = ChatRequest(model="m", messages=(HELLO,), dialect="responses")
    CALLER.encode_response(response, request, NOBODY)


@pytest.mark.parametrize("body", recorded_responses()[::20])
def test_a_cut_body_is_an_upstream_error(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    for end in range(0, len(raw) - 1, max(1, len(raw) // 200)):
        with pytest.raises(UpstreamProtocolError):
            PROVIDER.decode_response(raw[:end])


@pytest.mark.parametrize("stream", recorded_streams()[:12:3])
def test_a_cut_stream_is_an_upstream_error(stream: bytes) -> None:
    last = stream.rstrip().rindex(b"\n\n")
    for end in range(0, last, max(1, last // 100)):
        with pytest.raises(UpstreamProtocolError):
            decode_stream(stream[:end])


def test_a_stream_of_which_only_the_marked_frames_are_read_ends_as_it_does() -> None:
    """What the pipeline reads of a stream that it passes on: the beginning, and then the marked frames."""
    stream = frames(
        CREATED, *call_events(0), {**COMPLETED, "response": {**COMPLETED["response"], "usage": None}}
    )
    decoder = PROVIDER.stream_decoder()
    told: list[Event] = []
    for frame in stream.split(b"\n\n")[:-1]:
        is_marked = any(marker in frame for marker in PROVIDER.tap_markers)
        if is_marked or not any(isinstance(event, ToolCallStart) for event in told):
            told += decoder.feed(frame + b"\n\n")
    assert isinstance(told[-1], MessageEnd)
    assert not any(isinstance(event, OpaqueAdded) for event in told)
    assert list(decoder.finish()) == []
