"""Laws of Bedrock's dialect: what is written is read again, and noise is refused in one way."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.invoke_face import BedrockInvoke
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.stream_frames import encode_event_frame
from causeway.dialects.bedrock.token_count import BedrockTokenCount
from causeway.dialects.bedrock.token_count_provider import BedrockTokenCountProvider
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
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
from causeway.model.errors import ClientError, UpstreamProtocolError, UpstreamRefusedError
from causeway.model.events import Event
from causeway.model.extras import Extras
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.response import ChatResponse, FinishReason
from support.provenance import NOBODY
from support.strategies import counts, names, responses, texts

PROVIDER = BedrockProvider()
INVOKE = BedrockInvoke(
    claude=AnthropicChat(),
    cohere=CohereV1Chat(is_native=False),
    openai=OpenAiChat(is_unified=False, needs_model=False),
)
CALLER = BedrockConverse()
OWN = ChatRequest(model="", messages=(), dialect="bedrock")

bytes_in_base64 = st.sampled_from(["AAAA", "aGVsbG8="])
cache_points = st.builds(CachePoint, st.sampled_from([None, 300, 3600]))
images = st.builds(
    "data:image/{};base64,{}".format, st.sampled_from(["png", "jpeg", "webp"]), bytes_in_base64
).map(ImageBlock) | st.builds("s3://bucket/{}.png".format, names).map(ImageBlock)
files = st.one_of(
    st.builds(
        FileBlock,
        bytes_in_base64.map("data:application/pdf;base64,{}".format),
        st.just("application/pdf"),
        names,
    ),
    st.builds(
        FileBlock,
        bytes_in_base64.map("data:text/plain;charset=utf-8;base64,{}".format),
        st.just("text/plain"),
        names,
    ).filter(lambda file: "AAAA" not in file.url),
    st.builds(FileBlock, names.map("s3://bucket/{}".format), st.just("video/mp4"), st.none()),
)
guards = texts.map(lambda text: TextBlock(text, Seal("bedrock", {"guardContent": {"text": {"text": text}}})))
json_objects = st.dictionaries(names, texts | counts, max_size=3)
json_results = json_objects.map(
    lambda value: TextBlock(msgspec.json.encode(value).decode(), Seal("bedrock", {"json": value}))
)
search_results = st.just(
    OpaqueBlock("bedrock", "searchResult", {"searchResult": {"source": "s", "title": "t", "content": []}})
)
signed = st.builds(
    ThinkingBlock, texts, st.none() | names.map(lambda text: Seal("bedrock", {"signature": text}))
)
redacted = st.just(
    OpaqueBlock("bedrock", "reasoningContent", {"reasoningContent": {"redactedContent": "AAAA"}})
)
calls = st.builds(ToolCall, names, names, json_objects.map(lambda value: msgspec.json.encode(value).decode()))


def tuples(of: st.SearchStrategy[Any], *, min_size: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=min_size, max_size=3).map(tuple)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """A conversation that Bedrock has a form for: instructions first, and the roles by turns."""
    messages: list[Message] = []
    if draw(st.booleans()):
        instructions = st.builds(TextBlock, texts) | cache_points | guards
        messages.append(SystemMessage(draw(tuples(instructions, min_size=1))))
    asked = st.builds(TextBlock, texts) | images | files | guards | search_results
    results = st.builds(TextBlock, texts) | images | files | json_results | search_results
    said = st.builds(TextBlock, texts) | signed | redacted | cache_points
    for _ in range(draw(st.integers(1, 3))):
        for _ in range(draw(st.integers(0, 2))):
            marks = draw(st.lists(cache_points, max_size=1))
            content = (*draw(tuples(results)), *marks)
            messages.append(ToolMessage(draw(names), content, draw(st.booleans())))
        messages.append(UserMessage((draw(asked), *draw(tuples(asked | cache_points)))))
        messages.append(AssistantMessage(draw(tuples(said)), None, draw(tuples(calls))))
    return tuple(messages)


@st.composite
def own_requests(draw: st.DrawFn) -> ChatRequest:
    """A request of Bedrock's own, with what it can say."""
    tools = draw(
        tuples(
            st.builds(
                Tool,
                names,
                st.none() | names,
                json_objects,
                st.none() | st.booleans(),
                st.none() | cache_points,
            )
        )
    )
    opaque = draw(st.booleans())
    choice = draw(st.sampled_from([None, "required"])) if tools else None
    thinking = st.none() | st.builds(Thinking, st.just(True), st.integers(1, 9999)) | st.just(Thinking(False))
    return ChatRequest(
        model="",
        messages=draw(conversations()),
        dialect="bedrock",
        sampling=Sampling(
            max_tokens=draw(st.none() | st.integers(1, 9999)),
            stop_sequences=draw(tuples(texts.filter(bool))),
            temperature=draw(st.none() | st.floats(0, 1)),
            top_p=draw(st.none() | st.floats(0, 1)),
            top_k=draw(st.none() | st.integers(1, 500)),
        ),
        tools=tools,
        opaque_tools=(OpaqueTool("bedrock", "systemTool", {"systemTool": {"name": "x"}}),) if opaque else (),
        tool_choice=choice,
        forced_tool=draw(st.none() | names) if choice else None,
        response_format=draw(st.none() | st.builds(ResponseFormat, json_objects, st.none() | names)),
        thinking=draw(thinking),
        wants_stream_usage=True,
        is_verbatim=True,
        extras=draw(
            st.none() | st.just(Extras("bedrock", {"guardrailConfig": {"guardrailIdentifier": "g"}}))
        ),
    )


