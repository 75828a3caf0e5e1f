"""AWS's own SDK in front of the scripted upstream: it behaves as in front of the real thing."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import anthropic
import boto3
import botocore.exceptions
import httpx
import jsonschema_rs
import msgspec
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator

from causeway.model.content import Citation, Source
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing import Answer, Call, ScriptedUpstream, Status
from causeway.testing.signatures import sign
from support.recordings import recordings

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [
    {"toolSpec": {"name": name, "inputSchema": {"json": SCHEMA}}} for name in ("get_weather", "get_time")
]
THINKING: Any = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
DOCUMENTS: Any = [
    {
        "document": {
            "name": "France",
            "format": "txt",
            "source": {"text": "Paris is the capital of France. It is old."},
            "citations": {"enabled": True},
        }
    },
    {
        "document": {
            "name": "Italy",
            "format": "md",
            "source": {"bytes": "It was. Rome’s the capital.".encode()},
            "citations": {"enabled": True},
        }
    },
]
BEARER = {"authorization": "Bearer any"}


def said(text: str) -> Any:
    return {"role": "user", "content": [{"text": text}]}


def called(*identifiers: str) -> Any:
    uses = [{"toolUse": {"toolUseId": item, "name": "get_weather", "input": {}}} for item in identifiers]
    return {"role": "assistant", "content": uses}


def returned(*identifiers: str) -> Any:
    results = [
        {"toolResult": {"toolUseId": item, "content": [{"text": "It is blue. Very."}]}}
        for item in identifiers
    ]
    return {"role": "user", "content": results}


def make_client(url: str, key: str = "AKIDSCRIPTED") -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key="never sent",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
def client(upstream: ScriptedUpstream) -> Iterator[Any]:
    client = make_client(upstream.url)
    yield client
    client.close()


def ask(client: Any, *messages: Any, **options: Any) -> Any:
    return client.converse(modelId="anthropic.claude-v1:0", messages=list(messages), **options)


def events(client: Any, *messages: Any, **options: Any) -> list[Any]:
    reply = client.converse_stream(modelId="anthropic.claude-v1:0", messages=list(messages), **options)
    return list(reply["stream"])


def content(reply: Any) -> Any:
    return reply["output"]["message"]["content"]


def folded(found: list[Any]) -> list[Any]:
    """Return the blocks that events tell, as a whole answer has them."""
    blocks: list[Any] = []
    for event in found:
        match event:
            case {"contentBlockStart": {"start": {"toolUse": head}}}:
                blocks.append({"toolUse": {**head, "input": ""}})
            case {"contentBlockDelta": {"delta": delta, "contentBlockIndex": index}}:
                if index == len(blocks):
                    blocks.append({})
                add(blocks[index], delta)
    for block in blocks:
        if "toolUse" in block:
            block["toolUse"]["input"] = msgspec.json.decode(block["toolUse"]["input"] or "{}")
    return blocks


def add(block: Any, delta: Any) -> None:
    match delta:
        case {"text": text} if "citationsContent" not in block:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] += text
        case {"reasoningContent": {"text": text}}:
            told = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
            told["text"] += text
        case {"reasoningContent": {"signature": signature}}:
            block["reasoningContent"]["reasoningText"]["signature"] = signature
        case {"citation": citation}:
            cited = {"content": [{"text": block.pop("text")}], "citations": [citation]}
            block["citationsContent"] = cited
        case _:
            raise AssertionError(f"no such delta: {delta}")


def post(upstream: ScriptedUpstream, body: Any, method: str = "converse", **headers: str) -> httpx.Response:
    return httpx.post(f"{upstream.url}/model/m/{method}", json=body, headers={**BEARER, **headers})


def test_a_conversation_says_back_what_it_was_told(client: Any, upstream: ScriptedUpstream) -> None:
    reply = ask(client, said("Hello, wörld"))
    assert content(reply) == [{"text": "You said: Hello, wörld"}]
    assert reply["stopReason"] == "end_turn"
    usage = reply["usage"]
    assert (usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]) == (2, 4, 6)
    (request,) = upstream.requests
    assert request.path == "/model/anthropic.claude-v1%3A0/converse"
    assert request.key == "AKIDSCRIPTED"


def test_a_resource_name_is_a_model(client: Any, upstream: ScriptedUpstream) -> None:
    name = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1"
    assert client.converse(modelId=name, messages=[said("Hi")])["stopReason"] == "end_turn"
    assert upstream.requests[0].path.count("/") == 3


@pytest.mark.parametrize(
    ("messages", "options"),
    [
        ([said("Hello there")], {}),
        ([said("Hello there")], {"additionalModelRequestFields": THINKING}),
        ([said("get_time and get_weather")], {"toolConfig": {"tools": TOOLS}}),
        ([said("one two three")], {"inferenceConfig": {"maxTokens": 3}}),
        ([{"role": "user", "content": [*DOCUMENTS, {"text": "Well?"}]}], {}),
    ],
    ids=["text", "thinking", "tools", "length", "citations"],
)
def test_a_stream_says_what_the_whole_answer_says(client: Any, messages: Any, options: Any) -> None:
    whole, found = ask(client, *messages, **options), events(client, *messages, **options)
    told = folded(found)
    for block in (*told, *content(whole)):
        if "toolUse" in block:
            block["toolUse"].pop("toolUseId")  # it has the number of the request
    assert told == content(whole)
    *_, stop, metadata = found
    assert stop["messageStop"]["stopReason"] == whole["stopReason"]
    assert metadata["metadata"] == {name: whole[name] for name in ("usage", "metrics")}
    assert found[0] == {"messageStart": {"role": "assistant"}}


def test_every_answer_is_of_the_shapes_that_aws_publishes(client: Any, upstream: ScriptedUpstream) -> None:
    citation = Citation(0, 3, "Ada", (Source("document", "d", {"title": "D"}),))
    answers = [
        Answer("Ada wrote.", thinking="Hm.", citations=(citation,)),
        Answer("Now.", (Call("f", {"a": 1}, "id-1"), Call("g"))),
        Answer("Hm", finish_reason=FinishReason.CONTENT_FILTER),
    ]
    body = {"messages": [{"role": "user", "content": [{"text": "Hi"}, *DOCUMENTS[:1]]}]}
    model = client.meta.service_model
    output = model.operation_model("Converse").output_shape
    upstream.script(*answers)
    for _ in answers:
        report = ParamValidator().validate(post(upstream, body).json(), output)
        assert not report.has_errors(), report.generate_report()
    event_shapes = model.shape_for("ConverseStreamOutput").members
    upstream.script(*answers)
    for _ in answers:
        for kind, payload in frames(post(upstream, body, "converse-stream").content):
            report = ParamValidator().validate(payload, event_shapes[kind])
            assert not report.has_errors(), report.generate_report()


def frames(data: bytes) -> list[tuple[str, Any]]:
    """Return the events of a stream, read as AWS's SDK reads frames, each with its payload as it came."""
    from botocore.eventstream import EventStreamBuffer

    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(frame.headers[":event-type"], msgspec.json.decode(frame.payload)) for frame in buffer]


