"""What a dialect looks like from outside at the endpoints beside chat."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from causeway.dialects.faces import ClientFace
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.rerank import RerankRequest, RerankResponse
from causeway.model.token_count import TokenCount
from causeway.model.tokenization import DetokenizeRequest, Tokenization, TokenizeRequest


class EmbedFace(ClientFace, Protocol):
    """Faces the caller who wants vectors of texts."""

    def decode_request(self, body: bytes, losses: LossReport) -> EmbeddingRequest:
        """Return the request; raises ClientError, in words that the dialect's users know."""

    def encode_response(
        self, response: EmbeddingResponse, request: EmbeddingRequest, provenance: Provenance
    ) -> bytes:
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


class TokenCountFace(ClientFace, Protocol):
    """Faces the caller who asks how many tokens a chat's prompt has."""

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the chat; raises ClientError, in words that the dialect's users know."""

    def encode_response(self, count: TokenCount) -> bytes:
        """Return the JSON body of the answer."""


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


class EmbedProviderFace(Protocol):
    """Faces a provider that makes vectors of texts."""

    dialect: ClassVar[str]

    def encode_request(self, request: EmbeddingRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`.

        Raises InvalidRequestError for token ids where the provider takes text alone.
        """

    def decode_response(self, body: bytes, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return the vectors; raises UpstreamProtocolError where the body is no answer to `request`."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""


class TokenCountProviderFace(Protocol):
    """Faces a provider that counts the tokens of a chat's prompt."""

    dialect: ClassVar[str]

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`."""

    def decode_response(self, body: bytes, request: ChatRequest) -> TokenCount:
        """Return the count; raises UpstreamProtocolError where the body is no answer to `request`."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""


class RerankProviderFace(Protocol):
    """Faces a provider that puts documents in order."""

    dialect: ClassVar[str]

    def encode_request(self, request: RerankRequest, losses: LossReport) -> bytes:
        """Return the JSON body. What cannot be carried is added to `losses`."""

    def decode_response(self, body: bytes, request: RerankRequest) -> RerankResponse:
        """Return the places; raises UpstreamProtocolError where the body is no answer to `request`."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""


class ModelsProviderFace(Protocol):
    """Faces a provider's list of models."""

    dialect: ClassVar[str]

    def decode_models(self, body: bytes) -> tuple[tuple[ModelFacts, ...], str | None]:
        """Return a page of models, names as the provider has them, and the token of the next page.

        Raises UpstreamProtocolError where the body is no list.
        """

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
