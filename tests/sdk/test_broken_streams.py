"""What an application on an SDK sees of a provider that fails: the text so far, then the SDK's own error."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import cohere
import httpx
import openai
import pytest
from cohere.core.api_error import ApiError
from msgspec import Struct

from causeway.providers.network import Timeouts
from causeway.testing import ScriptedUpstream, Status
from support.faults import LATE, Fault
from support.upstreams import KEY, FrontedGateway, gateway_before, scripted_provider
from support.wire_answers import SPOKEN, WIRES, WORDS

MESSAGES: Any = [{"role": "user", "content": "Say hello."}]
SHORT_IDLE = Timeouts(first_byte_seconds=30, idle_seconds=0.5)
CASES = [
    pytest.param(fault, upstream, is_async, id=f"{fault.name}-{upstream}-{'async' if is_async else 'sync'}")
    for fault in LATE
    for upstream in fault.upstreams
    for is_async in (False, True)
]
STATUSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    503: openai.InternalServerError,
}


class Stage(Struct):
    """A gateway before providers with many keys: each case has one of its own, as each has a breaker."""

    gateway: FrontedGateway
    upstream: ScriptedUpstream
    used_keys: Iterator[int]

    def pin(self, upstream: str) -> dict[str, str]:
        return {"x-bf-api-key-id": f"{upstream}-{next(self.used_keys)}"}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ScriptedUpstream() as upstream:
        providers = [
            scripted_provider(name, upstream.url, keys=[KEY] * 200, timeouts=SHORT_IDLE) for name in WIRES
        ]
        with gateway_before(*providers) as gateway:
            yield Stage(gateway, upstream, itertools.count())


async def cohere_events(stage: Stage, upstream: str, *, is_async: bool) -> list[Any]:
    options: Any = {"additional_headers": stage.pin(upstream), "max_retries": 0}
    asked: Any = {"model": f"{upstream}/asked", "messages": MESSAGES, "request_options": options}
    url = stage.gateway.url
    if is_async:
        async with httpx.AsyncClient() as transport:
            asynchronous = cohere.AsyncClientV2("none", base_url=url, httpx_client=transport)
            return [event async for event in asynchronous.chat_stream(**asked)]
    with httpx.Client() as transport:
        return list(cohere.ClientV2("none", base_url=url, httpx_client=transport).chat_stream(**asked))


@pytest.mark.parametrize(("fault", "upstream", "is_async"), CASES)
def test_cohere_s_sdk_reads_the_text_and_an_end_that_tells_the_error(
    stage: Stage, fault: Fault, upstream: str, is_async: bool
) -> None:
    stage.upstream.respond = lambda request: fault.reply(WIRES[upstream], True)
    events = asyncio.run(cohere_events(stage, upstream, is_async=is_async))
    texts = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert "".join(texts) == SPOKEN
    types = [event.type for event in events]
    assert types[-2:] == ["content-end", "message-end"]
    assert types.count("message-end") == types.count("content-end") == 1
    end = events[-1].delta
    assert end.finish_reason == "ERROR"
    assert fault.says in end.error


async def openai_pieces(stage: Stage, upstream: str, pieces: list[str], *, is_async: bool) -> None:
    asked: Any = {
        "model": f"{upstream}/asked",
        "messages": MESSAGES,
        "stream": True,
        "extra_headers": stage.pin(upstream),
    }
    options: Any = {"api_key": "none", "base_url": f"{stage.gateway.url}/openai/v1", "max_retries": 0}
    if is_async:
        async with openai.AsyncOpenAI(**options) as client:
            async for chunk in await client.chat.completions.create(**asked):
                pieces.append(chunk.choices[0].delta.content or "")
    else:
        with openai.OpenAI(**options) as client:
            for chunk in client.chat.completions.create(**asked):
                pieces.append(chunk.choices[0].delta.content or "")


@pytest.mark.parametrize(("fault", "upstream", "is_async"), CASES)
def test_openai_s_sdk_reads_the_text_and_raises_the_error(
    stage: Stage, fault: Fault, upstream: str, is_async: bool
) -> None:
    stage.upstream.respond = lambda request: fault.reply(WIRES[upstream], True)
    pieces: list[str] = []
    with pytest.raises(openai.APIError) as raised:
        asyncio.run(openai_pieces(stage, upstream, pieces, is_async=is_async))
    assert "".join(pieces) == SPOKEN
    assert raised.type is openai.APIError  # neither a status nor a broken connection
    assert fault.says in raised.value.message
    assert raised.value.body


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("upstream", WIRES)
@pytest.mark.parametrize("status", STATUSES)
def test_each_sdk_raises_its_own_error_for_a_status(
    stage: Stage, status: int, upstream: str, stream: bool
) -> None:
    error = WIRES[upstream].error
    stage.upstream.respond = lambda request: Status(status, body=error, headers={"retry-after": "3600"})
    model, url = f"{upstream}/asked", stage.gateway.url
    with (
        openai.OpenAI(api_key="none", base_url=f"{url}/openai/v1", max_retries=0) as client,
        pytest.raises(STATUSES[status]) as raised,
    ):
        client.chat.completions.create(
            model=model, messages=MESSAGES, stream=stream, extra_headers=stage.pin(upstream)
        )
    assert WORDS in raised.value.message
    assert raised.value.response.headers["retry-after"] == "3600"

    options: Any = {"additional_headers": stage.pin(upstream), "max_retries": 0}
    with httpx.Client() as transport:
        other: Any = cohere.ClientV2("none", base_url=url, httpx_client=transport)
        ask = other.chat_stream if stream else other.chat
        with pytest.raises(ApiError) as refused:
            list(ask(model=model, messages=MESSAGES, request_options=options))
    assert refused.value.status_code == status
    assert refused.value.body["message"] == WORDS
