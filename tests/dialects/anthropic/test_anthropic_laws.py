"""The laws of Anthropic's codecs: what is written is read again the same, but for what is named as lost."""

import json
from collections.abc import Iterable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
from causeway.model.errors import UpstreamError, UpstreamProtocolError
from causeway.model.events import Event
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from support.provenance import NOBODY
from support.strategies import counts, maybe_counts, names, responses, texts

PROVIDER = AnthropicProvider()
CALLER = AnthropicChat()
REQUEST = ChatRequest(model="claude-x", messages=(), dialect="anthropic", stream=True)

words = texts.filter(lambda text: bool(text.strip()) and text == text.strip())
objects = st.dictionaries(names, texts | st.integers(-(2**53), 2**53) | st.booleans(), max_size=3)
arguments = objects.map(lambda value: msgspec.json.encode(value).decode())
points = st.lists(st.builds(CachePoint, st.sampled_from([None, 300, 3600])), max_size=1)
images = st.just(ImageBlock("https://example.com/a.png")) | st.just(ImageBlock("data:image/png;base64,AAAA"))
files = st.builds(
    FileBlock,
    st.sampled_from(["data:application/pdf;base64,AAAA", "https://example.com/a.pdf"]),
    st.just("application/pdf"),
    st.none() | names,
) | st.just(FileBlock("data:text/plain;base64,aGVsbG8=", "text/plain", None))
own_blocks = st.builds(
    lambda kind, id: OpaqueBlock("anthropic", kind, {"type": kind, "id": id}),
    st.sampled_from(["container_upload", "search_result"]),
    names,
)
said = st.builds(TextBlock, words) | images | files | own_blocks
documents = st.builds(Document, words, names) | st.builds(
    lambda parts, id: Document(
        dict(zip(["text", *(f"text_{n}" for n in range(2, 9))], parts, strict=False)), id
    ),
    st.lists(words, min_size=1, max_size=3),
    names,
)
# In a tool's result one text without a title is a text, and no field.
results = documents.filter(lambda document: isinstance(document.data, str) or len(document.data) > 1)
signed = st.builds(
    lambda thinking, signature: ThinkingBlock(thinking, Seal("anthropic", {"signature": signature})),
    texts,
    names,
)
redacted = st.builds(
    lambda data: OpaqueBlock("anthropic", "redacted_thinking", {"type": "redacted_thinking", "data": data}),
    names,
)
calls = st.builds(ToolCall, names, names, arguments)


@st.composite
def with_points(draw: st.DrawFn, blocks: st.SearchStrategy[object], **bounds: int) -> tuple[object, ...]:
    """Blocks, some of them with a mark behind; one of Anthropic's own keeps its mark itself."""
    content: list[object] = []
    for block in draw(st.lists(blocks, **bounds)):
        content.append(block)
        if not isinstance(block, OpaqueBlock | DocumentBlock | ThinkingBlock):
            content += draw(points)
    return tuple(content)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """A conversation as Anthropic takes it: in turns, results at the beginning of a user's."""
    messages: list[Message] = []
    if draw(st.booleans()):
        messages.append(SystemMessage(draw(with_points(st.builds(TextBlock, words), min_size=1, max_size=2))))
    for _ in range(draw(st.integers(1, 3))):
        messages.append(UserMessage(draw(with_points(said, min_size=1, max_size=3))))
        made = draw(st.lists(calls, max_size=2))
        content = draw(with_points(st.builds(TextBlock, words) | signed, max_size=2))
        if not (made or any(not isinstance(block, ThinkingBlock) for block in content)):
            content = (*content, TextBlock("so"))
        messages.append(AssistantMessage(content, None, tuple(made)))
        for call in made:
            returned = st.builds(TextBlock, words) | images | files | st.builds(DocumentBlock, results)
            messages.append(
                ToolMessage(call.id, draw(with_points(returned, max_size=2)), draw(st.booleans()))
            )
    messages.append(UserMessage((TextBlock(draw(words)),)))
    return tuple(messages)


