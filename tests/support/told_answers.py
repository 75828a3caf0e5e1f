"""What a canonical answer says, by the end of the path under `response` at which its loss would be reported.

Two answers are compared as what they tell a reader. Where that is less than all that they hold, the reason
stands beside it.
"""

import json
from typing import Any

from causeway.model.content import Citation, TextBlock, ThinkingBlock
from causeway.model.response import ChatResponse, FinishReason

_COUNTS = ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "image_tokens", "search_units")


def facts_of(answer: ChatResponse, caller: str) -> dict[str, Any]:
    """Return what an answer says to a caller; what one place of a path holds is under one name."""
    usage = answer.usage
    return {
        "content": _said(answer),
        "tool_calls": [(call.id, call.name, json.loads(call.arguments)) for call in answer.tool_calls],
        "citations": _cited(answer, only_pages=caller in ("openai", "responses")),
        "finish_reason": _reason(answer),
        "logprobs": [(token.text, token.logprobs) for token in answer.logprobs or ()],
        "logprobs.token_ids": [token.token_ids for token in answer.logprobs or ()],
        "logprobs.alternatives": [
            [(other.text, other.logprob) for other in token.alternatives] for token in answer.logprobs or ()
        ],
        "usage.input_tokens": usage.input_tokens,
        "usage.output_tokens": usage.output_tokens,
        "usage.billed_units": (usage.billed_input_tokens, usage.billed_output_tokens),
        # Some vendors say 0 where nothing is counted, and some nothing where 0 is.
        **{f"usage.{name}": getattr(usage, name) or 0 for name in _COUNTS},
    }


def _said(answer: ChatResponse) -> dict[str, str]:
    """Return the thinking and the text.

    Each is one: where blocks of the same kind are told as one, that is said of `response.content`, and where
    a text is told in pieces, as Anthropic and Bedrock cite, its words are the same.
    """
    text = (answer.tool_plan or "") + "".join(
        block.text for block in answer.content if isinstance(block, TextBlock)
    )
    thinking = "".join(block.thinking for block in answer.content if isinstance(block, ThinkingBlock))
    return {"text": text, "thinking": thinking}


def _cited(answer: ChatResponse, *, only_pages: bool) -> list[tuple[str, int]]:
    """Return each cited span of the whole text as what it says, and how many sources support it.

    What the sources are called is each dialect's own business. OpenAI itself cites pages only; what else is
    cited its callers are told beside that, in a form that no provider of its dialects sends.
    """
    starts: dict[int, int] = {}
    text = answer.tool_plan or ""
    for index, block in enumerate(answer.content):
        if isinstance(block, TextBlock):
            starts[index] = len(text)
            text += block.text
    first = min(starts.values(), default=0)
    spans = []
    for citation in answer.citations:
        if only_pages and not any(source.data.get("url") for source in citation.sources):
            continue
        start = _start(citation, starts, first)
        spans.append((start, start + citation.end - citation.start, len(citation.sources)))
    return [(text[start:end], number) for start, end, number in sorted(spans)]


def _start(citation: Citation, starts: dict[int, int], first: int) -> int:
    return (first if citation.content_index is None else starts[citation.content_index]) + citation.start


def _reason(answer: ChatResponse) -> FinishReason:
    """Return why the answer ended; where there are calls to make, some say no more than that it did."""
    reason = answer.finish_reason
    return FinishReason.TOOL_CALL if reason is FinishReason.COMPLETE and answer.tool_calls else reason
