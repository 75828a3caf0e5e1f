"""The list of models: filters, pages, and names that nobody serves."""

import pytest

from causeway.model.catalog import CatalogQuery, ModelFacts
from causeway.model.errors import InvalidRequestError, ModelNotFoundError
from causeway.model.loss import LossReport
from causeway.pipeline.catalog import Catalog
from causeway.pipeline.provider_models import ProviderModels
from causeway.pipeline.router import Router, RoutingPolicy


class Known:
    def __init__(self, facts: ModelFacts) -> None:
        self._facts = facts

    @property
    def name(self) -> str:
        return self._facts.name

    async def facts(self) -> ModelFacts:
        return self._facts


MODELS = [
    ModelFacts(name="local/talker", endpoints=("chat",), default_endpoints=("chat",)),
    ModelFacts(name="local/other", endpoints=("chat",)),
    ModelFacts(name="local/embedder", endpoints=("embed", "rerank"), default_endpoints=("embed",)),
]
NOTHING_LISTED = ProviderModels({}, {})
CATALOG = Catalog(
    [Known(facts) for facts in MODELS],
    NOTHING_LISTED,
    Router("chat", {}, [MODELS[0].name], (), RoutingPolicy()),
)


async def names(query: CatalogQuery) -> list[str]:
    return [facts.name.removeprefix("local/") for facts in (await CATALOG.list(query)).models]


async def test_models_are_found_by_what_they_are_good_for() -> None:
    assert await names(CatalogQuery()) == ["talker", "other", "embedder"]
    assert await names(CatalogQuery(endpoint="chat")) == ["talker", "other"]
    assert await names(CatalogQuery(endpoint="chat", default_only=True)) == ["talker"]
    assert await names(CatalogQuery(endpoint="rerank")) == ["embedder"]
    assert await names(CatalogQuery(endpoint="rerank", default_only=True)) == []
    assert await names(CatalogQuery(default_only=True)) == ["talker", "embedder"]
    assert await names(CatalogQuery(endpoint="classify")) == []


@pytest.mark.parametrize("size", [1, 2, 3, 4])
async def test_pages_hold_every_model_once(size: int) -> None:
    seen, after = [], None
    while True:
        page = await CATALOG.list(CatalogQuery(page_size=size, after=after))
        assert 1 <= len(page.models) <= size
        seen += page.models
        after = page.next_after
        if after is None:
            break
    assert seen == MODELS


async def test_a_page_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="page_token"):
        await CATALOG.list(CatalogQuery(after="nobody"))


async def test_one_model_by_either_of_its_names() -> None:
    for name in ("local/embedder", "embedder"):
        losses = LossReport()
        assert await CATALOG.find(name, losses) == MODELS[2]
        assert losses.losses == []


async def test_a_name_that_nobody_serves_gets_the_facts_of_the_model_that_would_answer() -> None:
    losses = LossReport()
    facts = await CATALOG.find("command-a-03-2025", losses)
    assert facts.name == "command-a-03-2025"
    assert facts.endpoints == ("chat",)
    assert [loss.path for loss in losses.losses] == ["model"]
    router = Router("chat", {}, [MODELS[0].name], (), RoutingPolicy(is_strict=True))
    strict = Catalog([Known(MODELS[0])], NOTHING_LISTED, router)
    with pytest.raises(ModelNotFoundError):
        await strict.find("command-a-03-2025", LossReport())
