"""Anthropic's dialect against real exchanges: accepted, decoded, and said again the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.anthropic.provider_face import AnthropicProvider
from causeway.model.events import Event
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import FinishReason
from support.provenance import NOBODY
from support.recordings import ABSENT, fixture_files, recordings

PROVIDER = AnthropicProvider()
CALLER = AnthropicChat()
REQUEST = ChatRequest(model="any", messages=(), dialect="anthropic", stream=True)
EXCHANGES = recordings("anthropic", "/v1/messages?beta=true")


def answered(param: Any) -> bool:
    return param.values[0] is not None and param.values[0]["response"]["status"] == 200


def is_whole(param: Any) -> bool:
    return answered(param) and "json" in param.values[0]["response"]


def framed(lines: str) -> list[bytes]:
    """Return the streams of a fixture, which has their events' data only, as Anthropic frames them."""
    streams = [""]
    for line in filter(None, lines.splitlines()):
        kind = json.loads(line)["type"]
        streams[-1] += f"event: {kind}\ndata: {line}\n\n"
        if kind == "message_stop":  # some files hold the answers of several steps
            streams.append("")
    return [stream.encode() for stream in streams if stream]


SKIPPED: list[Any] = [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]
REFUSED = [
    param
    for param in [*EXCHANGES, *recordings("anthropic", "/count_tokens?beta=true")]
    if param.values[0] is not None and not answered(param)
] or SKIPPED
# One of the files describes a skill.
FILES = [param for param in fixture_files("anthropic", "*.json") if param.values[0] is not None]
BODIES = [
    *(
        pytest.param(json.dumps(param.values[0]["response"]["json"]), id=param.id)
        for param in EXCHANGES
        if is_whole(param)
    ),
    *(param for param in FILES if '"content"' in param.values[0]),
] or SKIPPED
STREAMS = [
    *(
        pytest.param(param.values[0]["response"]["text"].encode(), id=param.id)
        for param in EXCHANGES
        if answered(param) and not is_whole(param)
    ),
    *(
        pytest.param(stream, id=f"{param.id}-{place}")
        for param in fixture_files("anthropic", "*.chunks.txt")
        if param.values[0] is not None
        for place, stream in enumerate(framed(param.values[0]))
    ),
] or SKIPPED


