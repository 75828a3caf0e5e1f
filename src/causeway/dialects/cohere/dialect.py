"""Cohere's dialect, as the gateway's table has it."""

from collections.abc import Iterator

from causeway.dialects.cohere.chat_operations import chat_operations
from causeway.dialects.cohere.companion_operations import companion_operations
from causeway.dialects.cohere.embed_provider import CohereEmbedProvider
from causeway.dialects.cohere.endpoints import COHERE_PREFIXES, endpoints
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.models_provider import CohereModelsProvider
from causeway.dialects.cohere.provider_face import CohereProvider
from causeway.dialects.cohere.rerank_provider import CohereRerankProvider
from causeway.dialects.dialect import Dialect
from causeway.dialects.openapi import Section


def _sections() -> Iterator[Section]:
    yield Section([*chat_operations(), *companion_operations()])


COHERE = Dialect(
    name="cohere",
    endpoints=endpoints,
    sections=_sections,
    # A path that is nobody's is Cohere's: its API stands at the root.
    error_faces={"/": CohereFace(is_native=True)}
    | {f"{prefix}/": CohereFace(is_native=False) for prefix in COHERE_PREFIXES},
    chat_provider=lambda _: CohereProvider(),
    embed_provider=CohereEmbedProvider(),
    rerank_provider=CohereRerankProvider(),
    models_provider=CohereModelsProvider(),
)
