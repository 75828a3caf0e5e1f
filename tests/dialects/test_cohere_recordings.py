"""Cohere's codec against real exchanges: accepted, decoded, and said again the same."""

import json
from typing import Any

import msgspec
import pytest

from causeway.dialects.cohere.decode_request import decode_request
from causeway.dialects.cohere.decode_response import decode_response
from causeway.dialects.cohere.decode_stream import StreamDecoder
from causeway.dialects.cohere.encode_request import encode_request
from causeway.dialects.cohere.encode_response import encode_response
from causeway.dialects.cohere.encode_stream import NativeStreamEncoder, encode_payloads
from causeway.model.errors import InvalidRequestError
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from support.recordings import client_requests, fixture_files, recordings

CHATS = recordings("cohere", "/v2/chat")


def said_once(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request body with every spelling settled, so that equal meanings compare equal."""
    body = {name: value for name, value in body.items() if value is not None}
    for message in body["messages"]:
        content = message.get("content")
        if isinstance(content, list) and [block["type"] for block in content] == ["text"]:
            message["content"] = content[0]["text"]
    for tool in body.get("tools", ()):
        tool["function"] = {name: value for name, value in tool["function"].items() if value is not None}
    if response_format := body.get("response_format"):
        if "schema" in response_format:
            response_format["json_schema"] = response_format.pop("schema")
        if response_format == {"type": "text"}:
            del body["response_format"]
    if "documents" in body:
        body["documents"] = [
            document["data"]
            if isinstance(document, dict) and isinstance(document["data"], str) and "id" not in document
            else document
            for document in body["documents"]
        ]
    if mode := body.get("citation_options", {}).get("mode"):
        body["citation_options"]["mode"] = mode.upper()
    return body


def assert_says_the_same(raw: bytes) -> None:
    losses = LossReport()
    request = decode_request(raw, strict=True, losses=losses)
    assert losses.losses == []
    encoded = encode_request(request, losses)
    assert losses.losses == []
    assert said_once(json.loads(encoded)) == said_once(json.loads(raw))
    assert request.is_verbatim
    assert decode_request(encoded, strict=True, losses=losses) == request


# Two of the captured bodies were made up to show every field at once, against a server that refuses
# nothing. Cohere documents both as errors, so they are refused, and for the documented reason.
DOCUMENTED_ERRORS = {
    "response_format is not supported with RAG": lambda body: (
        "response_format" in body and "documents" in body
    ),
    "tool call id not found in previous tool calls": lambda body: (
        {message["tool_call_id"] for message in body["messages"] if message["role"] == "tool"}
        - {call["id"] for message in body["messages"] for call in message.get("tool_calls") or ()}
    ),
}


@pytest.mark.parametrize("exchange", CHATS)
def test_recorded_request_is_accepted_and_said_again(exchange: Any) -> None:
    assert_says_the_same(json.dumps(exchange["request"]["body"]).encode())


@pytest.mark.parametrize("request_sent", client_requests("/v2/chat"))
def test_client_request_is_accepted_and_said_again(request_sent: Any) -> None:
    raw = request_sent["body_raw"].encode()
    for reason, is_case in DOCUMENTED_ERRORS.items():
        if is_case(json.loads(raw)):
            with pytest.raises(InvalidRequestError, match=reason):
                decode_request(raw, strict=True, losses=LossReport())
            return
    assert_says_the_same(raw)


@pytest.mark.parametrize("exchange", CHATS)
def test_recorded_response_is_said_again(exchange: Any) -> None:
    response = exchange["response"]
    if "json" in response:
        body = json.dumps(response["json"]).encode()
        encoded = encode_response(decode_response(body))
        assert json.loads(encoded) == response["json"]
        if exchange["source"].startswith("langchain"):  # the others were recorded with sorted keys
            assert encoded == json.dumps(response["json"], separators=(",", ":")).encode()
    else:
        encoder = NativeStreamEncoder()
        events = StreamDecoder().feed(response["text"].encode())
        assert_same_stream(b"".join(encoder.encode(event) for event in events), response["text"])


def assert_same_stream(sent: bytes, recorded: str) -> None:
    """Compare frame by frame, down to the bytes where the recording is ASCII."""
    ours, theirs = sent.decode().split("\n\n"), recorded.split("\n\n")
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        if our == their:
            continue
        our_event, _, our_data = our.partition("\ndata: ")
        their_event, _, their_data = their.partition("\ndata: ")
        assert our_event == their_event
        our_json, their_json = json.loads(our_data), json.loads(their_data)
        if their_json["type"] == "message-end" and their_json["delta"]["usage"] == {}:
            # Deliberate: counts are always sent, since their absence breaks langchain-cohere.
            zero = {"input_tokens": 0, "output_tokens": 0}
            their_json["delta"]["usage"] = {"billed_units": zero, "tokens": zero}
        assert json.dumps(our_json) == json.dumps(their_json)


@pytest.mark.parametrize("exchange", [c for c in CHATS if c.values[0] and "text" in c.values[0]["response"]])
def test_recorded_stream_cut_at_every_byte_decodes_the_same(exchange: Any) -> None:
    recorded = exchange["response"]["text"].encode()
    decoder = StreamDecoder()
    by_byte = [event for i in range(len(recorded)) for event in decoder.feed(recorded[i : i + 1])]
    assert by_byte == list(StreamDecoder().feed(recorded))
    for cut in range(0, len(recorded), 97):
        halves = StreamDecoder()
        assert [*halves.feed(recorded[:cut]), *halves.feed(recorded[cut:])] == by_byte


@pytest.mark.parametrize("text", fixture_files("cohere", "*.chunks.txt"))
def test_raw_stream_payloads_are_said_again(text: str) -> None:
    payloads = [json.loads(line) for line in text.splitlines() if line]
    decoder = StreamDecoder()
    frames = b"".join(b"data: %b\n\n" % line.encode() for line in text.splitlines() if line)
    events = [*decoder.feed(frames), *decoder.finish()]
    again = [json.loads(msgspec.json.encode(p)) for event in events for p in encode_payloads(event)]
    # Deliberate: a call without arguments has some, so that whoever joins the pieces has JSON.
    added = [payload for payload in again if payload not in payloads]
    assert all(
        payload["type"] == "tool-call-delta"
        and payload["delta"]["message"]["tool_calls"]["function"]["arguments"] == "{}"
        for payload in added
    )
    assert [payload for payload in again if payload not in added] == payloads
    assert all(json.loads(call.arguments) is not None for call in fold(events).tool_calls)


@pytest.mark.parametrize("text", fixture_files("cohere", "*.json"))
def test_raw_bodies_are_said_again(text: str) -> None:
    body = json.loads(text)
    if "message" not in body:
        assert "embeddings" in body or "results" in body
        return
    assert json.loads(encode_response(decode_response(text.encode()))) == body