def test_tools_are_called_in_parallel(client: Any) -> None:
    reply = ask(client, said("get_time, then get_weather"), toolConfig={"tools": TOOLS})
    assert reply["stopReason"] == "tool_use"
    uses = [block["toolUse"] for block in content(reply)]
    assert [use["name"] for use in uses] == ["get_time", "get_weather"]
    assert len({use["toolUseId"] for use in uses}) == 2
    for use in uses:
        jsonschema_rs.validate(SCHEMA, use["input"])


@pytest.mark.parametrize(
    ("text", "choice", "names"),
    [
        ("Hi", {"any": {}}, ["get_weather"]),
        ("Hi", {"tool": {"name": "get_time"}}, ["get_time"]),
        ("get_time", {"auto": {}}, ["get_time"]),
    ],
)
def test_tool_choice_is_obeyed(client: Any, text: str, choice: Any, names: list[str]) -> None:
    reply = ask(client, said(text), toolConfig={"tools": TOOLS, "toolChoice": choice})
    assert [block["toolUse"]["name"] for block in content(reply)] == names


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_conversation_goes_on_after_thoughts_and_calls(client: Any, is_streamed: bool) -> None:
    options = {"toolConfig": {"tools": TOOLS}, "additionalModelRequestFields": THINKING}
    question = said("get_weather")
    first = (
        folded(events(client, question, **options))
        if is_streamed
        else content(ask(client, question, **options))
    )
    assert [next(iter(block)) for block in first] == ["reasoningContent", "toolUse"]
    turn = {"role": "assistant", "content": first}
    result = returned(first[1]["toolUse"]["toolUseId"])
    reply = ask(client, question, turn, result, **options)
    assert content(reply)[1] == {"text": "The tools said: It is blue."}
    without_thoughts = {"role": "assistant", "content": first[1:]}
    with pytest.raises(client.exceptions.ValidationException, match=r"messages\.1\.content\.0"):
        ask(client, question, without_thoughts, result, **options)