@settings(max_examples=100, deadline=None)
@given(own_requests())
def test_a_request_of_its_own_is_read_as_it_was_written(request: ChatRequest) -> None:
    losses = LossReport()
    body = PROVIDER.encode_request(request, losses)
    assert losses.losses == []
    assert CALLER.decode_request(body, losses) == request
    assert losses.losses == []


@settings(max_examples=50, deadline=None)
@given(own_requests())
def test_the_counted_prompt_is_the_one_that_is_asked(request: ChatRequest) -> None:
    body = BedrockTokenCountProvider().encode_request(request, LossReport())
    counted = BedrockTokenCount(INVOKE).decode_request(body, LossReport())
    assert (counted.messages, counted.tools, counted.tool_choice) == (
        request.messages,
        request.tools,
        request.tool_choice,
    )


foreign_blocks = st.one_of(
    st.builds(TextBlock, texts),
    st.just(ImageBlock("https://example.com/a.png")),
    images,
    st.builds(FileBlock, bytes_in_base64.map("data:application/pdf;base64,{}".format), st.none(), texts),
    st.just(FileBlock("https://example.com/a", "text/plain")),
    st.just(FileBlock("data:application/zip;base64,AAAA", "application/zip", "a.zip")),
    st.just(OpaqueBlock("openai", "input_audio", {"type": "input_audio"})),
    st.builds(CachePoint, st.none() | st.integers(1, 9999)),
)
foreign_thoughts = st.builds(ThinkingBlock, texts, st.none() | st.just(Seal("gemini", {"x": "y"})))


@st.composite
def foreign_requests(draw: st.DrawFn) -> ChatRequest:
    """A request of another dialect, with what Bedrock can say and what it cannot."""
    messages: list[Message] = [UserMessage((TextBlock("Hello"), *draw(tuples(foreign_blocks))))]
    if draw(st.booleans()):
        content = draw(tuples(st.builds(TextBlock, texts) | foreign_thoughts))
        call = ToolCall(draw(texts), "f", draw(st.sampled_from(["", "{}", "[1]", "not JSON", '{"a": 1.50}'])))
        messages.append(AssistantMessage(content, draw(st.none() | texts), (call,)))
        messages.append(ToolMessage(call.id, draw(tuples(foreign_blocks)), draw(st.booleans())))
    if draw(st.booleans()):
        messages.append(SystemMessage((TextBlock("Be brief."),)))
    return ChatRequest(
        model=draw(
            st.sampled_from(["anthropic.claude-sonnet-4-6", "amazon.nova-lite-v1:0", "meta.llama3-8b"])
        ),
        messages=tuple(messages),
        dialect=draw(st.sampled_from(["cohere", "openai"])),
        sampling=Sampling(
            max_tokens=draw(st.none() | st.integers(1, 9999)),
            temperature=draw(st.none() | st.floats(0, 2)),
            top_k=draw(st.none() | st.integers(1, 500)),
            seed=draw(st.none() | counts),
            frequency_penalty=draw(st.none() | st.floats(0.1, 1)),
            logprobs=draw(st.booleans()),
        ),
        tools=draw(tuples(st.builds(Tool, names))),
        tool_choice=draw(st.sampled_from([None, "none", "required"])),
        thinking=draw(
            st.sampled_from([None, Thinking(False), Thinking(True), Thinking(True, 9), Thinking(True, 2000)])
        ),
        response_format=draw(st.none() | st.just(ResponseFormat())),
        extras=draw(st.none() | st.just(Extras("openai", {"logit_bias": {"1": 2}}))),
    )


