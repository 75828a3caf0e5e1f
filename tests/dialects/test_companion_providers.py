"""Providers of vectors, rankings and lists of models: what they are asked, and what they answer."""

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.dialects.cohere.embed import CohereEmbed
from causeway.dialects.cohere.embed_provider import CohereEmbedProvider
from causeway.dialects.cohere.models_provider import CohereModelsProvider
from causeway.dialects.cohere.rerank import CohereRerank
from causeway.dialects.cohere.rerank_provider import CohereRerankProvider
from causeway.dialects.companion_faces import EmbedProviderFace, ModelsProviderFace, RerankProviderFace
from causeway.dialects.openai.embeddings_provider import OpenAiEmbeddingsProvider
from causeway.dialects.openai.models_provider import OpenAiModelsProvider
from causeway.model.catalog import ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import InvalidRequestError, UpstreamProtocolError
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.rerank import RankedDocument, RerankDocument, RerankRequest
from support.provenance import NOBODY
from support.recordings import client_requests, fixture_files, recordings

COHERE_EMBED: EmbedProviderFace = CohereEmbedProvider()
COHERE_RERANK: RerankProviderFace = CohereRerankProvider()
COHERE_MODELS: ModelsProviderFace = CohereModelsProvider()
OPENAI_EMBED: EmbedProviderFace = OpenAiEmbeddingsProvider()
OPENAI_MODELS: ModelsProviderFace = OpenAiModelsProvider()
TEXTS = EmbeddingRequest(model="m", texts=("a", "b"))


def ask(face: EmbedProviderFace, request: EmbeddingRequest) -> tuple[Any, list[tuple[str, str]]]:
    body = json.loads(face.encode_request(request, losses := LossReport()))
    return body, [(loss.kind, loss.path) for loss in losses.losses]


FULL = EmbeddingRequest(
    model="m",
    texts=("a",),
    input_type="search_query",
    truncation="start",
    max_tokens=7,
    output_dimension=256,
    embedding_types=("int8", "float"),
    priority=9,
)


def test_cohere_is_asked_for_all_that_its_callers_can_say() -> None:
    body = {
        "model": "m",
        "input_type": "search_query",
        "texts": ["a"],
        "embedding_types": ["int8", "float"],
        "truncate": "START",
        "max_tokens": 7,
        "output_dimension": 256,
        "priority": 9,
    }
    assert ask(COHERE_EMBED, FULL) == (body, [])
    face = CohereEmbed(True, "2")
    assert face.decode_request(json.dumps(body).encode(), LossReport()) == FULL


def test_cohere_is_told_what_openais_callers_do_not_say() -> None:
    request = EmbeddingRequest(
        model="m",
        texts=("a",),
        dialect="openai",
        truncation="none",
        embedding_types=("base64",),
        extras=Extras("openai", {"user": "u"}),
    )
    body, losses = ask(COHERE_EMBED, request)
    assert body == {
        "model": "m",
        "input_type": "search_document",
        "texts": ["a"],
        "embedding_types": ["float"],
        "truncate": "NONE",
    }
    assert losses == [("approximated", "input_type"), ("dropped", "user")]


def test_openai_is_asked_for_what_it_has() -> None:
    body, losses = ask(OPENAI_EMBED, FULL)
    assert body == {"model": "m", "input": ["a"], "encoding_format": "float", "dimensions": 256}
    assert losses == [("dropped", path) for path in ("input_type", "truncate", "max_tokens", "priority")]


def test_openais_own_fields_go_to_openai() -> None:
    extras = Extras("openai", {"user": "u", "model": "never"})
    request = EmbeddingRequest(
        model="m", token_inputs=((1, 2), (3,)), dialect="openai", truncation="none", extras=extras
    )
    body, losses = ask(OPENAI_EMBED, request)
    assert body == {"user": "u", "model": "m", "input": [[1, 2], [3]], "encoding_format": "float"}
    assert losses == []
    foreign = EmbeddingRequest(model="m", texts=("a",), truncation="none", extras=Extras("other", {"x": 1}))
    assert ask(OPENAI_EMBED, foreign)[1] == [("dropped", "x")]


