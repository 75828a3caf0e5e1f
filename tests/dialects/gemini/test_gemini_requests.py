"""generateContent bodies: what is accepted, what becomes of it, and what is refused in what words."""

import json
from typing import Any

import pytest

from causeway.dialects.gemini.chat_face import GeminiArrayChat, GeminiChat
from causeway.dialects.gemini.provider_face import GeminiProvider
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Document,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    Seal,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError, MalformedJsonError, UntranslatableError
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool

FACE, PROVIDER = GeminiChat(), GeminiProvider()
HELLO = [{"role": "user", "parts": [{"text": "Hello"}]}]
WEATHER = {"name": "weather", "parametersJsonSchema": {"type": "object"}}
CLOCK = {"name": "clock"}
CALL = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}


def decode(losses: LossReport | None = None, **fields: Any) -> ChatRequest:
    body = {"contents": HELLO, **fields}
    return FACE.decode_request(json.dumps(body).encode(), LossReport() if losses is None else losses)


def asked(**fields: Any) -> ChatRequest:
    given = {
        "model": "gemini-2.5-flash",
        "messages": (UserMessage((TextBlock("Hello"),)),),
        "dialect": "cohere",
    }
    return ChatRequest(**{**given, **fields})


def encode(request: ChatRequest) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    losses = LossReport()
    body = json.loads(PROVIDER.encode_request(request, losses))
    return body, [(loss.kind, loss.path) for loss in losses.losses]


def again(**fields: Any) -> dict[str, Any]:
    body, losses = encode(decode(**fields))
    assert losses == []
    return body


def test_every_name_may_be_spelled_in_snake_case() -> None:
    camel = decode(
        systemInstruction={"parts": [{"text": "Be kind."}]},
        tools=[{"functionDeclarations": [{**WEATHER, "parametersJsonSchema": {"some_name": {}}}]}],
        toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
        generationConfig={"maxOutputTokens": 5, "thinkingConfig": {"thinkingBudget": 0}},
        labels={"a_label": "b_c"},
    )
    snake = decode(
        system_instruction={"parts": [{"text": "Be kind."}]},
        tools=[{"function_declarations": [{"name": "weather", "parameters_json_schema": {"some_name": {}}}]}],
        tool_config={"function_calling_config": {"mode": "ANY", "allowed_function_names": ["weather"]}},
        generation_config={"max_output_tokens": 5, "thinking_config": {"thinking_budget": 0}},
        labels={"a_label": "b_c"},
    )
    assert camel == snake
    assert snake.extras == Extras("gemini", {"labels": {"a_label": "b_c"}})
    assert snake.tools[0].parameters == {"some_name": {}}


def test_a_name_in_both_spellings_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"'generationConfig\.topK': it is given twice") as caught:
        decode(generationConfig={"topK": 1, "top_k": 2})
    assert caught.value.field == "generationConfig.topK"


def test_one_may_stand_for_a_list_of_one() -> None:
    body = {"contents": {"parts": {"text": "Hello"}}, "tools": {"functionDeclarations": CLOCK}}
    request = FACE.decode_request(json.dumps(body).encode(), LossReport())
    assert request.messages == (UserMessage((TextBlock("Hello"),)),)
    assert request.tools == (Tool("clock"),)


def test_calls_without_ids_are_answered_in_their_order() -> None:
    results = [{"functionResponse": {"name": "weather", "response": {"output": text}}} for text in ("a", "b")]
    contents = [*HELLO, {"role": "model", "parts": [CALL, CALL]}, {"role": "user", "parts": results}]
    request = decode(contents=contents)
    _, turn, first, second = request.messages
    assert isinstance(turn, AssistantMessage)
    assert isinstance(first, ToolMessage)
    assert isinstance(second, ToolMessage)
    assert [first.tool_call_id, second.tool_call_id] == [call.id for call in turn.tool_calls]
    assert first.tool_call_id != second.tool_call_id
    assert again(contents=contents)["contents"] == contents
    assert request == decode(contents=contents)


