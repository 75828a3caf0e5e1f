"""`GET /v1/models` as the gateway calls it. Every model that Anthropic lists answers chat."""

from typing import ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.anthropic.decode_error import decode_error
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.model.catalog import ModelFacts
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError


class WireListed(Struct):
    """A model, as far as it is read."""

    id: str
    max_input_tokens: int | None = None


class WireList(Struct):
    """A page of models."""

    data: list[WireListed]
    has_more: bool = False
    last_id: str | None = None


_decode = msgspec.json.Decoder(WireList).decode


class AnthropicModelsProvider(Struct, frozen=True):
    """The provider face of the list of models."""

    dialect: ClassVar[str] = DIALECT

    def decode_models(self, body: bytes) -> tuple[tuple[ModelFacts, ...], str | None]:
        """Return a page of models and the id after which the next one begins.

        Raises UpstreamProtocolError where the body is no list.
        """
        try:
            page = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)[:200]
            raise UpstreamProtocolError(f"the provider did not send a list of models: {reason}") from None
        models = tuple(
            ModelFacts(name=model.id, endpoints=("chat",), context_tokens=model.max_input_tokens or None)
            for model in page.data
        )
        return models, page.last_id if page.has_more else None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)
