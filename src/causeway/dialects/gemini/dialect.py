"""Gemini's dialect, as the gateway's table has it: as Google AI speaks it, and as Vertex does.

The two differ beside chat; callers find one of them.
"""

from collections.abc import Iterator

from causeway.dialects.dialect import Dialect
from causeway.dialects.endpoints import Endpoint
from causeway.dialects.gemini.chat_operations import chat_operations
from causeway.dialects.gemini.companion_face import GeminiCompanionFace
from causeway.dialects.gemini.companion_operations import companion_operations
from causeway.dialects.gemini.embeddings_provider import GeminiEmbeddingsProvider, VertexEmbeddingsProvider
from causeway.dialects.gemini.endpoints import GEMINI_PREFIXES, MOUNTS, endpoints
from causeway.dialects.gemini.models_provider import GeminiModelsProvider
from causeway.dialects.gemini.provider_face import GeminiProvider
from causeway.dialects.gemini.token_count_provider import GeminiTokenCountProvider
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openapi import Section


def _sections() -> Iterator[Section]:
    rows = [*chat_operations(GEMINI_PREFIXES), *companion_operations(GEMINI_PREFIXES)]
    yield Section(rows, schema_prefix="Gemini")


def _nothing() -> Iterator[Endpoint]:
    yield from ()


def _no_sections() -> Iterator[Section]:
    yield from ()


GEMINI = Dialect(
    name="gemini",
    endpoints=endpoints,
    sections=_sections,
    error_faces={
        f"{prefix}/": GeminiCompanionFace()
        for prefix in (*GEMINI_PREFIXES, *MOUNTS)
        if prefix not in FRAMEWORKS
    },
    chat_provider=lambda _: GeminiProvider(),
    embed_provider=GeminiEmbeddingsProvider(),
    models_provider=GeminiModelsProvider(),
    token_count_provider=GeminiTokenCountProvider(),
)
VERTEX = Dialect(
    name="vertex",
    endpoints=_nothing,
    sections=_no_sections,
    error_faces={},
    chat_provider=lambda _: GeminiProvider(),
    embed_provider=VertexEmbeddingsProvider(),
    models_provider=GeminiModelsProvider(),
    token_count_provider=GeminiTokenCountProvider(is_vertex=True),
)
