"""Cohere's older chat API: what its bodies mean, what is refused, and its answers and streams."""

import json
from typing import Any

import pytest

from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    SystemMessage,
    TextBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import ClientError, InvalidRequestError, NotImplementedHereError
from causeway.model.events import (
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
)
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.order import IllegalEventOrderError
from causeway.model.request import ChatRequest, ResponseFormat, Tool
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage
from support.answers import ID, cited_answer, text_answer, thinking_answer, tool_answer
from support.provenance import NOBODY
from support.recordings import recordings

FACE = CohereV1Chat(is_native=True)
CALL = {"name": "search", "parameters": {"q": "x"}}
USER = UserMessage((TextBlock("hi"),))


def decode(losses: LossReport | None = None, **fields: Any) -> ChatRequest:
    return FACE.decode_request(json.dumps({"message": "hi", **fields}).encode(), losses or LossReport())


def user(text: str) -> UserMessage:
    return UserMessage((TextBlock(text),))


def stream(events: list[Event], request: ChatRequest) -> list[dict[str, Any]]:
    encoder = FACE.stream_encoder(request, NOBODY)
    lines = b"".join(encoder.encode(event) for event in events)
    assert lines.isascii()
    assert lines.endswith(b"\n")
    return [json.loads(line) for line in lines.splitlines()]


def test_the_conversation_is_preamble_history_and_message() -> None:
    request = decode(
        preamble="Be brief.",
        chat_history=[
            {"role": "USER", "message": "a"},
            {"role": "Chatbot", "message": "b"},
            {"role": "SYSTEM", "message": "c"},
        ],
    )
    assert request.model == ""
    assert request.messages == (
        SystemMessage((TextBlock("Be brief."),)),
        user("a"),
        AssistantMessage((TextBlock("b"),)),
        SystemMessage((TextBlock("c"),)),
        USER,
    )


def test_an_answers_history_comes_back_without_a_second_preamble() -> None:
    request = decode(preamble="Be brief.")
    answer = json.loads(FACE.encode_response(fold(text_answer("Hello.")), request, NOBODY))
    again = decode(preamble="Be brief.", chat_history=answer["chat_history"], message="more")
    assert again.messages == (*request.messages, AssistantMessage((TextBlock("Hello."),)), user("more"))


def test_sampling_and_options() -> None:
    request = decode(
        model="command-r",
        stream=True,
        temperature=0.5,
        max_tokens=9,
        k=4,
        p=0.9,
        seed=2**64 - 1,
        stop_sequences=["\nObservation:"],
        frequency_penalty=0.1,
        presence_penalty=0.2,
        citation_quality="fast",
        safety_mode="NONE",
        prompt_truncation="OFF",
    )
    assert (request.model, request.stream, request.citation_mode, request.safety_mode) == (
        "command-r", True, "fast", "off",
    )  # fmt: skip
    sampling = request.sampling
    assert (sampling.temperature, sampling.max_tokens, sampling.top_k, sampling.top_p) == (0.5, 9, 4, 0.9)
    assert (sampling.seed, sampling.stop_sequences) == (2**64 - 1, ("\nObservation:",))
    assert (sampling.frequency_penalty, sampling.presence_penalty) == (0.1, 0.2)
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    formatted = decode(response_format={"type": "json_object", "schema": schema})
    assert formatted.response_format == ResponseFormat(schema)


def test_documents_have_ids_and_keep_to_themselves_what_they_exclude() -> None:
    losses = LossReport()
    request = decode(
        losses,
        documents=[
            {"title": "t", "text": "x"},
            {"id": "mine", "text": "y", "secret": "z", "_excludes": ["secret"]},
        ],
    )
    assert request.documents == (
        Document({"title": "t", "text": "x"}, "doc_0"),
        Document({"text": "y"}, "mine"),
    )
    assert [loss.path for loss in losses.losses] == ["documents[1]._excludes"]


