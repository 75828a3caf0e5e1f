"""`POST /v2/rerank` as the gateway calls it.

Source of truth: Cohere's OpenAPI document, and recorded answers.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.cohere.decode_error import decode_error
from causeway.dialects.cohere.decode_response import not_an_answer
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.rerank import RankedDocument, RerankRequest, RerankResponse


class WireRanked(Struct):
    """One document's place."""

    index: int
    relevance_score: float


class WireRanking(Struct):
    """The body that `POST /v2/rerank` answers with."""

    id: str
    results: list[WireRanked]


_decode = msgspec.json.Decoder(WireRanking).decode


class CohereRerankProvider(Struct, frozen=True):
    """The provider face of rerank. Documents are sent as text, and given back from the request."""

    dialect: ClassVar[str] = "cohere"

    def encode_request(self, request: RerankRequest, losses: LossReport) -> bytes:  # noqa: ARG002
        """Return the JSON body, which can carry all of the request."""
        body: dict[str, Any] = {
            "model": request.model,
            "query": request.query,
            "documents": [document.text for document in request.documents],
            "top_n": request.limit,
            "max_tokens_per_doc": request.max_tokens_per_document,
            "priority": request.priority or None,
        }
        return msgspec.json.encode({name: value for name, value in body.items() if value is not None})

    def decode_response(self, body: bytes, request: RerankRequest) -> RerankResponse:
        """Return the places; raises UpstreamProtocolError where the body is no answer to `request`."""
        try:
            wire = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise not_an_answer(error) from None
        places = {result.index for result in wire.results}
        if len(places) < len(wire.results) or not places <= set(range(len(request.documents))):
            raise UpstreamProtocolError("the provider ranked documents that it was not given")
        return RerankResponse(
            wire.id, tuple(RankedDocument(result.index, result.relevance_score) for result in wire.results)
        )

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)
