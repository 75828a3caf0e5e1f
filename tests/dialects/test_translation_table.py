"""Cohere's chat in OpenAI's words and back, row by row: what is kept, and what is said to be lost.

Every test is a row of the table of translation and goes both ways, through the faces alone: bytes of the
one dialect are decoded, encoded in the other, and read as JSON.
"""

import json
from typing import Any

import pytest

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.cohere.provider_face import CohereProvider
from causeway.dialects.faces import ChatClientFace, ChatProviderFace
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.model.errors import UntranslatableError, UpstreamTimeoutError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from support.provenance import NOBODY

COHERE: ChatClientFace = CohereChat(is_native=True, has_event_types=False)
OPENAI: ChatClientFace = OpenAiChat(is_unified=False)
TO_COHERE: ChatProviderFace = CohereProvider()
TO_OPENAI: ChatProviderFace = OpenAiProvider()
Losses = list[tuple[str, str]]

HI = {"role": "user", "content": "hi"}
SCHEMA = {
    "type": "object",
    "properties": {"q": {"type": "string"}},
    "required": ["q"],
    "additionalProperties": False,
}
FUNCTION = {"name": "look", "description": "looks", "parameters": SCHEMA}
TOOL = {"type": "function", "function": FUNCTION}
OTHER = {"type": "function", "function": {**FUNCTION, "name": "hear"}}
CALL = {"id": "look_1", "type": "function", "function": {"name": "look", "arguments": '{"q": "x"}'}}
RESULT = {"role": "tool", "tool_call_id": "look_1", "content": "sunny"}


def _ask(
    caller: ChatClientFace, provider: ChatProviderFace, fields: dict[str, Any]
) -> tuple[dict[str, Any], Losses]:
    """Return what a provider is sent beside model, messages and `stream`, and what is lost."""
    body = json.dumps({"model": "m", "messages": [HI], **fields}).encode()
    losses = LossReport()
    sent = json.loads(provider.encode_request(caller.decode_request(body, losses), losses))
    assert sent.pop("model") == "m"
    assert sent.pop("stream", False) is False
    if "messages" not in fields:
        assert sent.pop("messages") == [HI]
    return sent, [(loss.kind, loss.path) for loss in losses.losses]


def to_openai(**fields: Any) -> tuple[dict[str, Any], Losses]:
    return _ask(COHERE, TO_OPENAI, fields)


def to_cohere(**fields: Any) -> tuple[dict[str, Any], Losses]:
    return _ask(OPENAI, TO_COHERE, fields)


def assert_same_turns(*messages: dict[str, Any]) -> None:
    """Hold that these messages are the same in both dialects."""
    assert to_openai(messages=messages) == ({"messages": list(messages)}, [])
    assert to_cohere(messages=messages) == ({"messages": list(messages)}, [])


def test_request_system_messages_at_any_position() -> None:
    late = {"role": "system", "content": "late"}
    assert_same_turns({"role": "system", "content": "a"}, {"role": "system", "content": "b"}, HI, late)
    developer = {"role": "developer", "content": "late"}
    assert to_cohere(messages=[HI, developer]) == ({"messages": [HI, late]}, [])


def test_request_user_text_blocks() -> None:
    blocks = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert_same_turns({"role": "user", "content": blocks})


def test_request_image_url_with_its_detail() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}
    data = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert_same_turns({"role": "user", "content": [{"type": "text", "text": "see"}, image, data]})
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    sent, losses = to_cohere(messages=[HI, {"role": "user", "content": [image, audio]}])
    assert sent == {"messages": [HI, {"role": "user", "content": [image]}]}
    assert losses == [("dropped", "messages[1].content[1]")]


def test_request_a_turn_of_which_nothing_is_left() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    with pytest.raises(UntranslatableError) as raised:
        to_cohere(messages=[HI, {"role": "user", "content": [audio]}])
    assert raised.value.field == "messages[1].content"


