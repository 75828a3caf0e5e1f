"""What stands beside chat in Gemini's dialect: counts of tokens, vectors of texts, lists of models."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.gemini.embeddings import GeminiEmbeddings
from causeway.dialects.gemini.embeddings_provider import GeminiEmbeddingsProvider, VertexEmbeddingsProvider
from causeway.dialects.gemini.models import GeminiModels
from causeway.dialects.gemini.models_provider import GeminiModelsProvider
from causeway.dialects.gemini.token_count import GeminiTokenCount
from causeway.dialects.gemini.token_count_provider import GeminiTokenCountProvider
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.content import SystemMessage, TextBlock, UserMessage
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import ClientError, InvalidRequestError, UpstreamProtocolError
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount
from support.provenance import NOBODY
from support.recordings import fixture_files

COUNT = GeminiTokenCount()
ONE, BATCH = GeminiEmbeddings(is_batch=False), GeminiEmbeddings(is_batch=True)
HELLO = [{"role": "user", "parts": [{"text": "Hello"}]}]
SYSTEM = {"role": "user", "parts": [{"text": "Be kind."}]}
CHAT = (SystemMessage((TextBlock("Be kind."),)), UserMessage((TextBlock("Hello"),)))


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_a_chat_to_count_stands_in_the_body_or_in_a_request_inside_it() -> None:
    inner = {"contents": HELLO, "system_instruction": SYSTEM}
    for body in (
        inner,
        {"generateContentRequest": {"model": "models/m", **inner}},
        {"generate_content_request": inner},
    ):
        assert COUNT.decode_request(encoded(body), LossReport()).messages == CHAT
    assert COUNT.encode_response(TokenCount(7)) == b'{"totalTokens":7}'


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], None),
        ({}, "contents"),
        ({"contents": HELLO, "generateContentRequest": {}}, "contents"),
        ({"generateContentRequest": {"contents": HELLO}, "systemInstruction": "x"}, "systemInstruction"),
        ({"generateContentRequest": 5}, "generateContentRequest"),
        ({"generateContentRequest": {"contents": []}}, "contents"),
    ],
)
def test_what_is_no_chat_to_count_is_named(body: Any, field: str | None) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        COUNT.decode_request(encoded(body), LossReport())
    assert caught.value.field == field


def test_google_ai_is_asked_for_a_count_with_the_whole_request_and_vertex_with_the_prompt() -> None:
    request = ChatRequest(model="gemini-2.5-flash", messages=CHAT, safety_mode="off", dialect="gemini")
    body = json.loads(GeminiTokenCountProvider().encode_request(request, LossReport()))
    inner = body["generateContentRequest"]
    assert inner["model"] == "models/gemini-2.5-flash"
    assert (inner["contents"], inner["systemInstruction"], len(inner["safetySettings"])) == (HELLO, SYSTEM, 4)
    vertex = json.loads(GeminiTokenCountProvider(is_vertex=True).encode_request(request, LossReport()))
    assert vertex == {"contents": HELLO, "systemInstruction": SYSTEM}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"totalTokens":"7"}', b"[]", b"\xff"])
def test_what_tells_no_count_is_refused(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        GeminiTokenCountProvider().decode_response(body, ChatRequest(model="m", messages=CHAT))


def text(words: str) -> dict[str, Any]:
    return {"content": {"parts": [{"text": words}]}}


def test_one_text_and_several() -> None:
    options = {"taskType": "RETRIEVAL_QUERY", "outputDimensionality": 64}
    one = ONE.decode_request(encoded({**text("a"), **options}), LossReport())
    assert one == EmbeddingRequest(
        model="",
        texts=("a",),
        dialect="gemini",
        input_type="search_query",
        output_dimension=64,
        embedding_types=("float",),
    )
    requests = [
        {"model": "models/m", **text(words), "task_type": "CODE_RETRIEVAL_QUERY"} for words in ("a", "b")
    ]
    several = BATCH.decode_request(encoded({"requests": requests}), LossReport())
    assert several.texts == ("a", "b")
    assert several.extras == Extras("gemini", {"taskType": "CODE_RETRIEVAL_QUERY"})
    vertex = {**text("a"), "embedContentConfig": {"taskType": "CLUSTERING", "autoTruncate": False}}
    configured = ONE.decode_request(encoded(vertex), LossReport())
    assert (configured.input_type, configured.truncation) == ("clustering", "none")


@pytest.mark.parametrize(
    ("face", "body", "field"),
    [
        (ONE, {}, "content"),
        (ONE, {"content": {"parts": []}}, "content.parts"),
        (ONE, {"content": {"parts": [{"inlineData": {}}]}}, "content.parts[0]"),
        (ONE, {**text("a"), "outputDimensionality": 0}, "outputDimensionality"),
        (ONE, {**text("a"), "fallbacks": [""]}, "fallbacks[0]"),
        (BATCH, {}, "requests"),
        (BATCH, {"requests": [text("a"), {}]}, "requests[1].content"),
        (BATCH, {"requests": [text("a"), {**text("b"), "taskType": "CLUSTERING"}]}, "requests[1].taskType"),
        (BATCH, {"requests": [text("a")] * 2049}, "requests"),
    ],
)
def test_what_is_wrong_with_texts_is_named(face: GeminiEmbeddings, body: Any, field: str) -> None:
    with pytest.raises(ClientError) as caught:
        face.decode_request(encoded(body), LossReport())
    assert caught.value.field == field


def test_vectors_are_told_as_each_endpoint_does() -> None:
    request = EmbeddingRequest(model="m", texts=("a",))
    answer = EmbeddingResponse("", ((0.5, 1.0),), 3)
    usage = {"promptTokenCount": 3}
    assert json.loads(ONE.encode_response(answer, request, NOBODY)) == {
        "embedding": {"values": [0.5, 1.0]},
        "usageMetadata": usage,
    }
    assert json.loads(BATCH.encode_response(answer, request, NOBODY)) == {
        "embeddings": [{"values": [0.5, 1.0]}],
        "usageMetadata": usage,
    }


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3),
    st.sampled_from([None, "search_document", "search_query", "classification", "clustering"]),
    st.none() | st.integers(1, 4096),
)
def test_a_request_for_vectors_comes_back_whole(
    words: list[str], input_type: Any, dimension: int | None
) -> None:
    losses = LossReport()
    request = EmbeddingRequest(
        model="",
        texts=tuple(words),
        dialect="gemini",
        input_type=input_type,
        output_dimension=dimension,
        embedding_types=("float",),
    )
    body = GeminiEmbeddingsProvider().encode_request(request, losses)
    assert BATCH.decode_request(body, losses) == request
    assert losses.losses == []


def test_what_cannot_be_asked_of_vectors_is_named() -> None:
    request = EmbeddingRequest(
        model="m",
        texts=("a",),
        truncation="start",
        max_tokens=5,
        priority=1,
        extras=Extras("openai", {"user": "x"}),
    )
    for face in (GeminiEmbeddingsProvider(), VertexEmbeddingsProvider()):
        losses = LossReport()
        face.encode_request(request, losses)
        assert {loss.path for loss in losses.losses} == {"truncate", "max_tokens", "priority", "user"}
        with pytest.raises(InvalidRequestError, match="takes text"):
            face.encode_request(EmbeddingRequest(model="m", token_inputs=((1,),)), LossReport())


def test_vertex_is_asked_for_predictions() -> None:
    request = EmbeddingRequest(model="m", texts=("a", "b"), input_type="search_query", truncation="none")
    assert json.loads(VertexEmbeddingsProvider().encode_request(request, LossReport())) == {
        "instances": [{"content": words, "task_type": "RETRIEVAL_QUERY"} for words in ("a", "b")],
        "parameters": {"autoTruncate": False},
    }


@pytest.mark.parametrize("text", fixture_files("google-vertex", "google-vertex-embedding.json"))
def test_recorded_predictions_are_vectors(text: str) -> None:
    request = EmbeddingRequest(model="m", texts=("a", "b"))
    response = VertexEmbeddingsProvider().decode_response(text.encode(), request)
    recorded = [one["embeddings"] for one in json.loads(text)["predictions"]]
    assert [list(vector) for vector in response.vectors] == [one["values"] for one in recorded]
    assert response.input_tokens == sum(one["statistics"]["token_count"] for one in recorded) > 0


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"embeddings":[]}', b'{"embeddings":[{"values":["a"]}]}', b"\xff"]
)
def test_what_is_no_vector_for_each_text_is_refused(body: bytes) -> None:
    request = EmbeddingRequest(model="m", texts=("a",))
    for face in (GeminiEmbeddingsProvider(), VertexEmbeddingsProvider()):
        with pytest.raises(UpstreamProtocolError):
            face.decode_response(body, request)


def test_models_are_listed_in_pages() -> None:
    face = GeminiModels()
    losses = LossReport()
    query = face.decode_query(
        {"pageSize": "2", "pageToken": "openai/a", "queryBase": "true", "odd": "1"}, losses
    )
    assert query == CatalogQuery(page_size=2, after="openai/a")
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("unknown", "odd")]
    assert face.decode_query({}, losses).page_size == 50
    assert face.decode_query({"pageSize": "5000"}, losses).page_size == 1000
    facts = ModelFacts(name="openai/gpt", endpoints=("chat", "embed"), context_tokens=9)
    page = json.loads(face.encode_page(CatalogPage((facts,), "next")))
    assert page == {"models": [json.loads(face.encode_model(facts))], "nextPageToken": "next"}
    assert page["models"][0] == {
        "name": "models/openai/gpt",
        "displayName": "openai/gpt",
        "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
        "inputTokenLimit": 9,
    }


@pytest.mark.parametrize("size", ["-1", "many", "1.5"])
def test_a_page_size_that_is_none_is_named(size: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        GeminiModels().decode_query({"pageSize": size}, LossReport())
    assert caught.value.field == "pageSize"


def test_a_providers_models_are_read_at_google_ai_and_at_vertex() -> None:
    listed = [
        {"name": "models/a", "supportedGenerationMethods": ["generateContent", "x"], "inputTokenLimit": 9},
        {"name": "models/b", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/c", "supportedGenerationMethods": ["predict"]},
    ]
    models, token = GeminiModelsProvider().decode_models(encoded({"models": listed, "nextPageToken": "t"}))
    assert [(one.name, one.endpoints, one.context_tokens) for one in models] == [
        ("a", ("chat",), 9),
        ("b", ("embed",), None),
        ("c", (), None),
    ]
    assert token == "t"
    vertex = [{"name": "publishers/google/models/d"}, {"name": "publishers/google/models/text-embedding-005"}]
    models, token = GeminiModelsProvider().decode_models(encoded({"publisherModels": vertex}))
    assert [(one.name, one.endpoints) for one in models] == [
        ("d", ("chat",)),
        ("text-embedding-005", ("embed",)),
    ]
    assert token is None
    with pytest.raises(UpstreamProtocolError):
        GeminiModelsProvider().decode_models(b'{"models":5}')
