"""The OpenAPI document: complete, true to the code's own limits, and held by 2,000 generated cases."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from causeway.dialects.cohere.decode_options import SAMPLING_RANGES
from causeway.dialects.companion_endpoints import companion_endpoints
from causeway.dialects.endpoints import COHERE_PREFIXES, chat_endpoints
from causeway.model import errors
from causeway.model.catalog import ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import EngineFailedError, OverloadedError
from causeway.model.loss import LossReport
from causeway.model.rerank import RankedDocument, RerankRequest, RerankResponse
from support.answers import ID, cited_answer, text_answer, thinking_answer, tool_answer
from support.companions import companion_handler
from support.gateway import serve

CASES = 2000
DOCUMENTED_FAILURES = (501, 503)
CONFORMANCE = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A gateway whose model says something else each time, in a fixed order."""
    answers = itertools.cycle(
        [
            text_answer("Hello ", "caf\u00e9 \u2028."),
            tool_answer(("search", '{"q":"x"}'), ("look", "{}")),
            cited_answer(),
            thinking_answer("Let me see.", "Yes."),
            [OverloadedError("no room", retry_after_seconds=1)],
            [*text_answer("Hel")[:3], EngineFailedError("the engine died")],
        ]
    )
    companions = companion_handler(TwoNumbers())
    with serve(lambda request, losses: next(answers), companions=companions) as (url, _):
        yield url


class TwoNumbers:
    """An embedding model of two dimensions that finds every document equally relevant."""

    name = "local/two-numbers"

    async def embed(self, request: EmbeddingRequest, losses: LossReport) -> EmbeddingResponse:
        return EmbeddingResponse(ID, tuple((0.6, 0.8) for _ in request.texts), len(request.texts))

    async def rerank(self, request: RerankRequest, losses: LossReport) -> RerankResponse:
        places = range(len(request.documents))[: request.limit]
        return RerankResponse(ID, tuple(RankedDocument(index, 0.5) for index in places))

    def facts(self) -> ModelFacts:
        return ModelFacts(name=self.name, endpoints=("embed", "rerank"), context_tokens=8)


@pytest.fixture(scope="module")
def document(url: str) -> Any:
    return httpx.get(f"{url}/openapi.json").json()


def test_it_is_a_valid_document(url: str) -> None:
    schemathesis.openapi.from_url(f"{url}/openapi.json").validate()


def test_it_needs_no_key_and_holds_none() -> None:
    with serve(lambda request, losses: [], keys=["a-secret-key"]) as (url, _):
        response = httpx.get(f"{url}/openapi.json")
        assert httpx.head(f"{url}/openapi.json").status_code == 200
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert "a-secret-key" not in response.text


def test_it_names_every_endpoint_and_no_other(document: Any) -> None:
    prefixes = [server["url"].rstrip("/") for server in document["servers"]]
    assert prefixes == ["", *COHERE_PREFIXES]
    own = {"/health", "/openapi.json"}
    described = {
        (method.upper(), prefix + path)
        for path, methods in document["paths"].items()
        for method in set(methods) - {"servers"}
        for prefix in ([""] if path in own else prefixes)
    }
    served = {
        (endpoint.method, endpoint.path.replace("*}", "}"))
        for endpoint in (*chat_endpoints(), *companion_endpoints())
    }
    assert described == served | {("GET", path) for path in own}


def test_it_names_every_status_that_there_is(document: Any) -> None:
    statuses = {
        str(error.status)
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.CausewayError)
    }
    responses = document["paths"]["/v2/chat"]["post"]["responses"]
    assert set(responses) == {"200", *statuses} - {"499"}


@pytest.mark.parametrize("name", SAMPLING_RANGES)
@pytest.mark.parametrize(("path", "schema"), [("/v2/chat", "ChatRequest"), ("/v1/chat", "V1ChatRequest")])
def test_its_ranges_are_the_ones_that_are_held(
    document: Any, url: str, name: str, path: str, schema: str
) -> None:
    numbers, _ = document["components"]["schemas"][schema]["properties"][name]["anyOf"]
    body = (
        {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        if path == "/v2/chat"
        else {"message": "hi"}
    )
    for value, is_refused in (
        (numbers["minimum"], False),
        (numbers["maximum"], False),
        (numbers["minimum"] - 1, True),
        (numbers["maximum"] + 1, True),
    ):
        response = httpx.post(url + path, json={**body, name: value})
        assert (response.status_code == 400) is is_refused, (value, response.text)
        assert not is_refused or name in response.json()["message"]


def test_schemathesis_finds_nothing_in_2000_cases(url: str) -> None:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    bodies = [operation for operation in operations if operation.body]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    kinds = list(itertools.product(("", "/cohere"), bodies, modes))
    statuses: Counter[int] = Counter()
    for prefix, operation, mode in kinds:
        _run(operation, mode, url, prefix, -(-CASES // len(kinds)), statuses)
    for operation in operations:
        if not operation.body:
            _run(operation, GenerationMode.POSITIVE, url, "", 5, statuses)
    assert statuses.total() >= CASES
    # What was generated got past the door, and was refused at it.
    assert statuses[200] > CASES / 20
    assert statuses[400] > CASES / 20


def _run(
    operation: Any, mode: GenerationMode, url: str, prefix: str, count: int, statuses: Counter[int]
) -> None:
    # Under a prefix more is accepted than is described.
    held = CONFORMANCE if prefix else [*CONFORMANCE, checks.negative_data_rejection]

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case: Any) -> None:
        response = case.call(base_url=url + prefix)
        statuses[response.status_code] += 1
        assert response.status_code < 500 or response.status_code in DOCUMENTED_FAILURES, response.text
        if response.headers["content-type"] == ["application/stream+json"]:
            # Whatever ends in +json is one document to Schemathesis: it gets the lines as a list.
            response.content = b"[%b]" % b",".join(response.content.splitlines())
        case.validate_response(response, checks=held)

    hold()
