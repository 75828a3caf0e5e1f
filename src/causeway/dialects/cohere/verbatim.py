"""Whether a chat body is what Cohere itself accepts, so that it may be sent on byte for byte.

More is accepted here than there: other gateways' spellings, wider ranges, values in any case. Such a
body has to be written anew (`encode_request.py`). Source of truth: Cohere's OpenAPI document.
"""

from msgspec import UNSET

from causeway.dialects.cohere.decode_options import OWN_RANGES, field_out_of_range
from causeway.dialects.cohere.request_schema import WireAssistantMessage, WireChatRequest, WireTool

_TOOL_CHOICES = (None, "REQUIRED", "NONE")
_SAFETY_MODES = (None, "CONTEXTUAL", "STRICT", "OFF")
_CITATION_MODES = (None, "ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF")
_RESPONSE_FORMATS = ("text", "json_object")
_THINKING_TYPES = ("enabled", "disabled")


def is_verbatim(wire: WireChatRequest) -> bool:
    """Return whether Cohere takes a valid body as it was sent. Its `fallbacks` are not looked at."""
    return (
        wire.log_probs is UNSET
        and wire.strict_tool_choice is UNSET
        and wire.tool_choice in _TOOL_CHOICES
        and wire.safety_mode in _SAFETY_MODES
        and (wire.citation_options is None or wire.citation_options.mode in _CITATION_MODES)
        and (wire.thinking is None or wire.thinking.type in _THINKING_TYPES)
        and field_out_of_range(wire, OWN_RANGES) is None
        # Empty lists are none here; whether they are at Cohere is not documented.
        and wire.documents != []
        and wire.tools != []
        and _has_own_response_format(wire)
        and (wire.tools is None or _has_own_tools(wire.tools))
        and _has_own_tool_calls(wire)
    )


def _has_own_response_format(wire: WireChatRequest) -> bool:
    given = wire.response_format
    if given is None:
        return True
    # Both are documented somewhere, but not what they mean together.
    return given.type in _RESPONSE_FORMATS and (given.schema is UNSET or given.json_schema is UNSET)


def _has_own_tools(wire: list[WireTool]) -> bool:
    return all(
        tool.type == "function" and tool.function is not None and tool.function.parameters is not None
        for tool in wire
    )


def _has_own_tool_calls(wire: WireChatRequest) -> bool:
    for message in wire.messages or ():
        if type(message) is WireAssistantMessage and message.tool_calls:
            for call in message.tool_calls:
                if call.type != "function" or call.function is None or call.function.arguments is None:
                    return False
    return True
