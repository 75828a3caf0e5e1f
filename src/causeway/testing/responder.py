"""Decides what a request is answered: what the script says, else what the dialect's own behaviour is.

No I/O: requests in, replies and their bytes out.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from causeway.testing.anthropic import AnthropicDialect
from causeway.testing.bedrock import BedrockDialect
from causeway.testing.behaviour import default_answer
from causeway.testing.cohere import CohereDialect
from causeway.testing.dialect import Dialect, Offer, Operation, Rendered
from causeway.testing.gemini import GeminiDialect
from causeway.testing.openai import OpenAIDialect
from causeway.testing.question import RefusedError
from causeway.testing.replies import Answer, Raw, Recording, Replay, Reply, Status
from causeway.testing.requests import RecordedRequest
from causeway.testing.responses import ResponsesDialect

Respond = Callable[[RecordedRequest], Reply | None]
DIALECTS: dict[str, type[Dialect]] = {
    dialect.name: dialect
    for dialect in (
        OpenAIDialect,
        ResponsesDialect,
        CohereDialect,
        AnthropicDialect,
        GeminiDialect,
        BedrockDialect,
    )
}
# Words in a path or a client's name that stand for a dialect's.
_OTHER_NAMES = {"/v1beta/": "gemini", "google-genai": "gemini"}
# A body that was recorded is neither in chunks nor compressed.
_HEADERS_OF_TRANSFER = {
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "content-type",
    "connection",
}


class Responder:
    """Finds the reply to each request.

    The next of `script` comes first, then what `respond` returns, and where it returns none, or there
    is none, the default behaviour. An `Answer` is for chats alone: in the script it waits for one.
    """

    def __init__(self, dialects: Sequence[str], offer: Offer, required_key: str | None) -> None:
        self.script: deque[Reply] = deque()
        self.respond: Respond | None = None
        self._dialects = [DIALECTS[name]() for name in dialects]
        self._offer = offer
        self._required_key = required_key

    def reply_to(self, request: RecordedRequest) -> tuple[Reply, Rendered | Raw]:
        """Return the reply, and what it comes to; raises what `respond` raises."""
        dialect, operation = self._find(request)
        reply, response = self._decide(request, dialect, operation)
        if isinstance(response, Rendered):
            request_id = {"x-request-id": f"req_{request.number:024d}"}
            response = msgspec.structs.replace(response, headers={**request_id, **response.headers})
        return reply, response

    def _decide(
        self, request: RecordedRequest, dialect: Dialect, operation: Operation | None
    ) -> tuple[Reply, Rendered | Raw]:
        try:
            if self._required_key is not None and request.key != self._required_key:
                raise dialect.refuse_key(is_missing=not request.key)
            reply = self._scripted(request, is_chat=operation == "chat")
            return self._render(reply, request, dialect, operation)
        except RefusedError as error:
            refusal = Status(error.status, error.message, error.body)
            return refusal, _status(refusal, dialect, request.number)

    def _find(self, request: RecordedRequest) -> tuple[Dialect, Operation | None]:
        """Return whose endpoint it is: of several dialects', the one that path or client names."""
        found: list[tuple[Dialect, Operation | None]] = [
            (dialect, operation)
            for dialect in self._dialects
            if (operation := dialect.operation_of(request.method, request.path)) is not None
        ]
        hints = f"{request.path} {request.headers.get('user-agent', '')}".lower()
        hints += "".join(name for word, name in _OTHER_NAMES.items() if word in hints)
        named = [pair for pair in found if pair[0].name in hints]
        return (named or found or [(self._dialects[0], None)])[0]

    def _scripted(self, request: RecordedRequest, *, is_chat: bool) -> Reply | None:
        with suppress(IndexError):  # the script is at its end, or was taken away just now
            if is_chat or not isinstance(self.script[0], Answer):
                return self.script.popleft()
        respond = self.respond
        reply = respond(request) if respond is not None else None
        return reply if is_chat or not isinstance(reply, Answer) else None

    def _render(
        self, reply: Reply | None, request: RecordedRequest, dialect: Dialect, operation: Operation | None
    ) -> tuple[Reply, Rendered | Raw]:
        match reply:
            case Raw():
                return reply, reply
            case Replay():
                return reply, _replayed(reply.recording)
            case Status():
                return reply, _status(reply, dialect, request.number)
        if operation is None:
            raise RefusedError(404, f"{request.method} {request.path}: there is no such endpoint")
        if operation != "chat":
            return Reply(), dialect.answer_other(operation, request, self._offer)
        question = dialect.read_question(request)
        answer = reply if isinstance(reply, Answer) else default_answer(question)
        return answer, dialect.write_answer(answer, question, request.number)


def _status(reply: Status, dialect: Dialect, number: int) -> Rendered:
    if reply.body is None:
        message = reply.message or f"This is the scripted status {reply.status}."
        return dialect.write_error(reply.status, message, number)
    if isinstance(reply.body, str):
        return Rendered(status=reply.status, content_type="text/html", pieces=(reply.body.encode(),))
    return Rendered(status=reply.status, pieces=(msgspec.json.encode(reply.body),))


def _replayed(recording: Recording) -> Rendered:
    headers = {name.lower(): value for name, value in recording.headers.items()}
    content_type = headers.get("content-type", "application/json")
    body = recording.body
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    is_stream = "stream" in content_type
    frames = encoded.split(b"\n\n") if is_stream and b"\n\n" in encoded else [encoded]
    pieces = [frame + b"\n\n" for frame in frames[:-1]] + frames[-1:]
    return Rendered(
        status=recording.status,
        content_type=content_type,
        headers={name: value for name, value in headers.items() if name not in _HEADERS_OF_TRANSFER},
        pieces=tuple(piece for piece in pieces if piece),
        is_stream=is_stream,
    )