def test_token_ids_are_refused_where_text_is_taken() -> None:
    with pytest.raises(InvalidRequestError, match="takes text, not token ids") as caught:
        ask(COHERE_EMBED, EmbeddingRequest(model="m", token_inputs=((1,),)))
    assert caught.value.field == "input"


@pytest.mark.parametrize("exchange", recordings("cohere", "/v1/embed"))
def test_recorded_vectors_pass_through_the_gateway_unchanged(exchange: Any) -> None:
    recorded = exchange["response"]["json"]
    caller = CohereEmbed(True, "1")
    request = caller.decode_request(json.dumps(exchange["request"]["body"]).encode(), LossReport())
    answer = json.dumps(recorded).encode()
    response = COHERE_EMBED.decode_response(answer, request)
    assert json.loads(caller.encode_response(response, request, NOBODY)) == recorded


@pytest.mark.parametrize("captured", client_requests("/v2/embed"))
def test_what_clients_ask_of_embed_reaches_cohere_whole(captured: Any) -> None:
    request = CohereEmbed(True, "2").decode_request(captured["body_raw"].encode(), LossReport())
    body, losses = ask(COHERE_EMBED, request)
    assert losses == []
    # Cohere's default is said.
    assert body == {"truncate": "END", "embedding_types": ["float"], **json.loads(captured["body_raw"])}


@pytest.mark.parametrize("text", fixture_files("cohere", "cohere-embedding.json"))
def test_coheres_vectors_are_understood(text: str) -> None:
    response = COHERE_EMBED.decode_response(text.encode(), TEXTS)
    assert response.id == "f5aa3e7b-f011-4c5c-a825-f94669f760e5"
    assert response.vectors[0][:2] == (0.03302002, 0.020904541)
    assert (len(response.vectors), response.input_tokens, response.encoded) == (2, 10, {})


def test_every_form_is_kept_as_cohere_made_it() -> None:
    float32 = base64.b64encode(struct.pack("<2f", 0.5, -0.5)).decode()
    forms = {"int8": [[1, -2]], "uint8": [[1, 2]], "binary": [[-3]], "ubinary": [[3]], "base64": [float32]}
    request = EmbeddingRequest(model="m", texts=("a",), embedding_types=tuple(forms))  # type: ignore[arg-type]
    body = json.dumps({"id": "x", "embeddings": forms}).encode()
    response = COHERE_EMBED.decode_response(body, request)
    assert (response.vectors, response.input_tokens) == ((), 0)
    answered = json.loads(CohereEmbed(True, "2").encode_response(response, request, NOBODY))
    assert answered["embeddings"] == forms


def test_forms_that_a_provider_did_not_make_are_made_of_its_floats() -> None:
    request = EmbeddingRequest(model="m", texts=("a",), embedding_types=("int8", "ubinary"))
    response = EmbeddingResponse("x", ((0.25, -0.25),), 1)
    answered = json.loads(CohereEmbed(True, "2").encode_response(response, request, NOBODY))
    assert answered["embeddings"] == {"int8": [[127, -127]], "ubinary": [[128]]}


@pytest.mark.parametrize("text", fixture_files("openai/embedding", "*.json"))
def test_openais_vectors_are_understood(text: str) -> None:
    response = OPENAI_EMBED.decode_response(text.encode(), TEXTS)
    assert response.vectors[1][:2] == (-0.037104916, -0.05178114)
    assert (response.id, response.model) == ("", "text-embedding-3-small")
    assert response.input_tokens == 12


def vector(index: int | None, *embedding: float) -> dict[str, Any]:
    return {"index": index, "embedding": embedding} if index is not None else {"embedding": embedding}


@pytest.mark.parametrize("data", [[vector(1, 2.0), vector(0, 1.0)], [vector(None, 1.0), vector(None, 2.0)]])
def test_vectors_come_in_the_order_of_the_inputs(data: list[Any]) -> None:
    body = json.dumps({"data": data, "usage": {"total_tokens": 3.0}}).encode()
    response = OPENAI_EMBED.decode_response(body, TEXTS)
    assert (response.vectors, response.input_tokens) == (((1.0,), (2.0,)), 3)


