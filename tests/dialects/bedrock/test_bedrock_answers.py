"""What Bedrock answers, whole and in streams: every kind of block, every end, and what breaks off."""

import json
from typing import Any

import pytest

from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.decode_error import MAX_MESSAGE_CHARACTERS
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.stream_frames import encode_event_frame, encode_exception_frame
from causeway.model.content import (
    Citation,
    OpaqueBlock,
    Seal,
    Source,
    TextBlock,
)
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.extras import Extras
from causeway.model.request import ChatRequest
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from causeway.wire.aws_event_stream import encode_frame, encode_headers
from support.provenance import NOBODY

PROVIDER = BedrockProvider()
CALLER = BedrockConverse()
REQUEST = ChatRequest(model="", messages=(), dialect="bedrock")


def answer(*content: dict[str, Any], stop_reason: str = "end_turn", **beside: Any) -> bytes:
    usage = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
    body = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": stop_reason}
    return json.dumps({**body, "usage": usage, **beside}).encode()


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", FinishReason.COMPLETE),
        ("stop_sequence", FinishReason.STOP_SEQUENCE),
        ("max_tokens", FinishReason.MAX_TOKENS),
        ("model_context_window_exceeded", FinishReason.MAX_TOKENS),
        ("tool_use", FinishReason.TOOL_CALL),
        ("guardrail_intervened", FinishReason.CONTENT_FILTER),
        ("content_filtered", FinishReason.CONTENT_FILTER),
        ("malformed_model_output", FinishReason.ERROR),
        ("malformed_tool_use", FinishReason.ERROR),
        ("something_new", FinishReason.ERROR),
    ],
)
def test_every_stop_reason_is_kept(word: str, reason: FinishReason) -> None:
    response = PROVIDER.decode_response(answer({"text": "a"}, stop_reason=word))
    assert response.finish_reason is reason
    assert (response.failure is not None) == (reason is FinishReason.ERROR)
    assert CALLER.encode_response(response, REQUEST, NOBODY).count(f'"stopReason":"{word}"'.encode()) == 1


def test_the_prompt_counts_what_the_cache_read_and_wrote() -> None:
    usage = {
        "inputTokens": 3,
        "outputTokens": 5,
        "totalTokens": 108,
        "cacheReadInputTokens": 60,
        "cacheWriteInputTokens": 40,
    }
    response = PROVIDER.decode_response(answer({"text": "a"}, usage=usage))
    assert response.usage == Usage(
        input_tokens=103,
        output_tokens=5,
        billed_input_tokens=103,
        billed_output_tokens=5,
        cached_tokens=60,
        cache_write_tokens=40,
    )
    assert response.extras is None


def test_what_nobody_knows_is_kept() -> None:
    body = answer({"novelty": {"x": 1}}, {"text": "a"}, novelty="y", usage={"totalTokens": 0, "novelties": 2})
    response = PROVIDER.decode_response(body)
    assert response.content == (
        OpaqueBlock("bedrock", "novelty", {"novelty": {"x": 1}}),
        TextBlock("a"),
    )
    assert response.extras == Extras("bedrock", {"novelty": "y", "usage.novelties": 2})


def test_an_error_keeps_its_type_and_words() -> None:
    body = json.dumps(
        {"__type": "com.amazon#ThrottlingException:http://x/", "Message": " Slow down "}
    ).encode()
    error = PROVIDER.decode_error(429, body)
    assert (error.status, error.type, error.message) == (429, "ThrottlingException", "Slow down")
    assert PROVIDER.decode_error(503, b"<html>").type == "ServiceUnavailableException"
    assert len(PROVIDER.decode_error(400, json.dumps({"message": "x" * 9999}).encode()).message) == (
        MAX_MESSAGE_CHARACTERS
    )


# Streams


def stream(*events: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(encode_event_frame(name, json.dumps(payload).encode()) for name, payload in events)


def delta(index: int, **delta: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}


def start(index: int, **start: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockStart", {"contentBlockIndex": index, "start": start}


def stop(index: int) -> tuple[str, dict[str, Any]]:
    return "contentBlockStop", {"contentBlockIndex": index}


BEGIN = ("messageStart", {"role": "assistant"})
STOP = ("messageStop", {"stopReason": "end_turn"})
USAGE = ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}})


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