tools = st.builds(
    Tool,
    names,
    st.none() | texts,
    objects.map(lambda value: {"type": "object", "properties": value}),
    st.none() | st.booleans(),
    st.none() | st.builds(CachePoint, st.sampled_from([None, 300, 3600])),
)


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """What Anthropic's dialect can say, all of it."""
    functions = tuple(draw(st.lists(tools, max_size=2)))
    choice = draw(st.sampled_from([None, "required", "none"])) if functions else None
    thinking = draw(
        st.none()
        | st.just(Thinking(False))
        | st.builds(Thinking, st.just(True), st.integers(1, 10**5), st.sampled_from([None, "low", "xhigh"]))
        | st.builds(Thinking, st.just(True), st.none(), st.sampled_from([None, "low", "medium", "high"]))
    )
    fraction = st.none() | st.floats(0, 1)
    return ChatRequest(
        model="claude-x",
        messages=draw(conversations()),
        dialect="anthropic",
        stream=draw(st.booleans()),
        sampling=Sampling(
            max_tokens=draw(st.integers(1, 10**5)),
            stop_sequences=tuple(draw(st.lists(words, max_size=2))),
            temperature=draw(fraction),
            top_p=draw(fraction),
            top_k=draw(st.none() | st.integers(0, 500)),
        ),
        tools=functions,
        opaque_tools=draw(
            st.sampled_from(
                [(), (OpaqueTool("anthropic", "web_search_20250305", {"type": "web_search_20250305"}),)]
            )
        ),
        tool_choice=choice,
        forced_tool=functions[0].name if choice == "required" and draw(st.booleans()) else None,
        allows_parallel_calls=draw(st.sampled_from([None, True, False]))
        if functions and choice != "none"
        else None,
        documents=tuple(draw(st.lists(documents, max_size=2, unique_by=lambda document: document.id))),
        response_format=draw(st.none() | st.just(ResponseFormat({"type": "object"}))),
        thinking=thinking,
        is_verbatim=True,
    )


@settings(max_examples=150, deadline=None)
@given(requests())
def test_a_request_that_the_dialect_can_say_is_read_again_the_same(request: ChatRequest) -> None:
    if request.response_format is not None:  # with which nothing is cited: documents are files then
        request = replace(request, documents=())
        request = replace(
            request,
            messages=tuple(
                replace(m, content=tuple(b for b in m.content if not isinstance(b, DocumentBlock)))
                if isinstance(m, ToolMessage)
                else m
                for m in request.messages
            ),
        )
    losses = LossReport()
    again = CALLER.decode_request(PROVIDER.encode_request(request, losses), losses)
    assert msgspec.to_builtins(again) == msgspec.to_builtins(request)
    assert losses.losses == []


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


own_answers = st.builds(
    lambda content, calls, usage, reason: ChatResponse(
        id="msg_1",
        content=tuple(content),
        tool_calls=tuple(calls),
        finish_reason=reason,
        usage=usage,
        model="m",
    ),
    st.lists(st.builds(TextBlock, texts) | signed | redacted, max_size=4),
    st.lists(calls, max_size=2),
    st.builds(
        lambda rest, out, read, written, thought: Usage(
            input_tokens=rest + (read or 0) + (written or 0),
            output_tokens=out,
            billed_input_tokens=rest + (read or 0) + (written or 0),
            billed_output_tokens=out,
            cached_tokens=read,
            cache_write_tokens=written,
            reasoning_tokens=thought,
        ),
        counts,
        counts,
        maybe_counts,
        maybe_counts,
        maybe_counts,
    ),
    st.sampled_from(
        [
            FinishReason.COMPLETE,
            FinishReason.STOP_SEQUENCE,
            FinishReason.MAX_TOKENS,
            FinishReason.TOOL_CALL,
            FinishReason.CONTENT_FILTER,
        ]
    ),
)


def placed(response: ChatResponse) -> ChatResponse:
    """Return an answer whose calls say where they stand, if a block of Anthropic's own came before."""
    if not any(isinstance(block, OpaqueBlock) for block in response.content):
        return response
    seal = Seal("anthropic", {"blocks_before": len(response.content)})
    return replace(response, tool_calls=tuple(replace(call, seal=seal) for call in response.tool_calls))


@settings(max_examples=150, deadline=None)
@given(own_answers)
def test_an_answer_that_the_dialect_can_say_is_read_again_the_same(response: ChatResponse) -> None:
    losses = LossReport()
    CALLER.report_losses(response, losses)
    assert losses.losses == []
    assert PROVIDER.decode_response(CALLER.encode_response(response, REQUEST, NOBODY)) == placed(response)
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    assert fold(decode_stream(*map(encoder.encode, unfold(response)))) == placed(response)


def cited_places(response: ChatResponse) -> set[tuple[int, str]]:
    """Return which character of all text rests on which source."""
    starts, length = {}, 0
    for index, block in enumerate(response.content):
        if isinstance(block, TextBlock):
            starts[index] = length
            length += len(block.text)
    return {
        (starts[citation.content_index or 0] + place, source.id)
        for citation in response.citations
        for place in range(citation.start, citation.end)
        for source in citation.sources
    }


def text_of(response: ChatResponse) -> str:
    return "".join(block.text for block in response.content if isinstance(block, TextBlock))


