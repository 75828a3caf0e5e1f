"""What a chat request asks, in no dialect's words, and the refusal of one that asks wrongly."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

from causeway.model.content import Source


class RefusedError(Exception):
    """The request is wrong as a provider would say: answered with `status`, in the dialect's shape.

    `body` is the whole answer where the dialect has more to say than the message.
    """

    def __init__(self, status: int, message: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.body = body


class Tool(Struct, frozen=True):
    """A tool that may be called; `parameters` is a JSON Schema."""

    name: str
    parameters: dict[str, Any]


class Passage(Struct, frozen=True):
    """A text that an answer may quote, and what a citation of it points to."""

    text: str
    source: Source


class Question(Struct, frozen=True, kw_only=True):
    """One chat request.

    `user_text` is the last user message's. `tool_results` are those that the conversation ends with.
    `tools` are those that may be called now. `schema` is the JSON Schema of the answer, `{}` for any JSON,
    none for text. `wants_plan` is true where the dialect has a model say what it is about to call.
    `details` is what else the dialect itself needs of the request for the answer: of no meaning to others.
    """

    model: str
    user_text: str
    tool_results: tuple[Passage, ...] = ()
    documents: tuple[Passage, ...] = ()
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    may_call_several: bool = True
    wants_plan: bool = False
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    wants_thinking: bool = False
    citation_mode: Literal["none", "after", "between"] = "none"
    wants_logprobs: bool = False
    top_logprobs: int = 0
    is_streamed: bool = False
    wants_stream_usage: bool = False
    input_tokens: int = 0
    details: Any = None


def check_tool_results(turns: Iterable[tuple[str, Sequence[str | None], str | None]]) -> None:
    """Raise RefusedError where a tool's result answers no call before it.

    A turn is its role, the ids of the calls that it makes, and the id of the call that it answers.
    """
    called: set[str | None] = set()
    for index, (role, call_ids, answered_id) in enumerate(turns):
        called.update(call_ids)
        if role == "tool" and (answered_id is None or answered_id not in called):
            raise RefusedError(400, f"messages[{index}].tool_call_id: no tool call before it has this id")