NO_JSON = [b"", b"<html>", b"\xff", b"null", b"[]", b"{}", b'{"id": "x"}', b"[" * 100_000]


@pytest.mark.parametrize(
    "body",
    [
        *NO_JSON,
        b'{"data": []}',
        b'{"data": [{"embedding": [1]}]}',
        b'{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}',
        b'{"data": [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [1]}]}',
        b'{"data": [{"embedding": "AAAA"}, {"embedding": "AAAA"}]}',
        b'{"data": [{"embedding": [1]}, {"embedding": [1]}, {"embedding": [1]}]}',
    ],
    ids=lambda body: repr(body[:50]),
)
def test_what_is_no_list_of_openais_vectors_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="the provider did not send"):
        OPENAI_EMBED.decode_response(body, TEXTS)


@pytest.mark.parametrize(
    "body",
    [
        *NO_JSON,
        b'{"id": "x", "embeddings": {}}',
        b'{"id": "x", "embeddings": {"float": [[1]]}}',
        b'{"id": "x", "embeddings": {"int8": [[1], [1]]}}',
        b'{"id": "x", "embeddings": {"float": [["1"], [1]]}}',
    ],
    ids=lambda body: repr(body[:50]),
)
def test_what_is_no_list_of_coheres_vectors_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="the provider did not send"):
        COHERE_EMBED.decode_response(body, TEXTS)


def documents(*texts: str) -> tuple[RerankDocument, ...]:
    return tuple(RerankDocument(text, {"text": text}) for text in texts)


def test_cohere_is_asked_to_rank_texts() -> None:
    request = RerankRequest(
        model="m", query="q", documents=documents("a", "b"), limit=5, max_tokens_per_document=9, priority=2
    )
    losses = LossReport()
    assert json.loads(COHERE_RERANK.encode_request(request, losses)) == {
        "model": "m",
        "query": "q",
        "documents": ["a", "b"],
        "top_n": 5,
        "max_tokens_per_doc": 9,
        "priority": 2,
    }
    bare = RerankRequest(model="m", query="q", documents=documents("a"), returns_documents=True)
    assert json.loads(COHERE_RERANK.encode_request(bare, losses)).keys() == {"model", "query", "documents"}
    assert losses.losses == []


@pytest.mark.parametrize("exchange", recordings("cohere", "/v2/rerank"))
def test_recorded_rankings_pass_through_the_gateway_unchanged(exchange: Any) -> None:
    asked, recorded = exchange["request"]["body"], exchange["response"]["json"]
    caller = CohereRerank(True, "2")
    request = caller.decode_request(json.dumps(asked).encode(), LossReport())
    sent = json.loads(COHERE_RERANK.encode_request(request, LossReport()))
    assert sent == {name: value for name, value in asked.items() if value is not None}
    response = COHERE_RERANK.decode_response(json.dumps(recorded).encode(), request)
    assert json.loads(caller.encode_response(response, request)) == recorded


@pytest.mark.parametrize("text", fixture_files("cohere/reranking", "*.json"))
def test_a_ranking_is_understood(text: str) -> None:
    request = RerankRequest(model="m", query="q", documents=documents("a", "b"))
    response = COHERE_RERANK.decode_response(text.encode(), request)
    assert response.results == (RankedDocument(1, 0.10183054), RankedDocument(0, 0.03762639))


@pytest.mark.parametrize(
    "body",
    [
        *NO_JSON,
        b'{"id": "x", "results": [{"index": 2, "relevance_score": 1}]}',
        b'{"id": "x", "results": [{"index": -1, "relevance_score": 1}]}',
        b'{"id": "x", "results": [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 1}]}',
        b'{"id": "x", "results": [{"index": 0}]}',
    ],
    ids=lambda body: repr(body[:50]),
)
def test_what_is_no_ranking_is_said_to_be_none(body: bytes) -> None:
    request = RerankRequest(model="m", query="q", documents=documents("a", "b"))
    with pytest.raises(UpstreamProtocolError):
        COHERE_RERANK.decode_response(body, request)


