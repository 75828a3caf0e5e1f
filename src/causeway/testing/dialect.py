"""What the upstream asks of a dialect: one module for each implements it, and knows no other.

A dialect tells from method and path what a request asks for, reads it, and writes what is answered. It
does no I/O, and keeps nothing but what its provider keeps for its clients: each upstream has its own.
"""

from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing.question import Question, RefusedError
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest
from causeway.testing.tokens import split_tokens

Operation = Literal["chat", "embed", "rerank", "models", "count_tokens", "stored_answer"]
CREATED = 1_700_000_000  # Unix seconds; answers must not differ from run to run
DONE = b"data: [DONE]\n\n"
BodyType = TypeVar("BodyType", bound=Struct)


class Rendered(Struct, frozen=True, kw_only=True):
    """A response as it goes out: `pieces` are the frames of a stream, or one whole body."""

    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = {}
    pieces: tuple[bytes, ...]
    is_stream: bool = False


class Offer(Struct, frozen=True):
    """What the upstream has: the names in its list of models, and the length of its vectors."""

    models: tuple[str, ...]
    dimensions: int


class Dialect(Protocol):
    """One provider's way to speak. `name` is also the word that tells it from others in a path."""

    name: str

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for, none where it is no endpoint of the dialect."""

    def read_question(self, request: RecordedRequest) -> Question:
        """Return a chat request's question; raises RefusedError."""

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return the answer to the request of this number, streamed or whole."""

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:
        """Return the answer to anything but chat; raises RefusedError."""

    def write_error(self, status: int, message: str, number: int) -> Rendered:
        """Return an error in the dialect's shape."""

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a request whose key is missing or wrong."""


def read_body(
    request: RecordedRequest, shape: type[BodyType], *, unknown_field_status: int = 400
) -> BodyType:
    """Return a body as a type; raises RefusedError that names the field."""
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `")
        field = path.rstrip("`").removeprefix("$").removeprefix(".")
        status = unknown_field_status if "unknown field" in text else 400
        raise RefusedError(status, f"{field}: {text}" if field else text) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(400, f"the body is no JSON: {error}") from None


def count_usage(answer: Answer, question: Question) -> Usage:
    """Return what an answer used: what it says, or its words counted."""
    if answer.usage is not None:
        return answer.usage
    thinking_tokens = len(split_tokens(answer.thinking or ""))
    said = [answer.text or "", *(call_arguments(call.arguments) for call in answer.tool_calls)]
    output_tokens = thinking_tokens + sum(len(split_tokens(text)) for text in said)
    return Usage(
        input_tokens=question.input_tokens,
        output_tokens=output_tokens,
        billed_input_tokens=question.input_tokens,
        billed_output_tokens=output_tokens,
        cached_tokens=0,
        reasoning_tokens=thinking_tokens,
    )


def call_arguments(arguments: dict[str, Any] | str) -> str:
    """Return a call's arguments as the text that models write them in."""
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()


def render_whole(body: Any, **headers: str) -> Rendered:
    """Return a JSON body with status 200."""
    return Rendered(pieces=(msgspec.json.encode(body),), headers=headers)


def render_stream(
    frames: Iterable[bytes], answer: Answer, *, error_frames: Iterable[bytes], content_type: str
) -> Rendered:
    """Return frames as a stream, bent as the answer says. `error_frames` end one that fails."""
    kept = list(frames)
    if answer.error_after_events is not None:
        kept = [*kept[: answer.error_after_events], *error_frames]
    if answer.omits_done:
        kept = [frame for frame in kept if frame != DONE]
    if answer.has_comments:
        kept = [part for frame in kept for part in (b": still here\n\n", frame)]
    if answer.ends_lines_with_crlf:
        kept = [frame.replace(b"\n", b"\r\n") for frame in kept]
    return Rendered(pieces=tuple(kept), content_type=content_type, is_stream=True)


def finish_reason_of(answer: Answer) -> FinishReason:
    """Return why an answer ends: what it says, or what fits."""
    if answer.finish_reason is not None:
        return answer.finish_reason
    return FinishReason.TOOL_CALL if answer.tool_calls else FinishReason.COMPLETE
