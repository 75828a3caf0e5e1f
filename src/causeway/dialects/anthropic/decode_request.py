"""The body of a Messages request, decoded; what has no place in the canonical request is kept as it came."""

from typing import Any

from causeway.dialects.anthropic.decode_messages import MessageReader
from causeway.dialects.anthropic.decode_options import (
    decode_fallbacks,
    decode_response_format,
    decode_sampling,
    decode_thinking,
)
from causeway.dialects.anthropic.decode_tools import decode_tool_choice, decode_tools
from causeway.dialects.anthropic.kept_fields import DIALECT, keep_others
from causeway.dialects.anthropic.request_body import BodyReader, missing
from causeway.dialects.anthropic.request_schema import WireMessagesRequest, WireTokenCountRequest
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling

_KNOWN = frozenset(WireMessagesRequest.__struct_fields__)
_KNOWN_TO_COUNT = frozenset(WireTokenCountRequest.__struct_fields__)

_reader = BodyReader(WireMessagesRequest)
_count_reader = BodyReader(WireTokenCountRequest)


def decode_request(body: bytes, losses: LossReport) -> ChatRequest:
    """Return the canonical request of a Messages body; raises ClientError, naming the field."""
    wire, tree = _reader.read(body)
    if wire.max_tokens is None:
        raise missing("max_tokens")
    fallbacks = decode_fallbacks(wire.fallbacks)
    known = _KNOWN if fallbacks or wire.fallbacks == [] else _KNOWN - {"fallbacks"}
    return _decode(wire, tree, known, decode_sampling(wire), bool(wire.stream), fallbacks, losses)


def decode_token_count_request(body: bytes, losses: LossReport) -> ChatRequest:
    """Return the chat whose prompt is to be counted; raises ClientError, naming the field."""
    wire, tree = _count_reader.read(body)
    return _decode(wire, tree, _KNOWN_TO_COUNT, Sampling(), False, (), losses)


def _decode(
    wire: WireTokenCountRequest,
    tree: dict[str, Any],
    known: frozenset[str],
    sampling: Sampling,
    is_stream: bool,
    fallbacks: tuple[str, ...],
    losses: LossReport,
) -> ChatRequest:
    if not wire.model:
        raise missing("model")
    kept: dict[str, Any] = {}
    keep_others(tree, known, "", kept, losses)
    reader = MessageReader(kept, losses)
    reader.add_system(wire.system)
    reader.add_turns(wire.messages, tree.get("messages"))
    tools, opaque_tools = decode_tools(wire.tools, kept, losses)
    choice = decode_tool_choice(wire.tool_choice)
    return ChatRequest(
        model=wire.model,
        messages=tuple(reader.messages),
        dialect=DIALECT,
        stream=is_stream,
        sampling=sampling,
        tools=tools,
        opaque_tools=opaque_tools,
        tool_choice=choice.tool_choice,
        forced_tool=choice.forced_tool,
        allows_parallel_calls=choice.allows_parallel_calls,
        documents=tuple(reader.documents),
        response_format=decode_response_format(wire),
        thinking=decode_thinking(wire, tree, kept, losses),
        fallbacks=fallbacks,
        is_verbatim=True,
        extras=Extras(DIALECT, kept) if kept else None,
    )
