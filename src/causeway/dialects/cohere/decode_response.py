"""What Cohere answers, decoded to the canonical response. Unknown fields are left alone.

Source of truth: recorded answers; Cohere's OpenAPI document for what was not recorded.
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from causeway.model.content import Citation, Source, TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import UpstreamProtocolError
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenLogprobs
from causeway.model.usage import Usage

_TARGETS: dict[str | None, Literal["text", "thinking", "plan"]] = {
    "TEXT_CONTENT": "text",
    "THINKING_CONTENT": "thinking",
    "PLAN": "plan",
}


class WireContent(Struct):
    """A block of the answer."""

    type: str
    text: str = ""
    thinking: str = ""


class WireAnsweredFunction(Struct, frozen=True):
    """The function of a tool call in an answer, whole or a piece of it."""

    name: str = ""
    arguments: str | None = None


class WireAnsweredToolCall(Struct):
    """A tool call in an answer, whole or a piece of it."""

    id: str = ""
    function: WireAnsweredFunction = WireAnsweredFunction()


class WireAnsweredSource(Struct):
    """What a citation points to. Which of the two payloads it carries follows its type."""

    type: str = "document"
    id: str | None = None
    document: dict[str, Any] | None = None
    tool_output: dict[str, Any] | None = None


class WireAnsweredCitation(Struct):
    """A citation of the answer."""

    start: int
    end: int
    text: str = ""
    sources: list[WireAnsweredSource] | None = None
    type: str | None = None
    content_index: int | None = None


class WireAnswer(Struct):
    """The message of a whole answer."""

    content: list[WireContent] | None = None
    tool_plan: str | None = None
    tool_calls: list[WireAnsweredToolCall] | None = None
    citations: list[WireAnsweredCitation] | None = None


class WireUnits(Struct):
    """One of the two counts; the numbers may be written as floats."""

    input_tokens: float | None = None
    output_tokens: float | None = None
    search_units: float | None = None
    classifications: float | None = None
    image_tokens: float | None = None


class WireUsage(Struct):
    """The usage of an answer."""

    billed_units: WireUnits | None = None
    tokens: WireUnits | None = None
    cached_tokens: float | None = None


class WireLogprobs(Struct):
    """The log probabilities of one piece of text."""

    text: str = ""
    token_ids: list[int] = []
    logprobs: list[float] = []


class WireChatResponse(Struct):
    """The body that `POST /v2/chat` answers with."""

    id: str
    message: WireAnswer
    finish_reason: str
    usage: WireUsage | None = None
    logprobs: list[WireLogprobs] | None = None
    error: str | None = None
    error_type: str | None = None


_decode = msgspec.json.Decoder(WireChatResponse).decode


def decode_response(body: bytes) -> ChatResponse:
    """Return the canonical response; raises UpstreamProtocolError where the body is not one."""
    try:
        wire = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_an_answer(error) from None
    message = wire.message
    return ChatResponse(
        id=wire.id,
        content=tuple(
            ThinkingBlock(block.thinking) if block.type == "thinking" else TextBlock(block.text)
            for block in message.content or ()
            if block.type in ("text", "thinking")
        ),
        tool_plan=message.tool_plan,
        tool_calls=tuple(
            ToolCall(call.id, call.function.name, call.function.arguments or "{}")
            for call in message.tool_calls or ()
        ),
        citations=tuple(decode_citation(citation) for citation in message.citations or ()),
        finish_reason=decode_finish_reason(wire.finish_reason),
        usage=decode_usage(wire.usage),
        logprobs=None if wire.logprobs is None else tuple(decode_logprobs(item) for item in wire.logprobs),
        failure=None if wire.error is None else Failure(wire.error, wire.error_type),
    )


def not_an_answer(error: Exception) -> UpstreamProtocolError:
    """Return the error for bytes that are none of Cohere's answers, with the decoder's reason."""
    reason = "the document is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
    return UpstreamProtocolError(f"the provider did not send an answer of Cohere's: {reason}")


def decode_finish_reason(wire: str) -> FinishReason:
    """Return the reason; one that is not known is an error, so that it cannot pass for success."""
    try:
        return FinishReason(wire.lower())
    except ValueError:
        return FinishReason.ERROR


def decode_usage(wire: WireUsage | None) -> Usage:
    """Return the counts; an answer without any used nothing that is known."""
    wire = wire or WireUsage()
    tokens, billed = wire.tokens or WireUnits(), wire.billed_units or WireUnits()
    return Usage(
        input_tokens=int(tokens.input_tokens or 0),
        output_tokens=int(tokens.output_tokens or 0),
        billed_input_tokens=int(billed.input_tokens or 0),
        billed_output_tokens=int(billed.output_tokens or 0),
        cached_tokens=_whole(wire.cached_tokens),
        image_tokens=_whole(tokens.image_tokens),
        search_units=_whole(billed.search_units),
        classifications=_whole(billed.classifications),
    )


def decode_logprobs(wire: WireLogprobs) -> TokenLogprobs:
    """Return the log probabilities of one piece of text."""
    return TokenLogprobs(wire.text, tuple(wire.token_ids), tuple(wire.logprobs))


def decode_citation(wire: WireAnsweredCitation) -> Citation:
    """Return a citation of an answer."""
    return Citation(
        start=wire.start,
        end=wire.end,
        text=wire.text,
        sources=tuple(_decode_source(source) for source in wire.sources or ()),
        target=_TARGETS.get(wire.type),
        content_index=wire.content_index,
    )


def _decode_source(wire: WireAnsweredSource) -> Source:
    if wire.type == "tool":
        return Source("tool", wire.id or "", wire.tool_output or {})
    return Source("document", wire.id or "", wire.document or {})


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
