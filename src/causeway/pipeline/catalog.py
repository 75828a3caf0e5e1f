"""The list of models that callers can see."""

from collections.abc import Sequence

from msgspec.structs import replace

from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.pipeline.ports import Described
from causeway.pipeline.provider_models import ProviderModels
from causeway.pipeline.router import Router
from causeway.rules.model_names import LOCAL


class Catalog:
    """Lists those given, in that order, then the providers'. `router` knows who answers for others."""

    def __init__(self, models: Sequence[Described], provider_models: ProviderModels, router: Router) -> None:
        self._models = tuple(models)
        self._provider_models = provider_models
        self._router = router

    async def list(self, query: CatalogQuery) -> CatalogPage:
        """Return a page of models; raises InvalidRequestError for a page that there is not."""
        facts = await self._facts(query.provider)
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

    async def _facts(self, provider: str | None) -> Sequence[ModelFacts]:
        embedded = [await model.facts() for model in self._models] if provider in (None, LOCAL) else []
        return [*embedded, *await self._provider_models.facts(provider)]

    async def find(self, name: str, losses: LossReport) -> ModelFacts:
        """Return the facts about a model.

        Clients ask for the model that they were written for, so a name that nobody lists gets the facts
        of the model that would answer a chat, under the name that was asked for. Raises as
        `Router.resolve` does where nobody would.
        """
        embedded = [await model.facts() for model in self._models]
        for facts in embedded:
            if name in (facts.name, facts.name.removeprefix(f"{LOCAL}/")):
                return facts
        for facts in await self._provider_models.facts():
            if name in (facts.name, facts.name.partition("/")[2]):
                return replace(facts, name=name)
        answering = self._router.resolve(name, "cohere", (), losses)[0]
        for facts in embedded:
            if facts.name == answering.name:
                return replace(facts, name=name)
        return ModelFacts(name=name, endpoints=("chat",))


def _is_wanted(facts: ModelFacts, query: CatalogQuery) -> bool:
    if query.provider is not None and not facts.name.startswith(f"{query.provider}/"):
        return False
    endpoints = facts.default_endpoints if query.default_only else facts.endpoints
    return bool(endpoints) if query.endpoint is None else query.endpoint in endpoints
