"""Every path of the vendors' and the frameworks' mounts: what is served answers in its vendor's shape, and so
does what is known and not served.

The paths are those of Bifrost's integrations, with the vendor's name below a framework's and without it.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from msgspec import Struct

from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.table import all_endpoints
from causeway.server.routes import Routes
from causeway.testing import ScriptedUpstream
from support.upstreams import gateway_before, scripted_provider

MODEL = "openai/scripted"
IN_PATH = "openai%2Fscripted"
TURNS = [{"role": "user", "content": "Say hello."}]
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}
BLOCKS = {"messages": [{"role": "user", "content": [{"text": "Say hello."}]}]}
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": TURNS}
EVENT_STREAM = "application/vnd.amazon.eventstream"


class Served(Struct, frozen=True):
    """What is asked at some paths, and a member of the answer, with its value, that only its vendor has.

    In a path `{fw}` stands for each framework's prefix.
    """

    paths: str
    member: str
    body: dict[str, Any] | None = None
    value: Any = None
    media_type: str = "application/json"


SERVED = [
    Served(
        """
        /openai/v1/chat/completions /openai/chat/completions /openai/openai/v1/chat/completions
        /openai/openai/deployments/{model}/chat/completions
        {fw}/v1/chat/completions {fw}/chat/completions
        """,
        "object",
        {"model": MODEL, "messages": TURNS},
        "chat.completion",
    ),
    Served(
        """
        /openai/v1/completions /openai/completions /openai/openai/deployments/{model}/completions
        {fw}/v1/completions {fw}/completions
        """,
        "object",
        {"model": MODEL, "prompt": "Say hello."},
        "text_completion",
    ),
    Served(
        """
        /openai/v1/responses /openai/responses /openai/openai/responses
        /openai/openai/deployments/{model}/responses {fw}/v1/responses {fw}/responses
        """,
        "object",
        {"model": MODEL, "input": "Say hello."},
        "response",
    ),
    Served(
        """
        /openai/v1/responses/input_tokens /openai/openai/responses/input_tokens
        {fw}/v1/responses/input_tokens {fw}/responses/input_tokens
        """,
        "object",
        {"model": MODEL, "input": "Say hello."},
        "response.input_tokens",
    ),
    Served(
        """
        /openai/v1/embeddings /openai/embeddings /openai/openai/deployments/{model}/embeddings
        {fw}/v1/embeddings {fw}/embeddings
        """,
        "object",
        {"model": MODEL, "input": "hello"},
        "list",
    ),
    Served(
        "/openai/v1/models /openai/models /openai/openai/deployments/{model}/models {fw}/models",
        "object",
        value="list",
    ),
    # OpenAI's SDK reads `data` of it, Cohere's `models`.
    Served("{fw}/v1/models", "data"),
    Served(
        """
        /anthropic/v1/messages /anthropic/v1/messages/anything/else
        {fw}/anthropic/v1/messages {fw}/v1/messages
        """,
        "type",
        {"model": MODEL, "max_tokens": 50, "messages": TURNS},
        "message",
    ),
    Served(
        "/anthropic/v1/complete {fw}/anthropic/v1/complete {fw}/v1/complete",
        "type",
        {"model": MODEL, "max_tokens_to_sample": 50, "prompt": "\n\nHuman: Hello.\n\nAssistant:"},
        "completion",
    ),
    Served(
        """
        /anthropic/v1/messages/count_tokens {fw}/anthropic/v1/messages/count_tokens
        {fw}/v1/messages/count_tokens
        """,
        "input_tokens",
        {"model": MODEL, "messages": TURNS},
    ),
    Served("/anthropic/v1/models {fw}/anthropic/v1/models", "first_id"),
    Served(
        """
        /genai/v1beta/models/{model}:generateContent {fw}/genai/v1beta/models/{model}:generateContent
        {fw}/v1beta/models/{model}:generateContent
        """,
        "candidates",
        CONTENTS,
    ),
    Served(
        """
        /genai/v1beta/models/{model}:streamGenerateContent?alt=sse
        {fw}/genai/v1beta/models/{model}:streamGenerateContent?alt=sse
        {fw}/v1beta/models/{model}:streamGenerateContent?alt=sse
        """,
        "candidates",
        CONTENTS,
        media_type="text/event-stream",
    ),
    Served(
        "/genai/v1beta/models/{model}:countTokens {fw}/v1beta/models/{model}:countTokens",
        "totalTokens",
        CONTENTS,
    ),
    Served(
        "/genai/v1beta/models/{model}:embedContent {fw}/v1beta/models/{model}:embedContent",
        "embedding",
        {"content": {"parts": [{"text": "hello"}]}},
    ),
    Served(
        "/genai/v1beta/models/{model}:batchEmbedContents",
        "embeddings",
        {"requests": [{"model": f"models/{MODEL}", "content": {"parts": [{"text": "hello"}]}}]},
    ),
    Served("/genai/v1beta/models {fw}/genai/v1beta/models {fw}/v1beta/models", "models"),
    Served(
        """
        /bedrock/model/{model}/converse {fw}/bedrock/model/{model}/converse {fw}/model/{model}/converse
        """,
        "output",
        BLOCKS,
    ),
    Served(
        """
        /bedrock/model/{model}/converse-stream {fw}/bedrock/model/{model}/converse-stream
        {fw}/model/{model}/converse-stream
        """,
        "messageStart",
        BLOCKS,
        media_type=EVENT_STREAM,
    ),
    Served("/bedrock/model/{model}/invoke {fw}/model/{model}/invoke", "type", CLAUDE, "message"),
    Served(
        """
        /bedrock/model/{model}/invoke-with-response-stream {fw}/model/{model}/invoke-with-response-stream
        """,
        "chunk",
        CLAUDE,
        media_type=EVENT_STREAM,
    ),
    Served("/bedrock/model/{model}/count-tokens", "inputTokens", {"input": {"converse": BLOCKS}}),
    Served(
        "/cohere/v2/chat {fw}/cohere/v2/chat {fw}/v2/chat",
        "message",
        {"model": MODEL, "messages": TURNS},
    ),
    Served(
        "/cohere/v2/embed {fw}/cohere/v2/embed {fw}/v2/embed",
        "embeddings",
        {"model": "cohere/x", "texts": ["a"], "input_type": "search_query", "embedding_types": ["float"]},
    ),
    Served(
        "/cohere/v2/rerank {fw}/cohere/v2/rerank {fw}/v2/rerank",
        "results",
        {"model": "cohere/x", "query": "a", "documents": ["a", "b"]},
    ),
    Served(
        "/cohere/v1/tokenize {fw}/cohere/v1/tokenize {fw}/v1/tokenize",
        "tokens",
        {"model": "smollm2-135m-instruct", "text": "hello"},
    ),
]
# Batches, files, images, audio, video, containers and caches: none of them is chat.
NOT_SERVED = {
    "openai": """
        POST /openai/v1/audio/speech
        POST /openai/v1/audio/transcriptions
        POST /openai/openai/deployments/{model}/audio/speech
        POST /openai/openai/deployments/{model}/audio/transcriptions
        POST {fw}/v1/audio/speech
        POST {fw}/v1/audio/transcriptions
        POST /openai/v1/images/generations
        POST /openai/openai/deployments/{model}/images/generations
        POST /openai/images/edits
        GET|POST /openai/v1/batches
        GET /openai/v1/batches/b-1
        POST /openai/v1/batches/b-1/cancel
        GET|POST /openai/v1/files
        GET|DELETE /openai/v1/files/f-1
        GET /openai/v1/files/f-1/content
        GET|POST /openai/v1/containers
        GET|DELETE /openai/v1/containers/c-1
        GET|POST /openai/v1/containers/c-1/files
        GET|DELETE /openai/v1/containers/c-1/files/f-1
        GET /openai/v1/containers/c-1/files/f-1/content
        GET|POST /openai/v1/videos
        GET|DELETE /openai/v1/videos/v-1
        GET /openai/v1/videos/v-1/content
        POST /openai/v1/videos/v-1/remix
        POST /openai/v1/responses/compact
        GET /openai/v1/realtime
        POST /openai/v1/realtime/calls
        POST /openai/v1/realtime/client_secrets
        POST /openai/v1/realtime/sessions
    """,
    "anthropic": """
        GET|POST /anthropic/v1/messages/batches
        GET|DELETE /anthropic/v1/messages/batches/b-1
        POST /anthropic/v1/messages/batches/b-1/cancel
        GET /anthropic/v1/messages/batches/b-1/results
        GET|POST /anthropic/v1/files
        GET|DELETE /anthropic/v1/files/f-1
        GET /anthropic/v1/files/f-1/content
    """,
    "gemini": """
        POST /genai/v1beta/models/{model}:predict
        POST /genai/v1beta/models/{model}:predictLongRunning
        POST /genai/v1beta/models/{model}:batchGenerateContent
        GET /genai/v1beta/models/{model}/operations/o-1
        POST /genai/upload/v1beta/files
        GET /genai/v1beta/files
        GET|DELETE /genai/v1beta/files/f-1
        GET /genai/v1beta/batches
        GET|POST|DELETE /genai/v1beta/batches/b-1
        GET|POST /genai/v1beta/cachedContents
        GET|PATCH|DELETE /genai/v1beta/cachedContents/c-1
        POST /genai/v1/rank
    """,
    "bedrock": """
        POST /bedrock/model-invocation-job
        GET /bedrock/model-invocation-jobs
        GET /bedrock/model-invocation-job/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Amodel-invocation-job%2Fj
        POST /bedrock/model-invocation-job/j-1/stop
        GET /bedrock/files/a-bucket
        GET|PUT|HEAD|DELETE /bedrock/files/a-bucket/a/key
        POST /bedrock/rerank
    """,
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with (
        ScriptedUpstream(dialects=["openai", "responses"]) as openai,
        ScriptedUpstream(dialects=["cohere"]) as cohere,
        gateway_before(
            scripted_provider("openai", openai.url), scripted_provider("cohere", cohere.url)
        ) as gateway,
    ):
        yield gateway.url


def everywhere(path: str) -> list[str]:
    """Return a path below each prefix that it stands for."""
    path = path.replace("{model}", IN_PATH)
    return [path.replace("{fw}", framework) for framework in FRAMEWORKS] if "{fw}" in path else [path]


def served_paths() -> list[Any]:
    return [
        pytest.param(served, path, id=path)
        for served in SERVED
        for template in served.paths.split()
        for path in everywhere(template)
    ]


def unserved_paths() -> list[Any]:
    return [
        pytest.param(dialect, method, path, id=f"{method} {path}")
        for dialect, rows in NOT_SERVED.items()
        for row in filter(None, map(str.strip, rows.splitlines()))
        for method in row.split()[0].split("|")
        for path in everywhere(row.split()[1])
    ]


def check_error(dialect: str, status: int, body: Any) -> None:
    """Check that an error has the shape in which the dialect's SDK looks for it."""
    if dialect == "openai":
        assert set(body) == {"error"}
        assert set(body["error"]) == {"message", "type", "param", "code"}
    elif dialect == "anthropic":
        assert set(body) == {"type", "error", "request_id"}
        assert body["type"] == "error"
        assert set(body["error"]) == {"type", "message"}
    elif dialect == "gemini":
        assert set(body) == {"error"}
        assert body["error"]["code"] == status
        assert set(body["error"]) == {"code", "message", "status"}
    else:
        assert set(body) == {"message", "__type"}