def test_request_assistant_content() -> None:
    assert_same_turns(HI, {"role": "assistant", "content": "hello"}, HI)


def test_request_assistant_thinking_block() -> None:
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hello"}]
    sent, losses = to_openai(messages=[HI, {"role": "assistant", "content": blocks}])
    assert sent == {"messages": [HI, {"role": "assistant", "content": "hello"}]}
    assert losses == [("dropped", "messages[1].content[0]")]
    thought = {"role": "assistant", "content": "hello", "reasoning_content": "hm"}
    assert to_cohere(messages=[HI, thought]) == (
        {"messages": [HI, {"role": "assistant", "content": blocks}]},
        [],
    )


def test_request_tool_plan() -> None:
    planned = {"role": "assistant", "tool_calls": [CALL], "tool_plan": "I will look."}
    spoken = {"role": "assistant", "content": "I will look.", "tool_calls": [CALL]}
    assert to_openai(messages=[HI, planned, RESULT]) == ({"messages": [HI, spoken, RESULT]}, [])
    assert to_cohere(messages=[HI, spoken, RESULT]) == ({"messages": [HI, planned, RESULT]}, [])


def test_request_tool_calls_arguments_string() -> None:
    odd = {**CALL, "function": {"name": "look", "arguments": '{ "q" :1e2,\n"q": "\\u00e9" '}}
    silent = {"role": "assistant", "content": None, "tool_calls": [odd]}
    bare = {"role": "assistant", "tool_calls": [odd]}
    assert to_openai(messages=[HI, bare, RESULT]) == ({"messages": [HI, silent, RESULT]}, [])
    assert to_cohere(messages=[HI, silent, RESULT]) == ({"messages": [HI, bare, RESULT]}, [])


def test_request_tool_call_ids() -> None:
    id = "a-very-long-name-of-a-tool-indeed_0123456789ab"
    call, result = {**CALL, "id": id}, {**RESULT, "tool_call_id": id}
    bare = {"role": "assistant", "tool_calls": [call]}
    sent, losses = to_openai(messages=[HI, bare, result])
    _, assistant, tool = sent["messages"]
    assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"] != id
    assert len(tool["tool_call_id"]) <= 40
    assert losses == [("mapped", "messages[1].tool_calls[0].id"), ("mapped", "messages[2].tool_call_id")]
    # Cohere takes ids of any length.
    assert to_cohere(messages=[HI, bare, result]) == ({"messages": [HI, bare, result]}, [])


def test_request_tool_message_string() -> None:
    called = {"role": "assistant", "tool_calls": [CALL]}
    assert to_openai(messages=[HI, called, RESULT])[0]["messages"][2] == RESULT
    blocks = {**RESULT, "content": [{"type": "text", "text": "sunny"}]}
    for result in (RESULT, blocks):
        assert to_cohere(messages=[HI, called, result]) == ({"messages": [HI, called, RESULT]}, [])


def test_request_tool_message_document_blocks() -> None:
    called = {"role": "assistant", "tool_calls": [CALL]}
    documents = [{"id": "d", "data": {"t": 24}}, {"data": '{"t":25}'}]
    blocks = [{"type": "document", "document": document} for document in documents]
    sent, losses = to_openai(messages=[HI, called, {**RESULT, "content": blocks}])
    assert json.loads(sent["messages"][2]["content"]) == documents
    assert losses == [("mapped", f"messages[2].content[{index}]") for index in (0, 1)]
    image = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    seen = {**RESULT, "content": [{"type": "text", "text": "sunny"}, image]}
    sent, losses = to_cohere(messages=[HI, called, seen])
    assert sent["messages"][2] == RESULT
    assert losses == [("dropped", "messages[2].content[1]")]


DOCUMENTS = ["plain", {"id": "d", "data": {"text": "t"}}, {"data": {"a": "b"}}]


