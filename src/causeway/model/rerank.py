"""Documents put in the order of their relevance to a query."""

from typing import Any

from msgspec import Struct


class RerankDocument(Struct, frozen=True):
    """What is ranked is `text`; `original` is the document as it is given back to the caller."""

    text: str
    original: dict[str, Any]


class RerankRequest(Struct, frozen=True, kw_only=True):
    """One call to rank documents.

    `model` is the name that the caller used, empty where a dialect allows none. `limit` is how many
    results to return, and may exceed their number. `priority` runs from 0 to 999. `fallbacks` are
    the models to ask where this one fails.
    """

    model: str
    query: str
    documents: tuple[RerankDocument, ...]
    limit: int | None = None
    max_tokens_per_document: int | None = None
    returns_documents: bool = False
    priority: int = 0
    fallbacks: tuple[str, ...] = ()


class RankedDocument(Struct, frozen=True):
    """One document's place: its index in the request, and its relevance from 0 to 1."""

    index: int
    relevance: float


class RerankResponse(Struct, frozen=True):
    """The documents, the most relevant first."""

    id: str
    results: tuple[RankedDocument, ...]
