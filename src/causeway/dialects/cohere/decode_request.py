"""A Cohere v2 chat body, decoded: every spelling settled, every range checked.

Where Cohere's own wording of an error is known it is used, since applications match on it.
"""

from typing import TypeVar

from msgspec import UNSET

from causeway.dialects.cohere.decode_messages import decode_messages
from causeway.dialects.cohere.request_body import USAGE_HINT, read_body
from causeway.dialects.cohere.request_schema import (
    WireChatRequest,
    WireDocument,
    WireResponseFormat,
    WireThinking,
    WireTool,
)
from causeway.model.content import Document
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import (
    ChatRequest,
    CitationMode,
    ResponseFormat,
    SafetyMode,
    Sampling,
    Thinking,
    Tool,
    ToolChoice,
)

MAX_STOP_SEQUENCES = 5
MAX_SEED = 2**64 - 1
MAX_STRICT_TOOL_FIELDS = 200

_SAFETY_MODES: dict[str, SafetyMode] = {
    "CONTEXTUAL": "contextual",
    "STRICT": "strict",
    "OFF": "off",
    "NONE": "off",
}
_CITATION_MODES: dict[str, CitationMode] = {
    "ENABLED": "accurate",
    "ACCURATE": "accurate",
    "FAST": "fast",
    "DISABLED": "off",
    "OFF": "off",
}
_TOOL_CHOICES: dict[str, ToolChoice | None] = {
    "REQUIRED": "required",
    "ANY": "required",
    "NONE": "none",
    "AUTO": None,
}

Value = TypeVar("Value")


def decode_request(body: bytes, *, strict: bool, losses: LossReport) -> ChatRequest:
    """Return the canonical request of a `POST /v2/chat` body.

    `strict` is Cohere's own behaviour: an unknown field is an error, and penalties run from 0 to 1.
    Otherwise unknown fields are dropped into `losses` and penalties may run from -2 to 2. Raises
    ClientError, naming the field.
    """
    wire = read_body(body, strict=strict, losses=losses)
    if not wire.model:
        raise InvalidRequestError("a model parameter is required for this endpoint.", field="model")
    messages = decode_messages(wire.messages)
    tools = tuple(_decode_tool(tool, f"tools[{index}]") for index, tool in enumerate(wire.tools or ()))
    documents = _decode_documents(wire.documents or [])
    response_format = _decode_response_format(wire.response_format)
    if response_format is not None and documents:
        raise InvalidRequestError(
            "invalid request: response_format is not supported with RAG.", field="response_format"
        )
    if response_format is not None and tools:
        raise InvalidRequestError(
            "invalid request: response_format is not supported with tools.", field="response_format"
        )
    strict_tools = bool(
        _one_of("strict_tools", wire.strict_tools, "strict_tool_choice", wire.strict_tool_choice)
    )
    if strict_tools:
        _check_strict_tools(tools)
    return ChatRequest(
        model=wire.model,
        messages=messages,
        stream=bool(wire.stream),
        sampling=_decode_sampling(wire, strict=strict),
        tools=tools,
        tool_choice=_decode_tool_choice(wire.tool_choice, tools),
        strict_tools=strict_tools,
        documents=documents,
        citation_mode=_decode_citation_mode(wire),
        response_format=response_format,
        thinking=_decode_thinking(wire.thinking),
        safety_mode=_decode_safety_mode(wire.safety_mode),
        priority=int(_in_range("priority", wire.priority, 0, 999) or 0),
    )


def _decode_sampling(wire: WireChatRequest, *, strict: bool) -> Sampling:
    if wire.max_tokens is not None and wire.max_tokens < 1:
        limit = "cannot be less than 0" if wire.max_tokens < 0 else "must be at least 1"
        raise InvalidRequestError(f"invalid request: max_tokens {limit}.", field="max_tokens")
    stop_sequences = tuple(wire.stop_sequences or ())
    if len(stop_sequences) > MAX_STOP_SEQUENCES:
        raise InvalidRequestError(
            f"invalid request: too many stop sequences provided, maximum is {MAX_STOP_SEQUENCES}, "
            f"received {len(stop_sequences)}.",
            field="stop_sequences",
        )
    if "" in stop_sequences:
        raise InvalidRequestError(
            "invalid request: stop_sequences must not contain an empty string.", field="stop_sequences"
        )
    lowest, highest = (0, 1) if strict else (-2, 2)
    return Sampling(
        max_tokens=wire.max_tokens,
        stop_sequences=stop_sequences,
        temperature=_in_range("temperature", wire.temperature, 0, 2),
        seed=_in_range("seed", wire.seed, 0, MAX_SEED),
        top_k=_in_range("k", wire.k, 0, 500),
        top_p=_in_range("p", wire.p, 0, 1),
        frequency_penalty=_in_range("frequency_penalty", wire.frequency_penalty, lowest, highest),
        presence_penalty=_in_range("presence_penalty", wire.presence_penalty, lowest, highest),
        logprobs=bool(_one_of("logprobs", wire.logprobs, "log_probs", wire.log_probs)),
    )


Number = TypeVar("Number", int, float)


def _in_range(name: str, value: Number | None, lowest: int, highest: int) -> Number | None:
    if value is not None and not lowest <= value <= highest:
        raise InvalidRequestError(
            f"invalid request: {name} must be between {lowest} and {highest} inclusive.", field=name
        )
    return value