@pytest.mark.parametrize("exchange", recordings("cohere", "/models/command-a-03-2025"))
def test_coheres_models_are_listed_page_by_page(exchange: Any) -> None:
    body = {"models": [exchange["response"]["json"]], "next_page_token": "t"}
    (facts,), token = COHERE_MODELS.decode_models(json.dumps(body).encode())
    assert token == "t"
    assert facts == ModelFacts(
        name="command-a-03-2025",
        endpoints=("chat",),
        default_endpoints=("chat", "generate"),
        context_tokens=288000,
        features=("json_mode", "json_schema", "strict_tools", "safety_modes", "tools"),
    )


def test_what_is_not_known_of_coheres_models_is_left_out() -> None:
    models = [{"name": "a"}, {"name": "b", "endpoints": ["chat", "new"], "context_length": 0}]
    body = {"models": models, "next_page_token": ""}
    facts, token = COHERE_MODELS.decode_models(json.dumps(body).encode())
    assert facts == (ModelFacts(name="a", endpoints=()), ModelFacts(name="b", endpoints=("chat",)))
    assert token is None


@pytest.mark.parametrize(
    ("wire", "endpoints", "context"),
    [
        ({"id": "gpt-4o", "object": "model", "created": 1, "owned_by": "system"}, ("chat",), None),
        ({"id": "text-embedding-3-small"}, ("embed",), None),
        ({"id": "whisper-1"}, (), None),
        ({"id": "x", "context_length": 5.0}, ("chat",), 5),
        ({"id": "x", "context_window": 6}, ("chat",), 6),
        ({"id": "x", "max_model_len": 7}, ("chat",), 7),
        ({"id": "x", "max_context_length": 8}, ("chat",), 8),
        ({"id": "bge-large", "type": "embedding"}, ("embed",), None),
        ({"id": "Salesforce/Llama-Rank", "type": "rerank"}, ("rerank",), None),
        ({"id": "flux-image", "type": "image"}, (), None),
    ],
)
def test_openais_models_are_listed_by_what_they_are_for(
    wire: Any, endpoints: tuple[str, ...], context: int | None
) -> None:
    for body in ({"object": "list", "data": [wire]}, [wire]):
        (facts,), token = OPENAI_MODELS.decode_models(json.dumps(body).encode())
        assert (facts.name, facts.endpoints, facts.context_tokens) == (wire["id"], endpoints, context)
        assert token is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"null", b'{"data": {}}', b'[{"name": "x"}]', b"[["])
@pytest.mark.parametrize("face", [COHERE_MODELS, OPENAI_MODELS], ids=["cohere", "openai"])
def test_what_is_no_list_of_models_is_said_to_be_none(face: ModelsProviderFace, body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        face.decode_models(body)


@pytest.mark.parametrize("face", [COHERE_EMBED, COHERE_RERANK, COHERE_MODELS, OPENAI_EMBED, OPENAI_MODELS])
def test_every_face_understands_its_dialects_errors(
    face: EmbedProviderFace | RerankProviderFace | ModelsProviderFace,
) -> None:
    bodies = {"cohere": b'{"message": "too busy"}', "openai": b'{"error": {"message": "too busy"}}'}
    error = face.decode_error(429, bodies[face.dialect])
    assert (error.message, error.status) == ("too busy", 429)
    assert face.decode_error(503, b"<html>").message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text("ab"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "data", "embeddings", "embedding", "float", "index", "results", "meta",
                         "usage", "models", "relevance_score", "name", "type"]),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip
READERS: list[Callable[[bytes], object]] = [
    lambda body: COHERE_EMBED.decode_response(body, TEXTS),
    lambda body: OPENAI_EMBED.decode_response(body, TEXTS),
    lambda body: COHERE_RERANK.decode_response(
        body, RerankRequest(model="m", query="q", documents=documents("a"))
    ),
    COHERE_MODELS.decode_models,
    OPENAI_MODELS.decode_models,
]


@given(json_values, st.sampled_from(READERS))
def test_any_json_is_an_answer_or_a_protocol_error(value: Any, read: Callable[[bytes], object]) -> None:
    try:
        read(json.dumps(value).encode())
    except UpstreamProtocolError as error:
        assert error.status == 502
