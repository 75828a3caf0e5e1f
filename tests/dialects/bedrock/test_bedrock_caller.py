"""Converse as its callers see it: refused bodies, answers of other dialects, and what Amazon's SDK reads."""

import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import EventStreamJSONParser, RestJSONParser

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.invoke_face import BedrockInvoke
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.token_count import BedrockTokenCount
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.model.content import Citation, OpaqueBlock, Seal, Source, TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import (
    CausewayError,
    ContextOverflowError,
    InvalidRequestError,
    MalformedJsonError,
    ModelNotFoundError,
    UpstreamConnectionError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    TextDelta,
)
from causeway.model.extras import Extras
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, Failure, FinishReason
from causeway.model.token_count import TokenCount
from causeway.model.usage import Usage
from support.provenance import NOBODY

CALLER = BedrockConverse()
PROVIDER = BedrockProvider()
INVOKE = BedrockInvoke(
    claude=AnthropicChat(),
    cohere=CohereV1Chat(is_native=False),
    openai=OpenAiChat(is_unified=False, needs_model=False),
)
REQUEST = ChatRequest(model="", messages=(), dialect="bedrock")
SERVICE = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))
HELLO = [{"role": "user", "content": [{"text": "Hello"}]}]


PNG = {"bytes": "AAAA"}
THEIRS = {"uri": "s3://b/k", "bucketOwner": "o"}
CALL = {"toolUseId": "i", "name": "f"}
JSON_SCHEMA = {"type": "json_schema"}
NO_SCHEMA = {"jsonSchema": {"schema": "{"}}


def read(body: Any) -> ChatRequest:
    return CALLER.decode_request(json.dumps(body).encode(), LossReport())


def user(block: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [block]}]}


def assistant(block: Any) -> dict[str, Any]:
    return {"messages": [*HELLO, {"role": "assistant", "content": [block]}]}


def tools(tool: Any) -> dict[str, Any]:
    return {"messages": HELLO, "toolConfig": {"tools": [tool]}}


