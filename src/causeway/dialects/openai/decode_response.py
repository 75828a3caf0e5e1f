"""What a provider of OpenAI's dialect answers, decoded to the canonical response.

The body is parsed once; the part that has a canonical meaning is then checked against
`completion_schema.py`, and everything besides is collected by `completion_extras.py`.
"""

from typing import Any

from causeway.dialects.openai.completion_extras import ANNOTATIONS, REASONING, CompletionExtras
from causeway.dialects.openai.completion_schema import WireMessage
from causeway.dialects.openai.decode_ending import decode_finish_reason, decode_usage, whole
from causeway.dialects.openai.decode_parts import Blocks, decode_parts
from causeway.dialects.openai.decode_spans import decode_annotations, decode_logprobs
from causeway.dialects.openai.decode_tool_calls import decode_tool_call
from causeway.dialects.openai.invented_ids import invented_id
from causeway.dialects.openai.read_completion import read_completion
from causeway.model.content import TextBlock, ThinkingBlock
from causeway.model.errors import UpstreamProtocolError
from causeway.model.response import ChatResponse


def decode_response(body: bytes) -> ChatResponse:
    """Return the canonical response. Text beside tool calls is their plan.

    Raises UpstreamProtocolError where the body is no completion, and UpstreamRefusedError where it is an
    error under a status of success.
    """
    tree, wire = read_completion(body)
    if not wire.choices or (message := wire.choices[0].message) is None:
        raise UpstreamProtocolError("the provider's answer holds no message")
    id = wire.id or invented_id(body)
    calls = tuple(decode_tool_call(call, id, index) for index, call in enumerate(message.tool_calls or ()))
    collected = _collect(tree)
    content = _decode_content(message, collected)
    text = "".join(block.text for block in content if isinstance(block, TextBlock))
    citations, others = decode_annotations(message.annotations or (), text, "plan" if calls else "text")
    if others:
        collected.fields[ANNOTATIONS] = others
    logprobs = decode_logprobs(tree["choices"][0], collected)
    usage = decode_usage(wire.usage, collected)
    finish_reason, failure = decode_finish_reason(
        wire.choices[0].finish_reason, collected, has_calls=bool(calls)
    )
    return ChatResponse(
        id=id,
        content=tuple(block for block in content if not calls or isinstance(block, ThinkingBlock)),
        tool_plan=text if calls and text else None,
        tool_calls=calls,
        citations=tuple(citations),
        finish_reason=finish_reason,
        usage=usage,
        logprobs=logprobs or None,
        failure=failure,
        model=wire.model or "",
        created=whole(wire.created),
        extras=collected.extras(),
    )


def _collect(tree: dict[str, Any]) -> CompletionExtras:
    collected = CompletionExtras()
    choice, *further = tree["choices"]
    message = choice["message"]
    collected.add_root(tree)
    collected.add_choice(choice)
    collected.add_message(message)
    for index, call in enumerate(message.get("tool_calls") or ()):
        collected.add_tool_call(index, call, is_piece=False)
    for index, another in enumerate(further, start=1):
        collected.add_further_choice(index, another)
    return collected


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
