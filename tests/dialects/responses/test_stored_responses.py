"""Responses that are kept: what is kept, how a conversation goes on from one, and how each is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.responses import stored_response
from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.provider_face import ResponsesProvider
from causeway.dialects.responses.stored_response import StoredResponse
from causeway.model.content import (
    AssistantMessage,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from support.provenance import NOBODY

FACE = ResponsesChat(is_unified=False)
PROVIDER = ResponsesProvider()
ANSWER = ChatResponse(
    id="resp_1",
    content=(ThinkingBlock("Hm."), TextBlock("It rains.")),
    tool_calls=(ToolCall("call_1", "weather", "{}"),),
    finish_reason=FinishReason.TOOL_CALL,
    usage=Usage(),
)


def decode(**fields: Any) -> ChatRequest:
    body = {"model": "m", "input": "Weather?", **fields}
    return FACE.decode_request(json.dumps(body).encode(), LossReport())


def keep(request: ChatRequest, answer: ChatResponse = ANSWER) -> StoredResponse:
    return stored_response.keep_response(request, FACE.encode_response(answer, request, NOBODY))


def texts_of(request: ChatRequest) -> list[tuple[str, list[str]]]:
    return [
        (type(message).__name__, [block.text for block in message.content if isinstance(block, TextBlock)])
        for message in request.messages
    ]


def test_what_is_kept() -> None:
    stored = keep(decode(instructions="Be brief.", input=[{"role": "user", "content": "Weather?"}]))
    assert (stored.id, stored.response["id"]) == ("resp_1", "resp_1")
    (item,) = stored.input_items
    assert item.pop("id").startswith("msg_")
    assert item == {
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": "Weather?"}],
    }
    assert "extra_fields" not in keep(decode()).response


@pytest.mark.parametrize("body", [b"3", b"{}", b'{"id": 3}'])
def test_what_is_no_response_is_not_kept(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a response"):
        stored_response.keep_response(decode(), body)


def test_a_conversation_goes_on_from_a_response_without_its_instructions() -> None:
    stored = keep(decode(instructions="Be brief."))
    output = {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
    request = decode(
        instructions="Be long.", input=[output], previous_response_id="resp_1", metadata={"a": "b"}
    )
    going_on = stored_response.continue_from(stored, request)
    assert texts_of(going_on) == [
        ("SystemMessage", ["Be long."]),
        ("UserMessage", ["Weather?"]),
        ("AssistantMessage", ["It rains."]),
        ("ToolMessage", ["rain"]),
    ]
    turn = going_on.messages[2]
    assert isinstance(turn, AssistantMessage)
    assert [call.id for call in turn.tool_calls] == ["call_1"]
    assert turn.content[0].thinking == "Hm."
    assert not going_on.is_verbatim
    assert going_on.extras is not None
    assert going_on.extras.fields == {"metadata": {"a": "b"}}
    assert stored_response.previous_response_id(request) == "resp_1"
    assert stored_response.previous_response_id(going_on) is None


def test_an_instruction_in_the_input_is_no_instructions_of_the_next_response() -> None:
    stored = keep(decode(input=[{"role": "system", "content": "A"}, {"role": "user", "content": "B"}]))
    going_on = stored_response.continue_from(stored, decode(previous_response_id="resp_1", input="C"))
    assert isinstance(going_on.messages[0], SystemMessage)
    body = json.loads(PROVIDER.encode_request(going_on, LossReport()))
    assert "instructions" not in body
    assert [item.get("role") for item in body["input"]][:2] == ["system", "user"]


def test_a_provider_is_not_sent_ids_that_were_made_up() -> None:
    stored = keep(decode())
    going_on = stored_response.continue_from(stored, decode(previous_response_id="resp_1", input="And?"))
    body = json.loads(PROVIDER.encode_request(going_on, LossReport()))
    assert "causeway" not in json.dumps(body)
    assert body["input"] == [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "It rains."},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
        {"role": "user", "content": "And?"},
    ]


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=4))
def test_a_chain_of_responses_has_every_turn(questions: list[str]) -> None:
    stored: StoredResponse | None = None
    for number, question in enumerate(questions):
        request = decode(input=question)
        if stored is not None:
            request = stored_response.continue_from(stored, request)
        answer = ChatResponse(
            id=f"resp_{number}",
            content=(TextBlock(f"{question}!"),),
            finish_reason=FinishReason.COMPLETE,
            usage=Usage(),
        )
        stored = keep(request, answer)
    assert stored is not None
    last = stored_response.continue_from(stored, decode(input="End"))
    expected = [text for question in questions for text in (question, f"{question}!")]
    assert [texts[0] for _, texts in texts_of(last)] == [*expected, "End"]
    assert len({item["id"] for item in stored.input_items}) == len(stored.input_items)


def test_who_allows_that_a_response_is_kept() -> None:
    assert stored_response.is_to_be_kept(decode())
    assert stored_response.is_to_be_kept(decode(store=True))
    assert not stored_response.is_to_be_kept(decode(store=False))
    assert not stored_response.is_to_be_kept(ChatRequest(model="m", messages=(), dialect="openai"))


def test_an_id_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        stored_response.previous_response_id(decode(previous_response_id=3))
    assert caught.value.field == "previous_response_id"


def test_the_bodies_of_stored_responses() -> None:
    stored = keep(decode())
    assert json.loads(stored_response.encode_stored(stored)) == stored.response
    assert json.loads(stored_response.encode_deleted("resp_1")) == {
        "id": "resp_1",
        "object": "response",
        "deleted": True,
    }


def test_only_what_is_made_in_the_background_can_be_cancelled() -> None:
    with pytest.raises(InvalidRequestError, match="synchronous"):
        stored_response.cancel_stored(keep(decode()))
    ended = keep(decode(background=True))
    assert stored_response.cancel_stored(ended) == ended
    queued = StoredResponse("r", {**ended.response, "status": "queued"}, ())
    assert stored_response.cancel_stored(queued).response["status"] == "cancelled"


TWELVE = StoredResponse("resp_1", {}, tuple({"id": f"msg_{n}", "type": "message"} for n in range(12)))


@given(st.sampled_from(["asc", "desc"]), st.integers(1, 13))
def test_pages_of_input_items_have_every_item_once(order: str, limit: int) -> None:
    parameters = {"order": order, "limit": str(limit)}
    found: list[str] = []
    while True:
        query = stored_response.decode_page_query(parameters)
        page = json.loads(stored_response.encode_input_items(TWELVE, query))
        ids = [item["id"] for item in page["data"]]
        assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])
        found += ids
        if not page["has_more"]:
            break
        parameters["after"] = page["last_id"]
    expected = [f"msg_{n}" for n in range(12)]
    assert found == (expected if order == "asc" else expected[::-1])


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"order": "up"}, "order"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"after": "msg_99"}, "after"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        stored_response.encode_input_items(TWELVE, stored_response.decode_page_query(parameters))
    assert caught.value.field == field


def test_pages_are_of_twenty_the_last_first() -> None:
    assert stored_response.decode_page_query({}) == stored_response.PageQuery(None, 20, "desc")
    empty = StoredResponse("r", {}, ())
    page = json.loads(stored_response.encode_input_items(empty, stored_response.PageQuery()))
    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_an_unknown_response_is_told_in_openais_words() -> None:
    error = stored_response.unknown_response("resp_9")
    assert error.status == 404
    assert (
        json.loads(FACE.encode_error(error, "t"))["error"]["message"]
        == "Response with id 'resp_9' not found."
    )
    error = stored_response.unknown_previous_response("resp_9")
    assert error.status == 400
    assert json.loads(FACE.encode_error(error, "t"))["error"] == {
        "message": "Previous response with id 'resp_9' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }


def test_turns_of_users_and_tools_are_kept_as_they_were() -> None:
    items = [
        {"role": "user", "content": [{"type": "input_image", "image_url": "https://x/i.png"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
    ]
    request = decode(input=items)
    going_on = stored_response.continue_from(keep(request), decode(input="And?"))
    assert [going_on.messages[place] for place in (0, 2)] == [request.messages[place] for place in (0, 2)]
    assert [type(message) for message in going_on.messages] == [
        UserMessage,
        AssistantMessage,
        ToolMessage,
        AssistantMessage,
        UserMessage,
    ]
