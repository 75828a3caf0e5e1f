"""`POST /v2/rerank` and `POST /v1/rerank`: documents in the order of their relevance.

Source of truth: Cohere's OpenAPI document, and recorded exchanges of LangChain's.
"""

from math import ceil
from typing import Any, TypeVar

from causeway.dialects.cohere.companion_face import (
    VersionedFace,
    WireBilled,
    WireMeta,
    WireVersion,
    at_least_one,
    decode_model,
    invalid,
    usage_hint,
)
from causeway.dialects.cohere.decode_options import PRIORITY_RANGE, decode_fallbacks, in_range
from causeway.dialects.cohere.request_body import BodyReader
from causeway.dialects.cohere.request_schema import WireStruct
from causeway.model.loss import LossReport
from causeway.model.rerank import RerankDocument, RerankRequest, RerankResponse
from causeway.wire.ascii_json import encode_ascii

MAX_DOCUMENTS = 1000
_DOCUMENTS_PER_SEARCH_UNIT = 100
_DEFAULT_RANK_FIELD = "text"

WireDocument = TypeVar("WireDocument")


class WireV2RerankRequest(WireStruct):
    """The body of `POST /v2/rerank`. `fallbacks` is the gateway's own."""

    model: str | None = None
    query: str | None = None
    documents: list[str] | None = None
    top_n: int | None = None
    max_tokens_per_doc: int | None = None
    relevant_spans: dict[str, Any] | None = None
    priority: int | None = None
    fallbacks: list[str] | None = None


class WireV1RerankRequest(WireStruct):
    """The body of `POST /v1/rerank`. `fallbacks` is the gateway's own."""

    model: str | None = None
    query: str | None = None
    documents: list[str | dict[str, Any]] | None = None
    top_n: int | None = None
    rank_fields: list[str] | None = None
    return_documents: bool | None = None
    max_chunks_per_doc: int | None = None
    fallbacks: list[str] | None = None


class WireV2RerankResult(WireStruct):
    """One document's place."""

    index: int
    relevance_score: float


class WireV1RerankResult(WireStruct, kw_only=True):
    """One document's place, with the document where it was asked for."""

    document: dict[str, Any] | None = None
    index: int
    relevance_score: float


class WireV2RerankAnswer(WireStruct):
    """What `POST /v2/rerank` answers."""

    id: str
    results: list[WireV2RerankResult]
    meta: WireMeta


class WireV1RerankAnswer(WireStruct):
    """What `POST /v1/rerank` answers."""

    id: str
    results: list[WireV1RerankResult]
    meta: WireMeta


_HINT = usage_hint("rerank")
_read_v1 = BodyReader(WireV1RerankRequest, _HINT).read
_read_v2 = BodyReader(WireV2RerankRequest, _HINT).read


class CohereRerank(VersionedFace, frozen=True):
    """The client face of rerank."""

    def decode_request(self, body: bytes, losses: LossReport) -> RerankRequest:
        """Return the request; raises ClientError, naming the field."""
        strict = self.refuses_unknown_fields
        if self.version == "1":
            return _decode_v1(_read_v1(body, strict=strict, losses=losses), losses)
        return _decode_v2(_read_v2(body, strict=strict, losses=losses), losses)

    def encode_response(self, response: RerankResponse, request: RerankRequest) -> bytes:
        """Return the JSON body of the answer."""
        search_units = ceil(len(request.documents) / _DOCUMENTS_PER_SEARCH_UNIT)
        meta = WireMeta(WireVersion(self.version), WireBilled(search_units=search_units))
        if self.version == "2":
            plain = [WireV2RerankResult(result.index, result.relevance) for result in response.results]
            return encode_ascii(WireV2RerankAnswer(response.id, plain, meta))
        results = [
            WireV1RerankResult(
                document=request.documents[result.index].original if request.returns_documents else None,
                index=result.index,
                relevance_score=result.relevance,
            )
            for result in response.results
        ]
        return encode_ascii(WireV1RerankAnswer(response.id, results, meta))


def _decode_v1(wire: WireV1RerankRequest, losses: LossReport) -> RerankRequest:
    documents = _check_documents(wire.documents)
    rank_fields = wire.rank_fields or [_DEFAULT_RANK_FIELD]
    if at_least_one("max_chunks_per_doc", wire.max_chunks_per_doc) is not None:
        losses.add("dropped", "max_chunks_per_doc", "documents are not split into chunks")
    return RerankRequest(
        model=decode_model(wire.model, "1"),
        query=_decode_query(wire.query),
        documents=tuple(
            _decode_document(document, rank_fields, f"documents[{index}]")
            for index, document in enumerate(documents)
        ),
        limit=at_least_one("top_n", wire.top_n),
        returns_documents=bool(wire.return_documents),
        fallbacks=decode_fallbacks(wire.fallbacks),
    )


def _decode_v2(wire: WireV2RerankRequest, losses: LossReport) -> RerankRequest:
    documents = _check_documents(wire.documents)
    if wire.relevant_spans is not None:
        losses.add("dropped", "relevant_spans", "whole documents are ranked")
    return RerankRequest(
        model=decode_model(wire.model, "2"),
        query=_decode_query(wire.query),
        documents=tuple(RerankDocument(text, {"text": text}) for text in documents),
        limit=at_least_one("top_n", wire.top_n),
        max_tokens_per_document=at_least_one("max_tokens_per_doc", wire.max_tokens_per_doc),
        priority=in_range("priority", wire.priority, *PRIORITY_RANGE) or 0,
        fallbacks=decode_fallbacks(wire.fallbacks),
    )


def _decode_query(wire: str | None) -> str:
    if wire is None:
        raise invalid("query", "required field is missing")
    if not wire.strip():
        raise invalid("query", "must not be empty")
    return wire


def _check_documents(wire: list[WireDocument] | None) -> list[WireDocument]:
    if wire is None:
        raise invalid("documents", "required field is missing")
    if not wire:
        raise invalid("documents", "must contain at least 1 document")
    if len(wire) > MAX_DOCUMENTS:
        raise invalid("documents", f"must contain at most {MAX_DOCUMENTS} documents, received {len(wire)}")
    return wire


def _decode_document(wire: str | dict[str, Any], rank_fields: list[str], path: str) -> RerankDocument:
    if isinstance(wire, str):
        return RerankDocument(wire, {"text": wire})
    texts = [_decode_field(wire[name]) for name in rank_fields if wire.get(name) is not None]
    if not texts:
        raise invalid(path, f"has no field of {', '.join(rank_fields)[:200]}")
    return RerankDocument("\n".join(texts), wire)


def _decode_field(value: Any) -> str:
    return value if isinstance(value, str) else encode_ascii(value).decode()
