"""Where Anthropic's API stands: under its own name, and under the frameworks', with it or without."""

from collections.abc import Iterator

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.anthropic.companion_face import AnthropicCompanionFace
from causeway.dialects.anthropic.complete_face import AnthropicComplete
from causeway.dialects.anthropic.models import AnthropicModels
from causeway.dialects.anthropic.token_count import AnthropicTokenCount
from causeway.dialects.endpoints import (
    ChatEndpoint,
    Endpoint,
    ModelEndpoint,
    ModelsEndpoint,
    TokenCountEndpoint,
    UnservedEndpoint,
)
from causeway.dialects.mounts import FRAMEWORKS, mounts

ANTHROPIC_PREFIXES = tuple(f"{mount}/v1" for mount in mounts("anthropic"))
# Without the vendor's name these paths are those of Cohere and of OpenAI.
NAMED_PREFIXES = tuple(
    prefix for prefix in ANTHROPIC_PREFIXES if prefix.removesuffix("/v1") not in FRAMEWORKS
)
# What else Anthropic's SDKs can call.
ANTHROPIC_UNSERVED = (
    ("GET", "/messages/batches"),
    ("POST", "/messages/batches"),
    ("GET", "/messages/batches/{id}"),
    ("DELETE", "/messages/batches/{id}"),
    ("POST", "/messages/batches/{id}/cancel"),
    ("GET", "/messages/batches/{id}/results"),
    ("GET", "/files"),
    ("POST", "/files"),
    ("GET", "/files/{id}"),
    ("DELETE", "/files/{id}"),
    ("GET", "/files/{id}/content"),
)


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of Anthropic's API."""
    for prefix in ANTHROPIC_PREFIXES:
        yield ChatEndpoint(f"{prefix}/messages", AnthropicChat())
        yield TokenCountEndpoint(f"{prefix}/messages/count_tokens", AnthropicTokenCount())
        yield ChatEndpoint(f"{prefix}/complete", AnthropicComplete())
    for prefix in NAMED_PREFIXES:
        yield ModelsEndpoint(f"{prefix}/models", AnthropicModels())
        yield ModelEndpoint(f"{prefix}/models/{{model*}}", AnthropicModels())
        for method, path in ANTHROPIC_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", AnthropicCompanionFace(), method)
        # As Bifrost has it: what else is asked of `/messages` is a message.
        yield ChatEndpoint(f"{prefix}/messages/{{path*}}", AnthropicChat())
