"""Where Gemini's API stands: under `/genai`, and under the frameworks', with that or without."""

from collections.abc import Iterator

from causeway.dialects.endpoints import (
    ChatEndpoint,
    EmbedEndpoint,
    Endpoint,
    ModelEndpoint,
    ModelsEndpoint,
    TokenCountEndpoint,
)
from causeway.dialects.gemini.chat_face import GeminiArrayChat, GeminiChat
from causeway.dialects.gemini.embeddings import GeminiEmbeddings
from causeway.dialects.gemini.models import GeminiModels
from causeway.dialects.gemini.token_count import GeminiTokenCount
from causeway.dialects.mounts import FRAMEWORKS, mounts

MOUNTS = mounts("genai")
_PREVIEWS = ("/v1beta", "/v1beta1")
# Google's SDK asks for `/v1` where it is given an address; without the vendor's name that is others' too.
GEMINI_PREFIXES = tuple(
    f"{mount}{version}"
    for mount in MOUNTS
    for version in (_PREVIEWS if mount in FRAMEWORKS else (*_PREVIEWS, "/v1"))
)


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
        yield ModelEndpoint(model, GeminiModels())
