"""A question to an SDK and its answer, in no SDK's words, and what every SDK is asked through."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from causeway.model.response import FinishReason

KEY = "any"


class Asked(Struct, frozen=True, kw_only=True):
    """A question in no SDK's words. A `schema` asks for JSON; `thinks` asks for about 2,000 tokens of it."""

    model: str
    messages: list[Any]
    tools: list[Any] | None = None
    must_call: bool = False
    max_tokens: int | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    seed: int | None = None
    logprobs: bool | None = None
    schema: dict[str, Any] | None = None
    documents: list[Any] | None = None
    fallbacks: list[str] | None = None
    thinks: bool = False


class ToldCall(Struct, frozen=True):
    """A tool call."""

    id: str
    name: str
    arguments: str


class ToldCitation(Struct, frozen=True):
    """A span and the ids of what supports it."""

    start: int
    end: int
    text: str
    source_ids: tuple[str, ...]


class Told(Struct, frozen=True, kw_only=True):
    """An answer as an SDK showed it, in `pieces` if streamed. `message` is the SDK's own, to be sent back."""

    text: str
    thinking: str
    plan: str
    calls: list[ToldCall]
    finish: str
    logprobs: list[tuple[str, float]]
    citations: list[ToldCitation]
    input_tokens: int
    output_tokens: int
    message: Any
    pieces: int


class Sdk(Protocol):
    """One SDK in one of its forms. URLs are the gateway's, as its users write them."""

    dialect: str
    errors: Mapping[int, type[Exception]]

    def ask(self, url: str, asked: Asked, *, stream: bool, key: str = KEY) -> Told:
        """Ask and return the whole answer; raises the SDK's own errors."""

    def embed(self, url: str, model: str, texts: list[str]) -> list[list[float]]:
        """Return vectors."""

    def models(self, url: str) -> list[str]:
        """Return the names of all models."""

    def finish_word(self, reason: FinishReason) -> str:
        """Return what the SDK's users call a reason to stop."""

    def retry_after(self, error: Any) -> str | None:
        """Return the header of that name."""


def given(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that say something."""
    return {name: value for name, value in parameters.items() if value is not None}
