"""What a dialect has besides where its answers are kept, so that later requests build on them by id."""

from collections.abc import Mapping
from typing import Protocol

from causeway.dialects.faces import ClientFace
from causeway.model.errors import ClientError
from causeway.model.request import ChatRequest


class ConversationFace(Protocol):
    """Keeps an answer and goes on from it. A kept answer is bytes that only its dialect reads."""

    def previous_id(self, request: ChatRequest) -> str | None:
        """Return the id of the answer that a request goes on from, if any; raises InvalidRequestError."""

    def continue_from(self, kept: bytes, request: ChatRequest) -> ChatRequest:
        """Return the request with the conversation before it, and without the id."""

    def unknown_previous(self, id: str) -> ClientError:
        """Return the error of a request that goes on from an answer which nobody has kept."""

    def is_to_be_kept(self, request: ChatRequest) -> bool:
        """Whether the caller allows that the answer is kept."""

    def keep(self, request: ChatRequest, body: bytes) -> tuple[str, bytes] | None:
        """Return the id of a whole answer to `request`, and what to keep of it; none where it has no id."""

    def ended_answer(self, frames: bytes) -> bytes | None:
        """Return the whole answer that a stream's frames tell at its end, none where they do not end it."""


class KeptAnswerFace(ClientFace, Protocol):
    """Faces the caller who asks for an answer that was kept. All but `unknown` take what was kept."""

    def unknown(self, id: str) -> ClientError:
        """Return the error of an id under which nothing is kept."""

    def encode_kept(self, kept: bytes) -> bytes:
        """Return the JSON body of the answer as it was."""

    def encode_deleted(self, id: str) -> bytes:
        """Return the JSON body that says that it is gone."""

    def cancel(self, kept: bytes) -> bytes:
        """Return what is kept once it is cancelled; raises InvalidRequestError where it cannot be."""

    def encode_input(self, kept: bytes, parameters: Mapping[str, str]) -> bytes:
        """Return the JSON body with a page of what the answer answers; raises InvalidRequestError."""
