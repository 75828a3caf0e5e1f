"""Cohere's own SDK, unmodified, against the running gateway and its embedded model.

Runs in two environments, one for each generation of the SDK that is in use.
"""

import asyncio
from importlib.metadata import version
from typing import Any

import cohere
import pytest
from cohere.core.api_error import ApiError

from support.process import Gateway

BASES = [
    "",
    "/",
    "/cohere",
    "/langchain/cohere",
    "/pydanticai/cohere",
    "/litellm/cohere",
    "/langchain",
    "/pydanticai",
    "/litellm",
]
MODEL = "command-a-03-2025"
CAPITAL: Any = [{"role": "user", "content": "What is the capital of France?"}]
NATIVE_ORDER = ["message-start", "content-start", "content-delta", "content-end", "message-end"]


def client(gateway: Gateway, base: str = "") -> Any:
    return cohere.ClientV2(base_url=gateway.url + base, api_key="any")


def async_client(gateway: Gateway, base: str = "") -> Any:
    return cohere.AsyncClientV2(base_url=gateway.url + base, api_key="any")


def assert_is_the_answer(response: Any) -> None:
    assert "Paris" in response.message.content[0].text
    assert response.message.role == "assistant"
    assert response.finish_reason == "COMPLETE"
    assert len(response.id) == 36
    assert response.usage.tokens.input_tokens > response.usage.billed_units.input_tokens > 0
    assert response.usage.tokens.output_tokens == response.usage.billed_units.output_tokens > 0


def assert_is_the_streamed_answer(events: list[Any]) -> None:
    types = [event.type for event in events]
    assert list(dict.fromkeys(types)) == NATIVE_ORDER
    assert types.count("content-delta") > 1
    text = "".join(event.delta.message.content.text for event in events if event.type == "content-delta")
    assert "Paris" in text
    end = events[-1].delta
    assert end.finish_reason == "COMPLETE"
    assert end.usage.tokens.input_tokens > end.usage.billed_units.input_tokens > 0


def test_the_sdk_is_one_of_the_two_generations() -> None:
    assert version("cohere") in ("7.3.1", "5.21.1")


@pytest.mark.parametrize("base", BASES)
def test_chat(gateway: Gateway, base: str) -> None:
    assert_is_the_answer(client(gateway, base).chat(model=MODEL, messages=CAPITAL, temperature=0))


@pytest.mark.parametrize("base", BASES)
def test_chat_stream(gateway: Gateway, base: str) -> None:
    stream = client(gateway, base).chat_stream(model=MODEL, messages=CAPITAL, temperature=0)
    assert_is_the_streamed_answer(list(stream))


@pytest.mark.parametrize("base", BASES)
async def test_async_chat(gateway: Gateway, base: str) -> None:
    assert_is_the_answer(await async_client(gateway, base).chat(model=MODEL, messages=CAPITAL, temperature=0))


@pytest.mark.parametrize("base", BASES)
async def test_async_chat_stream(gateway: Gateway, base: str) -> None:
    stream = async_client(gateway, base).chat_stream(model=MODEL, messages=CAPITAL, temperature=0)
    assert_is_the_streamed_answer([event async for event in stream])


def test_typed_messages_and_a_conversation_fed_back(gateway: Gateway) -> None:
    co = client(gateway)
    messages: list[Any] = [
        cohere.SystemChatMessageV2(content="You are a helpful assistant. Answer briefly."),
        cohere.UserChatMessageV2(content=[cohere.TextContent(text="My name is Ada. Say hello.")]),
    ]
    first = co.chat(model=MODEL, messages=messages, temperature=0)
    messages += [first.message, cohere.UserChatMessageV2(content="What is my name?")]
    second = co.chat(model=MODEL, messages=messages, temperature=0)
    assert second.message.content[0].text
    # The whole conversation reached the model, and its beginning was still in the cache.
    spoken = first.usage.tokens.input_tokens + first.usage.tokens.output_tokens
    assert second.usage.tokens.input_tokens > spoken
    assert dict(second.usage)["cached_tokens"] > first.usage.tokens.input_tokens / 2


def test_max_tokens(gateway: Gateway) -> None:
    response = client(gateway).chat(model=MODEL, messages=CAPITAL, max_tokens=3)
    assert response.finish_reason == "MAX_TOKENS"
    assert response.usage.tokens.output_tokens == 3


def test_stop_sequences(gateway: Gateway) -> None:
    response = client(gateway).chat(
        model=MODEL, messages=CAPITAL, temperature=0, stop_sequences=[" Paris", "%%"]
    )
    assert response.finish_reason == "STOP_SEQUENCE"
    assert response.message.content[0].text == "The capital of France is"


def test_logprobs(gateway: Gateway) -> None:
    co = client(gateway)
    response = co.chat(model=MODEL, messages=CAPITAL, temperature=0, logprobs=True)
    assert "".join(item.text for item in response.logprobs) == response.message.content[0].text
    for item in response.logprobs:
        assert len(item.token_ids) == len(item.logprobs) == 1
        assert item.logprobs[0] <= 0
    stream = co.chat_stream(model=MODEL, messages=CAPITAL, temperature=0, logprobs=True)
    streamed = [event.logprobs for event in stream if event.type == "content-delta"]
    assert [item.token_ids for item in streamed] == [item.token_ids for item in response.logprobs]


