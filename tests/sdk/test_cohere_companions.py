"""Cohere's own SDK at the endpoints beside chat, against the running gateway and its embedded models.

Runs in two environments, one for each generation of the SDK that is in use.
"""

import base64
import struct
from typing import Any

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError

from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.engine.weights import bundled_embedder
from support.process import Gateway

BASES = ["", *COHERE_PREFIXES]
TYPES = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
MODEL = "embed-v4.0"
DOCUMENTS = ["A cat slept.", "Paris is the capital of France.", "Berlin is in Germany."]
QUESTION = "What is the capital of France?"
ONCE: Any = {"max_retries": 0}

pytestmark = pytest.mark.skipif(bundled_embedder() is None, reason="the embedding model is not installed")


def client(gateway: Gateway, base: str = "") -> Any:
    return cohere.ClientV2(base_url=gateway.url + base, api_key="any")


def async_client(gateway: Gateway, base: str = "") -> Any:
    return cohere.AsyncClientV2(base_url=gateway.url + base, api_key="any")


def older_client(gateway: Gateway, base: str = "") -> Any:
    return cohere.Client(base_url=gateway.url + base, api_key="any")


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("base", BASES)
def test_embed(gateway: Gateway, base: str) -> None:
    response = client(gateway, base).embed(
        model=MODEL, input_type="search_document", texts=[*DOCUMENTS, QUESTION], embedding_types=["float"]
    )
    vectors = response.embeddings.float_
    assert [len(vector) for vector in vectors] == [384] * 4
    assert cosine(vectors[3], vectors[1]) > 0.7 > 0.3 > cosine(vectors[3], vectors[0])
    assert response.texts == [*DOCUMENTS, QUESTION]
    assert response.response_type == "embeddings_by_type"
    assert response.meta.api_version.version == "2"
    assert response.meta.billed_units.input_tokens > 20
    assert len(response.id) == 36


def test_embed_in_every_type(gateway: Gateway) -> None:
    response = client(gateway).embed(
        model=MODEL, input_type="search_query", texts=["a", "b"], embedding_types=TYPES
    )
    found = response.embeddings
    for kind, length in (("int8", 384), ("uint8", 384), ("binary", 48), ("ubinary", 48)):
        rows = getattr(found, kind)
        assert [len(row) for row in rows] == [length] * 2
        lowest, highest = (0, 255) if kind.startswith("u") else (-128, 127)
        assert all(type(value) is int and lowest <= value <= highest for row in rows for value in row)
    for floats, encoded in zip(found.float_, found.base64, strict=True):
        assert list(struct.unpack("<384f", base64.b64decode(encoded))) == floats


async def test_embed_asynchronously(gateway: Gateway) -> None:
    response = await async_client(gateway).embed(
        model=MODEL, input_type="clustering", texts=["a"], embedding_types=["int8"]
    )
    assert len(response.embeddings.int8[0]) == 384


def test_embed_options(gateway: Gateway) -> None:
    co = client(gateway)
    long = "word " * 300
    options: Any = {"model": MODEL, "input_type": "classification", "embedding_types": ["float"]}
    raw = co.with_raw_response.embed(texts=[long], truncate="START", priority=5, **options)
    assert raw.data.meta.billed_units.input_tokens == 254
    assert "texts approximated: 1 were cut to 254 tokens" in raw.headers["x-api-warning"]
    short = co.embed(texts=[long], max_tokens=10, output_dimension=256, **options)
    assert short.meta.billed_units.input_tokens == 10
    assert len(short.embeddings.float_[0]) == 256
    parts = [{"content": [{"type": "text", "text": "a"}]}]
    assert len(co.embed(inputs=parts, **options).embeddings.float_) == 1


