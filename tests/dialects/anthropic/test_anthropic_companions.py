"""Anthropic's endpoints beside Messages: counts of tokens, models, and the older Text Completions."""

import json
from typing import Any

import pytest

from causeway.dialects.anthropic.complete_face import AnthropicComplete
from causeway.dialects.anthropic.models import AnthropicModels
from causeway.dialects.anthropic.models_provider import AnthropicModelsProvider
from causeway.dialects.anthropic.token_count import AnthropicTokenCount, AnthropicTokenCountProvider
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.content import (
    AssistantMessage,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError, UpstreamProtocolError
from causeway.model.extras import Extras
from causeway.model.fold import unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.wire.server_sent_events import EventReader
from support.provenance import NOBODY
from support.recordings import recordings

COUNT, COUNT_PROVIDER = AnthropicTokenCount(), AnthropicTokenCountProvider()
MODELS, MODELS_PROVIDER = AnthropicModels(), AnthropicModelsProvider()
COMPLETE = AnthropicComplete()


@pytest.mark.parametrize("exchange", recordings("anthropic", "/count_tokens?beta=true"))
def test_a_recorded_count_is_asked_for_and_told_again(exchange: Any) -> None:
    losses = LossReport()
    body = exchange["request"]["body"]
    request = COUNT.decode_request(json.dumps(body).encode(), losses)
    again = json.loads(COUNT_PROVIDER.encode_request(request, losses))
    assert again.keys() == body.keys() - (
        {"tool_choice"} if body.get("tool_choice") == {"type": "auto"} else set()
    )
    assert {name: again[name] for name in again.keys() & {"model", "tools", "thinking"}} == {
        name: body[name] for name in again.keys() & {"model", "tools", "thinking"}
    }
    assert losses.losses == []
    if exchange["response"]["status"] == 200:
        answer = exchange["response"]["json"]
        count = COUNT_PROVIDER.decode_response(json.dumps(answer).encode(), request)
        assert json.loads(COUNT.encode_response(count)) == answer
    else:
        error = COUNT_PROVIDER.decode_error(404, json.dumps(exchange["response"]["json"]).encode())
        assert error.type == "not_found_error"


def test_a_count_is_asked_for_without_what_makes_an_answer() -> None:
    request = ChatRequest(
        model="m",
        messages=(UserMessage((TextBlock("hi"),)),),
        stream=True,
        sampling=Sampling(max_tokens=3, temperature=0.5, stop_sequences=("x",)),
        extras=Extras("anthropic", {"metadata": {}}),
    )
    body = json.loads(COUNT_PROVIDER.encode_request(request, LossReport()))
    assert body == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(("members", "field"), [({"model": None}, "model"), ({"messages": None}, "messages")])
def test_a_wrong_count_names_the_field(members: dict[str, Any], field: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]} | members
    with pytest.raises(InvalidRequestError) as caught:
        COUNT.decode_request(json.dumps(body).encode(), LossReport())
    assert caught.value.field == field


@pytest.mark.parametrize("body", [b"", b"{}", b'{"input_tokens": "5"}', b"[5]", b"\xff"])
def test_what_is_no_count_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        COUNT_PROVIDER.decode_response(body, ChatRequest(model="m", messages=()))


def test_models_are_listed_in_pages() -> None:
    losses = LossReport()
    assert MODELS.decode_query({"limit": "5", "after_id": "a/b", "x": "1"}, losses) == CatalogQuery(
        page_size=5, after="a/b"
    )
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("unknown", "x")]
    assert MODELS.decode_query({}, losses).page_size == 20
    first, second = (
        ModelFacts(name="a/b", endpoints=("chat",), context_tokens=9),
        ModelFacts(name="c", endpoints=()),
    )
    page = json.loads(MODELS.encode_page(CatalogPage((first, second), "c")))
    assert page == {
        "data": [
            {
                "id": "a/b",
                "type": "model",
                "display_name": "a/b",
                "created_at": "1970-01-01T00:00:00Z",
                "max_input_tokens": 9,
            },
            {"id": "c", "type": "model", "display_name": "c", "created_at": "1970-01-01T00:00:00Z"},
        ],
        "has_more": True,
        "first_id": "a/b",
        "last_id": "c",
    }
    assert json.loads(MODELS.encode_model(second)) == page["data"][1]
    empty = json.loads(MODELS.encode_page(CatalogPage(())))
    assert empty == {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert MODELS_PROVIDER.decode_models(json.dumps(page).encode()) == (
        (first, ModelFacts(name="c", endpoints=("chat",))),
        "c",
    )
    assert MODELS_PROVIDER.decode_models(json.dumps(empty).encode()) == ((), None)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({"limit": "0"}, "limit"), ({"limit": "x"}, "limit"), ({"before_id": "a"}, "before_id")],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        MODELS.decode_query(parameters, LossReport())
    assert caught.value.field == field


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data": [{}]}', b"[]", b"\xff"])
def test_what_is_no_list_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        MODELS_PROVIDER.decode_models(body)


