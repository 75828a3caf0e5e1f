"""Where OpenAI's API stands: the unified paths under `/v1`, OpenAI's own, Azure's and the frameworks'."""

from collections.abc import Iterator

from causeway.dialects.endpoints import (
    ChatEndpoint,
    EmbedEndpoint,
    Endpoint,
    ModelEndpoint,
    ModelsEndpoint,
    UnservedEndpoint,
)
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.companion_face import OpenAiUnserved
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
# What else OpenAI's SDKs can call.
OPENAI_UNSERVED = (
    ("POST", "/audio/speech"),
    ("POST", "/audio/transcriptions"),
    ("POST", "/audio/translations"),
    ("POST", "/images/generations"),
    ("POST", "/images/edits"),
    ("POST", "/images/variations"),
    ("POST", "/moderations"),
    ("GET", "/batches"),
    ("POST", "/batches"),
    ("GET", "/batches/{id}"),
    ("POST", "/batches/{id}/cancel"),
    ("GET", "/files"),
    ("POST", "/files"),
    ("GET", "/files/{id}"),
    ("DELETE", "/files/{id}"),
    ("GET", "/files/{id}/content"),
    ("GET", "/containers"),
    ("POST", "/containers"),
    ("GET", "/containers/{id}"),
    ("DELETE", "/containers/{id}"),
    ("GET", "/containers/{id}/files"),
    ("POST", "/containers/{id}/files"),
    ("GET", "/containers/{id}/files/{file}"),
    ("DELETE", "/containers/{id}/files/{file}"),
    ("GET", "/containers/{id}/files/{file}/content"),
    ("GET", "/videos"),
    ("POST", "/videos"),
    ("GET", "/videos/{id}"),
    ("DELETE", "/videos/{id}"),
    ("GET", "/videos/{id}/content"),
    ("POST", "/videos/{id}/remix"),
    ("GET", "/realtime"),
    ("POST", "/realtime/calls"),
    ("POST", "/realtime/client_secrets"),
    ("POST", "/realtime/sessions"),
    ("POST", "/responses/compact"),
)
# What Azure's asks a deployment besides.
AZURE_UNSERVED = tuple(
    (method, path) for method, path in OPENAI_UNSERVED if path.startswith(("/audio/", "/images/"))
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
        for method, path in AZURE_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", OpenAiUnserved(is_unified=False), method)
    for prefix in ("/v1", *OPENAI_PREFIXES):
        for method, path in OPENAI_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", OpenAiUnserved(is_unified=prefix == "/v1"), method)