def test_calls_with_ids_are_answered_by_them() -> None:
    calls: list[Any] = [{"functionCall": {"name": "weather", "args": {}, "id": id}} for id in ("x", "y")]
    results = [
        {"functionResponse": {"name": "weather", "id": id, "response": {"output": id}}} for id in ("y", "x")
    ]
    contents = [*HELLO, {"role": "model", "parts": calls}, {"role": "user", "parts": results}]
    request = decode(contents=contents)
    assert [m.tool_call_id for m in request.messages if isinstance(m, ToolMessage)] == ["y", "x"]
    assert again(contents=contents)["contents"] == contents


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "fine"}, "fine", False),
        ({"error": "broken"}, "broken", True),
        ({"error": {"code": 7}}, '{"code":7}', True),
        ({"return_value": "Oslo"}, '{"return_value":"Oslo"}', False),
        ({"output": ["a"]}, '{"output":["a"]}', False),
        ({"output": "a", "error": ""}, '{"output":"a","error":""}', False),
    ],
)
def test_a_response_is_read_by_googles_convention(response: Any, text: str, is_error: bool) -> None:
    result = {"functionResponse": {"name": "weather", "response": response}}
    contents = [*HELLO, {"role": "model", "parts": [CALL]}, {"role": "user", "parts": [result]}]
    assert decode(contents=contents).messages[2] == ToolMessage(
        decode(contents=contents).messages[1].tool_calls[0].id,  # type: ignore[union-attr]
        (TextBlock(text),),
        is_error,
    )
    assert again(contents=contents)["contents"] == contents


def test_text_that_looks_like_the_conventions_envelope_is_told_inside_it() -> None:
    call = AssistantMessage(tool_calls=(ToolCall("1", "weather", "{}"),))
    result = ToolMessage("1", (TextBlock('{"output":"a"}'),))
    body, _ = encode(asked(messages=(*asked().messages, call, result)))
    response = body["contents"][2]["parts"][0]["functionResponse"]
    assert response == {"name": "weather", "id": "1", "response": {"output": '{"output":"a"}'}}


def test_parts_after_a_call_keep_their_place() -> None:
    code = {"executableCode": {"code": "1", "language": "PYTHON"}}
    parts = [
        {"text": "a", "thoughtSignature": "s1"},
        {**CALL, "thoughtSignature": "s2"},
        {"text": "b"},
        code,
        CALL,
    ]
    contents = [*HELLO, {"role": "model", "parts": parts}]
    assert again(contents=contents)["contents"] == contents


def test_signatures_of_other_dialects_are_not_written_and_those_of_this_one_are() -> None:
    foreign, own = Seal("anthropic", {"signature": "x"}), Seal("gemini", {"thoughtSignature": "y"})
    turn = AssistantMessage((ThinkingBlock("a", foreign), TextBlock("b", own)))
    body, losses = encode(asked(messages=(*asked().messages, turn)))
    parts = [{"text": "a", "thought": True}, {"text": "b", "thoughtSignature": "y"}]
    assert body["contents"][1]["parts"] == parts
    assert losses == []


