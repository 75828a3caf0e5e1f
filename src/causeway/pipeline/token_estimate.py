"""How many tokens a chat's prompt may have, for providers that do not count them.

Everything that is text is estimated; pictures, files and blocks of a provider's own are not known to be.
"""

from collections.abc import Callable, Iterator

import msgspec

from causeway.model.content import AssistantMessage, DocumentBlock, Message, TextBlock, ThinkingBlock
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount

_TOKENS_PER_MESSAGE = 4  # what templates put around a turn


def estimate_prompt(
    request: ChatRequest, losses: LossReport, estimate_tokens: Callable[[str], int]
) -> TokenCount:
    """Return about how many tokens the prompt has; that it is an estimate is added to `losses`."""
    losses.add("approximated", "input_tokens", "the provider does not count tokens: they are estimated")
    texts = sum(estimate_tokens(text) for text in _texts(request))
    return TokenCount(texts + _TOKENS_PER_MESSAGE * len(request.messages))


def _texts(request: ChatRequest) -> Iterator[str]:
    for message in request.messages:
        yield from _message_texts(message)
    for tool in request.tools:
        yield msgspec.json.encode([tool.name, tool.description, tool.parameters]).decode()
    for document in request.documents:
        yield msgspec.json.encode(document.data).decode()


def _message_texts(message: Message) -> Iterator[str]:
    for block in message.content:
        match block:
            case TextBlock(text=text):
                yield text
            case ThinkingBlock(thinking=thinking):
                yield thinking
            case DocumentBlock(document=document):
                yield msgspec.json.encode(document.data).decode()
    if isinstance(message, AssistantMessage):
        yield message.tool_plan or ""
        for call in message.tool_calls:
            yield call.name
            yield call.arguments