def test_tools_are_json_schema() -> None:
    losses = LossReport()
    definitions = {
        "q": {"type": "str", "description": "d", "required": True},
        "n": {"type": "int"},
        "names": {"type": "List[str]"},
        "maybe": {"type": "Optional[float]"},
        "table": {"type": "Dict[str, int]"},
        "odd": {"type": "numpy.ndarray"},
    }
    request = decode(
        losses, tools=[{"name": "f", "description": "d", "parameter_definitions": definitions}, {"name": "g"}]
    )
    parameters = {
        "type": "object",
        "properties": {
            "q": {"type": "string", "description": "d"},
            "n": {"type": "integer"},
            "names": {"type": "array", "items": {"type": "string"}},
            "maybe": {"type": "number"},
            "table": {"type": "object"},
            "odd": {},
        },
        "required": ["q"],
    }
    assert request.tools == (Tool("f", "d", parameters), Tool("g"))
    assert [loss.path for loss in losses.losses] == ["tools[0].parameter_definitions.odd.type"]


def test_results_after_the_history_that_called_for_them() -> None:
    request = decode(
        message="",
        chat_history=[
            {"role": "USER", "message": "hi"},
            {"role": "CHATBOT", "message": "I will search.", "tool_calls": [CALL, CALL]},
        ],
        tool_results=[{"call": CALL, "outputs": [{"a": 1}, {"b": 2}]}, {"call": CALL, "outputs": []}],
    )
    calls = (ToolCall("search_1", "search", '{"q":"x"}'), ToolCall("search_2", "search", '{"q":"x"}'))
    assert request.messages == (
        USER,
        AssistantMessage(tool_plan="I will search.", tool_calls=calls),
        ToolMessage("search_1", (DocumentBlock(Document({"a": 1})), DocumentBlock(Document({"b": 2})))),
        ToolMessage("search_2", ()),
    )


def test_results_of_a_single_step_bring_their_calls() -> None:
    request = decode(
        tool_results=[{"call": CALL, "outputs": [{"a": 1}]}],
        tools=[{"name": "search"}],
        force_single_step=True,
    )
    assert request.messages == (
        USER,
        AssistantMessage(tool_calls=(ToolCall("search_1", "search", '{"q":"x"}'),)),
        ToolMessage("search_1", (DocumentBlock(Document({"a": 1})),)),
    )
    assert request.tool_choice == "none"


def test_results_inside_the_history() -> None:
    answer = json.loads(FACE.encode_response(fold(tool_answer(("search", '{"q":"x"}'))), decode(), NOBODY))
    assert answer["tool_calls"] == [CALL]
    results = [{"call": CALL, "outputs": [{"a": 1}]}]
    second = decode(message="", chat_history=answer["chat_history"], tool_results=results)
    final = json.loads(FACE.encode_response(fold(text_answer("Done.")), second, NOBODY))
    assert [turn["role"] for turn in final["chat_history"]] == ["USER", "CHATBOT", "TOOL", "CHATBOT"]
    assert final["chat_history"][2]["tool_results"] == results
    third = decode(message="more", chat_history=final["chat_history"])
    assert third.messages == (*second.messages, AssistantMessage((TextBlock("Done."),)), user("more"))


def test_raw_prompting_is_a_users_turn_and_says_so() -> None:
    losses = LossReport()
    assert decode(losses, raw_prompting=True).messages == (USER,)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("approximated", "raw_prompting")]