def completed(**members: Any) -> ChatRequest:
    body = {"model": "m", "prompt": "hi", "max_tokens_to_sample": 5} | members
    return COMPLETE.decode_request(json.dumps(body).encode(), LossReport())


@pytest.mark.parametrize(
    ("prompt", "messages"),
    [
        ("Why?", (UserMessage((TextBlock("Why?"),)),)),
        ("\n\nHuman: Why?\n\nAssistant:", (UserMessage((TextBlock("Why?"),)),)),
        ("Human: Say\n\nHuman: it\n\nAssistant: So", None),
        (
            "Be brief.\n\nHuman: a\nb\n\nAssistant: c\n\nHuman: d\n\nAssistant: So:",
            (
                SystemMessage((TextBlock("Be brief."),)),
                UserMessage((TextBlock("a\nb"),)),
                AssistantMessage((TextBlock("c"),)),
                UserMessage((TextBlock("d"),)),
                AssistantMessage((TextBlock("So:"),)),
            ),
        ),
    ],
)
def test_a_prompt_is_read_as_turns(prompt: str, messages: Any) -> None:
    request = completed(prompt=prompt)
    if messages is None:
        assert [type(message) for message in request.messages] == [UserMessage, UserMessage, AssistantMessage]
    else:
        assert request.messages == messages


def test_the_options_of_a_completion() -> None:
    request = completed(
        stream=True,
        temperature=0.5,
        top_p=0.5,
        top_k=2,
        stop_sequences=["x"],
        fallbacks=["a/b"],
        metadata={"user_id": "u"},
    )
    assert request.sampling == Sampling(
        max_tokens=5, stop_sequences=("x",), temperature=0.5, top_k=2, top_p=0.5
    )
    assert (request.stream, request.fallbacks, request.is_verbatim) == (True, ("a/b",), False)
    assert request.extras == Extras("anthropic", {"metadata": {"user_id": "u"}})


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"model": ""}, "model"),
        ({"prompt": None}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": "\n\nAssistant: x"}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"max_tokens_to_sample": None}, "max_tokens_to_sample"),
        ({"max_tokens_to_sample": 0}, "max_tokens_to_sample"),
        ({"temperature": 2}, "temperature"),
        ({"stop_sequences": [""]}, "stop_sequences[0]"),
        ({"fallbacks": [""]}, "fallbacks[0]"),
    ],
)
def test_a_wrong_completion_names_the_field(members: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        completed(**members)
    assert caught.value.field == field


RESPONSE = ChatResponse(
    id="c_1",
    content=(ThinkingBlock("hm"), TextBlock("a 大"), TextBlock("b")),
    tool_calls=(ToolCall("c", "f", "{}"),),
    finish_reason=FinishReason.STOP_SEQUENCE,
    usage=Usage(input_tokens=3, output_tokens=2, billed_input_tokens=3, billed_output_tokens=2),
)


def test_a_completion_is_the_text_of_an_answer() -> None:
    request = completed(stop_sequences=["END"])
    assert json.loads(COMPLETE.encode_response(RESPONSE, request, NOBODY)) == {
        "type": "completion",
        "id": "c_1",
        "model": "scripted",
        "completion": "a 大b",
        "stop_reason": "stop_sequence",
        "stop": "END",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    losses = LossReport()
    COMPLETE.report_losses(RESPONSE, losses)
    assert [loss.path for loss in losses.losses] == ["response.content", "response.tool_calls"]


def test_a_streamed_completion_comes_in_pieces() -> None:
    encoder = COMPLETE.stream_encoder(completed(), NOBODY)
    frames = list(EventReader().feed(b"".join(map(encoder.encode, unfold(RESPONSE)))))
    assert {frame.event for frame in frames} == {"completion"}
    data = [json.loads(frame.data) for frame in frames]
    assert [event["completion"] for event in data] == ["a 大", "b", ""]
    assert [event["stop_reason"] for event in data] == [None, None, "stop_sequence"]
    assert all(event["id"] == "c_1" and event["model"] == "scripted" for event in data)


def test_a_completion_that_broke_off_says_so() -> None:
    response = ChatResponse(id="c", finish_reason=FinishReason.ERROR, usage=Usage())
    body = json.loads(COMPLETE.encode_response(response, completed(), NOBODY))
    assert (body["stop_reason"], body["error"]["type"]) == ("error", "api_error")
    encoder = COMPLETE.stream_encoder(completed(), NOBODY)
    assert b"".join(map(encoder.encode, unfold(response))).startswith(b"event: error\n")
