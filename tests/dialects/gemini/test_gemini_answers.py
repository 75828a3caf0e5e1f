"""Gemini's answers in particular: endings, counts, spans, signatures, streams that break, and errors."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.gemini.chat_face import GeminiArrayChat, GeminiChat
from causeway.dialects.gemini.provider_face import GeminiProvider
from causeway.dialects.gemini.timestamps import timestamp
from causeway.model.content import Citation, OpaqueBlock, Seal, Source, TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import (
    CausewayError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    UpstreamProtocolError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.model.events import (
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, Failure, FinishReason
from causeway.model.usage import Usage
from support.provenance import NOBODY

CALLER, PROVIDER = GeminiChat(), GeminiProvider()
REQUEST = ChatRequest(model="any", messages=(), dialect="gemini")
CALL = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}


def answer(*parts: Any, **candidate: Any) -> dict[str, Any]:
    content = {"parts": list(parts), "role": "model"}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0, **candidate}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r1",
    }


def decode(body: Any) -> ChatResponse:
    return PROVIDER.decode_response(json.dumps(body).encode())


def encode(response: ChatResponse) -> Any:
    return json.loads(CALLER.encode_response(response, REQUEST, NOBODY))


def streamed(*pieces: Any) -> ChatResponse:
    return fold(decode_stream(b"".join(b"data: %b\n\n" % json.dumps(piece).encode() for piece in pieces)))


def decode_stream(stream: bytes) -> list[Event]:
    decoder = PROVIDER.stream_decoder()
    return [*decoder.feed(stream), *decoder.finish()]


def spoken(**fields: Any) -> ChatResponse:
    plain = {"id": "r1", "finish_reason": FinishReason.COMPLETE, "usage": Usage(), **fields}
    return ChatResponse(**plain)


@pytest.mark.parametrize(
    ("word", "reason", "failed"),
    [
        ("STOP", FinishReason.COMPLETE, False),
        ("FINISH_REASON_UNSPECIFIED", FinishReason.COMPLETE, False),
        ("MAX_TOKENS", FinishReason.MAX_TOKENS, False),
        ("SAFETY", FinishReason.CONTENT_FILTER, False),
        ("RECITATION", FinishReason.CONTENT_FILTER, False),
        ("LANGUAGE", FinishReason.CONTENT_FILTER, False),
        ("BLOCKLIST", FinishReason.CONTENT_FILTER, False),
        ("PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER, False),
        ("SPII", FinishReason.CONTENT_FILTER, False),
        ("IMAGE_SAFETY", FinishReason.CONTENT_FILTER, False),
        ("MODEL_ARMOR", FinishReason.CONTENT_FILTER, False),
        ("OTHER", FinishReason.ERROR, True),
        ("MALFORMED_FUNCTION_CALL", FinishReason.ERROR, True),
        ("UNEXPECTED_TOOL_CALL", FinishReason.ERROR, True),
        ("SOMETHING_NEW", FinishReason.ERROR, True),
    ],
)
def test_every_finish_reason_is_kept_and_means_one_of_ours(
    word: str, reason: FinishReason, failed: bool
) -> None:
    body = answer({"text": "a"}, finishReason=word, finishMessage="because")
    response = decode(body)
    assert response.finish_reason is reason
    assert response.failure == (Failure("because", word) if failed else None)
    assert encode(response) == body
    assert streamed(body) == response


def test_an_answer_that_calls_tools_says_stop_in_gemini_and_tool_call_here() -> None:
    for word in ("STOP", "UNEXPECTED_TOOL_CALL"):
        response = decode(answer(CALL, finishReason=word))
        assert response.finish_reason is FinishReason.TOOL_CALL
        assert encode(response) == answer(CALL, finishReason=word)


def test_a_prompt_that_was_blocked_is_an_answer_that_was_filtered() -> None:
    body = {
        "promptFeedback": {"blockReason": "SAFETY", "safetyRatings": [{"category": "x"}]},
        "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 0, "totalTokenCount": 4},
        "modelVersion": "m",
        "responseId": "r1",
    }
    response = decode(body)
    assert (response.finish_reason, response.content) == (FinishReason.CONTENT_FILTER, ())
    assert encode(response) == body
    assert streamed(body) == response


def test_thoughts_and_what_tools_read_are_part_of_the_counts() -> None:
    body = answer({"text": "a"})
    body["usageMetadata"] = {
        "promptTokenCount": 10,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 7,
        "toolUsePromptTokenCount": 90,
        "totalTokenCount": 112,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 2},
            {"modality": "IMAGE", "tokenCount": 8},
        ],
        "trafficType": "ON_DEMAND",
    }
    assert decode(body).usage == Usage(
        input_tokens=100,
        output_tokens=12,
        billed_input_tokens=100,
        billed_output_tokens=12,
        cached_tokens=4,
        reasoning_tokens=7,
        image_tokens=8,
    )
    assert encode(decode(body)) == body


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1970-01-02T00:00:01Z", 86_401),
        ("2026-05-27T16:53:45.443719Z", 1_779_900_825),
        ("2026-13-27T16:53:45Z", None),
        ("yesterday", None),
    ],
)
def test_when_an_answer_was_made_is_read_and_said_again(time: str, seconds: int | None) -> None:
    body = {**answer({"text": "a"}), "createTime": time}
    assert decode(body).created == seconds
    assert encode(decode(body)) == body


@given(st.integers(0, 253_402_300_799))
def test_times_are_written_as_the_calendar_has_them(seconds: int) -> None:
    assert timestamp(seconds) == datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_counts_that_do_not_add_up_are_said_again() -> None:
    body = answer({"text": "a"})
    body["usageMetadata"]["totalTokenCount"] = 77
    assert encode(decode(body)) == body


def test_a_call_without_an_id_has_the_same_one_whole_and_streamed_and_is_told_without_it() -> None:
    response = decode(answer(CALL, CALL))
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == 2
    assert streamed(answer(CALL, CALL)) == response == decode(answer(CALL, CALL))
    assert encode(response) == answer(CALL, CALL)


def test_a_call_with_an_id_keeps_it() -> None:
    call = {"functionCall": {"name": "weather", "args": {}, "id": "x"}}
    assert [one.id for one in decode(answer(call)).tool_calls] == ["x"]
    assert encode(decode(answer(call))) == answer(call)


def test_parts_keep_their_order_and_their_signatures() -> None:
    parts = [
        {"text": "hm", "thought": True},
        {"text": "a", "thoughtSignature": "s1"},
        {**CALL, "thoughtSignature": "s2"},
        {"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "s3"},
        {"text": "b"},
        CALL,
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
    ]
    response = decode(answer(*parts))
    assert encode(response) == answer(*parts)
    kinds = [ThinkingBlock, TextBlock, OpaqueBlock, TextBlock, OpaqueBlock]
    assert [type(block) for block in response.content] == kinds
    assert response.tool_calls[0].seal == Seal("gemini", {"thoughtSignature": "s2"})
    assert streamed(answer(*parts)) == response


def test_a_text_in_pieces_has_the_signature_that_came_with_any_of_them() -> None:
    sealed = TextBlock("ab", Seal("gemini", {"thoughtSignature": "s"}))
    first, last = {"text": "a", "thoughtSignature": "s"}, {"text": "", "thoughtSignature": "s"}
    assert streamed(answer(first), answer({"text": "b"})).content == (sealed,)
    assert streamed(answer({"text": "a"}), answer({"text": "b"}), answer(last)).content == (sealed,)


def test_a_second_signature_begins_a_block() -> None:
    pieces = [answer({"text": text, "thoughtSignature": text}) for text in ("a", "b")]
    assert [block.seal and block.seal.data for block in streamed(*pieces).content] == [  # type: ignore[union-attr]
        {"thoughtSignature": "a"},
        {"thoughtSignature": "b"},
    ]


def test_spans_are_bytes_there_and_code_points_here() -> None:
    segment = {"startIndex": 9, "endIndex": 13, "text": "\U0001f600"}
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://example.com/", "title": "t"}}],
        "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}],
        "webSearchQueries": ["smile"],
    }
    body = answer({"text": "häß und \U0001f600!"[1:]}, groundingMetadata=grounding)
    text = body["candidates"][0]["content"]["parts"][0]["text"]
    assert text.encode()[9:13].decode() == "\U0001f600"
    source = Source("document", "https://example.com/", {"url": "https://example.com/", "title": "t"})
    assert decode(body).citations == (Citation(7, 8, "\U0001f600", (source,), "text", 0),)
    assert encode(decode(body)) == body
    start = answer({"text": text[:4]})
    assert streamed(start, answer({"text": text[4:]}, groundingMetadata=grounding)) == decode(body)


def test_a_span_of_a_part_and_one_that_only_its_words_find() -> None:
    supports = [
        {
            "segment": {"partIndex": 1, "startIndex": 0, "endIndex": 2, "text": "cd"},
            "groundingChunkIndices": [0],
        },
        {"segment": {"startIndex": 70, "endIndex": 72, "text": "ab"}, "groundingChunkIndices": [0]},
        {"segment": {"startIndex": 0, "endIndex": 2, "text": "zz"}, "groundingChunkIndices": [0]},
        {"segment": {"endIndex": 2}, "groundingChunkIndices": [5]},
    ]
    chunks = [{"retrievedContext": {"text": "said", "title": "t"}}]
    grounding = {"groundingChunks": chunks, "groundingSupports": supports}
    response = decode(answer({"text": "ab"}, {"text": "cd"}, groundingMetadata=grounding))
    source = Source("document", "chunk_0", {"text": "said", "title": "t"})
    assert response.citations == (
        Citation(0, 2, "cd", (source,), "text", 1),
        Citation(0, 2, "ab", (source,), "text", 0),
    )


@pytest.mark.parametrize("name", ["citationSources", "citations"])
def test_what_a_model_took_from_elsewhere_is_cited(name: str) -> None:
    sources = [
        {"startIndex": 1, "endIndex": 3, "uri": "https://example.com/", "license": "MIT"},
        {"endIndex": 1},
    ]
    body = answer({"text": "äbc"}, citationMetadata={name: sources})
    [citation] = decode(answer({"text": "xäbc"}, citationMetadata={name: sources})).citations
    assert (citation.start, citation.end, citation.text) == (1, 2, "ä")
    assert citation.sources[0].data == {"url": "https://example.com/", "license": "MIT"}
    assert encode(decode(body)) == body


def test_citations_of_documents_and_tools_are_told_as_retrieved_text() -> None:
    sources = (Source("document", "7", {"title": "T", "snippet": "S"}), Source("tool", "c1", {"out": "O"}))
    response = spoken(content=(TextBlock("äb"),), citations=(Citation(0, 1, "ä", sources, "text", 0),))
    metadata = encode(response)["candidates"][0]["groundingMetadata"]
    assert metadata == {
        "groundingChunks": [
            {"retrievedContext": {"uri": "7", "title": "T", "text": "S"}},
            {"retrievedContext": {"uri": "c1", "title": "c1", "text": "O"}},
        ],
        "groundingSupports": [
            {"segment": {"startIndex": 0, "endIndex": 2, "text": "ä"}, "groundingChunkIndices": [0, 1]}
        ],
    }
    losses = LossReport()
    CALLER.report_losses(response, losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("approximated", "response.citations")]


def test_further_candidates_are_said_again() -> None:
    body = answer({"text": "a"})
    body["candidates"].append({"content": {"parts": [{"text": "b"}], "role": "model"}, "index": 1})
    assert [block.text for block in decode(body).content if isinstance(block, TextBlock)] == ["a"]
    assert encode(decode(body)) == body
    pieces = [{**body, "candidates": [candidate]} for candidate in body["candidates"]]
    again = {**body["candidates"][1], "finishReason": "STOP"}
    response = streamed(*pieces, {**body, "candidates": [again]})
    assert response.extras is not None
    parts = response.extras.fields["candidates[1]"]["content"]["parts"]
    assert parts == [{"text": "b"}, {"text": "b"}]


def test_arguments_that_come_in_pieces() -> None:
    def piece(path: str, **value: Any) -> Any:
        arguments = {"partialArgs": [{"jsonPath": path, **value}], "willContinue": True}
        return answer({"functionCall": arguments}, finishReason=None)

    response = streamed(
        answer(
            {"functionCall": {"name": "f", "willContinue": True}, "thoughtSignature": "s"}, finishReason=None
        ),
        piece("$.a[0].b", stringValue="x", willContinue=True),
        piece("$.a[0].b", stringValue="y"),
        piece("$.a[1]", numberValue=2),
        piece("$['c d']", boolValue=True),
        piece("$.n", nullValue="NULL_VALUE"),
        piece("$.f", numberValue=0.5),
        answer({"functionCall": {}}),
    )
    [call] = response.tool_calls
    assert (call.name, call.seal) == ("f", Seal("gemini", {"thoughtSignature": "s"}))
    assert json.loads(call.arguments) == {"a": [{"b": "xy"}, 2], "c d": True, "n": None, "f": 0.5}


@pytest.mark.parametrize("path", ["", "a", "$", "$.", "$[x]", "$[0]", "$.a[999999]", "$.a.b.", "$..a"])
def test_a_piece_of_an_argument_at_no_path_is_nonsense(path: str) -> None:
    call = {"functionCall": {"name": "f", "partialArgs": [{"jsonPath": path, "stringValue": "x"}]}}
    with pytest.raises(UpstreamProtocolError, match="at no known path"):
        streamed(answer(call))


def test_a_stream_that_ends_before_its_answer_does_broke_off() -> None:
    decoder = PROVIDER.stream_decoder()
    piece = answer({"text": "a"}, finishReason=None)
    assert len(list(decoder.feed(b"data: %b\n\n" % json.dumps(piece).encode()))) == 3
    with pytest.raises(UpstreamProtocolError, match="ended before its answer did"):
        list(decoder.finish())


@pytest.mark.parametrize("body", ["{}", '{"candidates":[]}', "[]", "5", "null", "<html>", '{"candidates":5}'])
def test_what_is_no_answer_is_refused(body: str) -> None:
    with pytest.raises(UpstreamProtocolError):
        PROVIDER.decode_response(body.encode())


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]])
def test_an_error_where_an_answer_should_be_is_told(wrap: Any) -> None:
    error = wrap({"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}})
    with pytest.raises(UpstreamRefusedError, match="Slow down") as caught:
        decode(error)
    assert caught.value.status == 429
    with pytest.raises(UpstreamRefusedError, match="Slow down"):
        streamed(answer({"text": "a"}), error)


def tell(face: GeminiChat, *events: Event) -> bytes:
    return face.stream_encoder(REQUEST, NOBODY).encode_all(events)


BROKEN = MessageEnd(FinishReason.ERROR, Usage(), Failure("it broke"))


def test_a_stream_that_breaks_off_ends_with_an_error() -> None:
    events = (MessageStart("r1"), ContentStart(0, "text"), TextDelta(0, "a"), ContentEnd(0), BROKEN)
    error = {"error": {"code": 502, "message": "it broke", "status": "UNAVAILABLE"}}
    frames = tell(CALLER, *events).decode().split("\n\n")
    assert json.loads(frames[-2].removeprefix("data: ")) == error
    with pytest.raises(UpstreamRefusedError, match="it broke"):
        decode_stream(tell(CALLER, *events))
    assert json.loads(tell(GeminiArrayChat(), *events))[-1] == error


def test_a_call_that_broke_off_is_not_told() -> None:
    begun = (MessageStart("r1"), ToolCallStart(0, "1", "f"), ToolCallDelta(0, '{"a": '), ToolCallEnd(0))
    assert b"functionCall" not in tell(CALLER, *begun, BROKEN)
    nameless = (MessageStart("r1"), ToolCallStart(0, "", ""), ToolCallEnd(0))
    assert tell(CALLER, *nameless) == b""
    done = tell(CALLER, *begun, MessageEnd(FinishReason.TOOL_CALL, Usage()))
    assert b'"args":{"arguments":"{\\"a\\": "}' in done


def test_a_plan_is_the_beginning_of_the_text() -> None:
    response = spoken(tool_plan="first", tool_calls=(ToolCall("1", "f", "{}"),))
    assert encode(response)["candidates"][0]["content"]["parts"][0] == {"text": "first"}
    events = (
        MessageStart("r1"),
        PlanDelta("fi"),
        PlanDelta("rst"),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    )
    assert fold(decode_stream(tell(CALLER, *events))).content == (TextBlock("first"),)
    losses = LossReport()
    CALLER.report_losses(response, losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("mapped", "response.tool_plan")]


def test_a_whole_answer_that_failed_says_so() -> None:
    failed = spoken(finish_reason=FinishReason.TIMEOUT, content=(TextBlock("a"),))
    [candidate] = encode(failed)["candidates"]
    assert (candidate["finishReason"], candidate["finishMessage"][:18]) == ("OTHER", "the model took too")
    assert decode(encode(failed)).finish_reason is FinishReason.ERROR


def test_streams_hold_nothing_that_is_not_ascii() -> None:
    stream = tell(CALLER, MessageStart("r1"), ContentStart(0, "text"), TextDelta(0, "ä\u2028"), ContentEnd(0))
    assert stream.isascii()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequestError("bad", field="contents"), "INVALID_ARGUMENT"),
        (ModelNotFoundError("none"), "NOT_FOUND"),
        (OverloadedError("busy", retry_after_seconds=7), "UNAVAILABLE"),
        (UpstreamTimeoutError("slow"), "DEADLINE_EXCEEDED"),
        (UpstreamRefusedError("no", status=403), "PERMISSION_DENIED"),
        (UpstreamRefusedError("no", status=400, provider_code="FAILED_PRECONDITION"), "FAILED_PRECONDITION"),
        (UpstreamRefusedError("no", status=418, provider_code="invalid_request_error"), "INVALID_ARGUMENT"),
        (UpstreamRefusedError("no", status=529), "INTERNAL"),
    ],
)
def test_errors_have_googles_shape_and_come_back(error: CausewayError, status: str) -> None:
    body = CALLER.encode_error(error, "id")
    told = json.loads(body)["error"]
    assert (told["code"], told["message"], told["status"]) == (error.status, error.message, status)
    again = PROVIDER.decode_error(error.status, body)
    assert (again.status, again.message) == (error.status, error.message)
    assert (again.field, again.retry_after_seconds) == (error.field, error.retry_after_seconds)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"error":5}', b'{"error":{"details":[5]}}', b"\xff"]
)
def test_an_error_that_cannot_be_read_is_a_plain_sentence(body: bytes) -> None:
    error = PROVIDER.decode_error(503, body)
    assert error.message == "the provider answered with status 503 and no readable message"