@pytest.mark.parametrize(
    "change", [{"text": "I never thought so."}, {"signature": sign("x")}, {"signature": "?"}]
)
def test_a_thought_comes_back_as_it_was_or_is_refused(client: Any, change: Any) -> None:
    thought = {"text": "I thought so.", "signature": sign("I thought so."), **change}
    turn = {
        "role": "assistant",
        "content": [{"reasoningContent": {"reasoningText": thought}}, {"text": "Yes"}],
    }
    with pytest.raises(client.exceptions.ValidationException, match=r"reasoningText\.signature"):
        ask(client, said("Hi"), turn, said("And?"))


def test_documents_are_cited_by_their_place_and_span(client: Any) -> None:
    message = {"role": "user", "content": [*DOCUMENTS, {"text": "Well?"}]}
    blocks = content(ask(client, message))
    told = "".join(
        block.get("text") or "".join(piece["text"] for piece in block["citationsContent"]["content"])
        for block in blocks
    )
    assert told == "The documents say: Paris is the capital of France. It was."
    cited = [block["citationsContent"] for block in blocks if "citationsContent" in block]
    places = [block["citations"][0]["location"]["documentChar"] for block in cited]
    assert [(place["documentIndex"], place["start"], place["end"]) for place in places] == [
        (0, 0, 31),
        (1, 0, 7),
    ]
    assert [block["citations"][0]["title"] for block in cited] == ["France", "Italy"]


def test_documents_that_may_not_be_cited_are_not(client: Any) -> None:
    document = {"document": {"name": "A", "format": "txt", "source": {"text": "Paris is old."}}}
    blocks = content(ask(client, {"role": "user", "content": [document, {"text": "Well?"}]}))
    assert blocks == [{"text": "You said: Well?"}]


def test_search_results_of_the_caller_are_cited(client: Any) -> None:
    result = {
        "source": "https://a.b",
        "title": "A",
        "content": [{"text": "Paris is old."}],
        "citations": {"enabled": True},
    }
    blocks = content(ask(client, {"role": "user", "content": [{"searchResult": result}, {"text": "Well?"}]}))
    (citation,) = blocks[1]["citationsContent"]["citations"]
    assert citation["source"] == "https://a.b"
    assert citation["location"] == {"searchResultLocation": {"searchResultIndex": 0, "start": 0, "end": 13}}


def test_json_is_made_under_the_schema(client: Any) -> None:
    structure = {"jsonSchema": {"schema": msgspec.json.encode(SCHEMA).decode()}}
    output = {"textFormat": {"type": "json_schema", "structure": structure}}
    reply = ask(client, said("Rome"), outputConfig=output)
    assert msgspec.json.decode(content(reply)[0]["text"]) == {"city": "Rome"}


def test_stop_sequences_and_the_bound_of_tokens_end_the_answer(client: Any) -> None:
    stopped = ask(client, said("one STOP two"), inferenceConfig={"stopSequences": [" STOP"]})
    assert (content(stopped), stopped["stopReason"]) == ([{"text": "You said: one"}], "stop_sequence")
    cut = ask(client, said("one two"), inferenceConfig={"maxTokens": 3})
    assert (content(cut), cut["stopReason"]) == ([{"text": "You said: one"}], "max_tokens")