def test_the_first_call_of_another_model_is_signed_for_models_that_ask_for_it() -> None:
    turn = AssistantMessage(tool_calls=(ToolCall("1", "a", "{}"), ToolCall("2", "b", "{}")))
    messages = (*asked().messages, turn)
    parts = encode(asked(messages=messages, model="gemini-3-pro-preview"))[0]["contents"][1]["parts"]
    assert ["thoughtSignature" in part for part in parts] == [True, False]
    parts = encode(asked(messages=messages, model="gemini-2.5-flash"))[0]["contents"][1]["parts"]
    assert not any("thoughtSignature" in part for part in parts)


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": "AA=="}}, ImageBlock("data:image/png;base64,AA==")),
        (
            {"inlineData": {"mimeType": "audio/wav", "data": "AA==", "displayName": "a"}},
            FileBlock("data:audio/wav;base64,AA==", "audio/wav", "a"),
        ),
        (
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://example.com/a.JPG"}},
            ImageBlock("https://example.com/a.JPG"),
        ),
        (
            {"fileData": {"mimeType": "image/png", "fileUri": "gs://bucket/a.png"}},
            FileBlock("gs://bucket/a.png", "image/png"),
        ),
        ({"fileData": {"fileUri": "https://youtu.be/x"}}, FileBlock("https://youtu.be/x")),
        (
            {"fileData": {"fileUri": "https://youtu.be/x"}, "videoMetadata": {"fps": 1}},
            OpaqueBlock(
                "gemini",
                "fileData",
                {"fileData": {"fileUri": "https://youtu.be/x"}, "videoMetadata": {"fps": 1}},
            ),
        ),
    ],
)
def test_images_and_files(part: Any, block: Any) -> None:
    contents = [{"role": "user", "parts": [part]}]
    assert decode(contents=contents).messages == (UserMessage((block,)),)
    assert again(contents=contents)["contents"] == contents


def test_files_in_results_stand_in_them_or_beside_them() -> None:
    call = AssistantMessage(tool_calls=(ToolCall("1", "look", "{}"),))
    result = ToolMessage("1", (TextBlock("see"), ImageBlock("data:image/png;base64,AA==")))
    messages = (*asked().messages, call, result)
    blob = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    body, losses = encode(asked(messages=messages, model="gemini-3-flash"))
    assert body["contents"][2]["parts"][0]["functionResponse"]["parts"] == [blob]
    assert losses == []
    body, losses = encode(asked(messages=messages, model="gemini-2.5-flash"))
    assert body["contents"][2]["parts"][1] == blob
    assert losses == [("mapped", "messages[2].content")]


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({"mode": "AUTO"}, {}),
        ({"mode": "NONE"}, {"tool_choice": "none"}),
        ({"mode": "ANY"}, {"tool_choice": "required"}),
        (
            {"mode": "ANY", "allowedFunctionNames": ["clock"]},
            {"tool_choice": "required", "forced_tool": "clock"},
        ),
        (
            {"mode": "ANY", "allowedFunctionNames": ["clock", "weather"]},
            {"tool_choice": "required", "allowed_tools": ("clock", "weather")},
        ),
        ({"mode": "VALIDATED"}, {"strict_tools": True}),
        (
            {"mode": "VALIDATED", "allowedFunctionNames": ["clock"]},
            {"strict_tools": True, "allowed_tools": ("clock",)},
        ),
    ],
)
def test_modes_of_calling(config: Any, fields: Any) -> None:
    tools = [{"functionDeclarations": [WEATHER, CLOCK]}]
    request = decode(tools=tools, toolConfig={"functionCallingConfig": config})
    for name in ("tool_choice", "forced_tool", "allowed_tools", "strict_tools"):
        assert getattr(request, name) == fields.get(name, getattr(asked(), name))
    told = again(tools=tools, toolConfig={"functionCallingConfig": config})
    if config == {"mode": "AUTO"}:
        assert "toolConfig" not in told
    else:
        assert told["toolConfig"] == {"functionCallingConfig": config}


def test_tools_that_are_not_allowed_are_left_out_where_no_mode_says_it() -> None:
    body, losses = encode(asked(tools=(Tool("a"), Tool("b")), allowed_tools=("b",)))
    assert body["tools"] == [{"functionDeclarations": [{"name": "b"}]}]
    assert losses == [("mapped", "tool_choice")]


def test_what_google_runs_is_a_tool_of_its_own_and_those_of_others_are_lost() -> None:
    tools = [{"functionDeclarations": [CLOCK]}, {"googleSearch": {}}, {"codeExecution": {}}]
    assert again(tools=tools)["tools"] == tools
    foreign = OpaqueTool("anthropic", "web_search", {"type": "web_search"})
    body, losses = encode(asked(opaque_tools=(foreign,)))
    assert "tools" not in body
    assert losses == [("dropped", "tools[0]")]


