"""What an endpoint of the gateway is, as data: method, path, dialect face.

In a path `{name}` stands for one segment, and `{name*}` for the rest of the path, slashes included. The
endpoints themselves stand in each dialect's folder.
"""

from typing import Literal

from msgspec import Struct

from causeway.dialects.companion_faces import (
    DetokenizeFace,
    EmbedFace,
    KeyFace,
    ModelsFace,
    RerankFace,
    TokenCountFace,
    TokenizeFace,
)
from causeway.dialects.conversation_faces import ConversationFace, KeptAnswerFace
from causeway.dialects.faces import ChatClientFace, ClientFace


class ChatEndpoint(Struct, frozen=True):
    """One path that answers chat.

    `always_streams` ignores the body's `stream`; `is_streamed` says of a path that it streams, in a dialect
    whose bodies say nothing of it. `sse_face` is the face where the query asks `alt=sse`, and
    `conversation` keeps the answers where the dialect has that. Where the path
    holds a `{model*}`, that names the model, and `path_provider`, if any, the provider where it names none.
    """

    path: str
    face: ChatClientFace
    always_streams: bool = False
    is_streamed: bool = False
    sse_face: ChatClientFace | None = None
    path_provider: str | None = None
    conversation: ConversationFace | None = None
    method: str = "POST"


class EmbedEndpoint(Struct, frozen=True):
    """One path that makes vectors of texts.

    Where the path holds a `{model*}`, that names the model, and `path_provider`, if any, the provider of one
    that names none.
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


class TokenCountEndpoint(Struct, frozen=True):
    """One path that counts the tokens of a chat's prompt.

    Where the path holds a `{model*}`, that names the model, and `path_provider`, if any, the provider of one
    that names none.
    """

    path: str
    face: TokenCountFace
    path_provider: str | None = None
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


class KeptAnswerEndpoint(Struct, frozen=True):
    """One path about the kept answer that its `{id}` names."""

    path: str
    face: KeptAnswerFace
    action: Literal["read", "delete", "cancel", "list_input"]
    method: str


class UnservedEndpoint(Struct, frozen=True):
    """A path of the dialect's vendor that the gateway knows and does not serve."""

    path: str
    face: ClientFace
    method: str


CompanionEndpoint = (
    EmbedEndpoint
    | RerankEndpoint
    | TokenCountEndpoint
    | TokenizeEndpoint
    | DetokenizeEndpoint
    | ModelsEndpoint
    | ModelEndpoint
    | KeyEndpoint
    | KeptAnswerEndpoint
    | UnservedEndpoint
)

Endpoint = ChatEndpoint | CompanionEndpoint
