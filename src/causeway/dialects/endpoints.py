"""Every endpoint of the gateway as data: method, path, dialect face, operation."""

from collections.abc import Iterator

from msgspec import Struct

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.faces import ChatClientFace
from causeway.dialects.openai.chat_face import OpenAiChat

# Frameworks reach Cohere's API under a prefix of their own, nested or not.
COHERE_PREFIXES = (
    "/cohere",
    "/langchain/cohere",
    "/pydanticai/cohere",
    "/litellm/cohere",
    "/langchain",
    "/pydanticai",
    "/litellm",
)


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


class ChatEndpoint(Struct, frozen=True):
    """One path that answers chat.

    `always_streams` ignores the body's `stream`. Where the path holds a `{model*}`, that names the model,
    and `path_provider` the provider of one that names none.
    """

    path: str
    face: ChatClientFace
    always_streams: bool = False
    path_provider: str | None = None
    method: str = "POST"


def chat_endpoints() -> Iterator[ChatEndpoint]:
    """Yield every chat endpoint; Cohere's paths without a prefix are its own and strict."""
    for prefix in ("", *COHERE_PREFIXES):
        is_native = prefix == ""
        yield ChatEndpoint(f"{prefix}/v2/chat", CohereChat(is_native, has_event_types=False))
        yield ChatEndpoint(
            f"{prefix}/v2/chat/stream", CohereChat(is_native, has_event_types=True), always_streams=True
        )
        yield ChatEndpoint(f"{prefix}/v1/chat", CohereV1Chat(is_native))
    yield ChatEndpoint("/v1/chat/completions", OpenAiChat(is_unified=True))
    for prefix in OPENAI_PREFIXES:
        yield ChatEndpoint(f"{prefix}/chat/completions", OpenAiChat(is_unified=False))
    for prefix in AZURE_PREFIXES:
        yield ChatEndpoint(
            f"{prefix}/chat/completions",
            OpenAiChat(is_unified=False, needs_model=False),
            path_provider="azure",
        )


def error_face(path: str) -> ChatClientFace:
    """Return the face whose shape an error on `path` takes where no endpoint was found."""
    if path.startswith(("/openai/", "/v1/chat/", "/v1/embeddings")):
        return OpenAiChat(is_unified=not path.startswith("/openai/"))
    is_native = not any(path.startswith(f"{prefix}/") for prefix in COHERE_PREFIXES)
    return CohereChat(is_native, has_event_types=False)