def test_request_documents() -> None:
    # In front of a provider that takes none, grounding has put them into the question by then.
    assert to_openai(documents=DOCUMENTS) == ({}, [("dropped", "documents")])
    assert not TO_OPENAI.reads_documents
    assert to_cohere(documents=DOCUMENTS) == ({"documents": DOCUMENTS}, [])
    assert TO_COHERE.reads_documents


def test_request_citation_options() -> None:
    options = {"mode": "FAST"}
    sent, losses = to_openai(documents=DOCUMENTS, citation_options=options)
    assert (sent, losses) == ({}, [("dropped", "documents"), ("dropped", "citation_options")])
    sent, losses = to_cohere(documents=DOCUMENTS, citation_options=options)
    assert (sent, losses) == ({"documents": DOCUMENTS, "citation_options": options}, [])


def test_request_tools_function() -> None:
    assert to_openai(tools=[TOOL]) == ({"tools": [TOOL]}, [])
    assert to_cohere(tools=[TOOL]) == ({"tools": [TOOL]}, [])
    for choice in (True, False):
        expected = [] if choice else [("dropped", "parallel_tool_calls")]
        assert to_cohere(tools=[TOOL], parallel_tool_calls=choice) == ({"tools": [TOOL]}, expected)


def strict(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "function": {**tool["function"], "strict": True}}


def test_request_strict_tools() -> None:
    assert to_openai(tools=[TOOL, OTHER], strict_tools=True) == ({"tools": [strict(TOOL), strict(OTHER)]}, [])
    open_schema = {name: value for name, value in SCHEMA.items() if name != "additionalProperties"}
    loose = {"type": "function", "function": {"name": "f", "parameters": open_schema}}
    assert to_openai(tools=[loose], strict_tools=True) == (
        {"tools": [loose]},
        [("approximated", "strict_tools")],
    )
    assert to_cohere(tools=[strict(TOOL), strict(OTHER)]) == (
        {"tools": [TOOL, OTHER], "strict_tools": True},
        [],
    )
    assert to_cohere(tools=[TOOL, strict(OTHER)]) == (
        {"tools": [TOOL, OTHER]},
        [("approximated", "tools[1].function.strict")],
    )


@pytest.mark.parametrize(("cohere", "openai"), [("REQUIRED", "required"), ("NONE", "none")])
def test_request_tool_choice(cohere: str, openai: str) -> None:
    assert to_openai(tools=[TOOL], tool_choice=cohere) == ({"tools": [TOOL], "tool_choice": openai}, [])
    assert to_cohere(tools=[TOOL], tool_choice=openai) == ({"tools": [TOOL], "tool_choice": cohere}, [])


def test_request_tool_choice_that_is_absent_or_one_tool() -> None:
    assert to_openai(tools=[TOOL]) == to_openai(tools=[TOOL], tool_choice="AUTO") == ({"tools": [TOOL]}, [])
    assert to_cohere(tools=[TOOL], tool_choice="auto") == ({"tools": [TOOL]}, [])
    one = {"type": "function", "function": {"name": "hear"}}
    assert to_cohere(tools=[TOOL, OTHER], tool_choice=one) == (
        {"tools": [OTHER], "tool_choice": "REQUIRED"},
        [("mapped", "tool_choice")],
    )


def test_request_response_format_json_object() -> None:
    json_object = {"type": "json_object"}
    assert to_openai(response_format=json_object) == ({"response_format": json_object}, [])
    assert to_cohere(response_format=json_object) == ({"response_format": json_object}, [])
    for ask in (to_openai, to_cohere):
        assert ask(response_format={"type": "text"}) == ({}, [])