def test_geminis_own_schemas_are_json_schemas() -> None:
    schema = {
        "type": "OBJECT",
        "nullable": True,
        "propertyOrdering": ["a"],
        "properties": {
            "a": {
                "type": "ARRAY",
                "items": {"type": "STRING", "enum": ["x"], "nullable": True},
                "maxItems": "3",
            },
            "b": {"any_of": [{"type": "INTEGER"}, {"type": "NUMBER"}], "nullable": True, "example": 1},
        },
    }
    request = decode(
        tools=[{"functionDeclarations": [{"name": "f", "parameters": schema}]}],
        generationConfig={"responseMimeType": "application/json", "responseSchema": {"type": "STRING"}},
    )
    assert request.tools[0].parameters == {
        "type": ["object", "null"],
        "properties": {
            "a": {
                "type": "array",
                "items": {"type": ["string", "null"], "enum": ["x", None]},
                "maxItems": 3,
            },
            "b": {"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "null"}], "examples": [1]},
        },
    }
    assert request.response_format == ResponseFormat({"type": "string"})


@pytest.mark.parametrize(
    ("config", "thinking"),
    [
        ({"thinkingBudget": 0}, Thinking(False)),
        ({"includeThoughts": True}, Thinking(True)),
        ({"includeThoughts": True, "thinkingBudget": 512}, Thinking(True, 512)),
        ({"thinkingBudget": 512}, Thinking(True, 512)),
        ({"includeThoughts": True, "thinkingLevel": "HIGH"}, Thinking(True, None, "high")),
    ],
)
def test_thinking(config: Any, thinking: Thinking) -> None:
    assert decode(generationConfig={"thinkingConfig": config}).thinking == thinking
    assert again(generationConfig={"thinkingConfig": config})["generationConfig"]["thinkingConfig"] == config


def test_a_budget_that_the_model_chooses_is_none() -> None:
    assert decode(generationConfig={"thinkingConfig": {"thinkingBudget": -1}}).thinking == Thinking(True)


@pytest.mark.parametrize(
    ("model", "thinking", "config", "losses"),
    [
        ("gemini-2.5-pro", Thinking(True, None, "low"), {"includeThoughts": True, "thinkingBudget": 1024}, 1),
        ("gemini-3-pro", Thinking(True, None, "low"), {"includeThoughts": True, "thinkingLevel": "LOW"}, 0),
        (
            "gemini-3-pro",
            Thinking(True, None, "xhigh"),
            {"includeThoughts": True, "thinkingLevel": "HIGH"},
            1,
        ),
        ("gemini-2.5-pro", Thinking(False), {"thinkingBudget": 0}, 0),
        ("gemini-3-pro", Thinking(False), {"thinkingLevel": "LOW"}, 1),
        ("gemini-3-pro", Thinking(True, 9, "low"), {"includeThoughts": True, "thinkingBudget": 9}, 1),
    ],
)
def test_thinking_is_asked_for_in_the_models_words(
    model: str, thinking: Any, config: Any, losses: int
) -> None:
    body, lost = encode(asked(model=model, thinking=thinking))
    assert body["generationConfig"]["thinkingConfig"] == config
    assert lost == [("approximated", "thinking")] * losses


def test_safety_settings_of_one_kind_are_a_mode_and_others_are_kept() -> None:
    body, losses = encode(asked(safety_mode="off"))
    assert {setting["threshold"] for setting in body["safetySettings"]} == {"BLOCK_NONE"}
    assert losses == [("approximated", "safety_mode")]
    assert decode(safetySettings=body["safetySettings"]).safety_mode == "off"
    some = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}]
    assert decode(safetySettings=some).safety_mode is None
    assert again(safetySettings=some)["safetySettings"] == some


