"""The body of `POST /responses`, decoded: what has no place in the canonical request is kept as it came."""

from typing import Any

from causeway.dialects.openai.decode_extensions import (
    EXTENSIONS,
    decode_citation_mode,
    decode_documents,
    decode_fallbacks,
    decode_priority,
    decode_safety_mode,
)
from causeway.dialects.openai.request_body import BodyReader, missing
from causeway.dialects.responses.decode_input import decode_input
from causeway.dialects.responses.decode_options import (
    LOGPROBS,
    check_ranges,
    decode_format,
    decode_sampling,
    decode_thinking,
)
from causeway.dialects.responses.decode_tools import decode_tools
from causeway.dialects.responses.items import DIALECT
from causeway.dialects.responses.request_schema import WireRepeated, WireRequest
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

# What has a canonical place; the rest is kept, by its path.
_KNOWN = frozenset(WireRequest.__struct_fields__) - frozenset(WireRepeated.__struct_fields__)
_PARTLY_KNOWN = {"text": frozenset({"format"}), "reasoning": frozenset({"effort", "max_tokens"})}
# What the conversation may come from, if not from `input`.
OTHER_INPUTS = ("prompt", "conversation", "previous_response_id")

_reader = BodyReader(WireRequest)


def decode_request(body: bytes, losses: LossReport, *, needs_model: bool = True) -> ChatRequest:
    """Return the canonical request of a body; raises ClientError, naming the field.

    Fields that have no place are kept in `extras`, by their paths. `needs_model` is false where the path
    names the model.
    """
    wire, tree = _reader.read(body)
    if needs_model and not wire.model:
        raise missing("model")
    if wire.input is None and not any(tree.get(name) for name in OTHER_INPUTS):
        raise missing("input")
    check_ranges(wire)
    tools = decode_tools(wire.tools, wire.tool_choice)
    format = wire.text.format if wire.text else None
    kept = _kept_fields(tree) | tools.kept
    has_budget = wire.reasoning is not None and wire.reasoning.max_tokens is not None
    return ChatRequest(
        model=wire.model or "",
        messages=decode_input(wire.input, wire.instructions, losses),
        dialect=DIALECT,
        stream=bool(wire.stream),
        sampling=decode_sampling(wire),
        tools=tools.tools,
        opaque_tools=tools.opaque_tools,
        tool_choice=tools.tool_choice,
        forced_tool=tools.forced_tool,
        allowed_tools=tools.allowed_tools,
        allows_parallel_calls=wire.parallel_tool_calls,
        documents=decode_documents(wire.documents),
        citation_mode=decode_citation_mode(wire.citation_options),
        response_format=decode_format(format, (tree.get("text") or {}).get("format"), losses),
        thinking=decode_thinking(wire.reasoning, losses),
        safety_mode=decode_safety_mode(wire.safety_mode),
        priority=decode_priority(wire.priority),
        fallbacks=decode_fallbacks(wire.fallbacks),
        is_verbatim=not has_budget and all(tree.get(name) is None for name in EXTENSIONS),
        extras=Extras(DIALECT, kept) if kept else None,
    )


def _kept_fields(tree: dict[str, Any]) -> dict[str, Any]:
    """Return what is said and has no canonical place, by its path; a null says nothing."""
    kept = {name: value for name, value in tree.items() if name not in _KNOWN and value is not None}
    for name, known in _PARTLY_KNOWN.items():
        for member, value in (tree.get(name) or {}).items():
            if member not in known and value is not None:
                kept[f"{name}.{member}"] = value
    if others := [entry for entry in tree.get("include") or () if entry != LOGPROBS]:
        kept["include"] = others
    return kept