def test_a_stream_of_everything_is_decoded_and_said_again() -> None:
    call, result = (
        {"toolUseId": "s", "name": "search", "type": "server_tool_use"},
        {"toolUseId": "s", "type": "r"},
    )
    sent = stream(
        BEGIN,
        delta(0, reasoningContent={"text": "Hm"}),
        delta(0, reasoningContent={"signature": "si"}),
        delta(0, reasoningContent={"signature": "gn"}),
        stop(0),
        start(1, toolUse=call),
        delta(1, toolUse={"input": '{"q":'}),
        delta(1, toolUse={"input": "1}"}),
        stop(1),
        start(2, toolResult=result),
        delta(2, toolResult=[{"text": "found"}]),
        stop(2),
        delta(3, text="A"),
        delta(3, citation={"title": "t", "location": {"documentChar": {"documentIndex": 1}}}),
        delta(3, text="é"),
        stop(3),
        delta(4, reasoningContent={"redactedContent": "AAAA"}),
        delta(4, reasoningContent={"redactedContent": "AAAA"}),
        stop(4),
        start(5, toolUse={"toolUseId": "i", "name": "f"}),
        stop(5),
        STOP,
        USAGE,
    )
    source = Source("document", "doc:1", {"title": "t", "location": {"documentChar": {"documentIndex": 1}}})
    cited = {
        "content": [{"text": "Aé"}],
        "citations": [{"title": "t", "location": {"documentChar": {"documentIndex": 1}}}],
    }
    events = decode_stream(sent)
    assert events[1:-1] == [
        ContentStart(0, "thinking"),
        ThinkingDelta(0, "Hm"),
        ContentEnd(0, Seal("bedrock", {"signature": "sign"})),
        OpaqueAdded(1, OpaqueBlock("bedrock", "toolUse", {"toolUse": {**call, "input": {"q": 1}}})),
        OpaqueAdded(
            2,
            OpaqueBlock("bedrock", "toolResult", {"toolResult": {**result, "content": [{"text": "found"}]}}),
        ),
        ContentStart(3, "text"),
        TextDelta(3, "A"),
        TextDelta(3, "é"),
        CitationAdded(0, Citation(0, 2, "Aé", (source,), "text", 3)),
        ContentEnd(3, Seal("bedrock", {"citationsContent": cited})),
        OpaqueAdded(
            4,
            OpaqueBlock("bedrock", "reasoningContent", {"reasoningContent": {"redactedContent": "AAAAAAAA"}}),
        ),
        ToolCallStart(0, "i", "f"),
        ToolCallDelta(0, "{}"),
        ToolCallEnd(0),
    ]
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    again = decode_stream(*(encoder.encode(event) for event in events))
    assert again[1:-1] == events[1:-1]


def test_a_block_ends_where_another_begins_and_the_usage_may_come_first() -> None:
    events = decode_stream(
        stream(BEGIN, delta(0, text="a"), delta(1, text="b"), USAGE, STOP, delta(2, text="c"))
    )
    assert [type(event).__name__ for event in events] == [
        "MessageStart", "ContentStart", "TextDelta", "ContentEnd", "ContentStart", "TextDelta", "ContentEnd",
        "MessageEnd",
    ]  # fmt: skip


def test_a_stream_without_usage_ends_and_one_without_a_stop_does_not() -> None:
    assert isinstance(decode_stream(stream(BEGIN, delta(0, text="a"), STOP))[-1], MessageEnd)
    whole = stream(BEGIN, delta(0, text="a"), STOP)
    for broken in (
        b"",
        stream(BEGIN),
        stream(BEGIN, delta(0, text="a"), USAGE),
        whole[:-1],
        whole + whole[:9],
    ):
        with pytest.raises(UpstreamProtocolError):
            decode_stream(broken)


@pytest.mark.parametrize(
    ("frame", "status", "type"),
    [
        (encode_exception_frame("throttlingException", b'{"message":"m"}'), 429, "ThrottlingException"),
        (
            encode_exception_frame("modelStreamErrorException", b'{"message":"m"}'),
            424,
            "ModelStreamErrorException",
        ),
        (encode_exception_frame("novelException", b'{"message":"m"}'), 502, "NovelException"),
        (
            encode_frame(
                encode_headers(
                    {
                        ":message-type": "error",
                        ":error-code": "InternalServerException",
                        ":error-message": "m",
                    }
                ),
                b"",
            ),
            500,
            "InternalServerException",
        ),
    ],
)
def test_a_stream_that_tells_an_error_fails_with_its_words(frame: bytes, status: int, type: str) -> None:
    decoder = PROVIDER.stream_decoder()
    assert len(list(decoder.feed(stream(BEGIN, delta(0, text="a"))))) == 3
    with pytest.raises(UpstreamRefusedError) as caught:
        list(decoder.feed(frame))
    assert (caught.value.status, caught.value.type, caught.value.message) == (status, type, "m")


@pytest.mark.parametrize(
    "frame",
    [
        b"not a frame of any kind",
        encode_frame(b"", b"{}"),
        encode_event_frame("contentBlockDelta", b"{"),
        encode_event_frame(
            "contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}'
        ),
    ],
)
def test_a_stream_that_is_none_is_refused(frame: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        decode_stream(frame)


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (None, "modelStreamErrorException"),
        (Failure("m", "THROTTLINGEXCEPTION"), "throttlingException"),
        (Failure("m", "OVERLOADED"), "serviceUnavailableException"),
        (Failure("m", "UPSTREAM_CONNECTION"), "modelStreamErrorException"),
    ],
)
def test_a_stream_that_broke_off_ends_with_an_exception(failure: Failure | None, name: str) -> None:
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    frames = encoder.encode(MessageStart("x")) + encoder.encode(
        MessageEnd(FinishReason.ERROR, Usage(), failure)
    )
    with pytest.raises(UpstreamRefusedError) as caught:
        decode_stream(frames)
    assert caught.value.type == name[0].upper() + name[1:]
    assert caught.value.message == ("m" if failure else "the model broke its answer off")
