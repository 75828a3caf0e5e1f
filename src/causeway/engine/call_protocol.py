"""What a worker of the gateway asks the main process for, where the engines are: one call a connection.

The worker speaks first, with what it asks for. The answer is one message, but for two: `AskGeneration` is
answered with all the messages of a generation, and `AskTurn` with `EmbedderReady`, then with an answer to
each question that follows. In place of any message there may be a `CarriedError`, which is the last.
Whoever closes the connection early ends the call.
"""

from msgspec import Struct

from causeway.engine.embedding_protocol import EmbedderReady
from causeway.engine.ports import EngineStatus
from causeway.engine.protocol import EngineSampling, PromptMessage


class AskGeneration(Struct, frozen=True, tag=True):
    """Continue a conversation, once it is this call's turn."""

    messages: tuple[PromptMessage, ...]
    sampling: EngineSampling
    priority: int


class AskTokens(Struct, frozen=True, tag=True):
    """Split a text; answered with `Tokenized` or `Refused`."""

    text: str


class AskText(Struct, frozen=True, tag=True):
    """Join tokens; answered with `Detokenized` or `Refused`."""

    token_ids: tuple[int, ...]


class AskStatus(Struct, frozen=True, tag=True):
    """How is the language engine? Answered with `StatusTold`."""


class AskTurn(Struct, frozen=True, tag=True):
    """Let me ask the embedding engine."""

    priority: int


class AskEmbedder(Struct, frozen=True, tag=True):
    """What is known of the embedding model? Answered with `EmbedderTold`."""


Ask = AskGeneration | AskTokens | AskText | AskStatus | AskTurn | AskEmbedder


class StatusTold(Struct, frozen=True, tag=True):
    """How the language engine is."""

    status: EngineStatus


class EmbedderTold(Struct, frozen=True, tag=True):
    """What is known of the embedding model: nothing before it was first loaded."""

    ready: EmbedderReady | None