@settings(max_examples=100, deadline=None)
@given(foreign_requests())
def test_what_a_foreign_request_loses_is_named(request: ChatRequest) -> None:
    losses = LossReport()
    body = PROVIDER.encode_request(request, losses)
    read = CALLER.decode_request(body, LossReport())
    lost = {loss.path for loss in losses.losses}
    told = read.sampling
    for name, own in (
        ("seed", "seed"),
        ("frequency_penalty", "frequency_penalty"),
        ("temperature", "temperature"),
    ):
        asked = getattr(request.sampling, name)
        if getattr(told, name) != asked and not (name == "temperature" and asked == 1):
            assert own in lost
    if told.top_k != request.sampling.top_k and read.extras is None:
        assert {"k", "top_k"} & lost
    if read.thinking != request.thinking:
        assert {"thinking", "reasoning_effort"} & lost
    if request.response_format is not None:
        assert "response_format" in lost
    if request.extras is not None:
        assert "logit_bias" in lost
    if request.tools and not read.tools:
        assert "tool_choice" in lost
    for index, message in enumerate(request.messages):
        for place, block in enumerate(message.content):
            if isinstance(block, OpaqueBlock | ThinkingBlock) or (
                isinstance(block, ImageBlock | FileBlock) and block.url.startswith("https:")
            ):
                assert f"messages[{index}].content[{place}]" in lost
    # What was written is Bedrock's own now: it is written again as it is, and nothing is lost.
    again = LossReport()
    rewritten = PROVIDER.encode_request(msgspec.structs.replace(read, model=request.model), again)
    assert json.loads(rewritten) == json.loads(body)
    assert again.losses == []


def plain_arguments(arguments: str) -> Any:
    try:
        value = json.loads(arguments)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"arguments": arguments} if arguments.strip() else {}


def said_text(response: ChatResponse) -> str:
    texts = [block.text for block in response.content if isinstance(block, TextBlock)]
    return (response.tool_plan or "") + "".join(texts)


REASONS = {FinishReason.TIMEOUT: FinishReason.ERROR}


@settings(max_examples=100, deadline=None)
@given(responses())
def test_an_answer_is_read_as_it_was_written(response: ChatResponse) -> None:
    losses = LossReport()
    CALLER.report_losses(response, losses)
    lost = {loss.path for loss in losses.losses}
    read = PROVIDER.decode_response(CALLER.encode_response(response, OWN, NOBODY))
    assert sorted(said_text(read)) == sorted(said_text(response))
    if response.tool_plan is None:
        assert said_text(read) == said_text(response)
    thoughts = [block for block in response.content if isinstance(block, ThinkingBlock)]
    assert [block for block in read.content if isinstance(block, ThinkingBlock)] == thoughts
    assert [(call.id, call.name, json.loads(call.arguments)) for call in read.tool_calls] == [
        (call.id, call.name, plain_arguments(call.arguments)) for call in response.tool_calls
    ]
    reason = REASONS.get(response.finish_reason, response.finish_reason)
    if response.finish_reason is FinishReason.COMPLETE and response.tool_calls:
        reason = FinishReason.TOOL_CALL
    assert read.finish_reason is reason
    usage = response.usage
    cached = usage.cached_tokens or 0
    assert read.usage.input_tokens == max(usage.input_tokens, cached)
    assert (read.usage.output_tokens, read.usage.cached_tokens) == (usage.output_tokens, usage.cached_tokens)
    if response.logprobs:
        assert "response.logprobs" in lost
    if response.failure is not None:
        assert "response.failure" in lost
    for name in ("image_tokens", "search_units", "classifications"):
        assert bool(getattr(usage, name)) == (f"response.usage.{name}" in lost)


@settings(max_examples=100, deadline=None)
@given(responses())
def test_a_stream_says_what_the_whole_answer_says(response: ChatResponse) -> None:
    """But for citations, which a stream tells of whole blocks, and failures, which only a stream tells."""
    response = msgspec.structs.replace(response, citations=(), tool_plan=None)
    if response.finish_reason in (FinishReason.ERROR, FinishReason.TIMEOUT):
        response = msgspec.structs.replace(response, finish_reason=FinishReason.COMPLETE)
    encoder = CALLER.stream_encoder(OWN, NOBODY)
    streamed = fold(decode_stream(b"".join(encoder.encode(event) for event in unfold(response))))
    whole = PROVIDER.decode_response(CALLER.encode_response(response, OWN, NOBODY))
    assert (streamed.content, streamed.usage) == (whole.content, whole.usage)
    assert streamed.finish_reason is whole.finish_reason
    assert [(call.id, call.name) for call in streamed.tool_calls] == [
        (call.id, call.name) for call in whole.tool_calls
    ]
    assert [call.arguments for call in streamed.tool_calls] == [
        call.arguments for call in response.tool_calls
    ]


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


