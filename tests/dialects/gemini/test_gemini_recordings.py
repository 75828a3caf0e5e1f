"""Gemini's dialect against real exchanges: requests and answers decoded, and said again the same."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.gemini.chat_face import GeminiChat
from causeway.dialects.gemini.provider_face import GeminiProvider
from causeway.dialects.gemini.token_count_provider import GeminiTokenCountProvider
from causeway.model.content import OpaqueBlock, TextBlock, ThinkingBlock
from causeway.model.events import Event
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import FinishReason
from support.gemini_recordings import (
    recorded_bodies,
    recorded_counts,
    recorded_errors,
    recorded_requests,
    recorded_streams,
)
from support.provenance import NOBODY
from support.recordings import ABSENT

PROVIDER = GeminiProvider()
CALLER = GeminiChat()
REQUEST = ChatRequest(model="any", messages=(), dialect="gemini", stream=True)
REQUESTS, BODIES, STREAMS = recorded_requests(), recorded_bodies(), recorded_streams()

# Values that mean the same as their absence.
NOTHING: tuple[Any, ...] = (None, [], {})
# Whose members are the caller's own, whatever they are called.
OWN = (
    "args",
    "response",
    "parameters",
    "parametersJsonSchema",
    "responseJsonSchema",
    "labels",
    "function_call",
)


def without_nothing(value: Any) -> Any:
    """Return a JSON value without members that are null or empty."""
    if isinstance(value, dict):
        members = {name: without_nothing(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in NOTHING}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def in_camel_case(value: Any) -> Any:
    """Google reads both spellings of a name, and one is written."""
    if isinstance(value, list):
        return [in_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name): name for name in value}
    return {
        name: value[spelled] if name in OWN else in_camel_case(value[spelled])
        for name, spelled in renamed.items()
    }


def in_plain_base64(value: Any) -> Any:
    """Google reads both alphabets of base64 in a file, and the one that all vendors read is written."""
    if isinstance(value, list):
        return [in_plain_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    blob = value.get("inlineData")
    if isinstance(blob, dict):
        value = {**value, "inlineData": {**blob, "data": blob["data"].translate(str.maketrans("-_", "+/"))}}
    return {name: in_plain_base64(member) for name, member in value.items()}


def lowered(schema: Any) -> Any:
    """The recorded schemas of Gemini's own kind differ from JSON Schema in the names of types alone."""
    if isinstance(schema, list):
        return [lowered(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    members = {name: lowered(value) for name, value in schema.items()}
    if isinstance(schema.get("type"), str):
        members["type"] = schema["type"].lower()
    return members


def asked_once(body: Any) -> Any:
    """Return a request in one spelling, so that equal meanings compare equal."""
    body = in_plain_base64(in_camel_case(body))
    tools = body.get("tools") or []
    tools = [tools] if isinstance(tools, dict) else tools  # one in place of a list of one
    functions = []
    for tool in tools:  # how functions are grouped means nothing, nor where they stand among other tools
        for declared in tool.get("functionDeclarations", ()):
            schema = lowered(declared.pop("parameters", None)) or declared.get("parametersJsonSchema")
            functions.append({**declared, "parametersJsonSchema": schema})
    others = [tool for tool in tools if "functionDeclarations" not in tool]
    body["tools"] = [{"functionDeclarations": functions}, *others] if functions else others
    options = body.setdefault("generationConfig", {})
    if options.get("responseModalities") == ["TEXT"]:  # the default
        del options["responseModalities"]
    thinking = options.get("thinkingConfig") or {}
    if thinking.get("includeThoughts") is False:  # the default
        del thinking["includeThoughts"]
    config = body.get("toolConfig") or {}
    if config.get("functionCallingConfig") == {"mode": "AUTO"}:  # the default
        del config["functionCallingConfig"]
    return without_nothing(body)


@pytest.mark.parametrize("body", REQUESTS)
def test_a_recorded_request_is_asked_again(body: Any) -> None:
    losses = LossReport()
    request = CALLER.decode_request(json.dumps(body).encode(), losses)
    again = PROVIDER.encode_request(request, losses)
    assert asked_once(json.loads(again)) == asked_once(body)
    assert losses.losses == []
    assert PROVIDER.takes_verbatim(request, json.dumps(body).encode())


def said_once(body: Any) -> Any:
    """Return an answer in one spelling."""
    body.setdefault("responseId", None)
    for candidate in body.get("candidates", ()):
        candidate["index"] = candidate.get("index") or None  # the first need not be numbered
        if candidate["content"].get("parts") is None:
            candidate["content"] = None  # whose role says nothing
    usage = body["usageMetadata"]
    for name in ("promptTokenCount", "candidatesTokenCount", "totalTokenCount"):
        usage[name] = usage.get(name) or None  # Google does not write that there were none
    return without_nothing(body)


@pytest.mark.parametrize("body", BODIES)
def test_a_recorded_answer_is_said_again(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    again = json.loads(CALLER.encode_response(response, REQUEST, NOBODY))
    recorded = json.loads(body)
    if "responseId" not in recorded:  # which an answer has to have here
        assert again.pop("responseId") == response.id
    assert said_once(again) == said_once(recorded)
    assert PROVIDER.decode_ending(body) == response.ending()


@pytest.mark.parametrize("body", BODIES)
def test_no_recorded_answer_is_a_failure(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    assert response.finish_reason is not FinishReason.ERROR
    assert response.failure is None
    told = json.loads(body)["usageMetadata"].get("totalTokenCount", 0)
    assert response.usage.input_tokens + response.usage.output_tokens == told


@pytest.mark.parametrize("body", BODIES)
def test_every_part_of_a_recorded_answer_keeps_its_signature(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    seals = [block.seal for block in response.content if not isinstance(block, OpaqueBlock)]
    seals += [call.seal for call in response.tool_calls]
    opaque = [block.data for block in response.content if isinstance(block, OpaqueBlock)]
    kept = [seal.data.get("thoughtSignature") for seal in seals if seal is not None]
    kept += [data.get("thoughtSignature") for data in opaque]
    parts = [part for c in json.loads(body).get("candidates", ()) for part in c["content"].get("parts", ())]
    told = [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]
    assert sorted(filter(None, kept)) == sorted(told)


def decode_stream(*chunks: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.finish()]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_is_said_again(stream: bytes) -> None:
    events = decode_stream(stream)
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    again = decode_stream(*(encoder.encode(event) for event in events))
    assert fold(again) == fold(events)
    assert fold(events).usage.input_tokens > 0


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_cut_at_every_byte_is_the_same(stream: bytes) -> None:
    stream = stream[-60_000:][stream[-60_000:].index(b"data: ") :]
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


def as_whole(stream: bytes) -> dict[str, Any] | None:
    """Return the answer that a stream's pieces make, put together plainly; none for calls in pieces."""
    whole: dict[str, Any] = {}
    candidate: dict[str, Any] = {}
    parts: list[dict[str, Any]] = []
    for line in stream.decode().splitlines():
        if not line.startswith("data: "):
            continue
        piece = json.loads(line.removeprefix("data: "))
        [told] = piece["candidates"]
        for part in told["content"]["parts"]:
            call = part.get("functionCall")
            if call is not None and ("willContinue" in call or "args" not in call):
                return None
            if part == {"text": ""}:
                continue
            if (
                parts
                and "text" in part
                and "text" in parts[-1]
                and part.get("thought") == parts[-1].get("thought")
            ):
                parts[-1]["text"] += part.pop("text")
                parts[-1].update(part)
            else:
                parts.append(part)
        candidate |= {name: value for name, value in told.items() if value not in NOTHING}
        whole |= piece
    candidate["content"] = {"parts": parts, "role": "model"}
    return {**whole, "candidates": [candidate]}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_recorded_stream_folds_to_the_whole_answer(stream: bytes) -> None:
    if (whole := as_whole(stream)) is None:
        assert b'"willContinue"' in stream  # only Vertex tells calls in pieces, and then there is no whole
        return
    assert fold(decode_stream(stream)) == PROVIDER.decode_response(json.dumps(whole).encode())


@pytest.mark.parametrize("stream", STREAMS)
def test_every_word_and_call_of_a_recorded_stream_is_told(stream: bytes) -> None:
    response = fold(decode_stream(stream))
    text, thinking, names = "", "", []
    for line in stream.decode().splitlines():
        for candidate in json.loads(line[6:])["candidates"] if line.startswith("data: ") else ():
            for part in candidate["content"]["parts"]:
                if part.get("thought"):
                    thinking += part["text"]
                else:
                    text += part.get("text", "")
                if "name" in part.get("functionCall", {}):
                    names.append(part["functionCall"]["name"])
    assert "".join(block.text for block in response.content if isinstance(block, TextBlock)) == text
    thoughts = [block.thinking for block in response.content if isinstance(block, ThinkingBlock)]
    assert "".join(thoughts) == thinking
    assert [call.name for call in response.tool_calls] == names
    assert all(isinstance(json.loads(call.arguments), dict) for call in response.tool_calls)


@pytest.mark.parametrize("body", BODIES)
def test_a_recorded_grounding_becomes_citations_of_what_it_quotes(body: bytes) -> None:
    response = PROVIDER.decode_response(body)
    supports = [
        support
        for candidate in json.loads(body).get("candidates", ())
        for support in candidate.get("groundingMetadata", {}).get("groundingSupports", ())
    ]
    assert [citation.text for citation in response.citations] == [one["segment"]["text"] for one in supports]
    assert [len(citation.sources) for citation in response.citations] == [
        len(one["groundingChunkIndices"]) for one in supports
    ]
    for citation in response.citations:
        assert citation.content_index is not None
        block = response.content[citation.content_index]
        assert isinstance(block, TextBlock)
        assert block.text[citation.start : citation.end] == citation.text


@pytest.mark.parametrize(("status", "body"), recorded_errors())
def test_a_recorded_error_keeps_its_words(status: int, body: Any) -> None:
    error = PROVIDER.decode_error(status, json.dumps(body).encode())
    assert (error.status, error.message) == (status, body["error"]["message"])
    assert error.provider_code == body["error"]["status"]
    again = json.loads(CALLER.encode_error(error, "id"))["error"]
    assert {name: again[name] for name in ("code", "message", "status")} == {
        name: body["error"][name] for name in ("code", "message", "status")
    }
    if status == 429:
        assert error.retry_after_seconds == 35


@pytest.mark.parametrize("body", recorded_counts())
def test_a_recorded_count_is_read(body: Any) -> None:
    count = GeminiTokenCountProvider().decode_response(json.dumps(body).encode(), REQUEST)
    assert count.input_tokens == body["totalTokens"] > 0