def test_unknown_fields_are_a_soft_warning_on_every_route() -> None:
    losses = LossReport()
    decode(losses, surprise=1, prompt_truncation="AUTO", max_input_tokens=5)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [
        ("unknown", "surprise"),
        ("dropped", "prompt_truncation"),
        ("dropped", "max_input_tokens"),
    ]


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"connectors": [{"id": "web-search"}]}, NotImplementedHereError, "connectors"),
        ({"search_queries_only": True}, NotImplementedHereError, "search_queries_only"),
        ({"conversation_id": "c"}, NotImplementedHereError, "conversation_id"),
        ({"message": ""}, InvalidRequestError, "message"),
        ({"message": None}, InvalidRequestError, "message"),
        ({"message": 1}, InvalidRequestError, "message"),
        ({"chat_history": [{"role": "ROBOT", "message": "x"}]}, InvalidRequestError, "chat_history[0].role"),
        ({"chat_history": [{"role": "USER"}]}, InvalidRequestError, "chat_history[0].message"),
        ({"raw_prompting": True, "tools": [{"name": "f"}]}, InvalidRequestError, "raw_prompting"),
        ({"documents": [{"id": 1}]}, InvalidRequestError, "documents[0].id"),
        ({"documents": [{"id": "a"}, {"id": "a"}]}, InvalidRequestError, "documents[1].id"),
        ({"documents": [{"_excludes": "a"}]}, InvalidRequestError, "documents[0]._excludes"),
        ({"prompt_truncation": "SOME"}, InvalidRequestError, "prompt_truncation"),
        ({"citation_quality": "best"}, InvalidRequestError, "citation_quality"),
        ({"temperature": 3}, InvalidRequestError, "temperature"),
        ({"tools": [{"name": ""}]}, InvalidRequestError, "tools[0].name"),
        (
            {"tool_results": [{"call": {"name": ""}, "outputs": []}]},
            InvalidRequestError,
            "tool_results[0].call.name",
        ),
        (
            {"response_format": {"type": "json_object"}, "documents": [{"text": "x"}]},
            InvalidRequestError,
            "response_format",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    fields: dict[str, Any], error: type[ClientError], field: str
) -> None:
    with pytest.raises(error) as caught:
        decode(**fields)
    assert caught.value.field == field


def test_a_streamed_and_a_whole_answer_say_the_same() -> None:
    for events in (cited_answer(), tool_answer(("f", '{"a":1}'), ("g", "{}")), text_answer("a", "\u2028é")):
        lines = stream(events, decode())
        assert lines[-1]["response"] == json.loads(FACE.encode_response(fold(events), decode(), NOBODY))
        assert [line["is_finished"] for line in lines] == [False] * (len(lines) - 1) + [True]
        text = "".join(
            line.get("text", "")
            for line in lines
            if line["event_type"] in ("text-generation", "tool-calls-chunk")
        )
        assert text == lines[-1]["response"]["text"]


def test_citations_name_documents_and_the_answer_carries_them() -> None:
    lines = stream(cited_answer(), decode())
    citation = {"start": 16, "end": 22, "text": "London", "document_ids": ["doc-0"], "type": "TEXT_CONTENT"}
    assert lines[3] == {"is_finished": False, "event_type": "citation-generation", "citations": [citation]}
    answer = lines[-1]["response"]
    assert answer["citations"] == [citation]
    assert answer["text"][16:22] == "London"
    assert answer["documents"] == [{"id": "doc-0", "text": "Ada Lovelace was born in London."}]


def test_tool_calls_come_in_pieces_and_then_whole() -> None:
    lines = stream(tool_answer(("f", '{"a":1}'), plan="Look."), decode())
    assert [line["event_type"] for line in lines] == [
        "stream-start", *["tool-calls-chunk"] * 5, "tool-calls-generation", "stream-end",
    ]  # fmt: skip
    deltas = [line["tool_call_delta"] for line in lines if "tool_call_delta" in line]
    assert deltas[0] == {"index": 0, "name": "f"}
    assert "".join(delta.get("parameters", "") for delta in deltas) == '{"a":1}'
    assert lines[-2]["tool_calls"] == [{"name": "f", "parameters": {"a": 1}}]
    assert lines[-1]["finish_reason"] == "COMPLETE"