@pytest.mark.parametrize(("served", "path"), served_paths())
def test_a_path_is_served(url: str, served: Served, path: str) -> None:
    method = "GET" if served.body is None else "POST"
    response = httpx.request(method, url + path, json=served.body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].partition(";")[0] == served.media_type
    if served.media_type == EVENT_STREAM:
        assert f":event-type\x07\x00{chr(len(served.member))}{served.member}".encode() in response.content
        return
    text = response.text.partition("\r\n")[0].partition("\n")[0].removeprefix("data: ")
    answer = json.loads(text)
    assert served.member in answer
    if served.value is not None:
        assert answer[served.member] == served.value


@pytest.mark.parametrize(("dialect", "method", "path"), unserved_paths())
def test_a_path_is_known_and_not_served(url: str, dialect: str, method: str, path: str) -> None:
    body = {} if method in ("POST", "PUT", "PATCH") else None
    response = httpx.request(method, url + path, json=body)
    assert response.status_code == 501
    if method != "HEAD":
        check_error(dialect, 501, response.json())
        assert "is not served by this gateway" in response.text


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        *[("openai", path) for path in ("/openai/v1/nothing", "/openai/nothing")],
        *[("anthropic", path) for path in ("/anthropic/v1/nothing", "/langchain/anthropic/v1/nothing")],
        *[("gemini", path) for path in ("/genai/v1beta/nothing", "/genai/x", "/litellm/v1beta/nothing")],
        *[("bedrock", path) for path in ("/bedrock/nothing", "/pydanticai/bedrock/x", "/litellm/model/x")],
    ],
)
def test_a_path_that_is_none_is_told_in_the_shape_of_who_is_spoken_to(
    url: str, dialect: str, path: str
) -> None:
    response = httpx.post(url + path, json={})
    assert response.status_code == 404
    check_error(dialect, 404, response.json())


def test_every_path_above_is_one_of_the_dialects_own() -> None:
    # A wildcard of one vendor's could answer for another's path.
    routes = Routes(all_endpoints())
    names = {"openai": "OpenAi", "anthropic": "Anthropic", "gemini": "Gemini", "bedrock": "Bedrock"}
    for row in unserved_paths():
        dialect, method, path = row.values
        found = routes.find(unquote(path))
        assert found is not None
        assert type(found.endpoints[method].face).__name__.startswith(names[dialect])
