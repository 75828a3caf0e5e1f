"""langchain-cohere's embeddings, reranker and token counts, unmodified, against the embedded models."""

from typing import Any

import pytest

from causeway.engine.weights import bundled_embedder
from support.process import Gateway

pytest.importorskip("langchain_cohere", reason="langchain-cohere lives in the other environment")

from langchain_cohere import ChatCohere, CohereEmbeddings, CohereRerank
from langchain_core.documents import Document

DOCUMENTS = ["A cat slept.", "Paris is the capital of France.", "Berlin is in Germany."]
QUESTION = "What is the capital of France?"
BASES = ["", "/cohere", "/langchain", "/langchain/cohere"]

needs_embedder = pytest.mark.skipif(bundled_embedder() is None, reason="the embedding model is not installed")


def embeddings(gateway: Gateway, base: str = "", **options: Any) -> CohereEmbeddings:
    return CohereEmbeddings(
        model="embed-english-light-v3.0", cohere_api_key="any", base_url=gateway.url + base, **options
    )


def reranker(gateway: Gateway, base: str = "", **options: Any) -> CohereRerank:
    return CohereRerank(model="rerank-v3.5", cohere_api_key="any", base_url=gateway.url + base, **options)


def product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@needs_embedder
@pytest.mark.parametrize("base", BASES)
def test_documents_and_queries_are_embedded(gateway: Gateway, base: str) -> None:
    model = embeddings(gateway, base)
    documents, query = model.embed_documents(DOCUMENTS), model.embed_query(QUESTION)
    assert [len(vector) for vector in (*documents, query)] == [384] * 4
    nearest = max(range(3), key=lambda index: product(documents[index], query))
    assert DOCUMENTS[nearest].startswith("Paris")


@needs_embedder
async def test_they_are_embedded_asynchronously_and_in_numbers(gateway: Gateway) -> None:
    model = embeddings(gateway)
    assert len(await model.aembed_documents([f"text {index}" for index in range(100)])) == 100
    assert len(await model.aembed_query(QUESTION)) == 384


@needs_embedder
def test_small_numbers_are_embedded_too(gateway: Gateway) -> None:
    (vector,) = embeddings(gateway, embedding_types=["int8"]).embed_documents(["foo bar"])
    assert len(vector) == 384
    assert all(value == int(value) and -128 <= value <= 127 for value in vector)


@needs_embedder
@pytest.mark.parametrize("base", BASES)
def test_documents_are_reranked(gateway: Gateway, base: str) -> None:
    ranked = reranker(gateway, base).rerank(DOCUMENTS, QUESTION)
    assert [result["index"] for result in ranked] == [1, 2, 0]
    assert ranked[0]["relevance_score"] > 0.9


@needs_embedder
def test_documents_are_compressed_and_ranked_by_fields(gateway: Gateway) -> None:
    compressor = reranker(gateway, top_n=1)
    (best,) = compressor.compress_documents([Document(text) for text in DOCUMENTS], QUESTION)
    assert best.page_content == DOCUMENTS[1]
    assert best.metadata["relevance_score"] > 0.9
    rows = [{"content": text, "subject": str(number)} for number, text in enumerate(DOCUMENTS)]
    ranked = compressor.rerank(rows, QUESTION, rank_fields=["content"])
    assert ranked[0]["index"] == 1


def test_tokens_are_counted_for_a_named_model_and_for_the_default_one(gateway: Gateway) -> None:
    named = ChatCohere(model="command-a-03-2025", cohere_api_key="any", base_url=gateway.url)
    assert named.get_num_tokens("hello, world") == 3
    default = ChatCohere(cohere_api_key="any", base_url=gateway.url)
    assert default.get_num_tokens("hello, world") == 3
