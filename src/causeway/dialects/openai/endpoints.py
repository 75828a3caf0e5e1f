"""Where OpenAI's API stands: the unified paths under `/v1`, OpenAI's own, Azure's and the frameworks'."""

from collections.abc import Iterator

from causeway.dialects.endpoints import (
    ChatEndpoint,
    EmbedEndpoint,
    Endpoint,
    ModelEndpoint,
    ModelsEndpoint,
)
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.embeddings import OpenAiEmbeddings
from causeway.dialects.openai.models import OpenAiModels
from causeway.dialects.openai.text_completion_face import OpenAiTextCompletion

# Where OpenAI's API stands, its own `/v1` left out or not.
OPENAI_PREFIXES = (
    "/openai/v1",
    "/openai",
    "/openai/openai/v1",
    "/openai/openai",
    "/litellm/v1",
    "/litellm",
    "/langchain/v1",
    "/langchain",
    "/pydanticai/v1",
    "/pydanticai",
)
# Where Azure's SDK looks for a deployment, which names the model.
AZURE_PREFIXES = ("/openai/openai/deployments/{model*}", "/openai/deployments/{model*}")
# Where the list of models is OpenAI's alone: at the frameworks' `/v1` Cohere's answer serves both.
OPENAI_MODELS_PREFIXES = tuple(
    prefix for prefix in OPENAI_PREFIXES if prefix not in {f"{framework}/v1" for framework in FRAMEWORKS}
)


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of OpenAI's API."""
    yield ChatEndpoint("/v1/chat/completions", OpenAiChat(is_unified=True))
    for prefix in OPENAI_PREFIXES:
        yield ChatEndpoint(f"{prefix}/chat/completions", OpenAiChat(is_unified=False))
    for prefix in AZURE_PREFIXES:
        yield ChatEndpoint(
            f"{prefix}/chat/completions",
            OpenAiChat(is_unified=False, needs_model=False),
            path_provider="azure",
        )
    yield ChatEndpoint("/v1/completions", OpenAiTextCompletion(is_unified=True))
    for prefix in OPENAI_PREFIXES:
        yield ChatEndpoint(f"{prefix}/completions", OpenAiTextCompletion(is_unified=False))
    for prefix in AZURE_PREFIXES:
        yield ChatEndpoint(
            f"{prefix}/completions",
            OpenAiTextCompletion(is_unified=False, needs_model=False),
            path_provider="azure",
        )
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