def additional(fields: Any) -> dict[str, Any]:
    return {"messages": HELLO, "additionalModelRequestFields": fields}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "messages"),
        ([], None),
        ({"messages": "x"}, "messages"),
        ({"messages": [{"content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": [{"text": "a"}]}]}, "messages[0].role"),
        (user({}), "messages[0].content[0]"),
        (user({"text": "a", "image": None, "guardContent": {}}), "messages[0].content[0]"),
        (user({"text": 1}), "messages[0].content[0].text"),
        (user({"image": {"format": "png"}}), "messages[0].content[0].image.source"),
        (user({"image": {"format": "png", "source": {}}}), "messages[0].content[0].image.source"),
        (user({"image": {"source": {"bytes": "AAAA"}}}), "messages[0].content[0].image.format"),
        (
            user({"image": {"format": "x", "source": {"bytes": "AAAA"}}}),
            "messages[0].content[0].image.format",
        ),
        (
            user({"document": {"format": "pdf", "source": {"bytes": "AAAA"}}}),
            "messages[0].content[0].document.name",
        ),
        (
            user({"document": {"name": "d", "source": {"bytes": "AAAA"}}}),
            "messages[0].content[0].document.format",
        ),
        (user({"cachePoint": {"type": "x"}}), "messages[0].content[0].cachePoint.type"),
        (user({"cachePoint": {"type": "default", "ttl": "1d"}}), "messages[0].content[0].cachePoint.ttl"),
        (user({"toolResult": {"content": []}}), "messages[0].content[0].toolResult.toolUseId"),
        (user({"toolResult": {"toolUseId": "i"}}), "messages[0].content[0].toolResult.content"),
        (
            user({"toolResult": {"toolUseId": "i", "content": [], "status": "x"}}),
            "messages[0].content[0].toolResult.status",
        ),
        (
            user({"toolResult": {"toolUseId": "i", "content": [{}]}}),
            "messages[0].content[0].toolResult.content[0]",
        ),
        (assistant({"toolUse": {"name": "f", "input": {}}}), "messages[1].content[0].toolUse.toolUseId"),
        (assistant({"toolUse": {"toolUseId": "i", "name": "f"}}), "messages[1].content[0].toolUse.input"),
        (
            assistant({"toolUse": {"toolUseId": "i", "name": "f", "input": "{}"}}),
            "messages[1].content[0].toolUse.input",
        ),
        (
            assistant({"reasoningContent": {"reasoningText": {"text": 1}}}),
            "messages[1].content[0].reasoningContent.reasoningText.text",
        ),
        ({"messages": HELLO, "system": [{}]}, "system[0]"),
        ({"messages": HELLO, "system": [{"image": {}}]}, "system[0]"),
        ({"messages": HELLO, "inferenceConfig": {"temperature": 1.1}}, "inferenceConfig.temperature"),
        ({"messages": HELLO, "inferenceConfig": {"topP": -0.1}}, "inferenceConfig.topP"),
        ({"messages": HELLO, "inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
        ({"messages": HELLO, "inferenceConfig": {"stopSequences": [""]}}, "inferenceConfig.stopSequences"),
        ({"messages": HELLO, "inferenceConfig": {"stopSequences": "a"}}, "inferenceConfig.stopSequences"),
        (tools({}), "toolConfig.tools[0]"),
        (tools({"toolSpec": {"inputSchema": {"json": {}}}}), "toolConfig.tools[0].toolSpec.name"),
        (tools({"toolSpec": {"name": "f"}}), "toolConfig.tools[0].toolSpec.inputSchema"),
        (
            {"messages": HELLO, "toolConfig": {"tools": [], "toolChoice": {"x": {}}}},
            "toolConfig.toolChoice",
        ),
        (
            {
                "messages": HELLO,
                "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 0}},
            },
            "additionalModelRequestFields.thinking.budget_tokens",
        ),
        (
            {"messages": HELLO, "additionalModelRequestFields": {"top_k": -1}},
            "additionalModelRequestFields.top_k",
        ),
        (
            {
                "messages": HELLO,
                "outputConfig": {
                    "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}
                },
            },
            "outputConfig.textFormat.structure.jsonSchema.schema",
        ),
        ({"messages": HELLO, "fallbacks": "x"}, "fallbacks"),
    ],
)
def test_a_wrong_field_is_named(body: Any, field: str | None) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(body)
    assert caught.value.field == field
    assert caught.value.status == 400
    assert (field or "the body") in caught.value.message
    told = json.loads(CALLER.encode_error(caught.value, "id"))
    assert told == {"message": caught.value.message, "__type": "ValidationException"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        CALLER.decode_request(body, LossReport())


def test_what_has_no_canonical_place_is_kept_where_it_stood() -> None:
    body: dict[str, Any] = {
        "messages": [
            {"role": "user", "content": [{"text": "a"}]},
            {
                "role": "user",
                "content": [
                    {
                        "document": {
                            "name": "d",
                            "format": "txt",
                            "source": {"content": [{"text": "b"}, {"text": "c"}]},
                            "citations": {"enabled": True},
                        }
                    },
                    {
                        "image": {
                            "format": "png",
                            "source": {"s3Location": {"uri": "s3://b/k", "bucketOwner": "o"}},
                        }
                    },
                ],
            },
        ],
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "inferenceConfig": {"novelty": 1},
        "additionalModelRequestFields": {"anthropic_beta": ["x"]},
        "outputConfig": {"effort": "low"},
    }
    losses = LossReport()
    request = CALLER.decode_request(json.dumps(body).encode(), losses)
    again = json.loads(PROVIDER.encode_request(request, losses))
    [joined] = again.pop("messages")  # a user's turns in a row are one
    assert joined["content"] == [block for turn in body.pop("messages") for block in turn["content"]]
    assert again == body
    assert losses.losses == []


def test_a_name_that_cannot_be_part_of_a_path_is_reported() -> None:
    losses = LossReport()
    body = {"messages": HELLO, "messages[0].content": "gone"}
    request = CALLER.decode_request(json.dumps(body).encode(), losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("unknown", "messages[0].content")]
    assert json.loads(PROVIDER.encode_request(request, losses))["messages"] == HELLO


def test_fallbacks_are_the_gateways_own() -> None:
    request = read({"messages": HELLO, "fallbacks": ["openai/gpt-4o"]})
    assert request.fallbacks == ("openai/gpt-4o",)
    assert b"fallbacks" not in PROVIDER.encode_request(request, LossReport())


def test_a_count_is_asked_for_and_told() -> None:
    face = BedrockTokenCount(INVOKE)
    body = json.dumps({"input": {"converse": {"messages": HELLO}}}).encode()
    assert face.decode_request(body, LossReport()).messages == read({"messages": HELLO}).messages
    assert face.encode_response(TokenCount(7)) == b'{"inputTokens":7}'
    for wrong, field in (({}, "input"), ({"input": {}}, "input.converse"), ({"input": 1}, "input")):
        with pytest.raises(InvalidRequestError) as caught:
            face.decode_request(json.dumps(wrong).encode(), LossReport())
        assert caught.value.field == field
    with pytest.raises(InvalidRequestError) as caught:
        face.decode_request(b'{"input":{"converse":{"messages":1}}}', LossReport())
    assert caught.value.field == "input.converse.messages"


# Answers of other dialects


def test_an_answer_cited_in_spans_is_told_in_pieces() -> None:
    source = Source("document", "doc:1", {"title": "Title", "text": "snippet", "url": "https://a.example/"})
    tool = Source("tool", "call:0", {"result": 1})
    response = ChatResponse(
        id="x",
        content=(TextBlock("one two three"),),
        tool_plan="plan",
        citations=(
            Citation(4, 7, "two", (source,)),
            Citation(6, 9, "o t", (tool,), "text"),
            Citation(0, 4, "plan", (source,), "plan"),
        ),
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(),
    )
    losses = LossReport()
    CALLER.report_losses(response, losses)
    content = json.loads(CALLER.encode_response(response, REQUEST, NOBODY))["output"]["message"]["content"]
    assert content == [
        {"text": "plan"},
        {"text": "one "},
        {
            "citationsContent": {
                "content": [{"text": "two t"}],
                "citations": [
                    {
                        "title": "Title",
                        "source": "https://a.example/",
                        "sourceContent": [{"text": "snippet"}],
                        "location": {"web": {"url": "https://a.example/"}},
                    },
                    {"title": "call:0"},
                ],
            }
        },
        {"text": "hree"},
    ]
    assert [(loss.kind, loss.path) for loss in losses.losses] == [
        ("mapped", "response.tool_plan"),
        ("dropped", "response.citations"),
        ("mapped", "response.citations"),
    ]


def test_foreign_seals_and_blocks_are_not_shown() -> None:
    response = ChatResponse(
        id="x",
        content=(
            ThinkingBlock("Hm", Seal("anthropic", {"signature": "s"})),
            OpaqueBlock("anthropic", "server_tool_use", {"type": "server_tool_use"}),
            TextBlock("Hi", Seal("gemini", {"x": 1})),
        ),
        tool_calls=(ToolCall("i", "f", "not JSON"),),
        finish_reason=FinishReason.TOOL_CALL,
        usage=Usage(),
        extras=Extras("anthropic", {"container": "c"}),
    )
    body = json.loads(CALLER.encode_response(response, REQUEST, NOBODY))
    assert body["output"]["message"]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm"}}},
        {"text": "Hi"},
        {"toolUse": {"toolUseId": "i", "name": "f", "input": {"arguments": "not JSON"}}},
    ]
    losses = LossReport()
    CALLER.report_losses(response, losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("dropped", "response.container")]


