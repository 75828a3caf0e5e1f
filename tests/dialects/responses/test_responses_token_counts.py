"""How many tokens a prompt has, asked and answered as OpenAI does."""

import json
from typing import Any

import pytest

from causeway.dialects.responses.input_tokens import ResponsesTokenCount, ResponsesTokenCountProvider
from causeway.model.content import SystemMessage, TextBlock, UserMessage
from causeway.model.errors import InvalidRequestError, MalformedJsonError, UpstreamProtocolError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from support.responses_recordings import recorded_counts

FACE, UNIFIED = ResponsesTokenCount(is_unified=False), ResponsesTokenCount(is_unified=True)
PROVIDER = ResponsesTokenCountProvider()


@pytest.mark.parametrize(("body", "answer"), recorded_counts())
def test_a_recorded_count_is_said_again(body: dict[str, Any], answer: dict[str, Any]) -> None:
    losses = LossReport()
    request = FACE.decode_request(json.dumps(body).encode(), losses)
    assert json.loads(PROVIDER.encode_request(request, losses)) == body
    assert losses.losses == []
    count = PROVIDER.decode_response(json.dumps(answer).encode(), request)
    assert count.input_tokens == answer["input_tokens"]
    assert json.loads(FACE.encode_response(count)) == answer


def test_only_what_the_prompt_is_made_of_is_asked_about() -> None:
    request = ChatRequest(
        model="m",
        messages=(SystemMessage((TextBlock("A"),)), UserMessage((TextBlock("B"),))),
        dialect="cohere",
        stream=True,
        sampling=Sampling(max_tokens=5, temperature=0.5),
    )
    assert json.loads(PROVIDER.encode_request(request, LossReport())) == {
        "model": "m",
        "instructions": "A",
        "input": [{"role": "user", "content": "B"}],
    }


def test_on_the_unified_path_the_items_may_be_messages() -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}]}).encode()
    assert UNIFIED.decode_request(body, LossReport()).messages == (UserMessage((TextBlock("Hello"),)),)
    with pytest.raises(InvalidRequestError) as caught:
        FACE.decode_request(body, LossReport())
    assert caught.value.field == "input"


@pytest.mark.parametrize("body", [b'{"messages"', b'["messages"]', b'{"messages": [], "input": 3}'])
def test_a_wrong_body_is_refused(body: bytes) -> None:
    with pytest.raises((InvalidRequestError, MalformedJsonError)):
        UNIFIED.decode_request(body, LossReport())


@pytest.mark.parametrize("body", [b"", b"3", b"{}", b'{"input_tokens": "x"}', b'{"input_tokens": -1}'])
def test_what_tells_no_count_is_an_upstream_error(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        PROVIDER.decode_response(body, ChatRequest(model="m", messages=()))


def test_errors_are_openais() -> None:
    error = InvalidRequestError("Bad.", field="input")
    assert json.loads(FACE.encode_error(error, "t"))["error"]["param"] == "input"
    assert json.loads(UNIFIED.encode_error(error, "t"))["extra_fields"] == {"request_type": "count_tokens"}
    assert PROVIDER.decode_error(400, b'{"error": {"message": "Bad."}}').message == "Bad."
    assert FACE.warning_headers(LossReport()) == []
