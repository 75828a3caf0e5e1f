"""`GET /v1/models` as the gateway calls it.

Source of truth: Cohere's OpenAPI document, and recorded answers about single models.
"""

from typing import ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.cohere.decode_error import decode_error
from causeway.dialects.cohere.decode_response import not_an_answer
from causeway.dialects.cohere.models import ENDPOINTS
from causeway.model.catalog import Endpoint, ModelFacts
from causeway.model.errors import UpstreamRefusedError


class WireKnownModel(Struct):
    """What Cohere tells of a model."""

    name: str
    endpoints: list[str] | None = None
    default_endpoints: list[str] | None = None
    context_length: float | None = None
    features: list[str] | None = None


class WireModelsPage(Struct):
    """A page of models."""

    models: list[WireKnownModel]
    next_page_token: str | None = None


_decode = msgspec.json.Decoder(WireModelsPage).decode


class CohereModelsProvider(Struct, frozen=True):
    """The provider face of the list of models."""

    dialect: ClassVar[str] = "cohere"

    def decode_models(self, body: bytes) -> tuple[tuple[ModelFacts, ...], str | None]:
        """Return a page of models and the token of the next page; raises UpstreamProtocolError.

        Endpoints that the gateway does not know are left out.
        """
        try:
            wire = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise not_an_answer(error) from None
        facts = tuple(
            ModelFacts(
                name=model.name,
                endpoints=_known(model.endpoints),
                default_endpoints=_known(model.default_endpoints),
                context_tokens=int(model.context_length) if model.context_length else None,
                features=tuple(model.features or ()),
            )
            for model in wire.models
        )
        return facts, wire.next_page_token or None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)


def _known(names: list[str] | None) -> tuple[Endpoint, ...]:
    return tuple(ENDPOINTS[name] for name in names or () if name in ENDPOINTS)
