"""Google's own SDK in front of the scripted upstream: it behaves as in front of the real thing."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import msgspec
import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

from causeway.model.content import Citation, Source
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing import Answer, Call, ScriptedUpstream, Status
from support.recordings import recordings

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
DECLARATIONS: Any = [
    {"name": name, "description": name, "parameters_json_schema": SCHEMA}
    for name in ("get_weather", "get_time")
]
TOOLS: Any = [{"function_declarations": DECLARATIONS}]
SEARCH: Any = [{"google_search": {}}]
GEMINI_2, GEMINI_3 = "gemini-2.5-flash", "gemini-3-pro-preview"


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(models=("gemini-a", "gemini-b", "gemini-c")) as upstream:
        yield upstream


@pytest.fixture
def client(upstream: ScriptedUpstream) -> genai.Client:
    return genai.Client(api_key="secret", http_options=types.HttpOptions(base_url=upstream.url))


def ask(client: genai.Client, text: Any, model: str = GEMINI_2, **config: Any) -> Any:
    return client.models.generate_content(model=model, contents=text, config=config or None)


def stream(client: genai.Client, text: Any, model: str = GEMINI_2, **config: Any) -> list[Any]:
    return list(client.models.generate_content_stream(model=model, contents=text, config=config or None))


def parts(reply: Any) -> list[Any]:
    return list(reply.candidates[0].content.parts)


def post(upstream: ScriptedUpstream, body: Any, method: str = "generateContent") -> httpx.Response:
    return httpx.post(f"{upstream.url}/v1beta/models/{GEMINI_2}:{method}", json=body)


def said(text: str) -> Any:
    return {"role": "user", "parts": [{"text": text}]}


def called(*names: str, signature: str | None = None) -> Any:
    calls: list[Any] = [{"functionCall": {"name": name, "args": {}}} for name in names]
    if signature is not None:
        calls[0]["thoughtSignature"] = signature
    return {"role": "model", "parts": calls}


def returned(*names: str) -> Any:
    return {
        "role": "user",
        "parts": [
            {"functionResponse": {"name": name, "response": {"sky": "It is blue. Very."}}} for name in names
        ],
    }


def test_a_request_for_content_says_back_what_it_was_told(
    client: genai.Client, upstream: ScriptedUpstream
) -> None:
    reply = ask(client, "Hello, wörld")
    assert reply.text == "You said: Hello, wörld"
    assert reply.candidates[0].finish_reason == "STOP"
    assert reply.model_version == GEMINI_2
    usage = reply.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (2, 4, 6)
    (request,) = upstream.requests
    assert request.path == f"/v1beta/models/{GEMINI_2}:generateContent"
    assert request.key == "secret"
    assert "secret" not in repr(request)


async def test_the_asynchronous_client_is_answered_alike(client: genai.Client) -> None:
    reply = await client.aio.models.generate_content(model=GEMINI_2, contents="Hello")
    assert reply.text == "You said: Hello"
    chunks = await client.aio.models.generate_content_stream(model=GEMINI_2, contents="Hello")
    assert "".join([chunk.text or "" async for chunk in chunks]) == "You said: Hello"


@pytest.mark.parametrize(
    ("text", "model", "config"),
    [
        ("Hello there", GEMINI_2, {}),
        ("Hello there", GEMINI_3, {"thinking_config": {"include_thoughts": True}}),
        ("get_time and get_weather", GEMINI_3, {"tools": TOOLS}),
        ("one two three", GEMINI_2, {"max_output_tokens": 3}),
        ("Who?", GEMINI_2, {"tools": SEARCH}),
    ],
    ids=["text", "thoughts", "tools", "length", "search"],
)
def test_a_stream_says_what_the_whole_answer_says(
    client: genai.Client, text: str, model: str, config: Any
) -> None:
    whole, chunks = ask(client, text, model, **config), stream(client, text, model, **config)
    streamed = [part for chunk in chunks for part in parts(chunk)]

    def told(found: list[Any]) -> Any:
        return {
            "text": "".join(part.text or "" for part in found if not part.thought),
            "thoughts": "".join(part.text or "" for part in found if part.thought),
            "calls": [
                (part.function_call.name, part.function_call.args) for part in found if part.function_call
            ],
            "signatures": [part.thought_signature for part in found if part.thought_signature],
        }

    assert told(streamed) == told(parts(whole))
    last, only = chunks[-1].candidates[0], whole.candidates[0]
    assert (last.finish_reason, last.grounding_metadata) == (only.finish_reason, only.grounding_metadata)
    assert chunks[-1].usage_metadata == whole.usage_metadata
    assert all(chunk.candidates[0].finish_reason is None for chunk in chunks[:-1])
    assert len(chunks) > 2


def test_a_stream_without_events_is_one_json_array(client: genai.Client, upstream: ScriptedUpstream) -> None:
    body = {"contents": [said("Hello there")]}
    array = post(upstream, body, "streamGenerateContent")
    events = post(upstream, body, "streamGenerateContent?alt=sse")
    assert array.headers["content-type"] == "application/json; charset=UTF-8"
    assert events.headers["content-type"] == "text/event-stream"
    frames = [msgspec.json.decode(frame[6:]) for frame in events.text.split("\r\n\r\n") if frame]
    assert [answer["candidates"] for answer in array.json()] == [answer["candidates"] for answer in frames]


def test_every_answer_is_of_the_types_that_google_publishes(upstream: ScriptedUpstream) -> None:
    citation = Citation(0, 3, "Ada", (Source("document", "d", {"url": "https://a.b", "title": "a.b"}),))
    usage = Usage(input_tokens=9, output_tokens=5, cached_tokens=4, reasoning_tokens=2)
    upstream.script(
        Answer("Ada wrote.", thinking="Hm.", citations=(citation,), usage=usage),
        Answer("Now.", (Call("f", {"a": 1}, "id-1"), Call("g"))),
        Answer("Hm", finish_reason=FinishReason.CONTENT_FILTER),
    )
    bodies: list[Any] = [
        {"contents": [said("Hi")], "tools": [{"googleSearch": {}}]},
        {"contents": [said("Hi")]},
        {"contents": [said("Hi")], "generationConfig": {"responseLogprobs": True, "logprobs": 2}},
    ]
    found = []
    for body in bodies:
        answer = post(upstream, body).json()
        # Google's types forbid what they do not know.
        found.append(types.GenerateContentResponse.model_validate(answer))
    first = found[0].usage_metadata
    assert first is not None
    assert (first.cached_content_token_count, first.thoughts_token_count) == (4, 2)
    assert (first.candidates_token_count, first.total_token_count) == (3, 14)
    assert [part.function_call.id for part in parts(found[1])[1:]] == ["id-1", None]
    assert found[2].candidates[0].finish_reason == "SAFETY"


def test_functions_are_called_in_parallel_and_the_first_is_signed(client: genai.Client) -> None:
    for model, signed in ((GEMINI_3, [True, False]), (GEMINI_2, [False, False])):
        reply = ask(client, "get_time, then get_weather", model, tools=TOOLS)
        found = parts(reply)
        assert [part.function_call.name for part in found] == ["get_time", "get_weather"]
        assert [part.thought_signature is not None for part in found] == signed
        for part in found:
            jsonschema_rs.validate(SCHEMA, part.function_call.args)


@pytest.mark.parametrize(
    ("text", "calling", "names"),
    [
        ("Hi", {"mode": "ANY"}, ["get_weather"]),
        ("Hi", {"mode": "ANY", "allowed_function_names": ["get_time"]}, ["get_time"]),
        ("get_time", {"mode": "NONE"}, []),
        ("get_time", {"mode": "AUTO"}, ["get_time"]),
    ],
)
def test_the_mode_of_function_calling_is_obeyed(
    client: genai.Client, text: str, calling: Any, names: list[str]
) -> None:
    reply = ask(client, text, tools=TOOLS, tool_config={"function_calling_config": calling})
    assert [call.name for call in reply.function_calls or ()] == names


@pytest.mark.parametrize("model", [GEMINI_2, GEMINI_3])
def test_the_sdk_goes_on_after_its_calls_with_signatures_as_they_were(
    client: genai.Client, upstream: ScriptedUpstream, model: str
) -> None:
    chat = client.chats.create(model=model, config={"tools": TOOLS})
    first = chat.send_message("get_weather")
    assert first.function_calls is not None
    result = types.Part.from_function_response(name="get_weather", response={"sky": "It is blue. Very."})
    assert chat.send_message(result).text == "The tools said: It is blue."
    assert chat.send_message("Thanks").text == "You said: Thanks"
    sent = upstream.requests[1].json["contents"][1]["parts"][0]
    assert ("thoughtSignature" in sent) == (model == GEMINI_3)


def test_streamed_calls_go_back_with_the_signature_of_their_chunk(client: genai.Client) -> None:
    chat = client.chats.create(model=GEMINI_3, config={"tools": TOOLS})
    assert list(chat.send_message_stream("get_weather and get_time"))
    results = [
        types.Part.from_function_response(name=name, response={"result": name})
        for name in ("get_weather", "get_time")
    ]
    text = "".join(chunk.text or "" for chunk in chat.send_message_stream(results))
    assert text == "The tools said: get_weather get_time"


STAND_IN = "skip_thought_signature_validator"
ANSWERED = {"role": "model", "parts": [{"text": "It is blue."}]}
OWN_SIGNATURE = "c2NyaXB0ZWQgc2lnbmF0dXJlIDAwMDAwMDAw"


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        ([said("Hi"), called("f"), returned("f")], "missing a thought_signature"),
        ([said("Hi"), called("f", signature=STAND_IN), returned("f")], None),
        (
            [said("Hi"), called("f", signature=base64.b64encode(STAND_IN.encode()).decode()), returned("f")],
            None,
        ),
        ([said("Hi"), called("f", signature="AAAA"), returned("f")], "contents[1].parts[0].thoughtSignature"),
        ([said("Hi"), called("f", signature=OWN_SIGNATURE), returned("f")], "thoughtSignature"),
        ([said("Hi"), called("f", "g", signature=STAND_IN), returned("f", "g")], None),
        (
            [said("Hi"), called("f", signature=STAND_IN), returned("f"), called("g"), returned("g")],
            "contents[3]",
        ),
        ([said("Hi"), called("f", signature=STAND_IN), called("g"), returned("f"), returned("g")], None),
        ([said("Hi"), called("f"), returned("f"), ANSWERED, said("And?")], None),
    ],
    ids=[
        "missing", "stand-in", "stand-in-in-base64", "foreign", "of-another-part", "parallel", "second-step",
        "chunk-by-chunk", "earlier-turn",
    ],
)  # fmt: skip
def test_gemini_3_wants_the_signatures_of_the_turn_that_goes_on(
    upstream: ScriptedUpstream, contents: Any, complaint: str | None
) -> None:
    path = f"{upstream.url}/v1beta/models/{GEMINI_3}:generateContent"
    response = httpx.post(path, json={"contents": contents})
    if complaint is None:
        assert response.status_code == 200, response.text
    else:
        assert response.status_code == 400
        assert complaint in response.json()["error"]["message"]


def test_a_search_is_grounded_in_bytes_of_utf_8(client: genai.Client) -> None:
    reply = ask(client, "Übermut", tools=SEARCH)
    grounding = reply.candidates[0].grounding_metadata
    assert reply.text == "The documents say: This page is about Übermut"
    (support,) = grounding.grounding_supports
    segment = support.segment
    assert reply.text.encode()[segment.start_index : segment.end_index].decode() == segment.text
    (index,) = support.grounding_chunk_indices
    assert grounding.grounding_chunks[index].web.uri == "https://example.com/page"
    assert grounding.web_search_queries == ["Übermut"]
    assert ask(client, "Übermut").candidates[0].grounding_metadata is None


def test_thoughts_are_told_where_they_are_wanted(client: genai.Client) -> None:
    reply = ask(client, "Hi", thinking_config={"include_thoughts": True})
    assert [(part.text, part.thought) for part in parts(reply)] == [
        ("The user said: Hi", True),
        ("You said: Hi", None),
    ]
    usage = reply.usage_metadata
    assert (usage.thoughts_token_count, usage.candidates_token_count, usage.total_token_count) == (4, 3, 8)
    off = ask(client, "Hi", thinking_config={"include_thoughts": True, "thinking_budget": 0})
    assert len(parts(off)) == 1


def test_json_is_made_under_either_kind_of_schema(client: genai.Client) -> None:
    openapi = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
    for schema in ({"response_schema": openapi}, {"response_json_schema": SCHEMA}):
        reply = ask(client, "Rome", response_mime_type="application/json", **schema)
        assert msgspec.json.decode(reply.text) == {"city": "Rome"}
    free = ask(client, "Rome", response_mime_type="application/json")
    assert msgspec.json.decode(free.text) == {"said": "Rome"}


def test_stop_sequences_and_the_bound_of_tokens_end_the_answer(client: genai.Client) -> None:
    stopped = ask(client, "one STOP two", stop_sequences=[" STOP"])
    assert (stopped.text, stopped.candidates[0].finish_reason) == ("You said: one", "STOP")
    cut = ask(client, "one two", max_output_tokens=3)
    assert (cut.text, cut.candidates[0].finish_reason) == ("You said: one", "MAX_TOKENS")


def test_log_probabilities_stand_for_each_token(client: genai.Client) -> None:
    result = ask(client, "Hi", response_logprobs=True, logprobs=2).candidates[0].logprobs_result
    assert "".join(token.token for token in result.chosen_candidates) == "You said: Hi"
    assert [len(top.candidates) for top in result.top_candidates] == [2, 2, 2]


def test_arguments_that_are_no_object_are_a_malformed_call(
    client: genai.Client, upstream: ScriptedUpstream
) -> None:
    upstream.script(Answer(None, (Call("f", "{"),)), Answer(None, (Call("f", '{"a": 1}'),)))
    broken, mended = ask(client, "Hi"), ask(client, "Hi")
    assert (broken.candidates[0].finish_reason, broken.function_calls) == ("MALFORMED_FUNCTION_CALL", None)
    assert mended.function_calls[0].args == {"a": 1}


def test_tokens_are_counted_in_every_form_of_the_question(
    client: genai.Client, upstream: ScriptedUpstream
) -> None:
    assert client.models.count_tokens(model=GEMINI_2, contents="one two three").total_tokens == 3
    whole = {"generateContentRequest": {"contents": [said("one two")], "systemInstruction": said("three")}}
    assert post(upstream, whole, "countTokens").json()["totalTokens"] == 3
    assert post(upstream, {}, "countTokens").status_code == 400


def test_vectors_are_given_one_by_one_and_together(client: genai.Client, upstream: ScriptedUpstream) -> None:
    together = client.models.embed_content(
        model="gemini-embedding-001", contents=["a cat", "a dog"], config={"output_dimensionality": 16}
    )
    assert together.embeddings is not None
    first = together.embeddings[0].values
    assert first is not None
    assert len(first) == 16
    assert sum(value * value for value in first) == pytest.approx(1)
    body = {"content": {"parts": [{"text": "a cat"}]}, "outputDimensionality": 16}
    assert post(upstream, body, "embedContent").json()["embedding"]["values"] == pytest.approx(first)


def test_models_are_listed_page_by_page(client: genai.Client) -> None:
    assert [model.name for model in client.models.list(config={"page_size": 2})] == [
        "models/gemini-a",
        "models/gemini-b",
        "models/gemini-c",
    ]
    assert client.models.get(model="gemini-b").name == "models/gemini-b"
    with pytest.raises(errors.ClientError) as caught:
        client.models.get(model="gemini-z")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_vertex_ai_is_answered_at_its_own_paths() -> None:
    with ScriptedUpstream(required_key="token") as upstream:
        client = genai.Client(
            vertexai=True,
            project="p",
            location="l",
            credentials=Credentials("token"),
            http_options=types.HttpOptions(base_url=upstream.url),
        )
        assert ask(client, "Hello").text == "You said: Hello"
        assert "".join(chunk.text or "" for chunk in stream(client, "Hello")) == "You said: Hello"
        assert client.models.count_tokens(model=GEMINI_2, contents="one two").total_tokens == 2
        embedded = client.models.embed_content(model="text-embedding-005", contents="a cat")
        assert embedded.embeddings is not None
        assert embedded.embeddings[0].statistics is not None
        assert embedded.embeddings[0].statistics.token_count == 2
        prefix = "/v1beta1/projects/p/locations/l/publishers/google/models/"
        assert all(request.path.startswith(prefix) for request in upstream.requests)


def test_the_key_is_asked_for_in_the_header_and_the_query() -> None:
    with ScriptedUpstream(required_key="right") as upstream:
        options = types.HttpOptions(base_url=upstream.url)
        with pytest.raises(errors.ClientError) as caught:
            ask(genai.Client(api_key="wrong", http_options=options), "Hi")
        assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
        assert ask(genai.Client(api_key="right", http_options=options), "Hi").text == "You said: Hi"
        for query, status in (("", 403), ("?key=right", 200), ("?key=wrong", 400)):
            assert post(upstream, {"contents": [said("Hi")]}, f"generateContent{query}").status_code == status


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
    ],
)
def test_a_status_is_the_error_that_the_sdk_knows(
    client: genai.Client, upstream: ScriptedUpstream, status: int, name: str
) -> None:
    upstream.respond = lambda request: Status(status, "because")
    with pytest.raises(errors.APIError) as caught:
        ask(client, "Hi")
    assert (caught.value.code, caught.value.status, caught.value.message) == (status, name, "because")


def test_a_stream_that_breaks_off_says_so(client: genai.Client, upstream: ScriptedUpstream) -> None:
    upstream.script(Answer("one two three", error_after_events=2), Answer("one two", error_after_events=1))
    with pytest.raises(errors.ServerError) as caught:
        stream(client, "Hi")
    assert (caught.value.code, caught.value.status) == (500, "INTERNAL")
    array = post(upstream, {"contents": [said("Hi")]}, "streamGenerateContent").json()
    assert [set(answer) & {"candidates", "error"} for answer in array] == [{"candidates"}, {"error"}]


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"messages": []}, "messages"),
        ({"generationConfig": {"topk": 3}}, "generationConfig: Object contains unknown field `topk`"),
        ({"generationConfig": {"stopSequences": list("abcdef")}}, "generationConfig.stopSequences"),
        ({"generationConfig": {"temperature": 2.5}}, "generationConfig.temperature"),
        ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount"),
        ({"generationConfig": {"responseJsonSchema": SCHEMA}}, "generationConfig.responseMimeType"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}},
            "generationConfig.thinkingConfig",
        ),
        ({"contents": []}, "contents"),
        ({"contents": [{"role": "system", "parts": [{"text": "a"}]}]}, "contents[0].role"),
        ({"contents": [{"role": "user", "parts": []}]}, "contents[0].parts"),
        ({"contents": [{"role": "user", "parts": [{"thought": True}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"role": "user", "parts": [{"text": "a", "kind": "b"}]}]}, "contents[0].parts[0]"),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "?"}}]}]},
            "contents[0].parts[0].inlineData.data",
        ),
        ({"contents": [said("Hi"), returned("f")]}, "contents[0]: a function response turn"),
        ({"contents": [said("Hi"), called("f"), returned("g")]}, "contents[2]"),
        ({"contents": [said("Hi"), called("f", "g"), returned("f")]}, "contents[2]"),
        ({"contents": [said("Hi"), called("f"), said("Well?")]}, "contents[2]"),
        ({"contents": [{**called("f"), "role": "user"}]}, "contents[0].role"),
        ({"tools": [{"functionDeclarations": [{"name": "a b"}]}]}, "tools[0].functionDeclarations[0].name"),
        (
            {"tools": [{"functionDeclarations": [{"name": "f"}], "googleSearch": {}}]},
            "tools: built-in tools",
        ),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "toolConfig.functionCallingConfig.mode"),
        (
            {"toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["f"]}}},
            "toolConfig.functionCallingConfig.allowedFunctionNames",
        ),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_its_field(
    upstream: ScriptedUpstream, extra: dict[str, Any], field: str
) -> None:
    response = post(upstream, {"contents": [said("Hi")], **extra})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert field in error["message"]


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ({"type": "object", "additionalProperties": False}, "additionalProperties"),
        ({"$ref": "#/$defs/a"}, "$ref"),
        ({"type": "object", "properties": {"a": {"const": 1}}}, "parameters.properties.a: Unknown name"),
        ({"type": ["string", "null"]}, "parameters.type"),
        ({"type": "string", "enum": [1]}, "parameters.enum"),
        ({"type": "array", "items": {"oneOf": []}}, "parameters.items: Unknown name"),
        ({"type": "array", "minItems": "two"}, "parameters.minItems"),
    ],
)
def test_a_keyword_beyond_openapi_is_refused_in_parameters_alone(
    upstream: ScriptedUpstream, schema: Any, field: str
) -> None:
    def status_with(name: str) -> httpx.Response:
        tools = [{"functionDeclarations": [{"name": "f", name: schema}]}]
        return post(upstream, {"contents": [said("Hi")], "tools": tools})

    refused = status_with("parameters")
    assert refused.status_code == 400
    assert field in refused.json()["error"]["message"]
    assert status_with("parametersJsonSchema").status_code == 200


def test_names_are_taken_in_either_spelling_and_lists_of_one_without_brackets(
    upstream: ScriptedUpstream,
) -> None:
    parameters = {"type": "OBJECT", "properties": {"the_city": {"type": "STRING"}}, "required": ["the_city"]}
    body = {
        "contents": {"parts": {"text": "f"}},
        "tools": {"function_declarations": [{"name": "f", "parameters": parameters}]},
        "generation_config": {"max_output_tokens": 9},
    }
    (part,) = post(upstream, body).json()["candidates"][0]["content"]["parts"]
    assert part["functionCall"] == {"name": "f", "args": {"the_city": "f"}}


def test_dialects_share_an_upstream_and_are_told_apart_by_path(upstream: ScriptedUpstream) -> None:
    listed = {path: httpx.get(f"{upstream.url}{path}").json() for path in ("/v1/models", "/v1beta/models")}
    assert listed["/v1/models"]["object"] == "list"
    assert listed["/v1beta/models"]["models"][0]["name"] == "models/gemini-a"


def with_stand_ins(value: Any) -> Any:
    """Return a body with the signatures of the real provider, which nobody else knows, replaced."""
    if isinstance(value, list):
        return [with_stand_ins(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = ("thoughtSignature", "thought_signature")
    return {name: STAND_IN if name in names else with_stand_ins(item) for name, item in value.items()}


@pytest.mark.parametrize("url_end", [":generateContent", ":streamGenerateContent?alt=sse", ":countTokens"])
def test_every_recorded_request_that_gemini_took_is_taken(upstream: ScriptedUpstream, url_end: str) -> None:
    exchanges = [parameter.values[0] for parameter in recordings("gemini", url_end)]
    if exchanges == [None]:
        pytest.skip("the recordings are not beside this checkout")
    with httpx.Client(base_url=upstream.url) as client:
        for exchange in exchanges:
            if exchange["response"]["status"] == 200:
                url = urlsplit(exchange["request"]["url"])
                body = with_stand_ins(exchange["request"]["body"])
                response = client.post(f"{url.path}?{url.query}", json=body)
                assert response.status_code == 200, response.text