@pytest.mark.parametrize("key", ["json_schema", "schema"])
def test_request_response_format_with_a_schema(key: str) -> None:
    sent, losses = to_openai(response_format={"type": "json_object", key: SCHEMA})
    (envelope,) = sent.values()
    assert envelope["type"] == "json_schema"
    assert envelope["json_schema"]["schema"] == SCHEMA
    assert envelope["json_schema"]["name"]  # OpenAI has to have one
    assert losses == []
    named = {"name": "n", "strict": True, "schema": SCHEMA}
    assert to_cohere(response_format={"type": "json_schema", "json_schema": named}) == (
        {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
        [],
    )


@pytest.mark.parametrize("name", ["max_completion_tokens", "max_tokens"])
def test_request_max_tokens(name: str) -> None:
    assert to_openai(max_tokens=5) == ({"max_completion_tokens": 5}, [])
    assert to_cohere(**{name: 5}) == ({"max_tokens": 5}, [])


def test_request_stop_sequences() -> None:
    # Those beyond a provider's number are looked for by the gateway.
    assert to_openai(stop_sequences=list("abcde")) == ({"stop": list("abcd")}, [])
    assert TO_OPENAI.max_stop_sequences == 4
    assert to_cohere(stop="a") == ({"stop_sequences": ["a"]}, [])
    assert to_cohere(stop=list("abcdef")) == ({"stop_sequences": list("abcde")}, [])
    assert TO_COHERE.max_stop_sequences == 5


def test_request_temperature_p_and_k() -> None:
    assert to_openai(temperature=0.5, p=0.9, k=40) == (
        {"temperature": 0.5, "top_p": 0.9},
        [("dropped", "k")],
    )
    assert to_cohere(temperature=0.5, top_p=0.9) == ({"temperature": 0.5, "p": 0.9}, [])
    assert to_cohere(temperature=1.5, top_p=1, top_k=40) == (
        {"temperature": 1, "p": 0.99, "k": 40},
        [("approximated", "temperature"), ("approximated", "top_p")],
    )


@pytest.mark.parametrize("name", ["frequency_penalty", "presence_penalty"])
def test_request_penalties(name: str) -> None:
    assert to_openai(**{name: 0.5}) == ({name: 0.5}, [])
    assert to_cohere(**{name: 0.5}) == ({name: 0.5}, [])
    assert to_cohere(**{name: -2}) == ({name: 0}, [("approximated", name)])
    assert to_cohere(**{name: 2}) == ({name: 1}, [("approximated", name)])


def test_request_seed() -> None:
    assert to_openai(seed=2**64 - 1) == ({"seed": 2**64 - 1}, [])
    assert to_cohere(seed=7) == ({"seed": 7}, [])
    assert to_cohere(seed=-1) == ({"seed": 2**64 - 1}, [("mapped", "seed")])


def test_request_logprobs() -> None:
    assert to_openai(logprobs=True) == ({"logprobs": True}, [])
    assert to_cohere(logprobs=True) == ({"logprobs": True}, [])
    assert to_cohere(logprobs=True, top_logprobs=3) == ({"logprobs": True}, [("dropped", "top_logprobs")])


@pytest.mark.parametrize(("budget", "effort"), [(2048, "low"), (8192, "medium"), (16384, "high")])
def test_request_thinking_enabled_with_a_budget(budget: int, effort: str) -> None:
    thinking = {"type": "enabled", "token_budget": budget}
    assert to_openai(thinking=thinking) == ({"reasoning_effort": effort}, [("approximated", "thinking")])
    assert to_cohere(reasoning_effort=effort) == (
        {"thinking": thinking},
        [("approximated", "reasoning_effort")],
    )


def test_request_thinking_disabled() -> None:
    disabled = {"type": "disabled"}
    assert to_openai(thinking=disabled) == ({"reasoning_effort": "none"}, [])
    assert to_cohere(reasoning_effort="none") == ({"thinking": disabled}, [])


def test_request_safety_mode() -> None:
    assert to_openai(safety_mode="STRICT") == ({}, [("dropped", "safety_mode")])
    assert to_cohere(safety_mode="STRICT") == ({"safety_mode": "STRICT"}, [])


def test_request_priority() -> None:
    assert to_openai(priority=3) == ({}, [("dropped", "priority")])
    assert to_openai(priority=0) == ({}, [])
    assert to_cohere(priority=3) == ({"priority": 3}, [])


def test_request_what_only_openai_has() -> None:
    fields = {"n": 2, "logit_bias": {"1": 5}, "user": "u", "service_tier": "flex"}
    sent, losses = to_cohere(**fields)
    assert sent == {}
    assert sorted(losses) == sorted(("dropped", name) for name in fields)


REQUEST = ChatRequest(model="m", messages=())
COUNTS = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
UNITS = {"input_tokens": 9, "output_tokens": 4}
USAGE = {"billed_units": UNITS, "tokens": UNITS}


def _answer(
    provider: ChatProviderFace, caller: ChatClientFace, body: dict[str, Any]
) -> tuple[dict[str, Any], Losses]:
    response = provider.decode_response(json.dumps(body).encode())
    caller.report_losses(response, losses := LossReport())
    answered = json.loads(caller.encode_response(response, REQUEST, NOBODY))
    return answered, [(loss.kind, loss.path) for loss in losses.losses]


def from_openai(
    message: dict[str, Any], finish_reason: str = "stop", **fields: Any
) -> tuple[dict[str, Any], Losses]:
    """Return Cohere's answer to what OpenAI answered, and what it lost."""
    logprobs = fields.pop("logprobs", None)
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o",
        "choices": [choice if logprobs is None else {**choice, "logprobs": logprobs}],
        "usage": COUNTS,
        **fields,
    }
    return _answer(TO_OPENAI, COHERE, body)