def test_a_hundred_texts_in_one_call_of_the_older_client(gateway: Gateway) -> None:
    texts = [f"text number {index}" for index in range(100)]
    co = older_client(gateway)
    plain = co.embed(texts=texts, model="embed-english-v3.0", input_type="search_document")
    assert plain.response_type == "embeddings_floats"
    assert len(plain.embeddings) == 100
    assert plain.texts == texts
    assert plain.meta.billed_units.input_tokens >= 300
    typed = co.embed(
        texts=texts,
        model="embed-english-v3.0",
        input_type="search_document",
        embedding_types=["int8", "float"],
    )
    assert typed.response_type == "embeddings_by_type"
    assert len(typed.embeddings.int8) == len(typed.embeddings.float_) == 100
    for one, other in zip(plain.embeddings, typed.embeddings.float_, strict=True):
        assert cosine(one, other) > 0.9999
    assert plain.meta.api_version.version == "1"


@pytest.mark.parametrize("base", BASES)
def test_rerank(gateway: Gateway, base: str) -> None:
    response = client(gateway, base).rerank(model="rerank-v3.5", query=QUESTION, documents=DOCUMENTS, top_n=9)
    assert [result.index for result in response.results] == [1, 2, 0]
    assert 1 >= response.results[0].relevance_score > 0.9
    assert response.meta.billed_units.search_units == 1
    assert response.meta.api_version.version == "2"


async def test_rerank_asynchronously(gateway: Gateway) -> None:
    response = await async_client(gateway).rerank(
        model="rerank-v3.5", query=QUESTION, documents=DOCUMENTS, top_n=1, max_tokens_per_doc=100
    )
    assert [result.index for result in response.results] == [1]


def test_the_older_rerank(gateway: Gateway) -> None:
    documents = [{"text": text, "number": number} for number, text in enumerate(DOCUMENTS)]
    response = older_client(gateway).rerank(
        query=QUESTION, documents=documents, rank_fields=["text"], return_documents=True, top_n=2
    )
    assert [result.index for result in response.results] == [1, 2]
    assert response.results[0].document.text == DOCUMENTS[1]
    assert response.meta.api_version.version == "1"


@pytest.mark.parametrize("base", BASES)
def test_tokenize_and_back(gateway: Gateway, base: str) -> None:
    co = older_client(gateway, base)
    text = "hello, world \u65e5\u672c\u8a9e"
    tokens = co.tokenize(text=text, model="command-a-03-2025")
    assert tokens.token_strings[:3] == ["hello", ",", " world"]
    assert len(tokens.tokens) == len(tokens.token_strings)
    assert co.detokenize(tokens=tokens.tokens, model="command-a-03-2025").text == text


async def test_tokenize_asynchronously(gateway: Gateway) -> None:
    co: Any = cohere.AsyncClient(base_url=gateway.url, api_key="any")
    tokens = await co.tokenize(text="hello", model="local/smollm2-135m-instruct")
    assert (await co.detokenize(tokens=tokens.tokens, model="command-a-03-2025")).text == "hello"


@pytest.mark.parametrize("base", BASES)
def test_models(gateway: Gateway, base: str) -> None:
    co = client(gateway, base)
    names = [model.name for model in co.models.list().models]
    assert names == [gateway.model, "local/all-minilm-l6-v2"]
    (default,) = co.models.list(endpoint="chat", default_only=True, page_size=5).models
    assert default.name == gateway.model
    assert default.context_length > 0
    assert default.endpoints == default.default_endpoints == ["chat"]
    assert [model.name for model in co.models.list(endpoint="rerank").models] == names[1:]
    first = co.models.list(page_size=1)
    second = co.models.list(page_size=1, page_token=first.next_page_token)
    assert [model.name for page in (first, second) for model in page.models] == names
    assert second.next_page_token is None
    own = co.models.get(gateway.model)
    assert own.name == gateway.model
    assert own.tokenizer_url is None
    assert co.models.get("openai/gpt-4o mini").name == "openai/gpt-4o mini"


