"""OpenAI's embeddings and models as its callers see them; its SDK's own types judge the answers."""

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.pagination import SyncPage
from openai.types import CreateEmbeddingResponse, Model
from pydantic import TypeAdapter

from causeway.dialects.companion_faces import EmbedFace, ModelsFace
from causeway.dialects.openai.embeddings import MAX_INPUTS, OpenAiEmbeddings
from causeway.dialects.openai.extra_fields import answer_fields
from causeway.dialects.openai.models import OpenAiModels
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import ClientError, InvalidRequestError, MalformedJsonError, UpstreamRefusedError
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from support.provenance import NOBODY
from support.recordings import fixture_files

EMBEDDINGS: EmbedFace = OpenAiEmbeddings(is_unified=False)
MODELS: ModelsFace = OpenAiModels()
VECTORS = EmbeddingResponse("", ((0.5, -0.25), (1.0, 0.0)), 4)


def decode(**body: Any) -> EmbeddingRequest:
    raw = json.dumps({"model": "m", "input": "a", **body}).encode()
    request = EMBEDDINGS.decode_request(raw, losses := LossReport())
    assert losses.losses == []
    return request


@pytest.mark.parametrize(
    ("input", "texts", "token_inputs"),
    [
        ("a", ("a",), ()),
        (["a", "b"], ("a", "b"), ()),
        ([1, 2], (), ((1, 2),)),
        ([[1, 2], [3]], (), ((1, 2), (3,))),
    ],
)
def test_input_is_texts_or_token_ids(input: Any, texts: Any, token_inputs: Any) -> None:
    request = decode(input=input)
    assert (request.texts, request.token_inputs) == (texts, token_inputs)
    assert request.input_count() == len(texts or token_inputs)


def test_an_embeddings_request_with_every_field() -> None:
    assert decode(
        encoding_format="base64", dimensions=3, user="u", fallbacks=["openai/m"], new={"x": 1}
    ) == EmbeddingRequest(
        model="m",
        texts=("a",),
        dialect="openai",
        truncation="none",
        output_dimension=3,
        embedding_types=("base64",),
        fallbacks=("openai/m",),
        extras=Extras("openai", {"user": "u", "new": {"x": 1}}),
    )
    assert decode(encoding_format=None, dimensions=None, fallbacks=None) == decode()
    assert decode().embedding_types == ("float",)


def test_a_model_may_be_named_by_the_path() -> None:
    face = OpenAiEmbeddings(is_unified=False, needs_model=False)
    assert face.decode_request(b'{"input": "a"}', LossReport()).model == ""


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"model": None}, "model", "Missing required parameter: 'model'"),
        ({"model": ""}, "model", "Missing required parameter: 'model'"),
        ({"input": None}, "input", "Missing required parameter: 'input'"),
        ({"input": []}, "input", "expected at least one input"),
        ({"input": ["a", 1]}, "input", "not several of these"),
        ({"input": ["a", [1]]}, "input", "not several of these"),
        ({"input": [1, [1]]}, "input", "not several of these"),
        ({"input": {}}, "input", "Invalid type for 'input'"),
        ({"input": [1.5]}, "input[0]", "Invalid type for 'input[0]'"),
        ({"input": [[]]}, "input[0]", "expected token ids"),
        ({"input": [[1], [2, -1]]}, "input[1]", "expected token ids, from 0"),
        ({"input": [-1]}, "input", "expected token ids, from 0"),
        ({"input": ["a"] * (MAX_INPUTS + 1)}, "input", f"at most {MAX_INPUTS} inputs"),
        ({"input": [[1]] * (MAX_INPUTS + 1)}, "input", f"at most {MAX_INPUTS} inputs"),
        ({"encoding_format": "int8"}, "encoding_format", "expected one of float, base64, got 'int8'"),
        ({"dimensions": 0}, "dimensions", "expected a value from 1"),
        ({"dimensions": "3"}, "dimensions", "Invalid type for 'dimensions'"),
        ({"fallbacks": ["a", ""]}, "fallbacks[1]", "expected the name of a model"),
    ],
)
def test_bad_embeddings_requests_are_named(fields: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode(**fields)
    assert caught.value.field == field
    assert words in caught.value.message


def test_a_long_text_of_token_ids_is_one_input() -> None:
    assert decode(input=list(range(MAX_INPUTS + 1))).input_count() == 1


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises((MalformedJsonError, InvalidRequestError)):
        EMBEDDINGS.decode_request(raw, LossReport())


@pytest.mark.parametrize("is_unified", [True, False])
def test_vectors_are_what_openais_sdk_expects(is_unified: bool) -> None:
    face = OpenAiEmbeddings(is_unified)
    body = face.encode_response(VECTORS, decode(input=["a", "b"]), NOBODY)
    parsed = TypeAdapter(CreateEmbeddingResponse).validate_json(body, strict=True)
    assert [(one.index, one.object, tuple(one.embedding)) for one in parsed.data] == [
        (0, "embedding", (0.5, -0.25)),
        (1, "embedding", (1.0, 0.0)),
    ]
    assert (parsed.object, parsed.model) == ("list", NOBODY.model)
    assert (parsed.usage.prompt_tokens, parsed.usage.total_tokens) == (4, 4)
    answered = json.loads(body)
    assert answered.keys() - {"extra_fields"} == CreateEmbeddingResponse.model_fields.keys()
    assert answered.get("extra_fields") == (answer_fields(NOBODY) if is_unified else None)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20))
