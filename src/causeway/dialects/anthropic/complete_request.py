"""The body of a Text Completions request, decoded to a conversation.

The prompt is one text in which turns begin with a mark on a line of their own. What stands before the first
is an instruction; a prompt without a mark is the user's. Source of truth: Bifrost's OpenAPI document, and
Anthropic's documentation of the older API.
"""

import re

from causeway.dialects.anthropic.decode_options import check_ranges, decode_stop_sequences
from causeway.dialects.anthropic.kept_fields import DIALECT, keep_others
from causeway.dialects.anthropic.request_body import BodyReader, invalid, missing
from causeway.dialects.anthropic.request_schema import WireCompleteRequest
from causeway.model.content import AssistantMessage, Message, SystemMessage, TextBlock, UserMessage
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling

_MARK = re.compile(r"(?:^|\n\n)(Human|Assistant):[ ]?")
_KNOWN = frozenset(WireCompleteRequest.__struct_fields__)

_reader = BodyReader(WireCompleteRequest)


def decode_complete_request(body: bytes, losses: LossReport) -> ChatRequest:
    """Return the canonical request; raises ClientError, naming the field."""
    wire, tree = _reader.read(body)
    if not wire.model:
        raise missing("model")
    if wire.prompt is None:
        raise missing("prompt")
    if wire.max_tokens_to_sample is None:
        raise missing("max_tokens_to_sample")
    if wire.max_tokens_to_sample < 1:
        raise invalid("max_tokens_to_sample", "expected at least 1")
    messages = _decode_prompt(wire.prompt)
    if not any(isinstance(message, UserMessage) for message in messages):
        raise invalid("prompt", "expected something that the user says")
    check_ranges(wire)
    for index, name in enumerate(wire.fallbacks or ()):
        if not name:
            raise invalid(f"fallbacks[{index}]", "expected the name of a model")
    kept: dict[str, object] = {}
    keep_others(tree, _KNOWN, "", kept, losses)
    return ChatRequest(
        model=wire.model,
        messages=messages,
        dialect=DIALECT,
        stream=bool(wire.stream),
        sampling=Sampling(
            max_tokens=wire.max_tokens_to_sample,
            stop_sequences=decode_stop_sequences(wire.stop_sequences),
            temperature=wire.temperature,
            top_k=wire.top_k,
            top_p=wire.top_p,
        ),
        fallbacks=tuple(wire.fallbacks or ()),
        extras=Extras(DIALECT, kept) if kept else None,
    )


def _decode_prompt(prompt: str) -> tuple[Message, ...]:
    before, *rest = _MARK.split(prompt)
    if not rest:
        return (UserMessage((TextBlock(prompt),)),) if prompt.strip() else ()
    messages: list[Message] = [SystemMessage((TextBlock(before.strip()),))] if before.strip() else []
    for role, text in zip(rest[::2], rest[1::2], strict=True):
        said = (TextBlock(text.strip()),)
        if not text.strip():  # the last mark only says whose turn it is
            continue
        messages.append(UserMessage(said) if role == "Human" else AssistantMessage(said))
    return tuple(messages)
