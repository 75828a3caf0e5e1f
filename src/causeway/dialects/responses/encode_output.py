"""A canonical answer's content and tool calls as the items of a response's output.

Items without an id of OpenAI's get one that is the same however the answer is told.
"""

from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from causeway.dialects.responses.encode_items import (
    encode_call,
    encode_message,
    encode_part,
    in_item_order,
    is_continued,
    own_item,
)
from causeway.dialects.responses.items import DIALECT, INVENTED_MARK, own_seal
from causeway.model.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock, ToolCall
from causeway.model.response import ChatResponse, TokenLogprobs

Item = dict[str, Any]

_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "function_call_output": "fco"}


def invented_item_id(kind: str, response_id: str, output_index: int) -> str:
    """Return the id of an item that stands at a place in a response and has none."""
    digest = sha256(f"{response_id}/{output_index}".encode()).digest()
    return f"{_PREFIXES.get(kind, 'item')}_{INVENTED_MARK}{b32encode(digest).decode().lower()[:32]}"


def encode_output(response: ChatResponse) -> list[Item]:
    """Return the items of a whole answer. Blocks that only another dialect knows are left out."""
    output: list[Item] = []
    if response.tool_plan is not None:
        plan = TextBlock(response.tool_plan)
        citations = [citation for citation in response.citations if citation.target == "plan"]
        members = message_members(plan, invented_item_id("message", response.id, 0))
        output.append(encode_message(members, [encode_part(plan, citations, ())]))
    logprobs = list(response.logprobs or ())
    texts = sum(isinstance(block, TextBlock) for block in response.content)
    is_open = False  # whether the next block is a further part of the last item
    first_text = True
    for index, block in in_item_order(response.content, response.tool_calls):
        if not isinstance(block, TextBlock):
            is_open = False
            if (item := encode_block(block, response.id, len(output))) is not None:
                output.append(item)
            continue
        texts -= 1
        citations = cited_at(response.citations, index, is_first_text=first_text)
        part = encode_part(block, citations, take_logprobs(logprobs, block.text, is_last=not texts))
        first_text = False
        if is_open:
            output[-1]["content"].append(part)
            output[-1].update(own_item(block) or {})
        else:
            members = message_members(block, invented_item_id("message", response.id, len(output)))
            output.append(encode_message(members, [part]))
        is_open = is_continued(block)
    return output


def encode_block(block: ThinkingBlock | OpaqueBlock | ToolCall, response_id: str, index: int) -> Item | None:
    """Return the item that a block is at its place in the output, none for another dialect's."""
    match block:
        case OpaqueBlock(dialect=dialect, data=data):
            return data if dialect == DIALECT else None
        case ThinkingBlock(thinking=thinking):
            own = own_item(block)
            return own or encode_reasoning(thinking, invented_item_id("reasoning", response_id, index))
        case ToolCall():
            members = own_item(block)
            if members is None:
                members = call_members(invented_item_id("function_call", response_id, index))
            return encode_call(block, members)


def encode_reasoning(thinking: str, id: str) -> Item:
    """Return thinking as a reasoning item, which shows it as its summary."""
    summary = [{"type": "summary_text", "text": thinking}] if thinking else []
    return {"id": id, "type": "reasoning", "summary": summary}


def message_members(block: TextBlock, id: str) -> Item:
    """Return the members of a message beside its content; `id` is for one that has none."""
    members = own_item(block)
    if members is None:
        members = {} if own_seal(block.seal) else {"id": id, "status": "completed"}
    return members


def call_members(id: str) -> Item:
    """Return the members of a function call that is not OpenAI's."""
    return {"id": id, "status": "completed"}


def cited_at(citations: Sequence[Citation], index: int, *, is_first_text: bool) -> list[Citation]:
    """Return the citations of a text block; those that name no block are the first's."""
    return [
        citation
        for citation in citations
        if citation.target in (None, "text")
        and (is_first_text if citation.content_index is None else citation.content_index == index)
    ]


def take_logprobs(logprobs: list[TokenLogprobs], text: str, *, is_last: bool) -> list[TokenLogprobs]:
    """Return, and take away, the log probabilities of a block's text; the last has all that are left."""
    if is_last:
        taken, logprobs[:] = logprobs.copy(), []
        return taken
    taken = []
    while logprobs and text.startswith(logprobs[0].text):
        taken.append(logprobs.pop(0))
        text = text[len(taken[-1].text) :]
    return taken