def from_cohere(
    message: dict[str, Any], finish_reason: str = "COMPLETE", **fields: Any
) -> tuple[dict[str, Any], Losses]:
    """Return OpenAI's answer to what Cohere answered, and what it lost."""
    body = {
        "id": "8d74759e",
        "message": {"role": "assistant", **message},
        "finish_reason": finish_reason,
        "usage": USAGE,
        **fields,
    }
    return _answer(TO_COHERE, OPENAI, body)


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def thinking(value: str) -> dict[str, str]:
    return {"type": "thinking", "thinking": value}


def choice_of(answered: dict[str, Any]) -> dict[str, Any]:
    (choice,) = answered["choices"]
    found: dict[str, Any] = choice
    return found


def test_response_content_string() -> None:
    assert from_openai({"content": "Hello."}) == (
        {
            "id": "chatcmpl-1",
            "message": {"role": "assistant", "content": [text("Hello.")]},
            "finish_reason": "COMPLETE",
            "usage": USAGE,
        },
        [],
    )
    answered, losses = from_cohere({"content": [text("Hello.")]})
    assert (answered["id"], answered["object"], losses) == ("8d74759e", "chat.completion", [])
    choice = choice_of(answered)
    assert (choice["message"], choice["finish_reason"]) == (
        {"role": "assistant", "content": "Hello."},
        "stop",
    )


def test_response_refusal() -> None:
    answered, losses = from_openai({"content": None, "refusal": "I cannot."})
    assert answered["message"] == {"role": "assistant", "content": [text("I cannot.")]}
    assert answered["finish_reason"] == "COMPLETE"
    assert losses == [("dropped", "response.choices[0].message.refusal")]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_response_reasoning(name: str) -> None:
    answered, losses = from_openai({"content": "Yes.", name: "Let me see."})
    assert answered["message"]["content"] == [thinking("Let me see."), text("Yes.")]
    assert losses == []
    answered, losses = from_cohere({"content": [thinking("Let me see."), text("Yes.")]})
    message = choice_of(answered)["message"]
    assert (message["content"], message["reasoning_content"], losses) == ("Yes.", "Let me see.", [])