def test_what_the_cache_gave_is_not_among_the_input(client: Any, upstream: ScriptedUpstream) -> None:
    usage = Usage(input_tokens=100, output_tokens=7, cached_tokens=60, cache_write_tokens=30)
    upstream.script(Answer("Hi", usage=usage))
    assert ask(client, said("Hi"))["usage"] == {
        "inputTokens": 10,
        "outputTokens": 7,
        "totalTokens": 107,
        "cacheReadInputTokens": 60,
        "cacheWriteInputTokens": 30,
    }


def test_arguments_that_are_no_object_are_a_malformed_use(client: Any, upstream: ScriptedUpstream) -> None:
    upstream.script(*[Answer(None, (Call("f", "{"),))] * 2)
    whole = ask(client, said("Hi"))
    assert (content(whole), whole["stopReason"]) == ([], "malformed_tool_use")
    deltas = [
        event["contentBlockDelta"] for event in events(client, said("Hi")) if "contentBlockDelta" in event
    ]
    assert [delta["delta"]["toolUse"]["input"] for delta in deltas] == ["{"]


def test_tokens_are_counted_in_either_form_of_the_question(client: Any) -> None:
    converse = {"messages": [said("one two three")], "system": [{"text": "four"}]}
    assert client.count_tokens(modelId="m", input={"converse": converse})["inputTokens"] == 4
    body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "one two"}]}],
        "system": "three",
    }
    invoked = {"body": msgspec.json.encode(body)}
    assert client.count_tokens(modelId="m", input={"invokeModel": invoked})["inputTokens"] == 3


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_a_status_is_the_exception_that_the_sdk_knows(
    client: Any, upstream: ScriptedUpstream, status: int, name: str
) -> None:
    upstream.respond = lambda request: Status(status, "because")
    for call in (ask, events):
        with pytest.raises(getattr(client.exceptions, name), match="because"):
            call(client, said("Hi"))


def test_a_stream_that_breaks_off_says_so(client: Any, upstream: ScriptedUpstream) -> None:
    upstream.script(
        Answer("one two three", error_after_events=2, has_comments=True, ends_lines_with_crlf=True)
    )
    with pytest.raises(botocore.exceptions.EventStreamError, match="The stream broke off") as caught:
        events(client, said("Hi"))
    assert caught.value.response["Error"]["Code"] == "modelStreamErrorException"


def test_the_key_is_the_id_of_the_access_key_or_a_bearer() -> None:
    with ScriptedUpstream(required_key="right") as upstream:
        assert ask(make_client(upstream.url, "right"), said("Hi"))["stopReason"] == "end_turn"
        with pytest.raises(botocore.exceptions.ClientError, match="security token"):
            ask(make_client(upstream.url, "wrong"), said("Hi"))
        body = {"messages": [said("Hi")]}
        assert post(upstream, body, authorization="Bearer right").status_code == 200
        assert post(upstream, body, authorization="Bearer wrong").status_code == 403
        assert post(upstream, body, authorization="").json() == {"message": "Missing Authentication Token"}


SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AK/20250131/eu-west-1/bedrock/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, Signature=" + "0" * 64,
    "x-amz-date": "20250131T235959Z",
}


