"""The list of models as the gateway asks for it, at Google AI and at Vertex.

Source of truth: Google's API reference.
"""

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.gemini.decode_error import decode_error
from causeway.model.catalog import Endpoint, ModelFacts
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError

_METHODS: Mapping[str, Endpoint] = {"generateContent": "chat", "embedContent": "embed"}


class WireListed(Struct, rename="camel"):
    """A model. Vertex does not say what it is for."""

    name: str
    supported_generation_methods: list[str] | None = None
    input_token_limit: int | None = None


class WireList(Struct, rename="camel"):
    """A page of models; Vertex has its own name for them. A page may be empty."""

    models: list[WireListed] | None = None
    publisher_models: list[WireListed] | None = None
    next_page_token: str | None = None


_decode = msgspec.json.Decoder(WireList).decode


class GeminiModelsProvider(Struct, frozen=True):
    """The provider face of the list of models."""

    dialect: ClassVar[str] = "gemini"

    def decode_models(self, body: bytes) -> tuple[tuple[ModelFacts, ...], str | None]:
        """Return a page of models and the token of the next page.

        Raises UpstreamProtocolError where the body is no list.
        """
        try:
            wire = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)[:200]
            raise UpstreamProtocolError(f"the provider did not send a list of models: {reason}") from None
        listed = wire.models or wire.publisher_models or ()
        return tuple(_decode_model(one) for one in listed), wire.next_page_token or None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)


def _decode_model(wire: WireListed) -> ModelFacts:
    name = wire.name.rpartition("models/")[2]
    return ModelFacts(name=name, endpoints=_endpoints(wire, name), context_tokens=wire.input_token_limit)


def _endpoints(wire: WireListed, name: str) -> tuple[Endpoint, ...]:
    if wire.supported_generation_methods is None:
        return ("embed",) if "embedding" in name else ("chat",)
    methods = dict.fromkeys(wire.supported_generation_methods)
    return tuple(_METHODS[method] for method in methods if method in _METHODS)