# What Amazon's SDK reads


def parsed_stream(frames: bytes) -> list[dict[str, Any]]:
    """Return what botocore makes of a stream's frames, as (status, event)."""
    buffer = EventStreamBuffer()
    buffer.add_data(frames)
    shape = SERVICE.operation_model("ConverseStream").get_event_stream_output()
    parser = EventStreamJSONParser()
    return [parser.parse(message.to_response_dict(), shape) for message in buffer]


def test_amazons_sdk_reads_every_frame() -> None:
    source = Source("document", "d", {"title": "t", "text": "s"})
    response = ChatResponse(
        id="x",
        content=(ThinkingBlock("Hm", Seal("bedrock", {"signature": "s"})), TextBlock("Hé")),
        tool_calls=(ToolCall("i", "f", '{"a":1}'),),
        citations=(Citation(0, 2, "Hé", (source,)),),
        finish_reason=FinishReason.TOOL_CALL,
        usage=Usage(input_tokens=7, output_tokens=5, cached_tokens=4),
    )
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    assert parsed_stream(encoder.encode_all(unfold(response))) == [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": "Hé"}}},
        {
            "contentBlockDelta": {
                "contentBlockIndex": 1,
                "delta": {"citation": {"title": "t", "sourceContent": [{"text": "s"}]}},
            }
        },
        {"contentBlockStop": {"contentBlockIndex": 1}},
        {
            "contentBlockStart": {
                "contentBlockIndex": 2,
                "start": {"toolUse": {"toolUseId": "i", "name": "f"}},
            }
        },
        {"contentBlockDelta": {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a":1}'}}}},
        {"contentBlockStop": {"contentBlockIndex": 2}},
        {"messageStop": {"stopReason": "tool_use"}},
        {
            "metadata": {
                "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 12, "cacheReadInputTokens": 4},
                "metrics": {"latencyMs": 0},
            }
        },
    ]


def test_amazons_sdk_raises_at_a_stream_that_broke_off() -> None:
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    events: list[Event] = [
        MessageStart("x"),
        MessageEnd(FinishReason.ERROR, Usage(), Failure("m", "THROTTLINGEXCEPTION")),
    ]
    *_, failed = parsed_stream(encoder.encode_all(events))
    assert failed["Error"]["Code"] == "throttlingException"
    assert failed["Error"]["Message"] == "m"


def test_amazons_sdk_reads_a_whole_answer() -> None:
    response = ChatResponse(
        id="x",
        content=(TextBlock("Hi"),),
        tool_calls=(ToolCall("i", "f", '{"a":1}'),),
        finish_reason=FinishReason.TOOL_CALL,
        usage=Usage(input_tokens=1, output_tokens=2),
    )
    body = CALLER.encode_response(response, REQUEST, NOBODY)
    shape = SERVICE.operation_model("Converse").output_shape
    parsed = RestJSONParser().parse({"status_code": 200, "headers": {}, "body": body}, shape)
    assert parsed["output"]["message"] == {
        "role": "assistant",
        "content": [{"text": "Hi"}, {"toolUse": {"toolUseId": "i", "name": "f", "input": {"a": 1}}}],
    }
    assert parsed["stopReason"] == "tool_use"


@pytest.mark.parametrize(
    ("error", "type"),
    [
        (InvalidRequestError("m"), "ValidationException"),
        (ContextOverflowError("m"), "ValidationException"),
        (ModelNotFoundError("m"), "ResourceNotFoundException"),
        (UpstreamConnectionError("m"), "ServiceUnavailableException"),
        (UpstreamTimeoutError("m"), "ModelTimeoutException"),
        (UpstreamRefusedError("m", status=429), "ThrottlingException"),
        (UpstreamRefusedError("m", status=429, type="ModelNotReadyException"), "ModelNotReadyException"),
        (UpstreamRefusedError("m", status=429, type="rate_limit_error"), "ThrottlingException"),
        (UpstreamRefusedError("m", status=418), "ValidationException"),
        (UpstreamRefusedError("m", status=529), "InternalServerException"),
        (CausewayError("m"), "InternalServerException"),
    ],
)
def test_amazons_sdk_reads_an_error(error: CausewayError, type: str) -> None:
    shape = SERVICE.operation_model("Converse").output_shape
    assert CALLER.error_headers(error) == [(b"x-amzn-errortype", type.encode())]
    for headers in ({}, {"x-amzn-errortype": type}):
        answer = {"status_code": error.status, "headers": headers, "body": CALLER.encode_error(error, "id")}
        parsed = RestJSONParser().parse(answer, shape)
        assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (type, "m")


def test_citations_that_come_after_the_text_are_told_with_it() -> None:
    cited = Citation(0, 2, "Hi", (Source("document", "d", {"title": "t"}),))
    events: list[Event] = [
        MessageStart("x"),
        PlanDelta("I "),
        PlanDelta("plan"),
        ContentStart(0, "text"),
        TextDelta(0, "Hi"),
        ContentEnd(0),
        CitationAdded(0, cited),
        CitationAdded(1, Citation(0, 1, "p", cited.sources, "plan")),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    ]
    encoder = CALLER.stream_encoder(REQUEST, NOBODY)
    decoder = PROVIDER.stream_decoder()
    response = fold(decoder.feed(encoder.encode_all(events)))
    assert [block.text for block in response.content if isinstance(block, TextBlock)] == ["I plan", "Hi"]
    assert [(citation.text, citation.content_index) for citation in response.citations] == [("Hi", 1)]
