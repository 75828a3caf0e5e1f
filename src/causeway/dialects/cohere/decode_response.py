"""What Cohere answers, decoded to the canonical response. Unknown fields are left alone."""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.cohere.decode_messages import decode_citation
from causeway.dialects.cohere.request_schema import WireCitation
from causeway.model.content import Citation, TextBlock, ThinkingBlock, ToolCall
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenLogprobs
from causeway.model.usage import Usage


class WireContent(Struct):
    """A block of the answer."""

    type: str
    text: str = ""
    thinking: str = ""


class WireAnsweredFunction(Struct):
    """The function of a tool call in an answer."""

    name: str = ""
    arguments: str | None = None


class WireAnsweredToolCall(Struct):
    """A tool call in an answer, whole or as the start or piece of one."""

    id: str = ""
    function: WireAnsweredFunction | None = None


class WireAnswer(Struct):
    """The message of a whole answer."""

    content: list[WireContent] | None = None
    tool_plan: str | None = None
    tool_calls: list[WireAnsweredToolCall] | None = None
    citations: list[dict[str, Any]] | None = None


class WireUnits(Struct):
    """One of the two counts; the numbers may be written as floats."""

    input_tokens: float = 0
    output_tokens: float = 0
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
    """Return the canonical response; raises msgspec.DecodeError where the body is not one."""
    wire = _decode(body)
    return ChatResponse(
        id=wire.id,
        content=tuple(
            ThinkingBlock(block.thinking) if block.type == "thinking" else TextBlock(block.text)
            for block in wire.message.content or ()
        ),
        tool_plan=wire.message.tool_plan,
        tool_calls=tuple(_decode_tool_call(call) for call in wire.message.tool_calls or ()),
        citations=tuple(decode_answer_citation(citation) for citation in wire.message.citations or ()),
        finish_reason=decode_finish_reason(wire.finish_reason),
        usage=decode_usage(wire.usage),
        logprobs=None if wire.logprobs is None else tuple(decode_logprobs(item) for item in wire.logprobs),
        failure=None if wire.error is None else Failure(wire.error, wire.error_type),
    )


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
        input_tokens=int(tokens.input_tokens),
        output_tokens=int(tokens.output_tokens),
        billed_input_tokens=int(billed.input_tokens),
        billed_output_tokens=int(billed.output_tokens),
        cached_tokens=_whole(wire.cached_tokens),
        image_tokens=_whole(tokens.image_tokens),
        search_units=_whole(billed.search_units),
        classifications=_whole(billed.classifications),
    )


def decode_logprobs(wire: WireLogprobs) -> TokenLogprobs:
    """Return the log probabilities of one piece of text."""
    return TokenLogprobs(wire.text, tuple(wire.token_ids), tuple(wire.logprobs))


def decode_answer_citation(wire: dict[str, Any]) -> Citation:
    """Return a citation of an answer; fields that are not known are left alone."""
    known = {name: wire[name] for name in WireCitation.__struct_fields__ if name in wire}
    return decode_citation(msgspec.convert(known, WireCitation), "citations")


def _decode_tool_call(wire: WireAnsweredToolCall) -> ToolCall:
    function = wire.function or WireAnsweredFunction()
    return ToolCall(wire.id, function.name, "{}" if function.arguments is None else function.arguments)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