@pytest.mark.parametrize(
    ("headers", "complaint"),
    [
        (SIGNED, None),
        ({"authorization": ""}, "Missing Authentication Token"),
        ({**SIGNED, "x-amz-date": ""}, "x-amz-date"),
        ({**SIGNED, "authorization": SIGNED["authorization"][:-1]}, "authorization"),
        ({**SIGNED, "authorization": SIGNED["authorization"].replace("bedrock", "s3")}, "authorization"),
        ({**SIGNED, "authorization": SIGNED["authorization"].replace("host;", "")}, "signed headers"),
        ({"authorization": "Basic eDp5"}, "authorization"),
    ],
)
def test_a_signature_must_have_its_form(
    upstream: ScriptedUpstream, headers: dict[str, str], complaint: str | None
) -> None:
    counted = {"input": {"converse": {"messages": [said("Hi")]}}}
    for body, method in (({"messages": [said("Hi")]}, "converse"), (counted, "count-tokens")):
        response = post(upstream, body, method, **headers)
        assert response.status_code == (200 if complaint is None else 403)
        assert (complaint or "") in response.text


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"model": "m"}, "model"),
        ({"inferenceConfig": {"topK": 3}}, "inferenceConfig: Object contains unknown field `topK`"),
        ({"inferenceConfig": {"temperature": 1.5}}, "inferenceConfig.temperature"),
        ({"inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": [{"text": "a"}]}]}, "messages[0].role"),
        ({"messages": [said("a"), said("b")]}, "messages.1.role"),
        ({"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0"),
        ({"messages": [said("")]}, "messages.0.content.0"),
        ({"messages": [said(" \n")]}, "messages.0.content.0"),
        (
            {"messages": [{"role": "user", "content": [{"text": "a", "cachePoint": {"type": "default"}}]}]},
            "content.0",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
            "messages[0].content[0]",
        ),
        ({"messages": [said("a"), called("t"), said("b")], "toolConfig": {"tools": TOOLS}}, "Ids: t"),
        ({"messages": [returned("t")], "toolConfig": {"tools": TOOLS}}, "'t'"),
        ({"messages": [said("a"), called("t"), returned("t", "u")], "toolConfig": {"tools": TOOLS}}, "'u'"),
        (
            {"messages": [said("a"), called("t"), returned("t", "t")], "toolConfig": {"tools": TOOLS}},
            "messages.2",
        ),
        ({"messages": [{**called("t"), "role": "user"}], "toolConfig": {"tools": TOOLS}}, "messages.0"),
        ({"messages": [said("a"), called("t"), returned("t")]}, "toolConfig"),
        ({"messages": [said("a"), called("a b")]}, "messages[1].content[0].toolUse.toolUseId"),
        ({"toolConfig": {"tools": []}}, "toolConfig.tools"),
        ({"toolConfig": {"tools": TOOLS, "toolChoice": {"auto": {}, "any": {}}}}, "toolConfig.toolChoice"),
        ({"toolConfig": {"tools": TOOLS, "toolChoice": {"tool": {"name": "x"}}}}, "toolConfig.toolChoice"),
        (
            {
                "outputConfig": {
                    "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}
                }
            },
            "outputConfig.textFormat.structure.jsonSchema.schema",
        ),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    upstream: ScriptedUpstream, extra: dict[str, Any], field: str
) -> None:
    response = post(upstream, {"messages": [said("Hi")], **extra})
    assert response.status_code == 400
    assert response.headers["x-amzn-errortype"] == "ValidationException"
    assert field in response.json()["message"]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"name": "a.txt", "source": {"text": "b"}}, "document.name"),
        ({"name": "a", "source": {}}, "messages.0.content.0.source"),
        ({"name": "a", "source": {"text": "b", "bytes": "YQ=="}}, "messages.0.content.0.source"),
        ({"name": "a", "source": {"bytes": "?"}}, "messages.0.content.0.source.bytes"),
        ({"name": "a", "format": "rtf", "source": {"text": "b"}}, "document.format"),
    ],
)
def test_a_wrong_document_is_refused_by_the_name_of_its_field(
    upstream: ScriptedUpstream, document: Any, field: str
) -> None:
    messages = [{"role": "user", "content": [{"document": document}, {"text": "Well?"}]}]
    response = post(upstream, {"messages": messages})
    assert response.status_code == 400
    assert field in response.json()["message"]


@pytest.mark.parametrize(
    ("counted", "field"),
    [({}, "input"), ({"invokeModel": {"body": "?"}}, "body"), ({"converse": {"messages": []}}, "messages")],
)
def test_what_cannot_be_counted_is_refused(upstream: ScriptedUpstream, counted: Any, field: str) -> None:
    response = post(upstream, {"input": counted}, "count-tokens")
    assert response.status_code == 400
    assert field in response.json()["message"]


