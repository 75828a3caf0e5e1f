"""Every endpoint of the gateway as data: method, path, dialect face, operation."""

from collections.abc import Iterator

from msgspec import Struct

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.faces import ChatClientFace

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


class ChatEndpoint(Struct, frozen=True):
    """One path that answers chat. `always_streams` ignores the body's `stream`."""

    path: str
    face: ChatClientFace
    always_streams: bool = False
    method: str = "POST"


def chat_endpoints() -> Iterator[ChatEndpoint]:
    """Yield every chat endpoint; the paths without a prefix are Cohere's own and strict."""
    for prefix in ("", *COHERE_PREFIXES):
        is_native = prefix == ""
        yield ChatEndpoint(f"{prefix}/v2/chat", CohereChat(is_native, has_event_types=False))
        yield ChatEndpoint(
            f"{prefix}/v2/chat/stream", CohereChat(is_native, has_event_types=True), always_streams=True
        )
        yield ChatEndpoint(f"{prefix}/v1/chat", CohereV1Chat(is_native))


def error_face(path: str) -> ChatClientFace:
    """Return the face whose shape an error on `path` takes where no endpoint was found."""
    is_native = not any(path.startswith(f"{prefix}/") for prefix in COHERE_PREFIXES)
    return CohereChat(is_native, has_event_types=False)
