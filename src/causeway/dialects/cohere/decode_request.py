"""A Cohere v2 chat body, decoded: every spelling settled, every range checked.

Where Cohere's own wording of an error is known it is used, since applications match on it.
"""

from msgspec import UNSET, UnsetType

from causeway.dialects.cohere.decode_messages import decode_messages
from causeway.dialects.cohere.decode_options import (
    PRIORITY_RANGE,
    decode_citation_mode,
    decode_fallbacks,
    decode_response_format,
    decode_safety_mode,
    decode_sampling,
    in_range,
)
from causeway.dialects.cohere.request_body import BodyReader
from causeway.dialects.cohere.request_schema import WireChatRequest, WireDocument, WireThinking, WireTool
from causeway.dialects.cohere.strict_tools import strict_tools_problem
from causeway.dialects.cohere.verbatim import is_verbatim
from causeway.model.content import Document
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Thinking, Tool, ToolChoice

THINKING_TYPES = ("enabled", "disabled")
TOOL_CHOICES: dict[str, ToolChoice | None] = {
    "REQUIRED": "required",
    "ANY": "required",
    "NONE": "none",
    "AUTO": None,
}

_reader = BodyReader(WireChatRequest)


def decode_request(body: bytes, *, strict: bool, losses: LossReport) -> ChatRequest:
    """Return the canonical request of a `POST /v2/chat` body.

    `strict` is Cohere's own behaviour: an unknown field is an error, and penalties run from 0 to 1.
    Otherwise unknown fields are dropped into `losses` and penalties may run from -2 to 2. The request is
    verbatim where Cohere itself takes the body as it is, `fallbacks` aside. Raises ClientError, naming
    the field.
    """
    known_losses = len(losses.losses)
    wire = _reader.read(body, strict=strict, losses=losses)
    has_unknown_fields = len(losses.losses) > known_losses
    if not wire.model:
        raise InvalidRequestError("a model parameter is required for this endpoint.", field="model")
    messages = decode_messages(wire.messages)
    tools = _decode_tools(wire.tools) if wire.tools else ()
    documents = _decode_documents(wire.documents) if wire.documents else ()
    response_format = decode_response_format(wire.response_format)
    if response_format is not None and documents:
        raise InvalidRequestError(
            "invalid request: response_format is not supported with RAG.", field="response_format"
        )
    if response_format is not None and tools:
        raise InvalidRequestError(
            "invalid request: response_format is not supported with tools.", field="response_format"
        )
    strict_tools = _one_of("strict_tools", wire.strict_tools, "strict_tool_choice", wire.strict_tool_choice)
    problem = strict_tools_problem(tools) if strict_tools else None
    if problem is not None:
        raise problem
    return ChatRequest(
        model=wire.model,
        messages=messages,
        stream=bool(wire.stream),
        sampling=decode_sampling(
            wire,
            logprobs=_one_of("logprobs", wire.logprobs, "log_probs", wire.log_probs),
            strict=strict,
        ),
        tools=tools,
        tool_choice=_decode_tool_choice(wire.tool_choice, tools),
        strict_tools=strict_tools,
        documents=documents,
        citation_mode=decode_citation_mode(
            wire.citation_options.mode if wire.citation_options else None, "citation_options.mode"
        ),
        response_format=response_format,
        thinking=_decode_thinking(wire.thinking),
        safety_mode=decode_safety_mode(wire.safety_mode),
        priority=int(in_range("priority", wire.priority, *PRIORITY_RANGE) or 0),
        fallbacks=decode_fallbacks(wire.fallbacks),
        is_verbatim=not has_unknown_fields and is_verbatim(wire),
    )


def _one_of(name: str, value: bool | None, alias: str, other: bool | UnsetType | None) -> bool:
    if other is UNSET or other is None:
        return bool(value)
    if value is not None and value != other:
        raise InvalidRequestError(f"invalid request: {name} and {alias} contradict each other.", field=name)
    return other


def _decode_tools(wire: list[WireTool]) -> tuple[Tool, ...]:
    return tuple(_decode_tool(tool, f"tools[{index}]") for index, tool in enumerate(wire))


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


def _decode_tool_choice(wire: str | None, tools: tuple[Tool, ...]) -> ToolChoice | None:
    if wire is None:
        return None
    if wire.upper() not in TOOL_CHOICES:
        raise InvalidRequestError(
            "invalid request: tool_choice: expected one of REQUIRED, NONE, AUTO.", field="tool_choice"
        )
    choice = TOOL_CHOICES[wire.upper()]
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


def _decode_thinking(wire: WireThinking | None) -> Thinking | None:
    if wire is None:
        return None
    kind = (wire.type or "enabled").lower()
    if kind not in THINKING_TYPES:
        raise InvalidRequestError(
            "invalid request: thinking.type: expected one of enabled, disabled.", field="thinking.type"
        )
    if wire.token_budget is not None and wire.token_budget < 1:
        raise InvalidRequestError(
            "invalid request: thinking.token_budget must be at least 1.", field="thinking.token_budget"
        )
    return Thinking(kind == "enabled", wire.token_budget)