def without_nothing(value: Any) -> Any:
    """Return a JSON value without members that are null: they say nothing and are not written again."""
    if isinstance(value, dict):
        return {name: without_nothing(member) for name, member in value.items() if member is not None}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def as_blocks(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def said_once(body: dict[str, Any]) -> Any:
    """Return a request in one spelling, so that equal meanings compare equal."""
    body = without_nothing(body)
    if "system" in body:
        body["system"] = as_blocks(body["system"])
    turns: list[Any] = []
    for turn in body["messages"]:
        content = as_blocks(turn["content"])
        for block in content:
            if block["type"] == "tool_result":
                block["content"] = as_blocks(block.get("content", []))
                if block.get("is_error") is False:  # which it is by default
                    del block["is_error"]
        # Turns of one role are joined for the provider; that is what Anthropic reads them as.
        if turns and turns[-1]["role"] == turn["role"] != "system":
            turns[-1] = {**turn, "content": [*turns[-1]["content"], *content]}
        else:
            turns.append({**turn, "content": content})
    if body.get("tool_choice") == {"type": "auto"}:  # which it is by default
        del body["tool_choice"]
    if body.get("stream") is False:
        del body["stream"]
    if "tools" in body:  # functions are written first, and what Anthropic runs itself after them
        body["tools"] = sorted(body["tools"], key=lambda tool: tool.get("type", "custom") != "custom")
    return {**body, "messages": turns}


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_recorded_request_is_written_again(exchange: Any) -> None:
    losses = LossReport()
    body = exchange["request"]["body"]
    request = CALLER.decode_request(json.dumps(body).encode(), losses)
    again = json.loads(PROVIDER.encode_request(request, losses))
    assert said_once(again) == said_once(body)
    assert losses.losses == []
    assert PROVIDER.takes_verbatim(request, b"")


@pytest.mark.parametrize("body", BODIES)
def test_a_recorded_answer_is_said_again(body: str) -> None:
    response = PROVIDER.decode_response(body.encode())
    again = CALLER.encode_response(response, REQUEST, NOBODY)
    assert without_nothing(json.loads(again)) == without_nothing(json.loads(body))
    assert response.finish_reason is not FinishReason.ERROR
    assert response.failure is None


@pytest.mark.parametrize("body", BODIES)
def test_the_ending_of_a_recorded_answer_is_that_of_the_answer(body: str) -> None:
    assert PROVIDER.decode_ending(body.encode()) == PROVIDER.decode_response(body.encode()).ending()


def as_message(stream: bytes) -> dict[str, Any]:
    """Return the message that a stream spells, put together in the plainest way."""
    message: dict[str, Any] = {}
    written: dict[int, str] = {}
    for line in stream.decode().splitlines():
        if not line.startswith("data:"):
            continue
        event = json.loads(line[5:])
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                message["content"].append(event["content_block"])
            case "content_block_delta":
                delta, block = event["delta"], message["content"][event["index"]]
                match delta["type"]:
                    case "input_json_delta":
                        written[event["index"]] = written.get(event["index"], "") + delta["partial_json"]
                    case "citations_delta":
                        block.setdefault("citations", []).append(delta["citation"])
                    case kind:
                        name = "signature" if kind == "signature_delta" else kind.removesuffix("_delta")
                        name = "content" if kind == "compaction_delta" else name
                        block[name] = (block[name] or "") + delta[name]
            case "content_block_stop":
                if written.get(event["index"]):
                    message["content"][event["index"]]["input"] = json.loads(written[event["index"]])
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= {k: v for k, v in event["usage"].items() if v is not None}
                if "context_management" in event:
                    message["context_management"] = event["context_management"]
    for block in message["content"]:
        if block.get("citations") == []:
            del block["citations"]
    return message


def with_plain_arguments(response: Any) -> Any:
    """Return a response whose tool arguments are compact: a stream has white space, a body has none."""
    calls = [
        replace(call, arguments=json.dumps(json.loads(call.arguments), separators=(",", ":")))
        for call in response.tool_calls
    ]
    return replace(response, tool_calls=tuple(calls))


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_the_message_that_it_spells(stream: bytes) -> None:
    whole = PROVIDER.decode_response(json.dumps(as_message(stream)).encode())
    assert with_plain_arguments(fold(decode_stream(stream))) == with_plain_arguments(whole)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_said_again(stream: bytes) -> None:
    events = decode_stream(stream)
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    again = b"".join(encoder.encode(event) for event in events)
    told, given = as_message(again), as_message(stream)
    for block in given["content"]:
        if block["type"] == "tool_use":  # which we know at its end, and Anthropic tells at the beginning
            block.pop("caller", None)
    assert without_nothing(told) == without_nothing(given)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_cut_at_every_byte_is_the_same(stream: bytes) -> None:
    assert decode_stream(*(stream[i : i + 1] for i in range(len(stream)))) == decode_stream(stream)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_recorded_stream_cut_anywhere_is_the_same(data: st.DataObject) -> None:
    if STREAMS[0].values[0] is None:
        pytest.skip(ABSENT)
    stream = data.draw(st.sampled_from(STREAMS)).values[0]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode_stream(*chunks) == decode_stream(stream)


@pytest.mark.parametrize(
    "exchange",
    [param for param in EXCHANGES if param.values[0] is not None and not answered(param)] or SKIPPED,
)
def test_a_recorded_error_keeps_its_words(exchange: Any) -> None:
    told = exchange["response"]["json"]["error"]
    error = PROVIDER.decode_error(
        exchange["response"]["status"], json.dumps(exchange["response"]["json"]).encode()
    )
    assert (error.status, error.message, error.type) == (
        exchange["response"]["status"],
        told["message"],
        told["type"],
    )
    assert json.loads(CALLER.encode_error(error, "req_1"))["error"] == told
