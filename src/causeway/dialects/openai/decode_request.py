"""A chat completion's body, decoded: every spelling settled, and what has no place kept as it came."""

from causeway.dialects.openai.decode_extensions import (
    EXTENSIONS,
    decode_citation_mode,
    decode_documents,
    decode_fallbacks,
    decode_priority,
    decode_safety_mode,
)
from causeway.dialects.openai.decode_messages import decode_messages
from causeway.dialects.openai.decode_options import (
    check_ranges,
    decode_response_format,
    decode_sampling,
    decode_thinking,
)
from causeway.dialects.openai.decode_tools import decode_tools
from causeway.dialects.openai.request_body import BodyReader, drop_unknown, missing
from causeway.dialects.openai.request_schema import WireChatRequest
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

# Words of one vendor or another: each provider has to be asked in its own.
_SPELLED_BY_VENDORS = ("reasoning", "reasoning_max_tokens")
_NOT_VERBATIM = frozenset({*EXTENSIONS, *_SPELLED_BY_VENDORS})
_STREAM_OPTIONS = frozenset({"include_usage"})
_KNOWN = frozenset(WireChatRequest.__struct_fields__)

_reader = BodyReader(WireChatRequest)


def decode_request(body: bytes, losses: LossReport, *, needs_model: bool) -> ChatRequest:
    """Return the canonical request of a chat completion's body; raises ClientError, naming the field.

    Top-level fields that have no place are kept in `extras`; what is deeper and has none is added to
    `losses`. `needs_model` is false where the path names the model.
    """
    wire, tree = _reader.read(body)
    if needs_model and not wire.model:
        raise missing("model")
    check_ranges(wire)
    tools = decode_tools(wire.tools, tree.get("tools"), wire.tool_choice, losses)
    drop_unknown(tree.get("stream_options") or {}, _STREAM_OPTIONS, "stream_options", losses)
    extras = {name: value for name, value in tree.items() if name not in _KNOWN}
    return ChatRequest(
        model=wire.model or "",
        messages=decode_messages(wire.messages, tree.get("messages"), losses),
        dialect="openai",
        stream=bool(wire.stream),
        sampling=decode_sampling(wire),
        tools=tools.tools,
        tool_choice=tools.tool_choice,
        forced_tool=tools.forced_tool,
        allowed_tools=tools.allowed_tools,
        allows_parallel_calls=wire.parallel_tool_calls,
        documents=decode_documents(wire.documents),
        citation_mode=decode_citation_mode(wire.citation_options),
        response_format=decode_response_format(wire.response_format),
        thinking=decode_thinking(wire, tree.get("reasoning"), losses),
        safety_mode=decode_safety_mode(wire.safety_mode),
        priority=decode_priority(wire.priority),
        choices=1 if wire.n is None else wire.n,
        wants_stream_usage=bool(wire.stream_options and wire.stream_options.include_usage),
        fallbacks=decode_fallbacks(wire.fallbacks),
        is_verbatim=_NOT_VERBATIM.isdisjoint(tree),
        extras=Extras("openai", extras) if extras else None,
    )