def test_response_text_beside_tool_calls() -> None:
    answered, losses = from_openai({"content": "I will look.", "tool_calls": [CALL]}, "tool_calls")
    assert answered["message"] == {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [CALL]}
    assert losses == []
    thought = {"content": "I will look.", "reasoning_content": "Hm.", "tool_calls": [CALL]}
    answered, losses = from_openai(thought, "tool_calls")
    assert answered["message"] == {
        "role": "assistant",
        "content": [thinking("Hm.")],
        "tool_plan": "I will look.",
        "tool_calls": [CALL],
    }
    answered, losses = from_cohere({"tool_plan": "I will look.", "tool_calls": [CALL]}, "TOOL_CALL")
    message = choice_of(answered)["message"]
    assert (message["content"], message["tool_calls"], losses) == ("I will look.", [CALL], [])


def test_response_tool_calls() -> None:
    second = {**CALL, "id": "look_2", "function": {"name": "look", "arguments": "{}"}}
    silent = {"id": "look_2", "type": "function", "function": {"name": "look", "arguments": ""}}
    answered, losses = from_openai({"content": None, "tool_calls": [CALL, silent]}, "tool_calls")
    assert answered["message"] == {"role": "assistant", "tool_calls": [CALL, second]}
    assert losses == []
    nameless = {"type": "function", "function": {"name": "look", "arguments": "{}"}}
    answered, _ = from_openai({"content": None, "tool_calls": [nameless]}, "tool_calls")
    assert answered["message"]["tool_calls"][0]["id"]
    answered, losses = from_cohere({"tool_calls": [CALL, silent]}, "TOOL_CALL")
    assert choice_of(answered)["message"]["tool_calls"] == [CALL, second]
    assert losses == []


@pytest.mark.parametrize(
    ("openai", "cohere", "back"),
    [
        ("stop", "COMPLETE", "stop"),
        ("length", "MAX_TOKENS", "length"),
        ("tool_calls", "TOOL_CALL", "tool_calls"),
    ],
    ids=["stop", "length", "tool_calls"],
)
def test_response_finish_reason(openai: str, cohere: str, back: str) -> None:
    calls = {"tool_calls": [CALL]} if openai == "tool_calls" else {}
    answered, losses = from_openai({"content": None, **calls}, openai)
    assert (answered["finish_reason"], losses) == (cohere, [])
    answered, losses = from_cohere(calls, cohere)
    assert (choice_of(answered)["finish_reason"], losses) == (back, [])


def test_response_finish_stop_that_a_sequence_caused() -> None:
    answered, losses = from_cohere({"content": [text("a")]}, "STOP_SEQUENCE")
    assert choice_of(answered)["finish_reason"] == "stop"
    assert losses == [("mapped", "response.finish_reason")]


def test_response_finish_content_filter() -> None:
    answered, losses = from_openai({"content": "Hel"}, "content_filter")
    assert answered["finish_reason"] == "ERROR"
    assert answered["error"] == "the model's answer was held back by a content filter"
    assert losses == [("approximated", "response.finish_reason")]


def test_response_finish_error() -> None:
    failed = {"error": "no tool", "error_type": "INVALID_TOOL_GENERATION"}
    answered, losses = from_cohere({"content": [text("Hel")]}, "ERROR", **failed)
    assert answered["error"]["message"] == "no tool"
    assert answered["error"]["code"] == "invalid_tool_generation"
    assert losses == []


def test_response_upstream_timeout() -> None:
    late = UpstreamTimeoutError("the provider was silent for 120 seconds")
    assert late.status == 504
    assert json.loads(COHERE.encode_error(late, "i")) == {"id": "i", "message": late.message}
    answered, losses = from_cohere({"content": [text("Hel")]}, "TIMEOUT")
    assert answered["error"]["code"] == "request_timed_out"
    assert losses == [("mapped", "response.finish_reason")]


