"""A canonical response as Anthropic's `message`."""

from collections.abc import Iterator
from typing import Any

from causeway.dialects.anthropic.assistant_blocks import has_own_citations, in_order, own_members
from causeway.dialects.anthropic.decode_ending import STOP_REASONS
from causeway.dialects.anthropic.encode_citations import CitationWriter, by_block
from causeway.dialects.anthropic.encode_error import encode_failure
from causeway.dialects.anthropic.kept_fields import DIALECT, KeptFields
from causeway.dialects.anthropic.tool_input import encode_input
from causeway.model.content import OpaqueBlock, TextBlock, ThinkingBlock, ToolCall
from causeway.model.extras import Extras
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii

Block = dict[str, Any]


def encode_response(response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
    """Return the JSON body of a whole answer to `request`."""
    ending = encode_ending(response.finish_reason, request, response.extras)
    body: dict[str, Any] = {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model or provenance.model,
        "content": list(_blocks(response, request)),
        "stop_reason": ending.pop("stop_reason"),
        "stop_sequence": ending.pop("stop_sequence"),
        **ending,
        "usage": encode_usage(response.usage, response.extras),
    }
    if failure := encode_failure(response.finish_reason, response.failure):
        body["error"] = failure
    return encode_ascii(body)


def encode_ending(reason: FinishReason, request: ChatRequest, extras: Extras | None) -> dict[str, Any]:
    """Return why the model stopped, and what else an answer of Anthropic's own said.

    Which sequence it met others do not say: it is told where only one could be.
    """
    sequences = request.sampling.stop_sequences
    met = sequences[0] if reason is FinishReason.STOP_SEQUENCE and len(sequences) == 1 else None
    ending: dict[str, Any] = {"stop_reason": STOP_REASONS[reason], "stop_sequence": met}
    return ending | KeptFields(extras).of("")


def encode_usage(usage: Usage, extras: Extras | None) -> dict[str, Any]:
    """Return the counts; the cached parts of the prompt are told apart, where anybody reported them."""
    read, written = usage.cached_tokens, usage.cache_write_tokens
    counts: dict[str, Any] = {
        "input_tokens": max(usage.input_tokens - (read or 0) - (written or 0), 0),
        "output_tokens": usage.output_tokens,
    }
    if read is not None:
        counts["cache_read_input_tokens"] = read
    if written is not None:
        counts["cache_creation_input_tokens"] = written
    if usage.reasoning_tokens is not None:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return counts | KeptFields(extras).of("usage")


def _thinking(block: ThinkingBlock) -> Block:
    """Return thinking; what another than Anthropic thought has no signature."""
    return {"type": "thinking", "thinking": block.thinking, "signature": "", **own_members(block.seal)}


def _blocks(response: ChatResponse, request: ChatRequest) -> Iterator[Block]:
    texts = [index for index, block in enumerate(response.content) if isinstance(block, TextBlock)]
    cited = by_block(response.citations, texts, has_plan=bool(response.tool_plan))
    writer = CitationWriter(request.documents)

    def text_blocks(text: str, index: int | None) -> Iterator[Block]:
        for piece, locations in writer.cut(text, cited.get(index, ())):
            block: Block = {"type": "text", "text": piece}
            yield {**block, "citations": locations} if locations else block

    is_planned = not response.tool_plan
    for item in in_order(response.content, response.tool_calls):
        block = item if isinstance(item, ToolCall) else item[1]
        if not is_planned and not isinstance(block, ThinkingBlock):
            is_planned = True
            yield from text_blocks(response.tool_plan or "", None)
        match block:
            case ToolCall():
                yield _tool_use(block)
            case ThinkingBlock():
                yield _thinking(block)
            case OpaqueBlock(dialect=dialect, data=data):
                if dialect == DIALECT:
                    yield data
            case TextBlock(text=text):
                index = None if isinstance(item, ToolCall) else item[0]
                if index in cited and text and not has_own_citations(block):
                    yield from text_blocks(text, index)
                else:
                    yield {"type": "text", "text": text, **own_members(block.seal)}
    if not is_planned:
        yield from text_blocks(response.tool_plan or "", None)


def _tool_use(call: ToolCall) -> Block:
    arguments = encode_input(call.arguments)
    return {
        "type": "tool_use",
        "id": call.id,
        "name": call.name,
        "input": {"arguments": call.arguments} if arguments is None else arguments,
        **own_members(call.seal),
    }
