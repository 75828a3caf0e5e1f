"""A canonical request as the body of `POST /messages`.

What was not given is left out. What cannot be carried is reported under the caller's own name for it.
"""

from typing import Any

import msgspec

from causeway.dialects.anthropic.caller_names import name_of
from causeway.dialects.anthropic.encode_messages import encode_conversation
from causeway.dialects.anthropic.encode_options import (
    encode_response_format,
    encode_sampling,
    encode_tool_choice,
    encode_tools,
)
from causeway.dialects.anthropic.encode_thinking import encode_thinking
from causeway.dialects.anthropic.kept_fields import DIALECT, KeptFields
from causeway.dialects.anthropic.quirks import AnthropicQuirks
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

MAX_STOP_SEQUENCES = 8_191

# A count of tokens is asked for with these members only.
_COUNTED = (
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control",
    "context_management", "mcp_servers", "speed",
)  # fmt: skip


def encode_request(request: ChatRequest, quirks: AnthropicQuirks, losses: LossReport) -> bytes:
    """Return the JSON body; raises UntranslatableError where nothing of a user's turn is left to say."""
    return msgspec.json.encode(_members(request, quirks, losses))


def encode_token_count_request(request: ChatRequest, losses: LossReport) -> bytes:
    """Return the JSON body that asks how many tokens a request's prompt has; raises as `encode_request`."""
    members = _members(request, AnthropicQuirks(), losses)
    return msgspec.json.encode({name: members[name] for name in _COUNTED if name in members})


def _members(request: ChatRequest, quirks: AnthropicQuirks, losses: LossReport) -> dict[str, Any]:
    kept = KeptFields(request.extras)
    conversation = encode_conversation(request, kept, losses)
    options = encode_thinking(request, quirks.default_max_tokens, losses)
    is_thinking = options.thinking is not None and options.thinking["type"] != "disabled"
    form, instruction = encode_response_format(request, losses)
    if instruction is not None:
        conversation.system.append({"type": "text", "text": instruction})
    tools = encode_tools(request, kept, losses)
    config = {"effort": options.effort, "format": form}
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": options.max_tokens,
        "system": _as_text(conversation.system),
        "messages": conversation.messages,
        "tools": tools or None,
        "tool_choice": encode_tool_choice(request) if tools else None,
        "thinking": options.thinking and {**options.thinking, **kept.of("thinking")},
        "output_config": {name: value for name, value in config.items() if value is not None}
        | kept.of("output_config")
        or None,
        "stop_sequences": _encode_stop_sequences(request, losses) or None,
        **encode_sampling(request, losses, is_thinking=is_thinking),
        "stream": request.stream or None,
    }
    _report_unsaid(request, losses)
    return {name: value for name, value in body.items() if value is not None} | _own_members(
        request, kept, losses
    )


def _as_text(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]] | None:
    """Return instructions; one that is plain is written as a string."""
    if len(blocks) == 1 and len(blocks[0]) == 2:
        text: str = blocks[0]["text"]
        return text
    return blocks or None


def _encode_stop_sequences(request: ChatRequest, losses: LossReport) -> list[str]:
    sequences: list[str] = []
    for index, sequence in enumerate(request.sampling.stop_sequences[:MAX_STOP_SEQUENCES]):
        if sequence.strip() or request.dialect == DIALECT:
            sequences.append(sequence)
        else:
            path = f"{name_of('stop_sequences', request)}[{index}]"
            losses.add("dropped", path, "the provider takes none that is only white space")
    return sequences


def _report_unsaid(request: ChatRequest, losses: LossReport) -> None:
    if request.documents:
        if request.citation_mode == "fast":
            losses.add("approximated", "citation_options", "the provider has one way to cite")
        elif request.response_format is not None and request.citation_mode != "off":
            losses.add("dropped", "citation_options", "the provider does not cite in JSON")
    if request.safety_mode is not None:
        losses.add("dropped", "safety_mode", "the provider has none")
    if request.priority:
        losses.add("dropped", "priority", "the provider has none")


def _own_members(request: ChatRequest, kept: KeptFields, losses: LossReport) -> dict[str, Any]:
    extras = request.extras
    if extras is not None and extras.dialect != DIALECT:
        for name in extras.fields:
            losses.add("dropped", name, f"a field of the {extras.dialect} dialect")
    return kept.of("")
