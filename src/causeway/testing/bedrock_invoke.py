"""Bedrock's InvokeModel for Claude: a body and an answer of Anthropic's, in Bedrock's envelope.

Model and streaming are in the path, version and betas in the body. Source of truth: Anthropic's SDK, and
recorded exchanges.
"""

import base64
from typing import Any

import msgspec
from msgspec import Struct

from causeway.testing.anthropic import AnthropicDialect
from causeway.testing.bedrock_frames import CONTENT_TYPE, write_frame
from causeway.testing.dialect import Rendered
from causeway.testing.question import Question, RefusedError
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest

_ANTHROPIC = AnthropicDialect()


class Invoked(Struct, frozen=True):
    """That a question came to InvokeModel, and how Anthropic's dialect read it."""

    question: Question


def read_invoked(request: RecordedRequest, model: str, *, is_streamed: bool) -> Question:
    """Return the question of a body of Anthropic's; raises RefusedError."""
    try:
        body = msgspec.json.decode(request.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(400, f"the body is no JSON object: {error}") from None
    version = body.pop("anthropic_version", None)
    if not isinstance(version, str) or not version:
        raise RefusedError(400, "anthropic_version: Field required")
    for name in ("model", "stream"):
        if name in body:
            raise RefusedError(400, f"{name}: Extra inputs are not permitted")
    betas = body.pop("anthropic_beta", [])
    if not isinstance(betas, list) or not all(isinstance(beta, str) for beta in betas):
        raise RefusedError(400, "anthropic_beta: no list of texts")
    headers = {**request.headers, "anthropic-version": version, "anthropic-beta": ",".join(betas)}
    encoded = msgspec.json.encode({**body, "model": model, "stream": is_streamed})
    read = _ANTHROPIC.read_question(msgspec.structs.replace(request, headers=headers, body=encoded))
    return msgspec.structs.replace(read, details=Invoked(read))


def write_invoked(answer: Answer, question: Question, number: int) -> Rendered:
    """Return Anthropic's answer: whole as it is, or each event in a frame; raises RefusedError."""
    if not question.is_streamed:
        return _ANTHROPIC.write_answer(answer, question, number)
    # What bends lines would bend what is inside the frames.
    plain = msgspec.structs.replace(answer, has_comments=False, ends_lines_with_crlf=False)
    stream = _ANTHROPIC.write_answer(plain, question, number)
    pieces = tuple(_frame(piece) for piece in stream.pieces)
    return msgspec.structs.replace(stream, pieces=pieces, content_type=CONTENT_TYPE)


def _frame(event: bytes) -> bytes:
    """Return the frame of one event: its lines are `event: ...` and `data: ...`."""
    data = event.partition(b"\ndata: ")[2].strip()
    if event.startswith(b"event: error"):
        return write_frame("exception", "modelStreamErrorException", {"message": "The stream broke off."})
    return write_frame("event", "chunk", {"bytes": base64.b64encode(data).decode()})