def _one_of(name: str, value: Value | None, alias: str, other: Value | None) -> Value | None:
    if value is not None and other is not None and value != other:
        raise InvalidRequestError(f"invalid request: {name} and {alias} contradict each other.", field=name)
    return other if value is None else value


def _decode_tool(wire: WireTool, path: str) -> Tool:
    if wire.type not in (None, "function"):
        raise InvalidRequestError(
            f"invalid request: {path}.type: tool must be of type function.", field=f"{path}.type"
        )
    if wire.function is None or not wire.function.name:
        raise InvalidRequestError(
            f"invalid request: {path}.function.name: required field is missing.",
            field=f"{path}.function.name",
        )
    return Tool(wire.function.name, wire.function.description, wire.function.parameters)


def _check_strict_tools(tools: tuple[Tool, ...]) -> None:
    fields = 0
    for index, tool in enumerate(tools):
        parameters = tool.parameters or {}
        if not parameters.get("required"):
            raise InvalidRequestError(
                f"invalid request: tools[{index}].function.parameters: strict_tools needs at least one "
                "required parameter in every tool.",
                field=f"tools[{index}].function.parameters",
            )
        fields += _count_fields(parameters)
    if fields > MAX_STRICT_TOOL_FIELDS:
        raise InvalidRequestError(
            f"invalid request: tools: strict_tools allows {MAX_STRICT_TOOL_FIELDS} fields over all tools, "
            f"received {fields}.",
            field="tools",
        )


def _count_fields(schema: object) -> int:
    if isinstance(schema, list):
        return sum(_count_fields(item) for item in schema)
    if not isinstance(schema, dict):
        return 0
    properties = schema.get("properties")
    own = len(properties) if isinstance(properties, dict) else 0
    return own + sum(_count_fields(value) for value in schema.values())


def _decode_tool_choice(wire: str | None, tools: tuple[Tool, ...]) -> ToolChoice | None:
    if wire is None:
        return None
    if wire.upper() not in _TOOL_CHOICES:
        raise InvalidRequestError(
            "invalid request: tool_choice: expected one of REQUIRED, NONE, AUTO.", field="tool_choice"
        )
    choice = _TOOL_CHOICES[wire.upper()]
    if choice == "required" and not tools:
        raise InvalidRequestError(
            "invalid request: tool_choice REQUIRED needs at least one tool in tools.", field="tool_choice"
        )
    return choice


def _decode_documents(wire: list[str | WireDocument]) -> tuple[Document, ...]:
    documents: list[Document] = []
    index_of: dict[str, int] = {}
    for index, item in enumerate(wire):
        if isinstance(item, str):
            documents.append(Document(item))
            continue
        if item.id is not None:
            if item.id in index_of:
                raise InvalidRequestError(
                    f"invalid request: duplicate document ID {item.id[:200]} at index {index} and "
                    f"{index_of[item.id]}",
                    field=f"documents[{index}].id",
                )
            index_of[item.id] = index
        documents.append(Document(item.data, item.id))
    return tuple(documents)


def _decode_citation_mode(wire: WireChatRequest) -> CitationMode | None:
    mode = wire.citation_options.mode if wire.citation_options else None
    if mode is None:
        return None
    name = mode.upper() if isinstance(mode, str) else ("ENABLED" if mode else "OFF")
    if name not in _CITATION_MODES:
        raise InvalidRequestError(
            "invalid request: citation_options.mode: expected one of ENABLED, DISABLED, FAST, ACCURATE, OFF.",
            field="citation_options.mode",
        )
    return _CITATION_MODES[name]


def _decode_response_format(wire: WireResponseFormat | None) -> ResponseFormat | None:
    if wire is None:
        return None
    schema = wire.json_schema if wire.json_schema is not UNSET else wire.schema
    schema = None if schema is UNSET else schema
    match wire.type:
        case "text":
            if schema is not None:
                raise InvalidRequestError(
                    "invalid request: response_format.json_schema is not allowed with type text.",
                    field="response_format.json_schema",
                )
            return None
        case "json_object":
            return ResponseFormat(schema)
        case "json_schema":  # OpenAI's envelope: {name, strict, schema}
            inner = schema.get("schema") if schema else None
            if not isinstance(inner, dict):
                raise InvalidRequestError(
                    "invalid request: response_format.json_schema.schema: expected an object.",
                    field="response_format.json_schema.schema",
                )
            return ResponseFormat(inner)
        case _:
            raise InvalidRequestError(
                "invalid request: response_format.type: expected one of text, json_object.",
                field="response_format.type",
            )


def _decode_thinking(wire: WireThinking | None) -> Thinking | None:
    if wire is None:
        return None
    kind = (wire.type or "enabled").lower()
    if kind not in ("enabled", "disabled"):
        raise InvalidRequestError(
            "invalid request: thinking.type: expected one of enabled, disabled.", field="thinking.type"
        )
    if wire.token_budget is not None and wire.token_budget < 1:
        raise InvalidRequestError(
            "invalid request: thinking.token_budget must be at least 1.", field="thinking.token_budget"
        )
    return Thinking(kind == "enabled", wire.token_budget)


def _decode_safety_mode(wire: str | bool | None) -> SafetyMode | None:
    if wire is None:
        return None
    # Cohere's specification writes OFF unquoted, which YAML 1.1 loaders read as false.
    mode = _SAFETY_MODES.get(wire.upper()) if isinstance(wire, str) else ("off" if not wire else None)
    if mode is None:
        raise InvalidRequestError(
            f"unrecognized safety mode '{str(wire)[:200]}'. {USAGE_HINT}", field="safety_mode"
        )
    return mode