@st.composite
def cited_answers(draw: st.DrawFn) -> tuple[ChatResponse, ChatRequest]:
    """A text that cites a request's documents, anywhere in it."""
    given_documents = draw(
        st.lists(documents, min_size=1, max_size=3, unique_by=lambda document: document.id)
    )
    text = draw(words)
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=4))
    citations = [
        Citation(
            min(span),
            max(span),
            text[min(span) : max(span)],
            tuple(
                Source("document", str(d.id), {"text": "x"})
                for d in draw(st.lists(st.sampled_from(given_documents), min_size=1, max_size=2))
            ),
            "text",
            0,
        )
        for span in spans
        if span[0] != span[1]
    ]
    response = ChatResponse(
        id="msg_1",
        content=(TextBlock(text),),
        citations=tuple(citations),
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(),
    )
    return response, replace(REQUEST, documents=tuple(given_documents))


@settings(max_examples=100, deadline=None)
@given(cited_answers())
def test_what_a_whole_answer_cites_is_cited_for_the_same_characters(
    case: tuple[ChatResponse, ChatRequest],
) -> None:
    response, request = case
    again = PROVIDER.decode_response(CALLER.encode_response(response, request, NOBODY))
    assert text_of(again) == text_of(response)
    assert cited_places(again) == cited_places(response)
    assert all(again.content[c.content_index or 0].text[c.start : c.end] == c.text for c in again.citations)  # type: ignore[union-attr]


@settings(max_examples=100, deadline=None)
@given(cited_answers())
def test_what_a_stream_cites_is_cited_for_the_block_that_it_is_in(
    case: tuple[ChatResponse, ChatRequest],
) -> None:
    response, request = case
    encoder = CALLER.stream_encoder(request, NOBODY)
    again = fold(decode_stream(*map(encoder.encode, unfold(response))))
    assert text_of(again) == text_of(response)
    assert cited_places(again) >= cited_places(response)
    cited = {source.id for citation in again.citations for source in citation.sources}
    assert cited == {source.id for citation in response.citations for source in citation.sources}


@settings(max_examples=150, deadline=None)
@given(responses())
def test_any_answer_can_be_said_and_its_text_is_kept(response: ChatResponse) -> None:
    body = CALLER.encode_response(response, REQUEST, NOBODY)
    again = PROVIDER.decode_response(body)
    thinking = [block.thinking for block in response.content if isinstance(block, ThinkingBlock)]
    assert sorted(text_of(again)) == sorted((response.tool_plan or "") + text_of(response))
    assert [block.thinking for block in again.content if isinstance(block, ThinkingBlock)] == thinking
    assert [(call.id, call.name) for call in again.tool_calls] == [
        (call.id, call.name) for call in response.tool_calls
    ]
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    frames = [encoder.encode(event) for event in unfold(response)]
    if response.finish_reason in (FinishReason.ERROR, FinishReason.TIMEOUT):
        assert frames[-1].splitlines()[-2].startswith(b'data: {"type":"error"')
    else:
        assert text_of(fold(decode_stream(*frames))) == (response.tool_plan or "") + text_of(response)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
WORDS = [
    "type",
    "content",
    "text",
    "thinking",
    "usage",
    "stop_reason",
    "id",
    "model",
    "index",
    "delta",
    "message",
]
TYPES = [
    "text",
    "thinking",
    "tool_use",
    "message_start",
    "content_block_start",
    "content_block_delta",
    "error",
]
nonsense = st.recursive(
    json_values | st.sampled_from(TYPES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(nonsense)
def test_nonsense_is_an_error_of_the_providers_and_nothing_else(value: object) -> None:
    body = json.dumps(value).encode()
    for decode in (PROVIDER.decode_response, PROVIDER.decode_ending):
        with suppress(UpstreamError):
            decode(body)
    PROVIDER.decode_error(500, body)


@settings(max_examples=150, deadline=None)
@given(st.lists(nonsense, max_size=4))
def test_a_nonsensical_stream_is_an_error_of_the_providers_and_nothing_else(values: Iterable[object]) -> None:
    start = b'data: {"type":"message_start","message":{"id":"1","content":[]}}\n\n'
    frames = [b"data: %b\n\n" % json.dumps(value).encode() for value in values]
    for chunks in (frames, [start, *frames]):
        with pytest.raises(UpstreamError):
            decode_stream(*chunks)


@settings(max_examples=100, deadline=None)
@given(own_answers, st.data())
def test_a_body_that_was_cut_is_no_answer(response: ChatResponse, data: st.DataObject) -> None:
    body = CALLER.encode_response(response, REQUEST, NOBODY)
    with pytest.raises(UpstreamProtocolError):
        PROVIDER.decode_response(body[: data.draw(st.integers(0, len(body) - 1))])


@settings(max_examples=100, deadline=None)
@given(own_answers, st.data())
def test_a_stream_that_was_cut_is_no_answer(response: ChatResponse, data: st.DataObject) -> None:
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    frames = [encoder.encode(event) for event in unfold(response)]
    stream = b"".join(frames)
    end = stream.index(b"event: message_delta")
    with pytest.raises(UpstreamProtocolError):
        decode_stream(stream[: data.draw(st.integers(0, end))])
