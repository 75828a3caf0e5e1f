"""The provider faces by the names of their dialects, which the catalog's rows use.

Each raises KeyError for a dialect that has no such face.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from causeway.dialects.cohere.embed_provider import CohereEmbedProvider
from causeway.dialects.cohere.models_provider import CohereModelsProvider
from causeway.dialects.cohere.provider_face import CohereProvider
from causeway.dialects.cohere.rerank_provider import CohereRerankProvider
from causeway.dialects.companion_faces import EmbedProviderFace, ModelsProviderFace, RerankProviderFace
from causeway.dialects.faces import ChatProviderFace
from causeway.dialects.openai.embeddings_provider import OpenAiEmbeddingsProvider
from causeway.dialects.openai.models_provider import OpenAiModelsProvider
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.dialects.openai.quirks import OpenAiQuirks


def chat_provider_face(dialect: str, quirks: Mapping[str, Any]) -> ChatProviderFace:
    """Return the face of a provider's chat.

    `quirks` are the row's; raises msgspec.ValidationError for one that the dialect does not have.
    """
    match dialect:
        case "openai":
            return OpenAiProvider(msgspec.convert(quirks, OpenAiQuirks))
        case "cohere":
            return CohereProvider()
    raise KeyError(dialect)


def embed_provider_face(dialect: str) -> EmbedProviderFace:
    """Return the face of a provider's embeddings."""
    faces: dict[str, EmbedProviderFace] = {
        "openai": OpenAiEmbeddingsProvider(),
        "cohere": CohereEmbedProvider(),
    }
    return faces[dialect]


def rerank_provider_face(dialect: str) -> RerankProviderFace:
    """Return the face of a provider's rankings."""
    faces: dict[str, RerankProviderFace] = {"cohere": CohereRerankProvider()}
    return faces[dialect]


def models_provider_face(dialect: str) -> ModelsProviderFace:
    """Return the face of a provider's list of models."""
    faces: dict[str, ModelsProviderFace] = {
        "openai": OpenAiModelsProvider(),
        "cohere": CohereModelsProvider(),
    }
    return faces[dialect]
