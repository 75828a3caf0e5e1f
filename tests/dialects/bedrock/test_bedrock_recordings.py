"""Bedrock's dialect against real calls of Converse: requests, answers, streams and errors."""

import json
from base64 import b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.stream_frames import encode_event_frame
from causeway.model.content import TextBlock, ThinkingBlock
from causeway.model.events import Event
from causeway.model.extras import Extras
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.wire.aws_event_stream import FrameReader
from support.provenance import NOBODY
from support.recordings import ABSENT, fixture_files, recordings

PROVIDER = BedrockProvider()
CALLER = BedrockConverse()
REQUEST = ChatRequest(model="any", messages=(), dialect="bedrock")
SKIPPED = [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


def exchanges(*url_ends: str) -> list[Any]:
    found = [exchange for end in url_ends for exchange in recordings("bedrock", end)]
    return [exchange for exchange in found if exchange.values[0] is not None] or SKIPPED


def answered(form: str, status: int, *url_ends: str) -> list[Any]:
    found = [
        exchange
        for exchange in exchanges(*url_ends)
        if exchange.values[0] is not None
        and exchange.values[0]["response"]["status"] == status
        and form in exchange.values[0]["response"]
    ]
    return found or SKIPPED


def recorded_streams() -> list[Any]:
    found = [
        pytest.param(b64decode(exchange.values[0]["response"]["base64"]), id=exchange.id)
        for exchange in answered("base64", 200, "/converse-stream")
        if exchange.values[0] is not None
    ]
    for text in fixture_files("amazon-bedrock", "*.chunks.txt"):
        if text.values[0] is not None:
            events = [json.loads(line) for line in text.values[0].splitlines() if line]
            found.append(pytest.param(frames(events), id=text.id))
    return found or SKIPPED


def frames(events: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(
        encode_event_frame(name, json.dumps(payload).encode())
        for event in events
        for name, payload in event.items()
    )


STREAMS = recorded_streams()


def model_in(url: str) -> str:
    return unquote(url.split("/model/")[1].split("/")[0])


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


def without_id(response: ChatResponse) -> ChatResponse:
    return msgspec.structs.replace(response, id="")


def plain_request(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request without what says nothing.

    An empty `system` or `inferenceConfig` is none, and `auto` is what a model does with tools anyway.
    """
    plain = {name: value for name, value in body.items() if value not in ([], {})}
    if "toolConfig" in plain:
        config = dict(plain["toolConfig"])
        if config.get("toolChoice") == {"auto": {}}:
            del config["toolChoice"]
        plain["toolConfig"] = config
    return plain


@pytest.mark.parametrize("exchange", exchanges("/converse", "/converse-stream"))
def test_a_recorded_request_is_said_again(exchange: Any) -> None:
    body, losses = exchange["request"]["body"], LossReport()
    request = CALLER.decode_request(json.dumps(body).encode(), losses)
    assert losses.losses == []
    asked = msgspec.structs.replace(request, model=model_in(exchange["request"]["url"]))
    again = json.loads(PROVIDER.encode_request(asked, losses))
    assert again == plain_request(body)
    assert losses.losses == []


def plain_answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what says nothing, and its calls after its text.

    The `tool_use` of a call says what `toolUse` does, an empty `serverToolUsage` nothing, and the `type` of a
    text in some fixtures is another vendor's. In the canonical answer calls stand after the content.
    """
    content, calls = [], []
    for block in body["output"]["message"]["content"]:
        call = block.get("toolUse", {"type": "server_tool_use"})
        if call.get("type") == "server_tool_use":
            content.append({name: value for name, value in block.items() if name != "type"})
        else:
            calls.append({"toolUse": {name: value for name, value in call.items() if name != "type"}})
    usage = {name: count for name, count in body["usage"].items() if count != {}}
    message = {"role": "assistant", "content": [*content, *calls]}
    return {**body, "output": {"message": message}, "usage": usage}


def whole_answers() -> list[Any]:
    found = [
        pytest.param(json.dumps(exchange.values[0]["response"]["json"]).encode(), id=exchange.id)
        for exchange in answered("json", 200, "/converse")
        if exchange.values[0] is not None
    ]
    found += [
        pytest.param(text.values[0].encode(), id=text.id)
        for text in fixture_files("amazon-bedrock", "*.json")
        if text.values[0] is not None
    ]
    return found or SKIPPED


@pytest.mark.parametrize("body", whole_answers())
def test_a_recorded_answer_is_said_again(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    again = json.loads(CALLER.encode_response(response, REQUEST, NOBODY))
    told = json.loads(body)
    told.setdefault("metrics", {"latencyMs": 0})  # which every real answer has
    assert again == plain_answer(told)
    assert response.failure is None
    assert response.finish_reason is not FinishReason.ERROR
    assert response.usage.input_tokens + response.usage.output_tokens == told["usage"]["totalTokens"]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_said_again(stream: bytes) -> None:
    events = decode_stream(stream)
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    again = fold(decode_stream(*(encoder.encode(event) for event in events)))
    if b'"metrics"' not in stream and again.extras is not None:  # which every real stream has
        fields = {name: value for name, value in again.extras.fields.items() if name != "metrics"}
        again = msgspec.structs.replace(again, extras=Extras("bedrock", fields) if fields else None)
    assert without_id(again) == without_id(fold(events))


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_cut_at_every_byte_is_the_same(stream: bytes) -> None:
    assert decode_stream(*(stream[i : i + 1] for i in range(len(stream)))) == decode_stream(stream)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_recorded_stream_cut_anywhere_is_the_same(data: st.DataObject) -> None:
    if STREAMS[0].values[0] is None:
        pytest.skip(ABSENT)
    stream = data.draw(st.sampled_from(STREAMS)).values[0]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode_stream(*chunks) == decode_stream(stream)


def told_whole(stream: bytes) -> tuple[str, str, str, int]:
    """Return the text, the thinking, the calls' input and the input count, read in the plainest way."""
    text, thinking, inputs, tokens = "", "", "", 0
    for frame in FrameReader().feed(stream):
        payload = json.loads(frame.payload)
        delta = payload.get("delta", {})
        text += delta.get("text", "")
        thinking += delta.get("reasoningContent", {}).get("text", "")
        inputs += delta.get("toolUse", {}).get("input", "")
        tokens = payload.get("usage", {}).get("inputTokens", tokens)
    return text, thinking, inputs or "{}", tokens


@pytest.mark.parametrize("stream", STREAMS)
def test_every_word_of_a_recorded_stream_is_told(stream: bytes) -> None:
    response = fold(decode_stream(stream))
    text = "".join(block.text for block in response.content if isinstance(block, TextBlock))
    thinking = "".join(block.thinking for block in response.content if isinstance(block, ThinkingBlock))
    inputs = "".join(call.arguments for call in response.tool_calls) or "{}"
    usage = response.usage
    tokens = usage.input_tokens - (usage.cached_tokens or 0) - (usage.cache_write_tokens or 0)
    assert (text, thinking, inputs, tokens) == told_whole(stream)


def as_whole(stream: bytes) -> dict[str, Any]:
    """Return the whole answer that a stream spells, put together in the plainest way."""
    blocks: dict[int, dict[str, Any]] = {}
    body: dict[str, Any] = {"usage": {}}
    for frame in FrameReader().feed(stream):
        payload = {name: value for name, value in json.loads(frame.payload).items() if name != "p"}
        match frame.headers[":event-type"], payload:
            case "contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": call}}:
                blocks[index] = {"toolUse": {**call, "input": ""}}
            case "contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": text}}:
                block = blocks.setdefault(index, {"text": ""})
                block["text"] += text
            case "contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": call}}:
                blocks[index]["toolUse"]["input"] += call["input"]
            case "contentBlockDelta", {"contentBlockIndex": index, "delta": {"reasoningContent": piece}}:
                if "redactedContent" in piece:
                    blocks[index] = {"reasoningContent": piece}
                    continue
                block = blocks.setdefault(index, {"reasoningContent": {"reasoningText": {"text": ""}}})
                reasoning = block["reasoningContent"]["reasoningText"]
                for name, value in piece.items():
                    reasoning[name] = reasoning.get(name, "") + value
            case (("messageStop" | "metadata"), members):
                body |= members
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    content = [blocks[index] for index in sorted(blocks)]
    return {**body, "output": {"message": {"role": "assistant", "content": content}}}


def with_plain_arguments(response: ChatResponse) -> ChatResponse:
    calls = tuple(
        msgspec.structs.replace(call, arguments=json.dumps(json.loads(call.arguments)))
        for call in response.tool_calls
    )
    return msgspec.structs.replace(response, id="", tool_calls=calls)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_folds_to_the_whole_answer(stream: bytes) -> None:
    whole = PROVIDER.decode_response(json.dumps(as_whole(stream)).encode())
    assert with_plain_arguments(fold(decode_stream(stream))) == with_plain_arguments(whole)


@pytest.mark.parametrize("exchange", answered("json", 400, "/converse", "/converse-stream", "/count-tokens"))
def test_a_recorded_error_keeps_its_words(exchange: Any) -> None:
    body = exchange["response"]["json"]
    error = PROVIDER.decode_error(400, json.dumps(body).encode())
    assert (error.status, error.message, error.type) == (400, body["message"], "ValidationException")
    assert json.loads(CALLER.encode_error(error, "")) == {**body, "__type": "ValidationException"}
