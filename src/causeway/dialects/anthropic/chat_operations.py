"""What there is to say about Messages and Text Completions in the OpenAPI document, one row each.

A row says nothing that the code says already: ranges and words come from the tables that requests are
checked against, shapes from the types that they are decoded into.
"""

from collections.abc import Iterator, Mapping

from causeway.dialects.anthropic.answer_schema import (
    STREAM_EVENTS,
    WireAnswered,
    WireBrokenStream,
    WireCompletion,
    WireErrorBody,
    WirePing,
)
from causeway.dialects.anthropic.decode_messages import ROLES
from causeway.dialects.anthropic.decode_options import EFFORTS, FORMAT_TYPES, RANGES, THINKING_TYPES
from causeway.dialects.anthropic.decode_tools import CHOICE_TYPES
from causeway.dialects.anthropic.endpoints import ANTHROPIC_PREFIXES
from causeway.dialects.anthropic.request_schema import (
    WireCompleteRequest,
    WireMessage,
    WireMessagesRequest,
    WireOutputConfig,
    WireOutputFormat,
    WireThinking,
    WireTokenCountRequest,
    WireToolChoice,
)
from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters

_AT_LEAST_ONE: Schema = {"minimum": 1}
_FILLED: Schema = {"minLength": 1}
_NAMES: Schema = {"items": {"type": "string", "minLength": 1}}
# What is in a block besides depends on its type, and there are more types than the gateway knows.
_BLOCK: Schema = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}
# A function, which needs its name, or a tool of Anthropic's own.
_TOOL: Schema = {
    "type": "object",
    "anyOf": [
        {"required": ["name"], "properties": {"name": {"type": "string"}}},
        {"required": ["type"], "properties": {"type": {"type": "string"}}},
    ],
}
PROMPT_VARIANTS: Mapping[type, tuple[Schema, ...]] = {
    WireMessage: ({"required": ["content"], "properties": {"content": {"type": ["string", "array"]}}},)
}
_SSE = (
    "Server-sent events, each named by its type. The last is `message_stop`, but for a stream that broke "
    "off, which ends with an `error`."
)
_COMPLETION_SSE = "Server-sent events; a stream that broke off ends with an `error`."


def chat_operations() -> Iterator[Operation]:
    """Yield the endpoints, each with the base URLs under which it is found."""
    yield _messages("createMessage", "/messages", ANTHROPIC_PREFIXES)
    yield _messages("createMessageAnywhere", "/anthropic/v1/messages/{path}", ("/", *FRAMEWORKS))
    yield Operation(
        id="createAnthropicCompletion",
        method="POST",
        path="/complete",
        tag="chat",
        summary="Continue a prompt in which turns begin with `Human:` and `Assistant:`",
        request=WireCompleteRequest,
        required=("model", "prompt", "max_tokens_to_sample"),
        constraints={
            WireCompleteRequest: _sampling()
            | {
                "model": _FILLED,
                "prompt": _FILLED,
                "max_tokens_to_sample": _AT_LEAST_ONE,
                "fallbacks": _NAMES,
            }
        },
        ignores_unknown_fields=True,
        answers=(WireCompletion,),
        streams=(
            MediaStream("text/event-stream", (WireCompletion, WirePing, WireBrokenStream), _COMPLETION_SSE),
        ),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=WireErrorBody,
        servers=ANTHROPIC_PREFIXES,
    )


def _messages(id: str, path: str, servers: tuple[str, ...]) -> Operation:
    return Operation(
        id=id,
        method="POST",
        path=path,
        tag="chat",
        summary="Answer a conversation, whole or as a stream",
        request=WireMessagesRequest,
        required=("model", "max_tokens", "messages"),
        constraints={
            WireMessagesRequest: _sampling() | _asked() | {"max_tokens": _AT_LEAST_ONE},
            **prompt_constraints(),
        },
        variants=PROMPT_VARIANTS,
        parameters=path_parameters(path, tails=("path",)),
        ignores_unknown_fields=True,
        answers=(WireAnswered,),
        streams=(MediaStream("text/event-stream", STREAM_EVENTS, _SSE),),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=WireErrorBody,
        servers=servers,
    )


def prompt_constraints() -> dict[type, Mapping[str, Schema]]:
    """Return what is asked of the parts of a prompt, wherever one is sent."""
    return {
        WireTokenCountRequest: _asked(),
        WireMessage: {"role": {"enum": list(ROLES)}, "content": {"items": _BLOCK}},
        WireToolChoice: {"type": {"enum": list(CHOICE_TYPES)}},
        WireThinking: {"type": {"enum": list(THINKING_TYPES)}, "budget_tokens": _AT_LEAST_ONE},
        WireOutputFormat: {"type": {"enum": list(FORMAT_TYPES)}},
        WireOutputConfig: {"effort": {"enum": list(EFFORTS)}},
    }


def _asked() -> dict[str, Schema]:
    return {"model": _FILLED, "messages": {"minItems": 1}, "tools": {"items": _TOOL}}


def _sampling() -> dict[str, Schema]:
    ranges: dict[str, Schema] = {
        name: {"minimum": lowest, "maximum": highest} for name, (lowest, highest) in RANGES.items()
    }
    return ranges | {"stop_sequences": _NAMES}
