"""Text completions, the API from before there were chats: asked of a model as a chat of one message."""

import json
from typing import Any

import msgspec
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.openai.text_completion_face import OpenAiTextCompletion
from causeway.dialects.openai.text_completion_schema import WireTextRequest
from causeway.model.content import Seal, TextBlock, ThinkingBlock, UserMessage
from causeway.model.errors import ClientError, InvalidRequestError, MalformedJsonError
from causeway.model.events import Event, MessageEnd
from causeway.model.extras import Extras
from causeway.model.fold import unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage
from support.openai_sdk import sdk_client
from support.provenance import NOBODY
from support.recordings import fixture_files

FACE, UNIFIED = OpenAiTextCompletion(is_unified=False), OpenAiTextCompletion(is_unified=True)
ANSWER = ChatResponse(
    id="cmpl-1",
    content=(ThinkingBlock("Hm."), TextBlock(" rains.")),
    finish_reason=FinishReason.COMPLETE,
    usage=Usage(input_tokens=2, output_tokens=3, billed_input_tokens=2, billed_output_tokens=3),
    model="model-1",
    created=1_700_000_000,
)


def decode(losses: LossReport | None = None, **fields: Any) -> ChatRequest:
    body = {"model": "some-model", "prompt": "It", **fields}
    return FACE.decode_request(json.dumps(body).encode(), LossReport() if losses is None else losses)


def whole(
    response: ChatResponse = ANSWER, face: OpenAiTextCompletion = FACE, **fields: Any
) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(face.encode_response(response, decode(**fields), NOBODY))
    return body


def stream_of(events: list[Event], face: OpenAiTextCompletion = FACE, **fields: Any) -> bytes:
    encoder = face.stream_encoder(decode(**fields), NOBODY)
    return b"".join(encoder.encode(event) for event in events)


def chunks(stream: bytes) -> list[dict[str, Any]]:
    found = [frame.removeprefix("data: ") for frame in stream.decode().split("\n\n")]
    assert found[-2:] == ["[DONE]", ""]
    return [json.loads(frame) for frame in found[:-2]]


def test_a_prompt_is_a_users_message() -> None:
    for prompt in ("It", ["It"]):
        assert decode(prompt=prompt) == ChatRequest(
            model="some-model", messages=(UserMessage((TextBlock("It"),)),), dialect="openai"
        )


def test_the_options() -> None:
    request = decode(
        max_tokens=5,
        stop=["a", "b"],
        temperature=0.5,
        top_p=0.9,
        seed=3,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=2,
        stream=True,
        stream_options={"include_usage": True},
        n=1,
        best_of=1,
        user="u",
        fallbacks=["other/model"],
    )
    assert request.sampling == Sampling(
        max_tokens=5,
        stop_sequences=("a", "b"),
        temperature=0.5,
        top_p=0.9,
        seed=3,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
    )
    assert (request.stream, request.wants_stream_usage, request.fallbacks) == (True, True, ("other/model",))
    assert request.extras == Extras("openai", {"user": "u"})
    assert not request.is_verbatim
    assert decode(stop="a").sampling.stop_sequences == ("a",)


