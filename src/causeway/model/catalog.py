"""The models that can be asked for, and what is told of them."""

from typing import Literal

from msgspec import Struct

Endpoint = Literal["chat", "embed", "classify", "summarize", "rerank", "rate", "generate"]


class ModelFacts(Struct, frozen=True, kw_only=True):
    """What a model is good for. `context_tokens` is `None` while it is not known.

    `default_endpoints` are those at which it answers for names that nobody serves.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    default_endpoints: tuple[Endpoint, ...] = ()
    context_tokens: int | None = None
    features: tuple[str, ...] = ()


class CatalogQuery(Struct, frozen=True, kw_only=True):
    """Which models to list. `after` is the name of the last model of the page before.

    `provider` is what stands before the slash in the names of its models.
    """

    endpoint: Endpoint | None = None
    default_only: bool = False
    page_size: int = 20
    after: str | None = None
    provider: str | None = None


class CatalogPage(Struct, frozen=True):
    """Models in the order of the catalog. `next_after` asks for the page that follows, if there is one."""

    models: tuple[ModelFacts, ...]
    next_after: str | None = None
