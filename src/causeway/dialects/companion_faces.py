"""What a dialect looks like from outside at the endpoints beside chat."""

from collections.abc import Mapping
from typing import Protocol

from causeway.dialects.faces import ClientFace
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.loss import LossReport
from causeway.model.rerank import RerankRequest, RerankResponse
from causeway.model.tokenization import DetokenizeRequest, Tokenization, TokenizeRequest


class EmbedFace(ClientFace, Protocol):
    """Faces the caller who wants vectors of texts."""

    def decode_request(self, body: bytes, losses: LossReport) -> EmbeddingRequest:
        """Return the request; raises ClientError, in words that the dialect's users know."""

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> bytes:
        """Return the JSON body of the answer to `request`."""

    def response_headers(
        self, response: EmbeddingResponse, request: EmbeddingRequest
    ) -> list[tuple[bytes, bytes]]:
        """Return the headers that the dialect adds to the answer."""


class RerankFace(ClientFace, Protocol):
    """Faces the caller who wants documents in order."""

    def decode_request(self, body: bytes, losses: LossReport) -> RerankRequest:
        """Return the request; raises ClientError, in words that the dialect's users know."""

    def encode_response(self, response: RerankResponse, request: RerankRequest) -> bytes:
        """Return the JSON body of the answer to `request`."""


class TokenizeFace(ClientFace, Protocol):
    """Faces the caller who wants a text's tokens."""

    def decode_request(self, body: bytes, losses: LossReport) -> TokenizeRequest:
        """Return the request; raises ClientError, in words that the dialect's users know."""

    def encode_response(self, response: Tokenization) -> bytes:
        """Return the JSON body of the answer."""


class DetokenizeFace(ClientFace, Protocol):
    """Faces the caller who wants tokens' text."""

    def decode_request(self, body: bytes, losses: LossReport) -> DetokenizeRequest:
        """Return the request; raises ClientError, in words that the dialect's users know."""

    def encode_response(self, text: str) -> bytes:
        """Return the JSON body of the answer."""


class ModelsFace(ClientFace, Protocol):
    """Faces the caller who asks which models there are."""

    def decode_query(self, parameters: Mapping[str, str], losses: LossReport) -> CatalogQuery:
        """Return what to list; raises ClientError, in words that the dialect's users know."""

    def encode_page(self, page: CatalogPage) -> bytes:
        """Return the JSON body that lists models."""

    def encode_model(self, facts: ModelFacts) -> bytes:
        """Return the JSON body that describes one model."""


class KeyFace(ClientFace, Protocol):
    """Faces the caller who asks whether a key is good."""

    def encode_validity(self) -> bytes:
        """Return the JSON body for a key that is."""
