"""What a provider of OpenAI's dialect answers, decoded to the canonical response.

A plain completion is decoded to its type at once. Of any other the body is parsed to plain values; the part
that has a canonical meaning is checked against `completion_schema.py`, and everything besides is collected by
`completion_extras.py`.
"""

from typing import Any, Literal

import msgspec

from causeway.dialects.openai.completion_extras import ANNOTATIONS, REASONING, CompletionExtras
from causeway.dialects.openai.completion_schema import PlainCompletion, WireCompletion, WireMessage
from causeway.dialects.openai.decode_ending import decode_finish_reason, decode_usage, whole
from causeway.dialects.openai.decode_parts import Blocks, decode_parts
from causeway.dialects.openai.decode_spans import decode_annotations, decode_logprobs
from causeway.dialects.openai.decode_tool_calls import decode_tool_call
from causeway.dialects.openai.invented_ids import invented_id
from causeway.dialects.openai.read_completion import read_completion
from causeway.model.content import Citation, TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import UpstreamProtocolError
from causeway.model.response import AnswerEnding, ChatResponse

_decode = msgspec.json.Decoder(WireCompletion).decode
_decode_plain = msgspec.json.Decoder(PlainCompletion).decode
_NOT_OF_THE_TYPE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


def decode_response(body: bytes) -> ChatResponse:
    """Return the canonical response. Text beside tool calls is their plan.

    Raises UpstreamProtocolError where the body is no completion, and UpstreamRefusedError where it is an
    error under a status of success.
    """
    tree: dict[str, Any] | None = None
    wire: WireCompletion
    try:
        wire = plain = _decode_plain(body)
    except _NOT_OF_THE_TYPE:
        tree, wire = read_completion(body)
    if not wire.choices or (message := wire.choices[0].message) is None:
        raise UpstreamProtocolError("the provider's answer holds no message")
    id = wire.id or invented_id(body)
    collected = CompletionExtras()
    if tree is None:
        collected.add_plain(plain)
    else:
        _collect(tree, collected)
    content = _decode_content(message, collected)
    calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    plan = ""
    if message.tool_calls or message.annotations:
        calls = tuple(
            decode_tool_call(call, id, index) for index, call in enumerate(message.tool_calls or ())
        )
        text = "".join(block.text for block in content if isinstance(block, TextBlock))
        citations = _decode_citations(message, text, "plan" if calls else "text", collected)
        if calls:
            plan = text
            content = [block for block in content if isinstance(block, ThinkingBlock)]
    logprobs = () if tree is None else decode_logprobs(tree["choices"][0], collected)
    usage = decode_usage(wire.usage, collected)
    finish_reason, failure = decode_finish_reason(
        wire.choices[0].finish_reason, collected, has_calls=bool(calls)
    )
    return ChatResponse(
        id=id,
        content=tuple(content),
        tool_plan=plan or None,
        tool_calls=calls,
        citations=citations,
        finish_reason=finish_reason,
        usage=usage,
        logprobs=logprobs or None,
        failure=failure,
        model=wire.model or "",
        created=whole(wire.created),
        extras=collected.extras(),
    )


def _decode_citations(
    message: WireMessage, text: str, target: Literal["text", "plan"], collected: CompletionExtras
) -> tuple[Citation, ...]:
    citations, others = decode_annotations(message.annotations or (), text, target)
    if others:
        collected.fields[ANNOTATIONS] = others
    return tuple(citations)


def decode_ending(body: bytes) -> AnswerEnding:
    """Return `decode_response(body).ending()`, and raise as that does, without decoding what is said.

    What is no answer, and what else than a finish reason says how one ended, is left to `decode_response`.
    """
    try:
        wire = _decode(body)
    except _NOT_OF_THE_TYPE:
        return decode_response(body).ending()
    if wire.error or wire.object == "error" or not wire.choices:
        return decode_response(body).ending()
    choice = wire.choices[0]
    message = choice.message
    if message is None or choice.error is not None or choice.stop_reason is not None:
        return decode_response(body).ending()
    calls = message.tool_calls
    collected = CompletionExtras()
    finish_reason, failure = decode_finish_reason(choice.finish_reason, collected, has_calls=bool(calls))
    return AnswerEnding(
        finish_reason,
        decode_usage(wire.usage, collected),
        failure,
        not (calls or _decode_content(message, collected)),
    )


def _collect(tree: dict[str, Any], collected: CompletionExtras) -> None:
    choice, *further = tree["choices"]
    message = choice["message"]
    collected.add_root(tree)
    collected.add_choice(choice)
    collected.add_message(message)
    for index, call in enumerate(message.get("tool_calls") or ()):
        collected.add_tool_call(index, call, is_piece=False)
    for index, another in enumerate(further, start=1):
        collected.add_further_choice(index, another)


def _decode_content(message: WireMessage, collected: CompletionExtras) -> Blocks:
    blocks: Blocks = []
    if isinstance(message.content, list):
        blocks, others = decode_parts(message.content)
        collected.add_parts(others)
    elif message.content:
        blocks = [TextBlock(message.content)]
    if thinking := message.reasoning_content or message.reasoning:
        blocks.insert(0, ThinkingBlock(thinking))
    if thinking and not message.reasoning_content:
        collected.fields[REASONING] = None
    if message.refusal and not any(isinstance(block, TextBlock) for block in blocks):
        blocks.append(TextBlock(message.refusal))
    return blocks
