"""Where Gemini's API stands: under `/genai`, and under the frameworks', with that or without."""

from collections.abc import Iterator

from causeway.dialects.endpoints import (
    ChatEndpoint,
    EmbedEndpoint,
    Endpoint,
    ModelEndpoint,
    ModelsEndpoint,
    TokenCountEndpoint,
    UnservedEndpoint,
)
from causeway.dialects.gemini.chat_face import GeminiArrayChat, GeminiChat
from causeway.dialects.gemini.companion_face import GeminiCompanionFace
from causeway.dialects.gemini.embeddings import GeminiEmbeddings
from causeway.dialects.gemini.models import GeminiModels
from causeway.dialects.gemini.token_count import GeminiTokenCount
from causeway.dialects.mounts import FRAMEWORKS, mounts

MOUNTS = mounts("genai")
PREVIEWS = ("/v1beta", "/v1beta1")
# Google's SDK asks for `/v1` where it is given an address; without the vendor's name that is others' too.
STABLE = "/v1"
GEMINI_PREFIXES = tuple(
    f"{mount}{version}"
    for mount in MOUNTS
    for version in (PREVIEWS if mount in FRAMEWORKS else (*PREVIEWS, STABLE))
)
# What else Google's SDK can call, below the version, and beside it.
GEMINI_UNSERVED = (
    ("POST", "/models/{model*}:predict"),
    ("POST", "/models/{model*}:predictLongRunning"),
    ("POST", "/models/{model*}:batchGenerateContent"),
    ("POST", "/models/{model*}:asyncBatchEmbedContent"),
    ("GET", "/models/{model*}/operations/{id}"),
    ("GET", "/files"),
    ("GET", "/files/{id}"),
    ("DELETE", "/files/{id}"),
    ("GET", "/files/{id}:download"),
    ("GET", "/batches"),
    ("GET", "/batches/{id}"),
    ("POST", "/batches/{id}"),
    ("DELETE", "/batches/{id}"),
    ("POST", "/batches/{id}:cancel"),
    ("GET", "/cachedContents"),
    ("POST", "/cachedContents"),
    ("GET", "/cachedContents/{id}"),
    ("PATCH", "/cachedContents/{id}"),
    ("DELETE", "/cachedContents/{id}"),
    ("POST", "/rank"),
)
GEMINI_UPLOADS = tuple(("POST", f"/upload{version}/files") for version in PREVIEWS)


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of Gemini's API."""
    for prefix in GEMINI_PREFIXES:
        model = f"{prefix}/models/{{model*}}"
        yield ChatEndpoint(f"{model}:generateContent", GeminiChat())
        yield ChatEndpoint(
            f"{model}:streamGenerateContent", GeminiArrayChat(), is_streamed=True, sse_face=GeminiChat()
        )
        yield TokenCountEndpoint(f"{model}:countTokens", GeminiTokenCount())
        yield EmbedEndpoint(f"{model}:embedContent", GeminiEmbeddings(is_batch=False))
        yield EmbedEndpoint(f"{model}:batchEmbedContents", GeminiEmbeddings(is_batch=True))
        yield ModelsEndpoint(f"{prefix}/models", GeminiModels())
        for method, path in GEMINI_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", GeminiCompanionFace(), method)
        # The last, since a model's name may hold anything.
        yield ModelEndpoint(model, GeminiModels())
    for mount in MOUNTS:
        for method, path in GEMINI_UPLOADS:
            yield UnservedEndpoint(f"{mount}{path}", GeminiCompanionFace(), method)