def test_every_sampling_parameter(gateway: Gateway) -> None:
    response = client(gateway).chat(
        model=MODEL,
        messages=CAPITAL,
        safety_mode="STRICT",
        max_tokens=5,
        stop_sequences=["a%", "b%"],
        temperature=0.5,
        seed=2**64 - 1,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        k=4,
        p=0.9,
        logprobs=True,
        priority=3,
    )
    assert response.finish_reason in ("MAX_TOKENS", "COMPLETE")


def test_a_seed_repeats_itself(gateway: Gateway) -> None:
    co = client(gateway)
    poem: Any = [{"role": "user", "content": "Write a line about the sea."}]
    same = {
        co.chat(model=MODEL, messages=poem, seed=7, temperature=1, max_tokens=20).message.content[0].text
        for _ in range(3)
    }
    assert len(same) == 1


async def test_the_same_text_ten_times_alone_and_with_four_others(gateway: Gateway) -> None:
    co = async_client(gateway)

    async def ask(content: str, seed: int) -> str:
        response = await co.chat(
            model=MODEL,
            messages=[{"role": "user", "content": content}],
            temperature=0,
            seed=seed,
            max_tokens=24,
        )
        text: str = response.message.content[0].text
        return text

    question = "Tell me about the moon."
    alone = [await ask(question, 1) for _ in range(10)]
    crowded = []
    for turn in range(10):
        others = [ask(f"Count from {turn} to {other}.", other) for other in range(1, 5)]
        answer, *_ = await asyncio.gather(ask(question, 1), *others)
        crowded.append(answer)
    assert set(alone + crowded) == {alone[0]}
    assert alone[0]


def test_text_beyond_ascii_comes_through(gateway: Gateway) -> None:
    co = client(gateway)
    said = "Repeat: \u65e5\u672c\u8a9e \U0001f600 caf\u00e9 \u2028 \u0085"
    messages: Any = [{"role": "user", "content": said}]
    events = list(co.chat_stream(model=MODEL, messages=messages, temperature=0, max_tokens=30))
    assert [event.type for event in events][-1] == "message-end"
    text = "".join(event.delta.message.content.text for event in events if event.type == "content-delta")
    whole = co.chat(model=MODEL, messages=messages, temperature=0, max_tokens=30)
    assert text == whole.message.content[0].text
    assert "\ufffd" not in text


def test_the_name_of_the_model_that_answered_is_in_a_header(gateway: Gateway) -> None:
    raw = client(gateway).with_raw_response
    asked_by_name = raw.chat(model=gateway.model, messages=CAPITAL, max_tokens=1)
    assert "x-api-warning" not in asked_by_name.headers
    substituted = raw.chat(model=MODEL, messages=CAPITAL, max_tokens=1)
    assert gateway.model in substituted.headers["x-api-warning"]
    assert int(substituted.headers["num_tokens"]) == int(
        substituted.data.usage.billed_units.input_tokens + substituted.data.usage.billed_units.output_tokens
    )


ERRORS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"temperature": 3}, 400, "BadRequestError", "temperature must be between"),
    ({"max_tokens": -1}, 400, "BadRequestError", "max_tokens cannot be less than 0"),
    ({"messages": []}, 400, "BadRequestError", "messages"),
    ({"messages": [{"role": "user", "content": "word " * 6000}]}, 400, "BadRequestError", "too many tokens"),
    ({"request_options": {"additional_body_parameters": {"nn": 1}}}, 422, "UnprocessableEntityError", "'nn'"),
    (
        {"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]},
        400, "BadRequestError", "messages[0].content[0]",
    ),
    (
        {"response_format": {"type": "json_object", "schema": {
            "type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]}}},
        400, "BadRequestError", "response_format.json_schema.properties.a.minimum",
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]},
        400, "BadRequestError", "tools[0].function.parameters",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "status", "name", "words"), ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_sdks_own(
    gateway: Gateway, fields: dict[str, Any], status: int, name: str, words: str, stream: bool
) -> None:
    co = client(gateway)
    arguments = {"model": MODEL, "messages": CAPITAL, **fields}
    options = {"max_retries": 0, **arguments.pop("request_options", {})}
    ask = (lambda **given: list(co.chat_stream(**given))) if stream else co.chat
    with pytest.raises(ApiError) as caught:
        ask(**arguments, request_options=options)
    assert caught.value.status_code == status
    assert type(caught.value).__name__ == name
    assert words in caught.value.body["message"]


def test_no_key_is_needed_on_loopback(gateway: Gateway) -> None:
    response = cohere.ClientV2(base_url=gateway.url, api_key="x").chat(
        model=MODEL, messages=CAPITAL, max_tokens=1
    )
    assert response.message.content[0].text
