"""What a client of the matrix is asked to do, and what it saw: the same words for every SDK."""

from typing import Any, Protocol

from msgspec import Struct


class CannotSayError(Exception):
    """The client's own API has no word for what it is asked; the message is the sentence for the page."""


class ToolSpec(Struct, frozen=True):
    """A function that the model may call."""

    name: str
    description: str
    parameters: dict[str, Any]


class Seen(Struct, kw_only=True):
    """What a client's user saw of one answer, in no client's shape.

    `finish` is `stop`, `length`, `tools` or `stop_sequence`, the last two only where the client tells them
    apart. `citations` are the cited texts. What a client does not show is none. `native` is the client's own
    object of the answer, for its next turn.
    """

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    thinking: str | None = None
    citations: tuple[str, ...] = ()
    finish: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    deltas: int = 0
    native: Any = None


class RefusedError(Exception):
    """The client raised its own error: its status, where it tells one, and its words."""

    def __init__(self, status: int | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Ask(Struct, kw_only=True):
    """One question. `answered` is an earlier answer with tool calls, and `results` what came of them."""

    text: str
    stream: bool = False
    tools: tuple[ToolSpec, ...] = ()
    answered: Seen | None = None
    results: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    documents: tuple[str, ...] = ()
    image_png: bytes | None = None
    thinks: bool = False
    stop: str | None = None
    max_tokens: int | None = None


class Client(Protocol):
    """An SDK in front of the gateway. Made with the gateway's URL and the model's name.

    `answer_tool` is the tool that it has the model call where it wants JSON, none where it asks for JSON.
    """

    name: str
    answer_tool: str | None

    def __init__(self, url: str, model: str) -> None: ...

    def ask(self, ask: Ask) -> Seen:
        """Return what was seen; raises RefusedError for the client's own error, and CannotSayError."""
