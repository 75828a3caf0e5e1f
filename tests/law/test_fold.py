"""The laws between a response and its events, in the model and through Cohere's wire."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.cohere.decode_response import decode_response
from causeway.dialects.cohere.decode_stream import StreamDecoder
from causeway.dialects.cohere.encode_response import encode_response, speaks_beside_calls
from causeway.dialects.cohere.encode_stream import DualStreamEncoder, NativeStreamEncoder
from causeway.dialects.cohere.v1_chat_stream import V1StreamEncoder
from causeway.dialects.faces import StreamEncoder
from causeway.dialects.openai.encode_stream import ChunkEncoder
from causeway.model.content import Citation, TextBlock, ThinkingBlock, ToolCall
from causeway.model.events import (
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
from causeway.model.fold import Fold, fold, unfold
from causeway.model.order import EventOrder, IllegalEventOrderError
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from support.provenance import NOBODY
from support.strategies import responses, texts, tool_calls

END = MessageEnd(FinishReason.COMPLETE, Usage())
REQUEST = ChatRequest(model="any", messages=())


def stream_bytes(response: ChatResponse) -> bytes:
    encoder = NativeStreamEncoder()
    return b"".join(encoder.encode(event) for event in unfold(response))


@given(responses())
def test_fold_undoes_unfold(response: ChatResponse) -> None:
    assert fold(unfold(response)) == response


@given(responses())
def test_the_streamed_answer_is_the_answer(response: ChatResponse) -> None:
    assert fold(StreamDecoder().feed(stream_bytes(response))) == response


@given(responses().filter(lambda response: not speaks_beside_calls(response)))
def test_the_whole_answer_is_the_streamed_one(response: ChatResponse) -> None:
    assert decode_response(encode_response(response)) == response


@given(responses(), tool_calls, texts)
def test_text_beside_tool_calls_is_the_plan_of_a_whole_answer_and_nothing_else_differs(
    response: ChatResponse, call: ToolCall, text: str
) -> None:
    response = replace(
        response,
        content=(*response.content, TextBlock(text)),
        tool_calls=(*response.tool_calls, call),
        tool_plan=None,
        citations=(),
    )
    assert speaks_beside_calls(response)
    whole = decode_response(encode_response(response))
    thinking = [block for block in response.content if isinstance(block, ThinkingBlock)]
    texts = [block.text for block in response.content if isinstance(block, TextBlock)]
    assert whole == replace(response, content=tuple(thinking), tool_plan="".join(texts))


@given(responses(), st.data())
def test_a_stream_cut_anywhere_is_the_same_stream(response: ChatResponse, data: st.DataObject) -> None:
    sent = stream_bytes(response)
    whole = list(StreamDecoder().feed(sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    decoder = StreamDecoder()
    events = []
    for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        events += decoder.feed(sent[start:end])
    assert events == whole


@given(responses())
def test_streams_are_ascii_and_one_line_per_datum(response: ChatResponse) -> None:
    sent = stream_bytes(response)
    assert sent.isascii()
    frames = sent.decode().split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    for frame in frames[:-2]:
        event, data = frame.split("\n")
        assert event == f"event: {json.loads(data.removeprefix('data: '))['type']}"


@given(responses())
def test_dual_frames_carry_the_same_events(response: ChatResponse) -> None:
    encoder = DualStreamEncoder()
    sent = b"".join(encoder.encode(event) for event in unfold(response))
    allowed = {
        "stream-start", "content-delta", "citation-start", "citation-end",
        "tool-call-start", "tool-call-delta", "tool-call-end", "stream-end",
    }  # fmt: skip
    frames = sent.decode().split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    texts = []
    for frame in frames[:-2]:
        event, data = frame.split("\n")
        payload = json.loads(data.removeprefix("data: "))
        assert event == f"event: {payload['event_type']}"
        assert payload["event_type"] in allowed
        texts.append(payload.get("delta", {}).get("message", {}).get("content") or {})
    native = [event for event in unfold(response) if isinstance(event, TextDelta | ThinkingDelta)]
    assert [text for text in texts if text] == [
        {"text": event.text} if isinstance(event, TextDelta) else {"thinking": event.thinking}
        for event in native
    ]
    assert json.loads(frames[-3].split("\n")[1].removeprefix("data: "))["is_finished"] is True


@given(responses(), st.lists(st.integers(0, 60), max_size=3))
@pytest.mark.parametrize(
    "encoder",
    [
        NativeStreamEncoder,
        DualStreamEncoder,
        lambda: V1StreamEncoder(REQUEST),
        lambda: ChunkEncoder(REQUEST, NOBODY, is_unified=True),
    ],
    ids=["native", "dual", "v1", "openai"],
)
def test_events_encoded_together_are_those_encoded_alone(
    encoder: Callable[[], StreamEncoder], response: ChatResponse, places: list[int]
) -> None:
    events = list(in_pieces(unfold(response)))
    alone, together = encoder(), encoder()
    cuts = sorted(min(place, len(events)) for place in places)
    parts = [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    assert [together.encode_all(part) for part in parts] == [
        b"".join(alone.encode(event) for event in part) for part in parts
    ]


def in_pieces(events: Iterable[Event]) -> Iterator[Event]:
    """Yield events whose texts are said character by character."""
    for event in events:
        if isinstance(event, TextDelta) and event.logprobs is None:
            yield from (TextDelta(event.index, character) for character in event.text)
        else:
            yield event


START = MessageStart("id")
TEXT = ContentStart(0, "text")
CALL = ToolCallStart(0, "id", "name")


@pytest.mark.parametrize(
    "events",
    [
        [TextDelta(0, "x")],
        [END],
        [START, START],
        [START, TextDelta(0, "x")],
        [START, TEXT, ContentStart(1, "text")],
        [START, TEXT, TextDelta(1, "x")],
        [START, TEXT, TextDelta(0, "x"), TextDelta(1, "x")],
        [START, TEXT, ThinkingDelta(0, "x")],
        [START, ContentStart(0, "thinking"), TextDelta(0, "x")],
        [START, ContentStart(1, "text")],
        [START, TEXT, END],
        [START, TEXT, CALL],
        [START, CALL, ContentEnd(0)],
        [START, TEXT, ToolCallEnd(0)],
        [START, ToolCallDelta(0, "x")],
        [START, CALL, ToolCallDelta(1, "x")],
        [START, ToolCallStart(1, "id", "name")],
        [START, END, END],
        [START, TEXT, ContentEnd(0), END, TextDelta(0, "x")],
    ],
    ids=lambda events: "-".join(type(event).__name__ for event in events),
)
@pytest.mark.parametrize("machine", [EventOrder, NativeStreamEncoder, DualStreamEncoder, Fold])
def test_an_illegal_order_is_refused(machine: type, events: list) -> None:  # type: ignore[type-arg]
    subject = machine()
    take = getattr(subject, "advance", None) or getattr(subject, "encode", None) or subject.add
    for event in events[:-1]:
        take(event)
    with pytest.raises(IllegalEventOrderError):
        take(events[-1])
    if hasattr(subject, "encode_all"):
        with pytest.raises(IllegalEventOrderError):
            machine().encode_all(events)


def test_what_is_open_can_be_closed() -> None:
    order = EventOrder()
    for event in (START, TEXT):
        order.advance(event)
    assert order.closing_events() == [ContentEnd(0)]
    for event in (ContentEnd(0), CALL):
        order.advance(event)
    assert order.closing_events() == [ToolCallEnd(0)]
    order.advance(ToolCallEnd(0))
    assert order.closing_events() == []


def test_a_response_needs_its_end() -> None:
    unfinished = Fold()
    unfinished.add(START)
    with pytest.raises(ValueError, match="has not ended"):
        unfinished.response()


def test_a_citation_comes_while_the_block_that_it_cites_is_open() -> None:
    def cite(index: int | None, target: Literal["text", "plan"] = "text") -> Citation:
        return Citation(0, 1, "a", (), target, index)

    answer = ChatResponse(
        id="r",
        content=(TextBlock("ab"), ThinkingBlock("hm"), TextBlock("ac")),
        tool_plan="a plan",
        citations=(cite(None, "plan"), cite(0), cite(2), cite(None)),
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(),
    )
    events = [type(event).__name__ for event in unfold(answer)]
    assert events == [
        *("MessageStart", "PlanDelta", "CitationAdded"),
        *("ContentStart", "TextDelta", "CitationAdded", "ContentEnd"),
        *("ContentStart", "ThinkingDelta", "ContentEnd"),
        *("ContentStart", "TextDelta", "CitationAdded", "CitationAdded", "ContentEnd"),
        "MessageEnd",
    ]
    assert fold(unfold(answer)) == answer
