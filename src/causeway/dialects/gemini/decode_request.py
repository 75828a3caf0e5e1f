"""A generateContent body, decoded: every spelling settled, and what has no place kept as it came."""

from typing import Any

from causeway.dialects.gemini.decode_contents import decode_contents, decode_system
from causeway.dialects.gemini.decode_options import (
    JSON,
    PLAIN,
    check_ranges,
    decode_response_format,
    decode_safety_mode,
    decode_sampling,
    decode_thinking,
)
from causeway.dialects.gemini.decode_tools import decode_tools
from causeway.dialects.gemini.request_body import BodyReader, invalid
from causeway.dialects.gemini.request_schema import (
    WireFunctionCallingConfig,
    WireGenerateRequest,
    WireGenerationConfig,
    WireThinkingConfig,
    WireToolConfig,
)
from causeway.dialects.gemini.safety import safety_settings
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

_KNOWN = frozenset(WireGenerateRequest.__struct_encode_fields__)
_KNOWN_OPTIONS = frozenset(WireGenerationConfig.__struct_encode_fields__)
_KNOWN_THINKING = frozenset(WireThinkingConfig.__struct_encode_fields__)
_KNOWN_CONFIG = frozenset(WireToolConfig.__struct_encode_fields__)
_KNOWN_CALLING = frozenset(WireFunctionCallingConfig.__struct_encode_fields__)

# Where what is kept stands in the body.
MODALITIES = "generationConfig.responseModalities"
INCLUDE_THOUGHTS = "generationConfig.thinkingConfig.includeThoughts"
SAFETY_SETTINGS = "safetySettings"

_NO_OPTIONS = WireGenerationConfig()
_reader = BodyReader(WireGenerateRequest)


def decode_request(body: bytes, losses: LossReport) -> ChatRequest:
    """Return the canonical request, its model empty; raises ClientError, naming the field.

    What has no place at the top, in the generation's and in the tools' configuration is kept in `extras`;
    what is deeper and has none is added to `losses`.
    """
    wire, tree = _reader.read(body)
    return decode_typed(wire, tree, losses)


def decode_tree(tree: Any, losses: LossReport) -> ChatRequest:
    """Return the canonical request of a body that has been parsed, its names in camelCase."""
    return decode_typed(_reader.convert(tree), tree, losses)


def decode_typed(wire: WireGenerateRequest, tree: dict[str, Any], losses: LossReport) -> ChatRequest:
    """Return the canonical request of a body that is at hand typed and as plain values."""
    options = wire.generation_config or _NO_OPTIONS
    check_ranges(options)
    tools = decode_tools(wire.tools, tree.get("tools"), wire.tool_config, losses)
    for index, name in enumerate(wire.fallbacks or ()):
        if not name:
            raise invalid(f"fallbacks[{index}]", "expected the name of a model")
    return ChatRequest(
        model="",
        messages=(
            *decode_system(wire.system_instruction, tree.get("systemInstruction"), losses),
            *decode_contents(wire.contents, tree.get("contents"), losses),
        ),
        dialect="gemini",
        sampling=decode_sampling(options),
        tools=tools.tools,
        opaque_tools=tools.opaque_tools,
        tool_choice=tools.tool_choice,
        forced_tool=tools.forced_tool,
        allowed_tools=tools.allowed_tools,
        strict_tools=tools.strict_tools,
        response_format=decode_response_format(options),
        thinking=decode_thinking(options.thinking_config),
        safety_mode=decode_safety_mode(wire.safety_settings),
        choices=options.candidate_count or 1,
        fallbacks=tuple(wire.fallbacks or ()),
        is_verbatim=True,
        extras=_extras(wire, tree),
    )


def _extras(wire: WireGenerateRequest, tree: dict[str, Any]) -> Extras | None:
    """Return what else was said, by its path in the body. What is said and means the default is left out."""
    options = wire.generation_config or _NO_OPTIONS
    raw_options = tree.get("generationConfig") or {}
    raw_config = tree.get("toolConfig") or {}
    fields = _unknown(tree, _KNOWN, "")
    fields |= _unknown(raw_options, _KNOWN_OPTIONS, "generationConfig.")
    if fields.get(MODALITIES) == ["TEXT"]:
        del fields[MODALITIES]
    if options.response_mime_type not in (None, JSON, PLAIN):
        for name in ("responseMimeType", "responseSchema"):
            fields |= {f"generationConfig.{name}": raw_options[name]} if raw_options.get(name) else {}
    fields |= _unknown(raw_options.get("thinkingConfig"), _KNOWN_THINKING, "generationConfig.thinkingConfig.")
    thinking = options.thinking_config
    if thinking is not None and not thinking.include_thoughts:
        decoded = decode_thinking(thinking)
        if decoded is not None and decoded.enabled:
            fields[INCLUDE_THOUGHTS] = False
    fields |= _unknown(raw_config, _KNOWN_CONFIG, "toolConfig.")
    calling = raw_config.get("functionCallingConfig")
    fields |= _unknown(calling, _KNOWN_CALLING, "toolConfig.functionCallingConfig.")
    mode = decode_safety_mode(wire.safety_settings)
    if wire.safety_settings and (mode is None or wire.safety_settings != safety_settings(mode)):
        fields[SAFETY_SETTINGS] = wire.safety_settings
    return Extras("gemini", fields) if fields else None


def _unknown(members: Any, known: frozenset[str], prefix: str) -> dict[str, Any]:
    if not members:
        return {}
    return {
        prefix + name: value
        for name, value in members.items()
        if name not in known and value not in (None, [], {})
    }