# Noise

MEMBERS = st.sampled_from(
    [
        "messages", "role", "content", "text", "toolUse", "toolResult", "toolUseId", "name", "input",
        "source", "image", "document", "format", "bytes", "output", "message", "stopReason", "usage",
        "inputTokens", "reasoningContent", "reasoningText", "citationsContent", "citations", "cachePoint",
        "type", "delta", "contentBlockIndex", "start", "toolConfig", "tools", "toolSpec", "inputSchema",
        "json", "system", "additionalModelRequestFields", "thinking", "outputConfig", "location",
        "documentChar", "documentIndex",
    ]
)  # fmt: skip
NOISE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["user", "assistant", "text", "png", "default", "tool_use", "", "x", "enabled"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=20,
)


def damaged(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Return a JSON value with noise at one place in it."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: damaged(value[name], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], damaged(value[place], draw), *value[place + 1 :]]
    return draw(NOISE)


@st.composite
def damaged_requests(draw: st.DrawFn) -> Any:
    return damaged(json.loads(PROVIDER.encode_request(draw(own_requests()), LossReport())), draw)


@settings(max_examples=300, deadline=None)
@given(NOISE | damaged_requests())
def test_a_body_that_is_noise_is_read_or_refused(body: Any) -> None:
    try:
        request = CALLER.decode_request(json.dumps(body).encode(), LossReport())
    except ClientError as error:
        assert error.status == 400
        assert error.message
    else:
        PROVIDER.encode_request(request, LossReport())


ANSWER = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"text": "Hi"},
                {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
                {"toolUse": {"toolUseId": "i", "name": "f", "input": {"a": 1}}},
                {
                    "citationsContent": {
                        "content": [{"text": "c"}],
                        "citations": [{"title": "t", "location": {"documentChar": {"documentIndex": 0}}}],
                    }
                },
            ],
        }
    },
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
    "metrics": {"latencyMs": 1},
}


@st.composite
def damaged_answers(draw: st.DrawFn) -> Any:
    return damaged(ANSWER, draw)


@settings(max_examples=300, deadline=None)
@given(NOISE | damaged_answers())
def test_an_answer_that_is_noise_is_read_or_refused(body: Any) -> None:
    try:
        response = PROVIDER.decode_response(json.dumps(body).encode())
    except UpstreamProtocolError:
        return
    CALLER.encode_response(response, OWN, NOBODY)


@given(st.integers(0, 300))
def test_an_answer_cut_short_is_refused(length: int) -> None:
    body = json.dumps(ANSWER).encode()[:length]
    try:
        PROVIDER.decode_response(body)
    except UpstreamProtocolError:
        return
    raise AssertionError("half an answer was read")


EVENT_NAMES = st.sampled_from(
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
)
EVENTS = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hi"}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"citation": {"title": "t"}}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "i", "name": "f"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{}"}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_stream_that_is_noise_is_read_or_refused(data: st.DataObject) -> None:
    events: list[tuple[str, Any]] = list(EVENTS)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(events) - 1))
        match data.draw(st.sampled_from(["drop", "twice", "swap", "damage", "noise"])):
            case "drop" if len(events) > 1:
                del events[place]
            case "twice":
                events.insert(place, events[place])
            case "swap":
                events[place], events[0] = events[0], events[place]
            case "noise":
                events.insert(place, (data.draw(EVENT_NAMES), data.draw(NOISE)))
            case _:
                name, payload = events[place]
                events[place] = (name, damaged(payload, data.draw))
    stream = b"".join(encode_event_frame(name, json.dumps(payload).encode()) for name, payload in events)
    try:
        response = fold(decode_stream(stream))
    except UpstreamProtocolError:
        return
    CALLER.encode_response(response, OWN, NOBODY)


@given(st.integers(100, 599), st.binary(max_size=80) | NOISE.map(lambda value: json.dumps(value).encode()))
def test_no_error_body_is_too_strange(status: int, body: bytes) -> None:
    error = PROVIDER.decode_error(status, body)
    assert isinstance(error, UpstreamRefusedError)
    assert error.status == status
    assert error.message
