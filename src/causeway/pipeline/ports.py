"""What the pipeline needs of the world, as protocols. Only the composition root names who fills them."""

from collections.abc import AsyncGenerator
from typing import Protocol

from causeway.model.catalog import ModelFacts
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.rerank import RerankRequest, RerankResponse
from causeway.model.tokenization import Tokenization


class Named(Protocol):
    """A model of any kind."""

    @property
    def name(self) -> str:
        """The model's name in requests and warnings, such as `local/smollm2-135m-instruct`."""


class ChatModel(Named, Protocol):
    """Something that answers a conversation."""

    def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        """Answer with events, the first of which comes when there is something to say.

        What cannot be honoured is added to `losses` before the first event. Errors before it are
        raised as CausewayError, and so are later ones: the caller closes the stream. Closing the
        generator, or cancelling the task that waits on it, frees everything that it holds.
        """


class Embedder(Named, Protocol):
    """Something that makes vectors of texts."""

    async def embed(self, request: EmbeddingRequest, losses: LossReport) -> EmbeddingResponse:
        """Return one vector for each text; raises CausewayError."""


class Reranker(Named, Protocol):
    """Something that puts documents in the order of their relevance."""

    async def rerank(self, request: RerankRequest, losses: LossReport) -> RerankResponse:
        """Return the documents' places; raises CausewayError."""


class Tokenizer(Named, Protocol):
    """Something that knows a model's tokens."""

    async def tokenize(self, text: str) -> Tokenization:
        """Return the tokens of a text; raises CausewayError."""

    async def detokenize(self, token_ids: tuple[int, ...]) -> str:
        """Return the text of tokens; raises CausewayError."""


class Described(Named, Protocol):
    """A model that can be listed."""

    def facts(self) -> ModelFacts:
        """Return what can be told of it now."""
