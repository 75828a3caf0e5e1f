"""The list of models: filters, pages, and names that nobody serves."""

import pytest

from causeway.model.catalog import CatalogQuery, ModelFacts
from causeway.model.errors import InvalidRequestError, ModelNotFoundError
from causeway.model.loss import LossReport
from causeway.pipeline.catalog import Catalog


class Known:
    def __init__(self, facts: ModelFacts) -> None:
        self._facts = facts

    @property
    def name(self) -> str:
        return self._facts.name

    def facts(self) -> ModelFacts:
        return self._facts


MODELS = [
    ModelFacts(name="local/talker", endpoints=("chat",), default_endpoints=("chat",)),
    ModelFacts(name="local/other", endpoints=("chat",)),
    ModelFacts(name="local/embedder", endpoints=("embed", "rerank"), default_endpoints=("embed",)),
]
CATALOG = Catalog([Known(facts) for facts in MODELS])


def names(query: CatalogQuery) -> list[str]:
    return [facts.name.removeprefix("local/") for facts in CATALOG.list(query).models]


def test_models_are_found_by_what_they_are_good_for() -> None:
    assert names(CatalogQuery()) == ["talker", "other", "embedder"]
    assert names(CatalogQuery(endpoint="chat")) == ["talker", "other"]
    assert names(CatalogQuery(endpoint="chat", default_only=True)) == ["talker"]
    assert names(CatalogQuery(endpoint="rerank")) == ["embedder"]
    assert names(CatalogQuery(endpoint="rerank", default_only=True)) == []
    assert names(CatalogQuery(default_only=True)) == ["talker", "embedder"]
    assert names(CatalogQuery(endpoint="classify")) == []


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pages_hold_every_model_once(size: int) -> None:
    seen, after = [], None
    while True:
        page = CATALOG.list(CatalogQuery(page_size=size, after=after))
        assert 1 <= len(page.models) <= size
        seen += page.models
        after = page.next_after
        if after is None:
            break
    assert seen == MODELS


def test_a_page_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="page_token"):
        CATALOG.list(CatalogQuery(after="nobody"))


def test_one_model_by_either_of_its_names() -> None:
    for name in ("local/embedder", "embedder"):
        losses = LossReport()
        assert CATALOG.find(name, losses) == MODELS[2]
        assert losses.losses == []


def test_a_name_that_nobody_serves_gets_the_facts_of_the_model_that_would_answer() -> None:
    losses = LossReport()
    facts = CATALOG.find("command-a-03-2025", losses)
    assert facts.name == "command-a-03-2025"
    assert facts.endpoints == ("chat",)
    assert [loss.path for loss in losses.losses] == ["model"]
    with pytest.raises(ModelNotFoundError):
        Catalog([Known(MODELS[0])], strict=True).find("command-a-03-2025", LossReport())