def test_a_model_that_is_described_in_another_s_place_is_named(gateway: Gateway) -> None:
    raw = client(gateway).models.with_raw_response.get("command-a-03-2025")
    assert raw.data.name == "command-a-03-2025"
    assert gateway.model in raw.headers["x-api-warning"]


@pytest.mark.parametrize("prefix", ["", "/langchain"])
def test_models_are_listed_as_openai_s_clients_expect(gateway: Gateway, prefix: str) -> None:
    body = httpx.get(f"{gateway.url}{prefix}/v1/models").json()
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == [gateway.model, "local/all-minilm-l6-v2"]
    assert all(model["object"] == "model" and model["owned_by"] for model in body["data"])


def test_the_question_whether_a_key_is_good(gateway: Gateway) -> None:
    body = httpx.post(f"{gateway.url}/v1/check-api-key").json()
    assert body.keys() == {"valid", "organization_id", "owner_id"}


ERRORS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("embed", {"input_type": "nonsense", "texts": ["a"]}, 400, "BadRequestError", "input_type"),
    ("embed", {"input_type": "search_query", "texts": ["a"] * 97}, 400, "BadRequestError", "at most 96"),
    (
        "embed", {"input_type": "search_query", "texts": ["a " * 300], "truncate": "NONE"},
        400, "BadRequestError", "too many tokens",
    ),
    (
        "embed", {"input_type": "image", "images": ["data:image/png;base64,AAAA"]},
        400, "BadRequestError", "images",
    ),
    (
        "embed", {"input_type": "search_query", "texts": ["a"], "output_dimension": 1024},
        400, "BadRequestError", "384 dimensions",
    ),
    ("rerank", {"query": "q", "documents": []}, 400, "BadRequestError", "documents"),
    ("rerank", {"query": "q", "documents": ["a"], "top_n": 0}, 400, "BadRequestError", "top_n"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "fields", "status", "name", "words"), ERRORS)
def test_errors_are_the_sdks_own(
    gateway: Gateway, method: str, fields: dict[str, Any], status: int, name: str, words: str
) -> None:
    with pytest.raises(ApiError) as caught:
        getattr(client(gateway), method)(model="m", request_options=ONCE, **fields)
    assert caught.value.status_code == status
    assert type(caught.value).__name__ == name
    assert words in caught.value.body["message"]


def test_an_unknown_field_is_an_error_in_version_2_and_a_warning_in_version_1(gateway: Gateway) -> None:
    options: Any = {**ONCE, "additional_body_parameters": {"surprise": 1}}
    with pytest.raises(ApiError) as caught:
        client(gateway).rerank(model="m", query="q", documents=["a"], request_options=options)
    assert caught.value.status_code == 422
    raw = older_client(gateway).with_raw_response.rerank(query="q", documents=["a"], request_options=options)
    assert raw.headers["x-api-warning"] == "unknown field: parameter surprise is not a valid field"


def test_the_rest_of_the_sdk_says_that_it_is_not_there(gateway: Gateway) -> None:
    newer, older = client(gateway), older_client(gateway)
    calls = [
        lambda: newer.batches.list(request_options=ONCE),
        lambda: newer.batches.cancel("an-id", request_options=ONCE),
        lambda: newer.datasets.list(request_options=ONCE),
        lambda: newer.datasets.create(
            name="d", type="embed-input", data=("d.csv", b"text\na\n"), request_options=ONCE
        ),
        lambda: newer.embed_jobs.list(request_options=ONCE),
        lambda: newer.connectors.list(request_options=ONCE),
        lambda: newer.finetuning.list_finetuned_models(request_options=ONCE),
        lambda: older.classify(inputs=["a"], request_options=ONCE),
        lambda: older.summarize(text="a " * 200, request_options=ONCE),
        lambda: older.generate(prompt="a", request_options=ONCE),
    ]
    for call in calls:
        with pytest.raises(ApiError) as caught:
            call()
        assert caught.value.status_code == 501
        assert "is not served by this gateway" in caught.value.body["message"]