def test_response_finish_model_context_window_exceeded() -> None:
    answered, losses = from_openai({"content": "Hel"}, "model_context_window_exceeded")
    assert answered["finish_reason"] == "MAX_TOKENS"
    assert losses == [("dropped", "response.choices[0].finish_reason")]


def test_response_usage() -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 3}}
    answered, losses = from_openai({"content": "a"}, usage={**COUNTS, **details})
    assert answered["usage"] == USAGE
    assert losses == [("dropped", "response.usage.reasoning_tokens")]
    assert from_cohere({"content": [text("a")]})[0]["usage"] == COUNTS
    scaffolded = {"billed_units": {"input_tokens": 2, "output_tokens": 4}, "tokens": UNITS}
    answered, losses = from_cohere({"content": [text("a")]}, usage=scaffolded)
    assert answered["usage"] == COUNTS
    assert losses == [("dropped", "response.usage.billed_units")]


@pytest.mark.parametrize("count", [0, 5])
def test_response_cached_prompt_tokens(count: int) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": count}}
    answered, losses = from_openai({"content": "a"}, usage={**COUNTS, **details})
    assert (answered["usage"], losses) == ({**USAGE, "cached_tokens": count}, [])
    answered, losses = from_cohere({"content": [text("a")]}, usage={**USAGE, "cached_tokens": count})
    assert (answered["usage"], losses) == ({**COUNTS, **details}, [])


def test_response_logprobs() -> None:
    token = {"token": "Yes", "logprob": -0.25, "bytes": [89, 101, 115], "top_logprobs": []}
    other = {"token": "No", "logprob": -1.5, "bytes": [78, 111]}
    answered, losses = from_openai({"content": "Yes"}, logprobs={"content": [token]})
    assert answered["logprobs"] == [{"text": "Yes", "token_ids": [], "logprobs": [-0.25]}]
    assert losses == []
    _, losses = from_openai({"content": "Yes"}, logprobs={"content": [{**token, "top_logprobs": [other]}]})
    assert losses == [("dropped", "response.logprobs.alternatives")]
    told = [{"text": "Yes", "token_ids": [7], "logprobs": [-0.25]}]
    answered, losses = from_cohere({"content": [text("Yes")]}, logprobs=told)
    assert choice_of(answered)["logprobs"]["content"] == [token]
    assert losses == [("dropped", "response.logprobs.token_ids")]


def test_response_annotations() -> None:
    cited = {"start_index": 0, "end_index": 3, "url": "https://x", "title": "X"}
    annotated = {"content": "Yes.", "annotations": [{"type": "url_citation", "url_citation": cited}]}
    answered, losses = from_openai(annotated)
    source = {"type": "document", "id": "https://x", "document": {"url": "https://x", "title": "X"}}
    citation = {"start": 0, "end": 3, "text": "Yes", "sources": [source], "type": "TEXT_CONTENT"}
    assert answered["message"]["citations"] == [citation]
    assert losses == []
    answered, losses = from_cohere({"content": [text("Yes.")], "citations": [citation]})
    message = choice_of(answered)["message"]
    assert message["annotations"] == annotated["annotations"]
    assert message["citations"] == [citation]
    assert losses == []


def test_response_citations_of_documents_and_tools() -> None:
    sources = [
        {"type": "document", "id": "d", "document": {"id": "d", "text": "t"}},
        {"type": "tool", "id": "look_1:0", "tool_output": {"t": "24"}},
    ]
    citation = {"start": 0, "end": 3, "text": "Yes", "sources": sources, "type": "TEXT_CONTENT"}
    answered, losses = from_cohere({"content": [text("Yes.")], "citations": [citation]})
    assert choice_of(answered)["message"]["citations"] == [citation]
    assert losses == []


def test_response_without_citations() -> None:
    # Offsets are never invented here: grounding makes citations, and checks them against the text.
    answered, losses = from_openai({"content": "Paris, as the first document says."})
    assert "citations" not in answered["message"]
    assert losses == []
