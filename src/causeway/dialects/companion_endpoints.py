"""The endpoints beside chat, as data: method, path, dialect face.

In a path `{name}` stands for one segment, and `{name*}` for the rest of the path, slashes included.
"""

from collections.abc import Iterator

from msgspec import Struct

from causeway.dialects.cohere.embed import CohereEmbed
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.models import CohereKey, CohereModels
from causeway.dialects.cohere.rerank import CohereRerank
from causeway.dialects.cohere.tokenize import CohereDetokenize, CohereTokenize
from causeway.dialects.companion_faces import (
    DetokenizeFace,
    EmbedFace,
    KeyFace,
    ModelsFace,
    RerankFace,
    TokenizeFace,
)
from causeway.dialects.endpoints import AZURE_PREFIXES, COHERE_PREFIXES, OPENAI_PREFIXES
from causeway.dialects.faces import ClientFace
from causeway.dialects.openai.embeddings import OpenAiEmbeddings
from causeway.dialects.openai.models import OpenAiModels


class EmbedEndpoint(Struct, frozen=True):
    """One path that makes vectors of texts.

    Where the path holds a `{model*}`, that names the model, and `path_provider` the provider of one that
    names none.
    """

    path: str
    face: EmbedFace
    path_provider: str | None = None
    method: str = "POST"


class RerankEndpoint(Struct, frozen=True):
    """One path that puts documents in order."""

    path: str
    face: RerankFace
    method: str = "POST"


class TokenizeEndpoint(Struct, frozen=True):
    """One path that splits a text into tokens."""

    path: str
    face: TokenizeFace
    method: str = "POST"


class DetokenizeEndpoint(Struct, frozen=True):
    """One path that joins tokens to a text."""

    path: str
    face: DetokenizeFace
    method: str = "POST"


class ModelsEndpoint(Struct, frozen=True):
    """One path that lists models."""

    path: str
    face: ModelsFace
    method: str = "GET"


class ModelEndpoint(Struct, frozen=True):
    """One path that describes the model that its `{model*}` names."""

    path: str
    face: ModelsFace
    method: str = "GET"


class KeyEndpoint(Struct, frozen=True):
    """One path that says whether a key is good."""

    path: str
    face: KeyFace
    method: str = "POST"


class UnservedEndpoint(Struct, frozen=True):
    """A path of the dialect's vendor that the gateway knows and does not serve."""

    path: str
    face: ClientFace
    method: str


CompanionEndpoint = (
    EmbedEndpoint
    | RerankEndpoint
    | TokenizeEndpoint
    | DetokenizeEndpoint
    | ModelsEndpoint
    | ModelEndpoint
    | KeyEndpoint
    | UnservedEndpoint
)

# What else Cohere's SDKs can call.
COHERE_UNSERVED = (
    ("POST", "/v1/generate"),
    ("POST", "/v1/classify"),
    ("POST", "/v1/summarize"),
    ("POST", "/v2/parse"),
    ("POST", "/v2/audio/transcriptions"),
    ("GET", "/v2/batches"),
    ("POST", "/v2/batches"),
    ("GET", "/v2/batches/{id}"),
    ("POST", "/v2/batches/{id}:cancel"),
    ("GET", "/v1/embed-jobs"),
    ("POST", "/v1/embed-jobs"),
    ("GET", "/v1/embed-jobs/{id}"),
    ("POST", "/v1/embed-jobs/{id}/cancel"),
    ("GET", "/v1/datasets"),
    ("POST", "/v1/datasets"),
    ("GET", "/v1/datasets/usage"),
    ("GET", "/v1/datasets/{id}"),
    ("DELETE", "/v1/datasets/{id}"),
    ("GET", "/v1/connectors"),
    ("POST", "/v1/connectors"),
    ("GET", "/v1/connectors/{id}"),
    ("PATCH", "/v1/connectors/{id}"),
    ("DELETE", "/v1/connectors/{id}"),
    ("POST", "/v1/connectors/{id}/oauth/authorize"),
    ("GET", "/v1/finetuning/finetuned-models"),
    ("POST", "/v1/finetuning/finetuned-models"),
    ("GET", "/v1/finetuning/finetuned-models/{id}"),
    ("PATCH", "/v1/finetuning/finetuned-models/{id}"),
    ("DELETE", "/v1/finetuning/finetuned-models/{id}"),
    ("GET", "/v1/finetuning/finetuned-models/{id}/events"),
    ("GET", "/v1/finetuning/finetuned-models/{id}/training-step-metrics"),
)


# Where the list of models is OpenAI's alone: at the frameworks' `/v1` Cohere's answer serves both.
OPENAI_MODELS_PREFIXES = tuple(
    prefix for prefix in OPENAI_PREFIXES if prefix not in {f"{shared}/v1" for shared in COHERE_PREFIXES}
)


def companion_endpoints() -> Iterator[CompanionEndpoint]:
    """Yield every endpoint beside chat; Cohere's paths without a prefix are its own."""
    for prefix in ("", *COHERE_PREFIXES):
        is_native = prefix == ""
        yield EmbedEndpoint(f"{prefix}/v2/embed", CohereEmbed(is_native, "2"))
        yield EmbedEndpoint(f"{prefix}/v1/embed", CohereEmbed(is_native, "1"))
        yield RerankEndpoint(f"{prefix}/v2/rerank", CohereRerank(is_native, "2"))
        yield RerankEndpoint(f"{prefix}/v1/rerank", CohereRerank(is_native, "1"))
        yield TokenizeEndpoint(f"{prefix}/v1/tokenize", CohereTokenize(is_native))
        yield DetokenizeEndpoint(f"{prefix}/v1/detokenize", CohereDetokenize(is_native))
        yield ModelsEndpoint(f"{prefix}/v1/models", CohereModels(is_native))
        yield ModelEndpoint(f"{prefix}/v1/models/{{model*}}", CohereModels(is_native))
        yield KeyEndpoint(f"{prefix}/v1/check-api-key", CohereKey(is_native))
        for method, path in COHERE_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", CohereFace(is_native), method)
    yield EmbedEndpoint("/v1/embeddings", OpenAiEmbeddings(is_unified=True))
    for prefix in OPENAI_PREFIXES:
        yield EmbedEndpoint(f"{prefix}/embeddings", OpenAiEmbeddings(is_unified=False))
    for prefix in OPENAI_MODELS_PREFIXES:
        yield ModelsEndpoint(f"{prefix}/models", OpenAiModels(is_unified=False))
        yield ModelEndpoint(f"{prefix}/models/{{model*}}", OpenAiModels(is_unified=False))
    for prefix in AZURE_PREFIXES:
        yield EmbedEndpoint(
            f"{prefix}/embeddings",
            OpenAiEmbeddings(is_unified=False, needs_model=False),
            path_provider="azure",
        )
        yield ModelsEndpoint(f"{prefix}/models", OpenAiModels(is_unified=False))
