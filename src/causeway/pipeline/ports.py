"""What the pipeline needs of the world, as protocols. Only the composition root names who fills them."""

from collections.abc import AsyncGenerator
from typing import Protocol

from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest


class ChatModel(Protocol):
    """Something that answers a conversation."""

    @property
    def name(self) -> str:
        """The model's name in requests and warnings, such as `local/smollm2-135m-instruct`."""

    def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        """Answer with events, the first of which comes when there is something to say.

        What cannot be honoured is added to `losses` before the first event. Errors before it are
        raised as CausewayError, and so are later ones: the caller closes the stream. Closing the
        generator, or cancelling the task that waits on it, frees everything that it holds.
        """
