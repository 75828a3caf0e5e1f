"""Embeddings and lists of models: every SDK with every provider behind the gateway."""

from typing import Any

import httpx
import openai
import pytest

from causeway.engine.weights import bundled_embedder
from causeway.testing import Status
from causeway.testing.vectors import embed
from support.fronts import EMBEDDED, Front
from support.sdks import SDKS, Sdk

EMBEDDER = "local/all-minilm-l6-v2"
MODELS = {"openai": "openai/text-embedding", "cohere": "cohere/text-embedding", "local": EMBEDDER}
TEXTS = ["Paris is the capital of France.", "The capital of France is Paris.", "A cat slept."]

pytestmark = pytest.mark.skipif(bundled_embedder() is None, reason="the embedding model is not installed")


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    return SDKS[request.param]


def sent(front: Front, provider: str) -> Any:
    """Return the one body that was sent, which was to this provider."""
    upstreams = {"openai": front.openai, "cohere": front.cohere}
    (request,) = [request for upstream in upstreams.values() for request in upstream.requests]
    assert upstreams[provider].requests == [request]
    return request.json


@pytest.mark.parametrize("provider", MODELS)
def test_vectors(sdk: Sdk, provider: str, front: Front) -> None:
    vectors = sdk.embed(front.url, MODELS[provider], TEXTS)
    assert len(vectors) == len(TEXTS)
    likeness = [sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors]
    assert likeness[0] == pytest.approx(1, abs=1e-4)
    assert likeness[1] > 0.7 > 0.4 > likeness[2]
    if provider == "local":
        assert (front.openai.requests, front.cohere.requests) == ([], [])
        return
    assert vectors == [pytest.approx(embed(text, 1536), abs=1e-6) for text in TEXTS]
    body = sent(front, provider)
    if provider == "openai":
        assert body == {"model": "text-embedding", "input": TEXTS, "encoding_format": "float"}
        return
    assert body == {
        "model": "text-embedding",
        "texts": TEXTS,
        "input_type": "search_document",
        "embedding_types": ["float"],
        # OpenAI's callers expect an error for a text that is too long.
        "truncate": "NONE" if sdk.dialect == "openai" else "END",
    }


@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize("encoding_format", ["float", "base64"])
@pytest.mark.parametrize("mount", ["/v1", "/openai/v1"])
def test_both_forms_of_openais_vectors(provider: str, encoding_format: Any, mount: str, front: Front) -> None:
    with openai.OpenAI(base_url=front.url + mount, api_key="any", max_retries=0) as client:
        explicit = client.embeddings.create(
            model=MODELS[provider], input=TEXTS[0], encoding_format=encoding_format
        )
        implicit = client.embeddings.create(model=MODELS[provider], input=TEXTS[0])
    (vector,) = explicit.data
    if encoding_format == "base64":  # asked for by name it is not decoded
        assert isinstance(vector.embedding, str)
    else:
        assert vector.embedding == pytest.approx(implicit.data[0].embedding, abs=1e-6)
    assert explicit.usage.prompt_tokens == explicit.usage.total_tokens > 0
    assert explicit.model == MODELS[provider].partition("/")[2]


def test_fewer_dimensions(front: Front) -> None:
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key="any", max_retries=0) as client:
        for provider in ("openai", "cohere"):
            told = client.embeddings.create(model=MODELS[provider], input=TEXTS, dimensions=256)
            assert [len(one.embedding) for one in told.data] == [256] * 3
    assert front.openai.requests[-1].json["dimensions"] == 256
    assert front.cohere.requests[-1].json["output_dimension"] == 256


def test_a_fallback_embeds_where_the_first_cannot(front: Front) -> None:
    front.openai.script(Status(429, "too many requests"))
    with openai.OpenAI(base_url=f"{front.url}/v1", api_key="any", max_retries=0) as client:
        told = client.embeddings.create(
            model=MODELS["openai"], input=TEXTS[0], extra_body={"fallbacks": [MODELS["cohere"]]}
        )
    assert told.data[0].embedding == pytest.approx(embed(TEXTS[0], 1536), abs=1e-6)
    assert "fallbacks" not in front.openai.requests[0].json | front.cohere.requests[0].json


def test_the_models_of_all_providers(sdk: Sdk, front: Front) -> None:
    assert sdk.models(front.url) == [
        EMBEDDED,
        EMBEDDER,
        "azure/scripted",
        "cohere/scripted",
        "openai/scripted",
    ]


def test_one_model(front: Front) -> None:
    with openai.OpenAI(base_url=f"{front.url}/openai/v1", api_key="any", max_retries=0) as client:
        for name in ("openai/scripted", "cohere/scripted", EMBEDDED):
            model = client.models.retrieve(name)
            assert (model.id, model.object, model.owned_by) == (name, "model", name.partition("/")[0])


def test_a_page_of_models(front: Front) -> None:
    url = f"{front.url}/openai/v1/models"
    first = httpx.get(url, params={"page_size": 3}).json()
    second = httpx.get(url, params={"page_size": 3, "page_token": first["next_page_token"]}).json()
    names = [model["id"] for model in (*first["data"], *second["data"])]
    assert names == [EMBEDDED, EMBEDDER, "azure/scripted", "cohere/scripted", "openai/scripted"]
    assert "next_page_token" not in second
    only = httpx.get(url, params={"provider": "cohere"}).json()
    assert [model["id"] for model in only["data"]] == ["cohere/scripted"]


@pytest.mark.parametrize("path", ["/v2/embed", "/v1/embed", "/v2/rerank", "/v1/rerank"])
def test_a_fallback_answers_beside_chat_too(path: str, front: Front) -> None:
    front.cohere.script(Status(500, "a bad day"))
    body: dict[str, Any] = {"model": "cohere/some-model", "fallbacks": [EMBEDDER]}
    if path.endswith("embed"):
        body |= {"texts": ["Paris"], "input_type": "search_query"}
    else:
        body |= {"query": "Paris", "documents": ["Paris is a city.", "A cat slept."]}
    answer = httpx.post(front.url + path, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-bifrost-provider"] == "local"
    assert answer.headers["x-bifrost-fallback-index"] == "1"
    (asked,) = front.cohere.requests
    assert b"fallbacks" not in asked.body


@pytest.mark.parametrize("path", ["/v2/embed", "/v2/rerank"])
def test_a_fallback_without_a_name_is_refused(path: str, front: Front) -> None:
    own = (
        {"texts": ["a"], "input_type": "search_query"}
        if path == "/v2/embed"
        else {"query": "a", "documents": ["a"]}
    )
    answer = httpx.post(front.url + path, json={"model": "m", "fallbacks": [""], **own})
    assert answer.status_code == 400
    assert "fallbacks[0]" in answer.json()["message"]