def with_own_signatures(value: Any) -> Any:
    """Return a body with the signatures of the real provider, which nobody else knows, replaced."""
    if isinstance(value, list):
        return [with_own_signatures(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "signature" in value:
        return {**value, "signature": sign(value["text"])}
    return {name: with_own_signatures(item) for name, item in value.items()}


@pytest.mark.parametrize("url_end", ["/converse", "/converse-stream", "/count-tokens", "/invoke"])
def test_every_recorded_request_that_bedrock_took_is_taken(upstream: ScriptedUpstream, url_end: str) -> None:
    exchanges = [parameter.values[0] for parameter in recordings("bedrock", url_end)]
    if exchanges == [None]:
        pytest.skip("the recordings are not beside this checkout")
    with httpx.Client(base_url=upstream.url, headers=BEARER) as client:
        for exchange in exchanges:
            if exchange["response"]["status"] == 200:
                path = urlsplit(exchange["request"]["url"]).path
                response = client.post(path, json=with_own_signatures(exchange["request"]["body"]))
                assert response.status_code == 200, response.text


def test_frames_are_framed_as_recorded(upstream: ScriptedUpstream) -> None:
    found = [parameter.values[0] for parameter in recordings("bedrock", "/converse-stream")]
    if found == [None]:
        pytest.skip("the recordings are not beside this checkout")
    recorded = base64.b64decode(
        next(each["response"]["base64"] for each in found if "base64" in each["response"])
    )
    ours = post(upstream, {"messages": [said("Hi")]}, "converse-stream")
    assert ours.headers["content-type"] == "application/vnd.amazon.eventstream"
    first = [data[12 : 12 + int.from_bytes(data[4:8], "big")] for data in (recorded, ours.content)]
    assert first[0] == first[1]


def invoke_client(upstream: ScriptedUpstream) -> anthropic.AnthropicBedrock:
    return anthropic.AnthropicBedrock(
        base_url=upstream.url,
        aws_access_key="AKIDSCRIPTED",
        aws_secret_key="never sent",
        aws_region="eu-west-1",
        max_retries=0,
    )


INVOKED: Any = {"model": "anthropic.claude-v1:0", "max_tokens": 2000, "messages": [said("Hello there")]}
INVOKED["messages"][0]["content"][0]["type"] = "text"


def test_a_model_is_invoked_with_a_body_of_anthropics(upstream: ScriptedUpstream) -> None:
    client = invoke_client(upstream)
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    whole = client.messages.create(**INVOKED, thinking=thinking)
    with client.messages.stream(**INVOKED, thinking=thinking) as stream:
        streamed = stream.get_final_message()
    assert [block.type for block in whole.content] == ["thinking", "text"]
    told = [[getattr(block, block.type) for block in message.content] for message in (streamed, whole)]
    assert told == [["The user said: Hello there", "You said: Hello there"]] * 2
    assert streamed.usage == whole.usage
    assert streamed.model == "anthropic.claude-v1:0"
    ends = [request.path.rpartition("/")[2] for request in upstream.requests]
    assert ends == ["invoke", "invoke-with-response-stream"]


def test_an_invoked_stream_that_breaks_off_is_an_exception_in_it(
    client: Any, upstream: ScriptedUpstream
) -> None:
    upstream.script(Answer("one two three", error_after_events=2))
    body = {"anthropic_version": "v", "max_tokens": 9, "messages": INVOKED["messages"]}
    reply = client.invoke_model_with_response_stream(modelId="m", body=msgspec.json.encode(body))
    with pytest.raises(botocore.exceptions.EventStreamError, match="The stream broke off"):
        list(reply["body"])


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"anthropic_version": None}, "anthropic_version"),
        ({"model": "m"}, "model"),
        ({"stream": True}, "stream"),
        ({"anthropic_beta": "a"}, "anthropic_beta"),
        ({"inferenceConfig": {}}, "inferenceConfig"),
    ],
)
def test_a_wrong_body_of_anthropics_is_refused_in_the_shape_of_aws(
    upstream: ScriptedUpstream, extra: dict[str, Any], field: str
) -> None:
    body = {"anthropic_version": "v", "max_tokens": 9, "messages": INVOKED["messages"], **extra}
    response = post(upstream, body, "invoke")
    assert response.status_code == 400
    assert response.headers["x-amzn-errortype"] == "ValidationException"
    assert field in response.json()["message"]
