"""What a dialect brings to the gateway. Each folder beside this one makes one of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from causeway.dialects.companion_faces import (
    EmbedProviderFace,
    ModelsProviderFace,
    RerankProviderFace,
    TokenCountProviderFace,
)
from causeway.dialects.endpoints import Endpoint
from causeway.dialects.faces import ChatProviderFace, ClientFace
from causeway.dialects.openapi import Section

Quirks = Mapping[str, Any]


class Dialect(Struct, frozen=True, kw_only=True):
    """One vendor's way to speak, both faces.

    `name` is what the catalog's rows call it. `endpoints` are where callers find it, and `sections` what the
    OpenAPI document says of them. `error_faces` gives by the beginning of a path, in whose shape an error is
    told where no endpoint was found. The rest are the faces for providers that speak it, none where it has
    no such operation; that of chat takes a row's quirks, and raises msgspec.ValidationError for one that the
    dialect does not have. `forwarded_headers` are those of a caller's headers, in lower case, that a provider
    of the same dialect is sent as they came: they say how the body is meant.
    """

    name: str
    endpoints: Callable[[], Iterable[Endpoint]]
    sections: Callable[[], Iterable[Section]]
    error_faces: Mapping[str, ClientFace]
    forwarded_headers: tuple[bytes, ...] = ()
    chat_provider: Callable[[Quirks], ChatProviderFace] | None = None
    embed_provider: EmbedProviderFace | None = None
    rerank_provider: RerankProviderFace | None = None
    models_provider: ModelsProviderFace | None = None
    token_count_provider: TokenCountProviderFace | None = None
