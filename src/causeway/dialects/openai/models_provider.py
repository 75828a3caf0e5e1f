"""`GET /v1/models` as the gateway calls it, at OpenAI and at its imitators.

OpenAI does not tell what a model is for, so that it is taken from its name where no imitator says it.
Source of truth: OpenAI's API reference, and what its imitators document beyond it.
"""

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.openai.decode_error import decode_error
from causeway.model.catalog import Endpoint, ModelFacts
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError

# As Together says it.
_TYPES: Mapping[str, tuple[Endpoint, ...]] = {
    "chat": ("chat",),
    "language": ("chat",),
    "code": ("chat",),
    "embedding": ("embed",),
    "rerank": ("rerank",),
}
_WORDS: tuple[tuple[str, tuple[Endpoint, ...]], ...] = (
    ("embed", ("embed",)),
    ("rerank", ("rerank",)),
    # These neither chat nor embed.
    *((word, ()) for word in ("whisper", "transcribe", "tts", "dall-e", "image", "moderation", "sora")),
)


class WireListed(Struct):
    """A model. Its context is called by one of four names, or not told."""

    id: str
    type: str | None = None
    context_length: float | None = None
    context_window: float | None = None
    max_model_len: float | None = None
    max_context_length: float | None = None


class WireList(Struct):
    """The models, as OpenAI lists them; Together's list is bare."""

    data: list[WireListed]


_decode = msgspec.json.Decoder(WireList).decode
_decode_bare = msgspec.json.Decoder(list[WireListed]).decode


class OpenAiModelsProvider(Struct, frozen=True):
    """The provider face of the list of models, which has one page."""

    dialect: ClassVar[str] = "openai"

    def decode_models(self, body: bytes) -> tuple[tuple[ModelFacts, ...], str | None]:
        """Return the models, and no next page; raises UpstreamProtocolError where the body is no list."""
        try:
            listed = _decode_bare(body) if body.lstrip()[:1] == b"[" else _decode(body).data
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)[:200]
            raise UpstreamProtocolError(f"the provider did not send a list of models: {reason}") from None
        return tuple(_decode_model(wire) for wire in listed), None

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error(status, body)


def _decode_model(wire: WireListed) -> ModelFacts:
    context = wire.context_length or wire.context_window or wire.max_model_len or wire.max_context_length
    return ModelFacts(
        name=wire.id,
        endpoints=_endpoints(wire),
        context_tokens=int(context) if context else None,
    )


def _endpoints(wire: WireListed) -> tuple[Endpoint, ...]:
    if wire.type is not None and wire.type in _TYPES:
        return _TYPES[wire.type]
    name = wire.id.lower()
    return next((endpoints for word, endpoints in _WORDS if word in name), ("chat",))