def test_what_a_chat_cannot_do_is_reported() -> None:
    losses = LossReport()
    decode(losses, suffix="the end", best_of=3)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [
        ("dropped", "suffix"),
        ("dropped", "best_of"),
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model": None}, "model"),
        ({"model": 3}, "model"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 3}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": [[1, 2]]}, "prompt"),
        ({"prompt": [None]}, "prompt[0]"),
        ({"suffix": 3}, "suffix"),
        ({"echo": "x"}, "echo"),
        ({"stream": "x"}, "stream"),
        ({"n": 2}, "n"),
        ({"n": 0}, "n"),
        ({"best_of": 0}, "best_of"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": ["a", ""]}, "stop"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"seed": 2**70}, "seed"),
        ({"frequency_penalty": 3}, "frequency_penalty"),
        ({"presence_penalty": -3}, "presence_penalty"),
        ({"logprobs": 6}, "logprobs"),
        ({"fallbacks": [""]}, "fallbacks[0]"),
        ({"stream_options": 3}, "stream_options"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode(**fields)
    assert caught.value.field == field
    assert json.loads(FACE.encode_error(caught.value, "t"))["error"]["param"] == field


def test_a_body_that_is_not_json() -> None:
    with pytest.raises(MalformedJsonError):
        FACE.decode_request(b"{", LossReport())


NAMES = sorted(WireTextRequest.__struct_fields__)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_json_is_a_request_or_an_error_of_the_clients(body: dict[str, Any]) -> None:
    try:
        FACE.decode_request(msgspec.json.encode({"model": "m", "prompt": "p", **body}), LossReport())
    except ClientError as error:
        assert error.field is not None


def test_a_whole_answer() -> None:
    assert whole() == {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1_700_000_000,
        "model": "model-1",
        "choices": [{"text": " rains.", "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
    }
    assert whole(face=UNIFIED)["extra_fields"]["provider"] == "local"


def test_the_prompt_is_repeated_where_that_was_asked() -> None:
    request = decode(echo=True)
    assert request.messages == (UserMessage((TextBlock("It", Seal("openai.text", {"is_echoed": True})),)),)
    assert whole(echo=True)["choices"][0]["text"] == "It rains."
    told = chunks(stream_of(list(unfold(ANSWER)), echo=True))
    assert "".join(chunk["choices"][0]["text"] for chunk in told) == "It rains."


def test_log_probabilities_are_lists() -> None:
    items = (
        TokenLogprobs(" rains", (), (-0.5,), None, (TokenAlternative(" snows", -1.5),)),
        TokenLogprobs(".", (), (-0.1,)),
    )
    expected = {
        "tokens": [" rains", "."],
        "token_logprobs": [-0.5, -0.1],
        "top_logprobs": [{" snows": -1.5}, {}],
        "text_offset": [2, 8],
    }
    response = msgspec.structs.replace(ANSWER, content=(TextBlock(" rains."),), logprobs=items)
    assert whole(response, echo=True)["choices"][0]["logprobs"] == expected
    told = [chunk["choices"][0]["logprobs"] for chunk in chunks(stream_of(list(unfold(response)), echo=True))]
    pieces = [piece for piece in told if piece]
    assert {name: [value for piece in pieces for value in piece[name]] for name in expected} == expected


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (FinishReason.COMPLETE, "stop"),
        (FinishReason.STOP_SEQUENCE, "stop"),
        (FinishReason.MAX_TOKENS, "length"),
        (FinishReason.TOOL_CALL, "stop"),
        (FinishReason.CONTENT_FILTER, "content_filter"),
    ],
)
def test_finish_reasons(reason: FinishReason, word: str) -> None:
    response = msgspec.structs.replace(ANSWER, finish_reason=reason)
    assert whole(response)["choices"][0]["finish_reason"] == word
    assert chunks(stream_of(list(unfold(response))))[-1]["choices"][0]["finish_reason"] == word


def test_the_usage_comes_last_and_only_when_asked_for() -> None:
    assert all("usage" not in chunk for chunk in chunks(stream_of(list(unfold(ANSWER)))))
    told = chunks(stream_of(list(unfold(ANSWER)), stream_options={"include_usage": True}))
    assert [chunk["usage"] for chunk in told[:-1]] == [None] * (len(told) - 1)
    assert (told[-1]["choices"], told[-1]["usage"]["total_tokens"]) == ([], 5)


def test_unified_chunks_say_who_answered_and_are_counted() -> None:
    told = chunks(stream_of(list(unfold(ANSWER)), UNIFIED))
    assert [chunk["extra_fields"]["chunk_index"] for chunk in told] == list(range(len(told)))


def test_a_stream_that_breaks_off_ends_with_an_error_and_without_done() -> None:
    events = [*list(unfold(ANSWER))[:-1], MessageEnd(FinishReason.ERROR, Usage(), Failure("Gone.", "x"))]
    stream = stream_of(events)
    assert b"[DONE]" not in stream
    client, _ = sdk_client(stream, "text/event-stream")
    with pytest.raises(openai.APIError, match=r"Gone\."):
        list(client.completions.create(model="m", prompt="It", stream=True))
    failed = msgspec.structs.replace(ANSWER, finish_reason=FinishReason.ERROR)
    assert whole(failed)["error"]["type"] == "server_error"


def test_what_cannot_be_said_is_reported() -> None:
    losses = LossReport()
    FACE.report_losses(ANSWER, losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("dropped", "response.content")]


def test_openais_sdk_reads_answers_and_streams() -> None:
    client, sent = sdk_client(FACE.encode_response(ANSWER, decode(), NOBODY), "application/json")
    assert client.completions.create(model="m", prompt="It").choices[0].text == " rains."
    assert FACE.decode_request(sent[0], LossReport()).messages == decode().messages
    client, _ = sdk_client(stream_of(list(unfold(ANSWER))), "text/event-stream")
    told = list(client.completions.create(model="m", prompt="It", stream=True))
    assert "".join(chunk.choices[0].text for chunk in told) == " rains."


@pytest.mark.parametrize("text", fixture_files("openai/completion", "*.json"))
def test_an_answer_has_the_fields_of_a_recorded_one(text: str) -> None:
    recorded = json.loads(text)
    assert whole().keys() == recorded.keys()
    assert whole()["choices"][0].keys() == recorded["choices"][0].keys()


@pytest.mark.parametrize("text", fixture_files("openai/completion", "*.chunks.txt"))
def test_a_chunk_has_the_fields_of_a_recorded_one(text: str) -> None:
    recorded = json.loads(text.splitlines()[0])
    told = chunks(stream_of(list(unfold(ANSWER)), stream_options={"include_usage": True}))
    assert told[0].keys() == recorded.keys()
    assert told[0]["choices"][0].keys() == recorded["choices"][0].keys()
