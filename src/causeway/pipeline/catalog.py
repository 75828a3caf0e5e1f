"""The list of models that callers can see."""

from collections.abc import Sequence

from msgspec.structs import replace

from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.ports import Described


class Catalog:
    """Lists models, in the order given. The first one stands for names that nobody serves."""

    def __init__(self, models: Sequence[Described], *, strict: bool = False) -> None:
        self._models = tuple(models)
        self._directory: ModelDirectory[Described] = ModelDirectory(models, strict=strict)

    def list(self, query: CatalogQuery) -> CatalogPage:
        """Return a page of models; raises InvalidRequestError for a page that there is not."""
        facts = [model.facts() for model in self._models]
        found = [one for one in facts if _is_wanted(one, query)]
        start = 0
        if query.after is not None:
            names = [one.name for one in found]
            if query.after not in names:
                raise InvalidRequestError(
                    "invalid request: page_token: there is no such page.", field="page_token"
                )
            start = names.index(query.after) + 1
        page = found[start : start + query.page_size]
        has_more = start + len(page) < len(found)
        return CatalogPage(tuple(page), page[-1].name if has_more else None)

    def find(self, name: str, losses: LossReport) -> ModelFacts:
        """Return the facts about a model.

        Clients ask for the model that they were written for, so a name that nobody serves gets the
        facts of the model that would answer, under the name that was asked for. Raises
        ModelNotFoundError where names are strict.
        """
        facts = self._directory.find(name, losses).facts()
        is_own_name = name in (facts.name, facts.name.removeprefix("local/"))
        return facts if is_own_name else replace(facts, name=name)


def _is_wanted(facts: ModelFacts, query: CatalogQuery) -> bool:
    endpoints = facts.default_endpoints if query.default_only else facts.endpoints
    return bool(endpoints) if query.endpoint is None else query.endpoint in endpoints