def test_what_has_no_place_comes_back() -> None:
    fields = {
        "cachedContent": "cachedContents/a",
        "labels": {"team": "x"},
        "generationConfig": {
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
            "responseMimeType": "text/x.enum",
            "responseSchema": {"type": "STRING", "enum": ["a"]},
            "thinkingConfig": {"someNewOption": 1},
        },
        "toolConfig": {
            "retrievalConfig": {"languageCode": "en"},
            "functionCallingConfig": {"someNewOption": True},
        },
    }
    body = again(**fields)
    assert {name: body[name] for name in fields} == fields


@pytest.mark.parametrize("name", ["contents.x", "generationConfig.seed.x", "tools.0", "a.b", "."])
def test_a_field_that_is_called_like_a_path_harms_nothing(name: str) -> None:
    body, _ = encode(decode(generationConfig={"seed": 1}, tools=[{"googleSearch": {}}], **{name: "x"}))
    assert body["contents"] == HELLO
    assert body["generationConfig"] == {"seed": 1}
    assert body["tools"] == [{"googleSearch": {}}]


def test_an_instruction_inside_the_conversation_is_told_before_it() -> None:
    late = SystemMessage((TextBlock("b"),))
    messages = (SystemMessage((TextBlock("a"), CachePoint())), *asked().messages, late)
    body, losses = encode(asked(messages=messages))
    assert body["systemInstruction"] == {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}
    assert body["contents"] == HELLO
    assert losses == [("dropped", "messages[0].content[1]"), ("approximated", "messages[2]")]


def test_what_cannot_be_carried_is_named() -> None:
    call = AssistantMessage(
        (TextBlock("b"), OpaqueBlock("openai", "audio", {})), tool_calls=(ToolCall("1", "f", "no"),)
    )
    result = ToolMessage("1", (DocumentBlock(Document("d", "7")), OpaqueBlock("openai", "audio", {})))
    user = UserMessage((TextBlock("a"), ImageBlock("https://example.com/a.png", "low"), CachePoint()))
    request = asked(
        messages=(user, call, result),
        tools=(Tool("f", cache_point=CachePoint()),),
        documents=(Document("d"),),
        citation_mode="fast",
        safety_mode="contextual",
        priority=3,
        allows_parallel_calls=False,
        sampling=Sampling(seed=2**40 + 1),
        extras=Extras("openai", {"store": True}),
    )
    body, losses = encode(request)
    assert sorted(losses) == [
        ("approximated", "messages[1].tool_calls[0].arguments"),
        ("approximated", "safety_mode"),
        ("dropped", "citation_options"),
        ("dropped", "documents"),
        ("dropped", "messages[0].content[1].detail"),
        ("dropped", "messages[0].content[2]"),
        ("dropped", "messages[1].content[1]"),
        ("dropped", "messages[2].content[1]"),
        ("dropped", "parallel_tool_calls"),
        ("dropped", "priority"),
        ("dropped", "store"),
        ("dropped", "tools[0].cache_point"),
        ("mapped", "messages[2].content[0]"),
        ("mapped", "seed"),
    ]
    assert body["contents"][1]["parts"][1]["functionCall"]["args"] == {"arguments": "no"}


def test_a_turn_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(UntranslatableError, match=r"messages\[0\]\.content"):
        encode(asked(messages=(UserMessage((OpaqueBlock("openai", "audio", {}),)),)))


def test_who_wants_an_array_does_not_get_the_providers_frames() -> None:
    body = json.dumps({"contents": HELLO}).encode()
    assert PROVIDER.takes_verbatim(FACE.decode_request(body, LossReport()), body)
    assert not PROVIDER.takes_verbatim(GeminiArrayChat().decode_request(body, LossReport()), body)
    many = json.dumps({"contents": HELLO, "generationConfig": {"stopSequences": list("abcdef")}}).encode()
    assert not PROVIDER.takes_verbatim(FACE.decode_request(many, LossReport()), many)


def _part(part: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [part]}]}