def test_base64_is_float32_with_the_lowest_byte_first(vector: list[float]) -> None:
    response = EmbeddingResponse("", (tuple(vector),), 1, model="their-name")
    answered = json.loads(EMBEDDINGS.encode_response(response, decode(encoding_format="base64"), NOBODY))
    encoded = base64.b64decode(answered["data"][0]["embedding"])
    assert list(struct.unpack(f"<{len(vector)}f", encoded)) == vector
    assert answered["model"] == "their-name"


@pytest.mark.parametrize("text", fixture_files("openai/embedding", "*.json"))
def test_openais_own_answer_is_said_again(text: str) -> None:
    recorded = json.loads(text)
    vectors = tuple(tuple(one["embedding"]) for one in recorded["data"])
    response = EmbeddingResponse("", vectors, recorded["usage"]["prompt_tokens"], model=recorded["model"])
    answered = EMBEDDINGS.encode_response(response, decode(input=["a", "b"]), NOBODY)
    assert json.loads(answered) == recorded


@pytest.mark.parametrize(
    ("face", "request_type"),
    [
        (OpenAiEmbeddings(is_unified=True), "embedding"),
        (OpenAiModels(is_unified=True), "list_models"),
        (EMBEDDINGS, None),
        (MODELS, None),
    ],
)
def test_errors_are_openais_and_say_what_was_asked_where_unified(
    face: EmbedFace | ModelsFace, request_type: str | None
) -> None:
    told = json.loads(face.encode_error(UpstreamRefusedError("slow down", status=429), "an-id"))
    assert told["error"]["message"] == "slow down"
    assert told.get("extra_fields") == (request_type and {"request_type": request_type})
    losses = LossReport()
    losses.add("dropped", "x", "y")
    assert face.warning_headers(losses) == []


FACTS = tuple(ModelFacts(name=name, endpoints=("chat",)) for name in ("openai/gpt-4o", "local/m", "bare"))


def test_models_are_what_openais_sdk_expects() -> None:
    body = MODELS.encode_page(CatalogPage(FACTS))
    page = TypeAdapter(SyncPage[Model]).validate_json(body, strict=True)
    assert page.object == "list"
    owners = [("openai/gpt-4o", "openai"), ("local/m", "local"), ("bare", "causeway")]
    assert [(model.id, model.owned_by) for model in page.data] == owners
    assert json.loads(body).keys() == {"object", "data"}
    one = MODELS.encode_model(FACTS[0])
    assert TypeAdapter(Model).validate_json(one, strict=True).id == "openai/gpt-4o"
    assert json.loads(one).keys() <= Model.model_fields.keys()


def test_who_asks_for_a_page_of_models_gets_the_next_one_named() -> None:
    query = {"page_size": "2", "page_token": "local/m", "provider": "openai"}
    assert MODELS.decode_query(query, LossReport()) == CatalogQuery(
        page_size=2, after="local/m", provider="openai"
    )
    assert json.loads(MODELS.encode_page(CatalogPage(FACTS[:1], "x")))["next_page_token"] == "x"


def test_without_parameters_everything_is_listed() -> None:
    losses = LossReport()
    assert MODELS.decode_query({}, losses) == CatalogQuery(page_size=1000)
    MODELS.decode_query({"surprise": "1"}, losses)
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("unknown", "surprise")]


@pytest.mark.parametrize("size", ["0", "1001", "-1", "x", "5.0", "9" * 5000, "\u0665\u0666\u0667\u0668"])
def test_a_bad_page_size_is_named(size: str) -> None:
    with pytest.raises(InvalidRequestError, match="page_size"):
        MODELS.decode_query({"page_size": size}, LossReport())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["model", "input", "encoding_format", "dimensions", "fallbacks"]),
                       json_values))  # fmt: skip
def test_nothing_but_client_errors_comes_of_any_json(fields: dict[str, Any]) -> None:
    try:
        request = EMBEDDINGS.decode_request(json.dumps({"model": "m", **fields}).encode(), LossReport())
    except ClientError as error:
        assert error.status == 400
    else:
        assert request.input_count() > 0
