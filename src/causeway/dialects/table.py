"""The dialects of the gateway, and what is found by going through all of them."""

from collections.abc import Iterator
from typing import TypeVar

from causeway.dialects.anthropic.dialect import ANTHROPIC
from causeway.dialects.bedrock.dialect import BEDROCK
from causeway.dialects.cohere.dialect import COHERE
from causeway.dialects.companion_faces import (
    EmbedProviderFace,
    ModelsProviderFace,
    RerankProviderFace,
    TokenCountProviderFace,
)
from causeway.dialects.dialect import Dialect, Quirks
from causeway.dialects.endpoints import Endpoint
from causeway.dialects.faces import ChatProviderFace, ClientFace
from causeway.dialects.gemini.dialect import GEMINI, VERTEX
from causeway.dialects.openai.dialect import OPENAI
from causeway.dialects.openapi import Section
from causeway.dialects.responses.dialect import RESPONSES

Face = TypeVar("Face")
DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (COHERE, OPENAI, RESPONSES, ANTHROPIC, GEMINI, VERTEX, BEDROCK)
}


def all_endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of every dialect."""
    for dialect in DIALECTS.values():
        yield from dialect.endpoints()


def all_sections() -> Iterator[Section]:
    """Yield what the OpenAPI document says of them."""
    for dialect in DIALECTS.values():
        yield from dialect.sections()


def error_face(path: str) -> ClientFace:
    """Return the face whose shape an error on `path` takes where no endpoint was found."""
    faces = [item for dialect in DIALECTS.values() for item in dialect.error_faces.items()]
    return max((item for item in faces if path.startswith(item[0])), key=lambda item: len(item[0]))[1]


def forwarded_headers(dialect: str) -> tuple[bytes, ...]:
    """Return which of a caller's headers the providers of its dialect are sent."""
    return DIALECTS[dialect].forwarded_headers if dialect in DIALECTS else ()


def chat_provider_face(dialect: str, quirks: Quirks) -> ChatProviderFace:
    """Return the face of a provider's chat; raises KeyError where the dialect has none.

    `quirks` are the row's; raises msgspec.ValidationError for one that the dialect does not have.
    """
    make = DIALECTS[dialect].chat_provider
    if make is None:
        raise KeyError(dialect)
    return make(quirks)


def embed_provider_face(dialect: str) -> EmbedProviderFace:
    """Return the face of a provider's embeddings; raises KeyError where the dialect has none."""
    return _given(dialect, DIALECTS[dialect].embed_provider)


def rerank_provider_face(dialect: str) -> RerankProviderFace:
    """Return the face of a provider's rankings; raises KeyError where the dialect has none."""
    return _given(dialect, DIALECTS[dialect].rerank_provider)


def models_provider_face(dialect: str) -> ModelsProviderFace:
    """Return the face of a provider's list of models; raises KeyError where the dialect has none."""
    return _given(dialect, DIALECTS[dialect].models_provider)


def token_count_provider_face(dialect: str) -> TokenCountProviderFace:
    """Return the face of a provider that counts tokens; raises KeyError where the dialect has none."""
    return _given(dialect, DIALECTS[dialect].token_count_provider)


def _given(dialect: str, face: Face | None) -> Face:
    if face is None:
        raise KeyError(dialect)
    return face