def _option(**options: Any) -> dict[str, Any]:
    return {"generationConfig": options}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"contents": None}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": 5}, "contents"),
        ({"contents": [{"role": "robot", "parts": [{"text": "a"}]}]}, "contents[0].role"),
        ({"contents": [{"role": "user"}]}, "contents[0].parts"),
        (_part({}), "contents[0].parts[0]"),
        (_part({"text": 5}), "contents[0].parts"),
        (_part({"inlineData": {"mimeType": "image/png"}}), "contents[0].parts[0].inlineData.data"),
        (_part({"fileData": {"mimeType": "image/png"}}), "contents[0].parts[0].fileData.fileUri"),
        (_part({"functionResponse": {}}), "contents[0].parts[0].functionResponse.name"),
        (
            _part({"functionResponse": {"name": "a", "parts": [{"text": "b"}]}}),
            "contents[0].parts[0].functionResponse.parts[0]",
        ),
        (
            {"contents": [{"role": "model", "parts": [{"functionCall": {}}]}]},
            "contents[0].parts[0].functionCall.name",
        ),
        ({"systemInstruction": {"parts": [{"inlineData": {}}]}}, "systemInstruction.parts[0]"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {"type": 5}}]}]},
            "tools[0].functionDeclarations[0].parameters.type",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {"properties": {"b": 5}}}]}]},
            "tools[0].functionDeclarations[0].parameters.properties.b",
        ),
        (
            {"tools": [{"functionDeclarations": [{**WEATHER, "parameters": {}}]}]},
            "tools[0].functionDeclarations[0].parameters",
        ),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "toolConfig.functionCallingConfig.mode"),
        (
            {"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}},
            "toolConfig.functionCallingConfig.mode",
        ),
        (
            {"toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["a"]}}},
            "toolConfig.functionCallingConfig.allowedFunctionNames[0]",
        ),
        (_option(temperature=3), "generationConfig.temperature"),
        (_option(temperature="hot"), "generationConfig.temperature"),
        (_option(topP=-1), "generationConfig.topP"),
        (_option(topK=1.5), "generationConfig.topK"),
        (_option(maxOutputTokens=0), "generationConfig.maxOutputTokens"),
        (_option(candidateCount=0), "generationConfig.candidateCount"),
        (_option(seed=2**40), "generationConfig.seed"),
        (_option(stopSequences=[""]), "generationConfig.stopSequences"),
        (_option(logprobs=21), "generationConfig.logprobs"),
        (_option(presencePenalty=-3), "generationConfig.presencePenalty"),
        (_option(frequencyPenalty=3), "generationConfig.frequencyPenalty"),
        (_option(responseSchema={}, responseJsonSchema={}), "generationConfig.responseSchema"),
        (_option(thinkingConfig={"thinkingBudget": -2}), "generationConfig.thinkingConfig.thinkingBudget"),
        (_option(thinkingConfig={"thinkingLevel": "DEEP"}), "generationConfig.thinkingConfig.thinkingLevel"),
        ({"fallbacks": [""]}, "fallbacks[0]"),
        ({"safetySettings": 5}, "safetySettings"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode(**fields)
    assert caught.value.field is not None
    assert caught.value.field.startswith(field)
    told = json.loads(FACE.encode_error(caught.value, "id"))["error"]
    assert (told["code"], told["status"]) == (400, "INVALID_ARGUMENT")
    assert field in told["message"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": }', b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(MalformedJsonError, match="Invalid JSON payload"):
        FACE.decode_request(body, LossReport())


def test_what_is_deeper_and_has_no_place_is_named_as_lost() -> None:
    losses = LossReport()
    blob = {"mimeType": "image/png", "data": "", "x": 1}
    decode(
        losses,
        contents=[{"role": "user", "parts": [{"inlineData": blob}], "y": 2}],
        tools=[{"functionDeclarations": [{"name": "a", "behavior": "BLOCKING"}]}],
    )
    assert [(loss.kind, loss.path) for loss in losses.losses] == [
        ("dropped", "tools[0].functionDeclarations[0].behavior"),
        ("dropped", "contents[0].y"),
        ("dropped", "contents[0].parts[0].inlineData.x"),
    ]
