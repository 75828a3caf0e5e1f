"""What Anthropic answers, decoded to the canonical response."""

from base64 import b32encode
from hashlib import sha256
from typing import Any

import msgspec

from causeway.dialects.anthropic.assistant_blocks import AnswerBlock, kind_of, seal_of
from causeway.dialects.anthropic.decode_citations import decode_citations
from causeway.dialects.anthropic.decode_ending import (
    as_extras,
    decode_finish_reason,
    decode_usage,
    keep_answer,
)
from causeway.dialects.anthropic.decode_error import decode_error_payload
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.response_schema import WireAnswer
from causeway.dialects.anthropic.tool_input import decode_input
from causeway.model.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import UpstreamProtocolError
from causeway.model.response import AnswerEnding, ChatResponse

_decode = msgspec.json.Decoder().decode


def decode_response(body: bytes) -> ChatResponse:
    """Return the canonical response.

    Raises UpstreamProtocolError where the body is no answer, and UpstreamRefusedError where it is an error
    under a status of success.
    """
    tree, wire = _read(body)
    kept: dict[str, Any] = {}
    keep_answer(tree, kept)
    content: list[AnswerBlock] = []
    calls: list[ToolCall] = []
    citations: list[Citation] = []
    has_own = False
    for block in wire.content:
        match kind_of(block):
            case "text":
                text = text_member(block, "text")
                citation = decode_citations(list_member(block, "citations"), text, len(content))
                if citation is not None:
                    citations.append(citation)
                content.append(TextBlock(text, seal_of(block, "text")))
            case "thinking":
                content.append(ThinkingBlock(text_member(block, "thinking"), seal_of(block, "thinking")))
            case "tool_use":
                calls.append(decode_tool_use(block, len(content) if has_own else None))
            case "own":
                content.append(OpaqueBlock(DIALECT, text_member(block, "type"), block))
                has_own = True
    finish_reason, failure = decode_finish_reason(wire.stop_reason, kept, has_calls=bool(calls))
    return ChatResponse(
        id=wire.id or invented_id(body),
        content=tuple(content),
        tool_calls=tuple(calls),
        citations=tuple(citations),
        finish_reason=finish_reason,
        usage=decode_usage(wire.usage),
        failure=failure,
        model=wire.model or "",
        extras=as_extras(kept),
    )


def decode_ending(body: bytes) -> AnswerEnding:
    """Return `decode_response(body).ending()`, and raise as that does, without decoding what is said."""
    _, wire = _read(body)
    has_calls = any(block.get("type") == "tool_use" for block in wire.content)
    finish_reason, failure = decode_finish_reason(wire.stop_reason, {}, has_calls=has_calls)
    return AnswerEnding(finish_reason, decode_usage(wire.usage), failure, not wire.content)


def decode_tool_use(block: dict[str, Any], blocks_before: int | None) -> ToolCall:
    """Return a tool call; raises UpstreamProtocolError."""
    given = block.get("input")
    if given is not None and not isinstance(given, dict):
        raise UpstreamProtocolError("the provider sent a tool call whose input is no object")
    return ToolCall(
        text_member(block, "id"),
        text_member(block, "name"),
        decode_input(given or {}),
        seal_of(block, "tool_use", blocks_before),
    )


def text_member(block: dict[str, Any], name: str) -> str:
    """Return a member of a block that is a string; raises UpstreamProtocolError."""
    value = block.get(name)
    if not isinstance(value, str):
        raise UpstreamProtocolError(f"the provider sent a block without a {name}")
    return value


def list_member(block: dict[str, Any], name: str) -> list[Any]:
    """Return a member of a block that may be left out; raises UpstreamProtocolError where it is no array."""
    value = block.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UpstreamProtocolError(f"the provider sent a block whose {name} are no array")
    return value


def to_answer(tree: Any) -> WireAnswer:
    """Return an answer's typed part; raises UpstreamProtocolError and UpstreamRefusedError."""
    if isinstance(tree, dict) and tree.get("type") == "error":
        raise decode_error_payload(tree)
    try:
        return msgspec.convert(tree, WireAnswer)
    except msgspec.ValidationError as error:
        raise not_an_answer(error) from None


def not_an_answer(error: Exception) -> UpstreamProtocolError:
    """Return the error of what is no answer."""
    return UpstreamProtocolError(f"the provider sent what is no answer: {str(error)[:200]}")


def invented_id(data: bytes) -> str:
    """Return the id of an answer that has none: the same whenever the same bytes are decoded."""
    return f"msg_{b32encode(sha256(data).digest()).decode().lower()[:24]}"


def _read(body: bytes) -> tuple[dict[str, Any], WireAnswer]:
    try:
        tree: dict[str, Any] = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_an_answer(error) from None
    wire = to_answer(tree)
    return tree, wire
