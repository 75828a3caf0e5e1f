"""Every request that real clients were seen to send is served, on its own path, as it was sent."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.local_embedding import LocalEmbeddingEngine
from causeway.engine.weights import bundled_embedder
from support.answers import text_answer
from support.companions import companion_handler
from support.gateway import serve
from support.recordings import client_requests

# What is documented as not served here, and the two bodies that were made up to show every field at
# once, which Cohere's documentation calls errors (tests/dialects/test_cohere_recordings.py).
NOT_SERVED = {"/v2/batches", "/v1/datasets", "/v1/embed-jobs"}
DOCUMENTED_ERRORS = {
    "cohere-python 7.3.1: typed msgs": "tool call id not found in previous tool calls",
    "cohere-ai (TS) 8.1.0: all": "response_format is not supported with RAG",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if bundled_embedder() is None:
        pytest.skip("the bundled weights are not installed")
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(bundled_embedder(), queue_limit=8))
    with serve(
        lambda request, losses: text_answer("Hello."),
        companions=companion_handler(embedder),
        stop=embedder.stop,
    ) as (url, _):
        yield url


@pytest.mark.parametrize("captured", client_requests(""))
def test_a_captured_request_is_served(url: str, captured: Any) -> None:
    response = httpx.request(
        captured["method"],
        f"{url}{captured['path']}",
        params=captured["query"],
        content=captured["body_raw"],
        headers={name: value for name, value in captured["headers"].items() if name != "content-length"},
        timeout=30,
    )
    if captured["path"] in NOT_SERVED:
        assert response.status_code == 501
    elif reason := DOCUMENTED_ERRORS.get(captured["client"]):
        assert response.status_code == 400
        assert reason in response.json()["message"]
    else:
        assert response.status_code == 200, response.text
