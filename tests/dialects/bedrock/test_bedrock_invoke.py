"""InvokeModel: whose body it is, each vendor's answers, and its streams in frames."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.bedrock.invoke_face import BedrockInvoke
from causeway.dialects.bedrock.token_count import BedrockTokenCount
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.model.content import AssistantMessage, Message, TextBlock, UserMessage
from causeway.model.errors import InvalidRequestError, MalformedJsonError
from causeway.model.events import Event, MessageEnd, MessageStart
from causeway.model.fold import unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from causeway.model.response import ChatResponse, Failure, FinishReason
from causeway.model.usage import Usage
from causeway.wire.aws_event_stream import FrameReader
from support.provenance import NOBODY
from support.recordings import recordings

CALLER = BedrockInvoke(
    claude=AnthropicChat(),
    cohere=CohereV1Chat(is_native=False),
    openai=OpenAiChat(is_unified=False, needs_model=False),
)
HELLO = (UserMessage((TextBlock("Hello"),)),)
RESPONSE = ChatResponse(
    id="x",
    content=(TextBlock("Hi there"),),
    finish_reason=FinishReason.MAX_TOKENS,
    usage=Usage(input_tokens=3, output_tokens=2),
)
BODIES: dict[str, dict[str, Any]] = {
    "claude": {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hello"}],
    },
    "titan": {
        "inputText": "Hello",
        "textGenerationConfig": {"maxTokenCount": 9, "temperature": 0, "topP": 1, "stopSequences": ["|"]},
    },
    "nova": {
        "schemaVersion": "messages-v1",
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
        "inferenceConfig": {"max_new_tokens": 9, "topK": 7},
    },
    "cohere": {"message": "Hello", "max_tokens": 9},
    "mistral": {"prompt": "<s>[INST] Hello [/INST]", "max_tokens": 9, "top_k": 7},
    "chat": {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9},
}
METRICS = "amazon-bedrock-invocationMetrics"


def read(body: dict[str, Any]) -> ChatRequest:
    return CALLER.decode_request(json.dumps(body).encode(), LossReport())


def told(vendor: str, response: ChatResponse = RESPONSE) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(CALLER.encode_response(response, read(BODIES[vendor]), NOBODY))
    return body


def streamed(vendor: str) -> list[dict[str, Any]]:
    encoder = CALLER.stream_encoder(read(BODIES[vendor]), NOBODY)
    frames = list(FrameReader().feed(encoder.encode_all(unfold(RESPONSE))))
    assert {frame.headers[":event-type"] for frame in frames} == {"chunk"}
    return [json.loads(b64decode(json.loads(frame.payload)["bytes"])) for frame in frames]


@pytest.mark.parametrize("vendor", BODIES)
def test_every_vendors_body_is_read(vendor: str) -> None:
    request = read(BODIES[vendor])
    assert request.model == ""
    assert request.messages == HELLO
    assert request.sampling.max_tokens == 9
    assert not request.is_verbatim


def test_titans_and_novas_sampling_is_read() -> None:
    assert read(BODIES["titan"]).sampling == Sampling(
        max_tokens=9, stop_sequences=("|",), temperature=0.0, top_p=1.0
    )
    assert read(BODIES["nova"]).sampling.top_k == 7
    assert read(BODIES["mistral"]).sampling.top_k == 7


@pytest.mark.parametrize(
    ("prompt", "turns"),
    [
        ("Just text", [("user", "Just text")]),
        ("<s>[INST] a [/INST]", [("user", "a")]),
        ("<s>[INST] a [/INST] b</s>[INST] c [/INST]", [("user", "a"), ("assistant", "b"), ("user", "c")]),
        ("<s>[INST]a[/INST] b</s><s>[INST]c[/INST]", [("user", "a"), ("assistant", "b"), ("user", "c")]),
    ],
)
def test_mistrals_marks_are_turns(prompt: str, turns: list[tuple[str, str]]) -> None:
    kinds: dict[str, type[UserMessage] | type[AssistantMessage]] = {
        "user": UserMessage,
        "assistant": AssistantMessage,
    }
    expected: list[Message] = [kinds[role]((TextBlock(text),)) for role, text in turns]
    assert list(read({"prompt": prompt}).messages) == expected


def test_every_vendor_is_answered_in_its_words() -> None:
    claude = told("claude")
    assert (claude["content"][0]["text"], claude["stop_reason"]) == ("Hi there", "max_tokens")
    assert told("titan") == {
        "inputTextTokenCount": 3,
        "results": [{"tokenCount": 2, "outputText": "Hi there", "completionReason": "LENGTH"}],
    }
    nova = told("nova")
    assert nova["output"]["message"]["content"] == [{"text": "Hi there"}]
    assert nova["stopReason"] == "max_tokens"
    assert told("cohere")["text"] == "Hi there"
    assert told("mistral") == {"outputs": [{"text": "Hi there", "stop_reason": "length"}]}
    assert told("chat")["choices"][0]["message"]["content"] == "Hi there"


@pytest.mark.parametrize("vendor", BODIES)
def test_every_stream_ends_with_the_counts(vendor: str) -> None:
    *others, last = streamed(vendor)
    assert last[METRICS] == {
        "inputTokenCount": 3,
        "outputTokenCount": 2,
        "invocationLatency": 0,
        "firstByteLatency": 0,
    }
    assert not any(METRICS in other for other in others)


def test_every_stream_is_in_the_vendors_words() -> None:
    assert [event["type"] for event in streamed("claude")] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    titan = streamed("titan")
    assert [event["outputText"] for event in titan] == ["Hi there", ""]
    assert [event["completionReason"] for event in titan] == [None, "LENGTH"]
    nova = streamed("nova")
    assert nova[1] == {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi there"}}}
    assert nova[-1]["metadata"]["usage"]["outputTokens"] == 2
    cohere = streamed("cohere")
    assert [event["event_type"] for event in cohere] == ["stream-start", "text-generation", "stream-end"]
    assert [event["outputs"][0] for event in streamed("mistral")] == [
        {"text": "Hi there", "stop_reason": None},
        {"text": "", "stop_reason": "length"},
    ]
    assert streamed("chat")[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("vendor", BODIES)
def test_every_stream_that_broke_off_ends_with_an_exception(vendor: str) -> None:
    encoder = CALLER.stream_encoder(read(BODIES[vendor]), NOBODY)
    events: list[Event] = [
        MessageStart("x"),
        MessageEnd(FinishReason.ERROR, Usage(), Failure("m", "OVERLOADED")),
    ]
    *_, last = FrameReader().feed(encoder.encode_all(events))
    assert last.headers[":message-type"] == "exception"
    assert last.headers[":exception-type"] == "serviceUnavailableException"
    assert json.loads(last.payload) == {"message": "m"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, None),
        ([], None),
        ({"inputText": 1}, "inputText"),
        ({"inputText": ""}, "inputText"),
        (
            {"inputText": "a", "textGenerationConfig": {"maxTokenCount": "9"}},
            "textGenerationConfig.maxTokenCount",
        ),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a", "stop": "b"}, "stop"),
        ({**BODIES["nova"], "inferenceConfig": {"topK": "7"}}, "inferenceConfig.topK"),
        ({**BODIES["nova"], "messages": 1}, "messages"),
        ({**BODIES["claude"], "max_tokens": "9"}, "max_tokens"),
    ],
)
def test_a_wrong_field_is_named(body: Any, field: str | None) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(body)
    assert caught.value.field == field


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(MalformedJsonError):
        CALLER.decode_request(b"{", LossReport())


@pytest.mark.parametrize("exchange", recordings("bedrock", "/invoke"))
def test_a_recorded_request_of_claudes_is_read(exchange: Any) -> None:
    body = exchange["request"]["body"]
    request = read(body)
    assert request.dialect == "anthropic"
    assert request.sampling.max_tokens == body["max_tokens"]
    asked = [message for message in request.messages if isinstance(message, UserMessage)]
    assert len(asked) == sum(message["role"] == "user" for message in body["messages"])


@pytest.mark.parametrize("exchange", recordings("bedrock", "/count-tokens"))
def test_a_recorded_count_is_read(exchange: Any) -> None:
    body = json.dumps(exchange["request"]["body"]).encode()
    request = BedrockTokenCount(CALLER).decode_request(body, LossReport())
    assert isinstance(request.messages[-1], UserMessage)


def test_a_counted_body_has_to_be_base64() -> None:
    face = BedrockTokenCount(CALLER)
    body = b64encode(json.dumps(BODIES["titan"]).encode()).decode()
    asked = json.dumps({"input": {"invokeModel": {"body": body}}}).encode()
    assert face.decode_request(asked, LossReport()).messages == HELLO
    with pytest.raises(InvalidRequestError) as caught:
        face.decode_request(b'{"input":{"invokeModel":{"body":"{}"}}}', LossReport())
    assert caught.value.field == "input.invokeModel.body"
