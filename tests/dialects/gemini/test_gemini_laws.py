"""The laws of Gemini's dialect: what is encoded decodes to the same, and nonsense is refused in its words."""

import json
from contextlib import suppress
from itertools import zip_longest
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.gemini.chat_face import GeminiArrayChat, GeminiChat
from causeway.dialects.gemini.provider_face import GeminiProvider
from causeway.model.content import OpaqueBlock, ThinkingBlock
from causeway.model.errors import ClientError, UpstreamProtocolError, UpstreamRefusedError
from causeway.model.events import ContentEnd, ContentStart, Event
from causeway.model.extras import Extras
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from support.gemini_recordings import recorded_bodies, recorded_requests
from support.gemini_strategies import answers, requests
from support.provenance import NOBODY
from support.recordings import ABSENT
from support.strategies import responses

CALLER, PROVIDER = GeminiChat(), GeminiProvider()
REQUEST = ChatRequest(model="any", messages=(), dialect="gemini")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(requests())
def test_a_request_that_gemini_can_be_told_comes_back_whole(request: ChatRequest) -> None:
    losses = LossReport()
    body = PROVIDER.encode_request(request, losses)
    again = CALLER.decode_request(body, losses)
    assert losses.losses == []
    assert again == replace(request, model="", is_verbatim=True)


@given(answers())
def test_an_answer_that_gemini_can_tell_comes_back_whole(response: ChatResponse) -> None:
    losses = LossReport()
    CALLER.report_losses(response, losses)
    again = PROVIDER.decode_response(CALLER.encode_response(response, REQUEST, NOBODY))
    assert losses.losses == []
    assert without_token_ids(again) == response


def without_token_ids(response: ChatResponse) -> ChatResponse:
    """Return an answer without what is kept of its alternatives: that their tokens had no ids."""
    assert response.extras is None or response.extras.fields.keys() == {
        "candidates[0].logprobsResult.topCandidates.tokenId"
    }
    return replace(response, extras=None)


def decode_stream(stream: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    return [*decoder.feed(stream), *decoder.finish()]


def text_of(block: Any) -> str:
    text: str = block.thinking if isinstance(block, ThinkingBlock) else block.text
    return text


def has_open_ends(response: ChatResponse) -> bool:
    """Whether a block without a signature is empty or before one of its kind: a stream tells of neither."""
    blocks = response.content
    return any(
        block.seal is None and (not text_of(block) or type(block) is type(following))
        for block, following in zip_longest(blocks, blocks[1:])
        if not isinstance(block, OpaqueBlock)
    )


@given(answers().filter(lambda response: not has_open_ends(response)))
def test_a_streamed_answer_folds_to_the_whole_one(response: ChatResponse) -> None:
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    stream = b"".join(encoder.encode(event) for event in unfold(response))
    assert fold(decode_stream(stream)) == response


@given(answers())
def test_an_array_holds_the_pieces_of_the_stream(response: ChatResponse) -> None:
    events = list(unfold(response))
    frames = CALLER.stream_encoder(REQUEST, NOBODY).encode_all(events).decode()
    array = GeminiArrayChat().stream_encoder(REQUEST, NOBODY).encode_all(events)
    pieces = [json.loads(line.removeprefix("data: ")) for line in frames.splitlines() if line]
    assert json.loads(array) == pieces


@given(responses())
def test_any_answer_can_be_told_and_read_again(response: ChatResponse) -> None:
    again = PROVIDER.decode_response(CALLER.encode_response(response, REQUEST, NOBODY))
    assert [(call.id, call.name) for call in again.tool_calls] == [
        (call.id, call.name) for call in response.tool_calls
    ]
    told = "".join(text_of(block) for block in again.content)
    said = "".join(text_of(block) for block in response.content)
    assert told == (response.tool_plan or "") + said
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    frames = [frame for event in unfold(response) if (frame := encoder.encode(event))]
    assert all(frame.startswith(b"data: {") and frame.endswith(b"}\n\n") for frame in frames)


@given(answers(), st.data())
def test_a_block_of_another_dialect_is_passed_over(response: ChatResponse, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(response.content)))
    foreign = OpaqueBlock("anthropic", "server_tool_use", {"type": "server_tool_use"})
    content = (*response.content[:position], foreign, *response.content[position:])
    mixed = replace(response, content=content, citations=())
    plain = replace(response, citations=())
    assert CALLER.encode_response(mixed, REQUEST, NOBODY) == CALLER.encode_response(plain, REQUEST, NOBODY)


encoded_values = json_values.map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=30) | encoded_values)
def test_nonsense_from_a_provider_is_an_error_of_its_own(body: bytes) -> None:
    with suppress(UpstreamProtocolError, UpstreamRefusedError):
        PROVIDER.decode_response(body)
    with suppress(UpstreamProtocolError, UpstreamRefusedError):
        decode_stream(b"data: " + body + b"\n\n")


def changed(value: Any, data: st.DataObject) -> Any:
    """Return a JSON value with something in it replaced."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: changed(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], changed(value[index], data), *value[index + 1 :]]
    return data.draw(json_values)


BODIES, REQUESTS = recorded_bodies(), recorded_requests()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_spoilt_answer_is_read_or_an_error_of_its_own(data: st.DataObject) -> None:
    if BODIES[0].values[0] is None:
        pytest.skip(ABSENT)
    body = json.loads(data.draw(st.sampled_from(BODIES)).values[0])
    spoilt = json.dumps(changed(body, data)).encode()
    try:
        response = PROVIDER.decode_response(spoilt)
    except (UpstreamProtocolError, UpstreamRefusedError):
        return
    msgspec.json.decode(CALLER.encode_response(response, REQUEST, NOBODY))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_cut_answer_is_an_error_of_the_providers(data: st.DataObject) -> None:
    if BODIES[0].values[0] is None:
        pytest.skip(ABSENT)
    body = data.draw(st.sampled_from(BODIES)).values[0].rstrip()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(UpstreamProtocolError):
        PROVIDER.decode_response(cut)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_spoilt_request_is_read_or_a_client_error(data: st.DataObject) -> None:
    if REQUESTS[0].values[0] is None:
        pytest.skip(ABSENT)
    body = data.draw(st.sampled_from(REQUESTS)).values[0]
    losses = LossReport()
    try:
        request = CALLER.decode_request(json.dumps(changed(body, data)).encode(), losses)
    except ClientError as error:
        assert json.loads(CALLER.encode_error(error, "id"))["error"]["code"] == error.status
        return
    PROVIDER.encode_request(request, losses)


def test_fields_of_another_dialect_are_named_as_lost() -> None:
    message = PROVIDER.decode_response(b'{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}')
    losses = LossReport()
    CALLER.report_losses(replace(message, extras=Extras("openai", {"service_tier": "flex"})), losses)
    assert [loss.path for loss in losses.losses] == ["response.service_tier"]


def test_events_out_of_order_are_refused() -> None:
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    with pytest.raises(ValueError, match="may not come now"):
        encoder.encode(ContentStart(0, "text"))
    with pytest.raises(ValueError, match="may not come now"):
        encoder.encode(ContentEnd(0))
