"""Every path under which the gateway stands for OpenAI or Cohere, with the SDK that is pointed at it."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.dialects.openai.endpoints import OPENAI_PREFIXES
from causeway.testing import Answer, Status
from support.cohere_driver import CohereSdk
from support.fronts import EMBEDDED, Front
from support.openai_driver import OpenAiSdk
from support.sdks import Asked, Sdk
from support.upstreams import FrontedGateway, gateway_before

QUESTION: list[Any] = [{"role": "user", "content": "What is the capital of France?"}]
PARIS = "The capital of France is Paris."
MODELS = ["openai/scripted", "cohere/scripted", EMBEDDED]
SDKS: dict[str, Sdk] = {
    **{f"openai {mount}": OpenAiSdk(is_async=False, mount=mount) for mount in ("/v1", *OPENAI_PREFIXES)},
    **{f"cohere {mount}": CohereSdk(is_async=False, mount=mount) for mount in ("", "/", *COHERE_PREFIXES)},
}
AZURE_VERSION = "2024-10-21"


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return SDKS[request.param]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_question_is_answered_at_every_mount(sdk: Sdk, model: str, stream: bool, front: Front) -> None:
    for upstream in (front.openai, front.cohere):
        upstream.script(Answer(PARIS))
    told = sdk.ask(front.url, Asked(model=model, messages=QUESTION, temperature=0), stream=stream)
    assert told.text == PARIS
    assert (told.pieces > 1) is stream
    assert told.input_tokens > 0 < told.output_tokens
    assert len([*front.openai.requests, *front.cohere.requests]) == (model != EMBEDDED)


def test_an_error_is_the_sdks_own_at_every_mount(sdk: Sdk, front: Front) -> None:
    front.cohere.script(Status(429, "slow down"))
    with pytest.raises(sdk.errors[429], match="slow down"):
        sdk.ask(front.url, Asked(model="cohere/scripted", messages=QUESTION), stream=False)


def test_vectors_at_every_mount(sdk: Sdk, front: Front) -> None:
    for model in ("openai/text-embedding", "cohere/text-embedding"):
        (vector,) = sdk.embed(front.url, model, ["Paris"])
        assert len(vector) == 1536


def test_models_at_every_mount(sdk: Sdk, front: Front) -> None:
    assert {"openai/scripted", "cohere/scripted", EMBEDDED} <= set(sdk.models(front.url))


def azure(url: str, **options: Any) -> openai.AzureOpenAI:
    endpoint = f"{url}/openai"
    options = {"api_key": "any", "api_version": AZURE_VERSION, "max_retries": 0, **options}
    return openai.AzureOpenAI(azure_endpoint=endpoint, **options)


@pytest.mark.parametrize(
    ("deployment", "provider"),
    [
        ("gpt-4o", "azure"),
        ("azure/gpt-4o", "azure"),
        ("openai/gpt-4o", "openai"),
        ("cohere/command-a", "cohere"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_azures_deployments(deployment: str, provider: str, stream: bool, front: Front) -> None:
    upstream = front.cohere if provider == "cohere" else front.openai
    upstream.script(Answer(PARIS))
    with azure(front.url) as client:
        answer: Any = client.chat.completions.create(model=deployment, messages=QUESTION, stream=stream)
        if stream:
            text = "".join(
                choice.delta.content or "" for chunk in answer for choice in chunk.choices if choice.delta
            )
        else:
            text = answer.choices[0].message.content
    assert text == PARIS
    (request,) = upstream.requests
    assert request.json["model"] == deployment.rpartition("/")[2]
    assert ("api-key" in request.headers) is (provider == "azure")  # the others are told who asks otherwise


def test_azures_client_that_is_bound_to_one_deployment(front: Front) -> None:
    front.openai.script(Answer(PARIS))
    with azure(front.url, azure_deployment="gpt-4o") as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert answer.choices[0].message.content == PARIS
    assert front.openai.requests[0].headers["api-key"]


async def test_azures_asynchronous_client(front: Front) -> None:
    front.openai.script(Answer(PARIS))
    async with openai.AsyncAzureOpenAI(
        azure_endpoint=f"{front.url}/openai", api_key="any", api_version=AZURE_VERSION, max_retries=0
    ) as client:
        stream = await client.chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True)
        pieces = [choice.delta.content or "" async for chunk in stream for choice in chunk.choices]
    assert "".join(pieces) == PARIS


def test_azures_vectors_and_errors(front: Front) -> None:
    with azure(front.url) as client:
        (one,) = client.embeddings.create(model="text-embedding", input="Paris").data
        assert len(one.embedding) == 1536
        front.openai.script(Status(404, "there is no such deployment"))
        with pytest.raises(openai.NotFoundError, match="no such deployment"):
            client.chat.completions.create(model="gpt-4o", messages=QUESTION)


@pytest.fixture(scope="module")
def guarded() -> Iterator[FrontedGateway]:
    with gateway_before(keys=["key-of-the-gateway"]) as gateway:
        yield gateway


def test_every_sdks_key_is_found_where_it_puts_it(guarded: FrontedGateway) -> None:
    asked = Asked(model=EMBEDDED, messages=QUESTION, max_tokens=1)
    for sdk in (SDKS["openai /v1"], SDKS["cohere "]):
        assert sdk.ask(guarded.url, asked, stream=False, key="key-of-the-gateway").text
        with pytest.raises(sdk.errors[401]):
            sdk.ask(guarded.url, asked, stream=False, key="wrong")
    with azure(guarded.url, api_key="key-of-the-gateway") as client:
        assert client.chat.completions.create(model=EMBEDDED, messages=QUESTION, max_tokens=1).choices
    with azure(guarded.url, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model=EMBEDDED, messages=QUESTION, max_tokens=1)