def test_arguments_that_are_no_object_are_quoted() -> None:
    answer = json.loads(FACE.encode_response(fold(tool_answer(("f", "[1]"))), decode(), NOBODY))
    assert answer["tool_calls"] == [{"name": "f", "parameters": {"arguments": "[1]"}}]


def test_thinking_has_no_place_in_the_older_api() -> None:
    assert stream(thinking_answer("hm", "Yes."), decode())[-1]["response"]["text"] == "Yes."


def test_a_stop_sequence_is_told_whole_but_not_in_a_stream() -> None:
    events = text_answer("a", finish_reason=FinishReason.STOP_SEQUENCE)
    assert (
        json.loads(FACE.encode_response(fold(events), decode(), NOBODY))["finish_reason"] == "STOP_SEQUENCE"
    )
    assert stream(events, decode())[-1]["finish_reason"] == "COMPLETE"


def test_a_failure_ends_the_stream_with_its_reason() -> None:
    failed = MessageEnd(FinishReason.ERROR, Usage(), Failure("the engine died"))
    end = stream(
        [MessageStart(ID), ContentStart(0, "text"), TextDelta(0, "a"), ContentEnd(0), failed], decode()
    )[-1]
    assert (end["finish_reason"], end["error"], end["response"]["text"]) == ("ERROR", "the engine died", "a")


def test_what_a_filter_held_back_is_toxic_to_the_older_api() -> None:
    events = text_answer("Hel", finish_reason=FinishReason.CONTENT_FILTER)
    answer = json.loads(FACE.encode_response(fold(events), decode(), NOBODY))
    end = stream(events, decode())[-1]
    for said in (answer, end, end["response"]):
        assert said["finish_reason"] == "ERROR_TOXIC"
        assert said["error"] == "the model's answer was held back by a content filter"


def test_fallbacks_are_read_and_never_verbatim() -> None:
    request = decode(fallbacks=["cohere/command-r"])
    assert (request.dialect, request.fallbacks) == ("cohere", ("cohere/command-r",))
    assert not request.is_verbatim
    with pytest.raises(InvalidRequestError) as caught:
        decode(fallbacks=[""])
    assert caught.value.field == "fallbacks[0]"


def test_thinking_that_is_left_out_is_reported() -> None:
    losses = LossReport()
    FACE.report_losses(fold(thinking_answer("Let me see.", "Yes.")), losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("dropped", "response.content[0]")]


def test_an_illegal_order_is_refused() -> None:
    with pytest.raises(IllegalEventOrderError):
        FACE.stream_encoder(decode(), NOBODY).encode(TextDelta(0, "a"))


@pytest.mark.parametrize("exchange", recordings("cohere", "/v1/chat"))
def test_recorded_exchange_is_said_again(exchange: Any) -> None:
    request = FACE.decode_request(json.dumps(exchange["request"]["body"]).encode(), LossReport())
    recorded = [json.loads(line) for line in exchange["response"]["text"].splitlines()]
    answer = recorded[-1]["response"]
    units, tokens = answer["meta"]["billed_units"], answer["meta"]["tokens"]
    usage = Usage(
        input_tokens=tokens["input_tokens"],
        output_tokens=tokens["output_tokens"],
        billed_input_tokens=units["input_tokens"],
        billed_output_tokens=units["output_tokens"],
    )
    # Cohere gives the answer an id of its own beside that of the generation; here they are the same.
    pieces = [line["text"] for line in recorded if line["event_type"] == "text-generation"]
    assert answer["text"] == "".join(pieces)
    events = [
        MessageStart(recorded[0]["generation_id"]),
        ContentStart(0, "text"),
        *(TextDelta(0, piece) for piece in pieces),
        ContentEnd(0),
        MessageEnd(FinishReason.STOP_SEQUENCE, usage),
    ]
    answer["response_id"] = recorded[0]["generation_id"]
    said = stream(events, request)
    assert said == recorded
    assert [list(line) for line in said] == [list(line) for line in recorded]
    assert list(said[-1]["response"]) == list(answer)
