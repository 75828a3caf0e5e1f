"""A `POST /v1/chat` body, decoded to the canonical request.

The older API differs in where things stand: one message beside a history, tools that are described
by the names of Python types, tool calls without ids, and tool results apart from the conversation.
What only its old servers could do, such as searching with connectors, is refused by name.
"""

from causeway.dialects.cohere.decode_options import (
    decode_citation_mode,
    decode_fallbacks,
    decode_response_format,
    decode_safety_mode,
    decode_sampling,
)
from causeway.dialects.cohere.request_body import BodyReader
from causeway.dialects.cohere.v1_chat_history import HistoryDecoder
from causeway.dialects.cohere.v1_chat_schema import WireV1ChatRequest
from causeway.dialects.cohere.v1_tools import decode_v1_tools
from causeway.model.content import Document, Message, SystemMessage, TextBlock, UserMessage
from causeway.model.errors import InvalidRequestError, NotImplementedHereError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

PROMPT_TRUNCATIONS = ("OFF", "AUTO", "AUTO_PRESERVE_ORDER")

_reader = BodyReader(WireV1ChatRequest)


def decode_v1_request(body: bytes, *, strict: bool, losses: LossReport) -> ChatRequest:
    """Return the canonical request. Its model is empty where the caller named none.

    Unknown fields are dropped into `losses` on every route, as Cohere does on its v1 paths; `strict`
    holds the ranges to Cohere's own. Raises ClientError and NotImplementedHereError, naming the
    field.
    """
    wire = _reader.read(body, strict=False, losses=losses)
    _refuse_what_only_old_servers_did(wire)
    _check_raw_prompting(wire, losses)
    _note_truncation(wire, losses)
    tools = decode_v1_tools(wire.tools or [], losses)
    documents = _decode_documents(wire.documents or [], losses)
    response_format = decode_response_format(wire.response_format)
    if response_format is not None and (documents or tools):
        what = "RAG" if documents else "tools"
        raise InvalidRequestError(
            f"invalid request: response_format is not supported with {what}.", field="response_format"
        )
    # A single step answers once the tools have run, and calls no more of them.
    has_results = bool(wire.tool_results)
    return ChatRequest(
        model=wire.model or "",
        messages=_decode_messages(wire),
        stream=bool(wire.stream),
        sampling=decode_sampling(wire, logprobs=False, strict=strict),
        tools=tools,
        tool_choice="none" if wire.force_single_step and has_results and tools else None,
        documents=documents,
        citation_mode=decode_citation_mode(wire.citation_quality, "citation_quality"),
        response_format=response_format,
        safety_mode=decode_safety_mode(wire.safety_mode),
        fallbacks=decode_fallbacks(wire.fallbacks),
    )


def _refuse_what_only_old_servers_did(wire: WireV1ChatRequest) -> None:
    for field, value, advice in (
        ("connectors", wire.connectors, "pass what they would find in `documents`"),
        ("search_queries_only", wire.search_queries_only, "ask for queries with a tool"),
        ("conversation_id", wire.conversation_id, "nothing is kept here, pass `chat_history`"),
    ):
        if value:
            raise NotImplementedHereError(f"`{field}` is not supported: {advice}", field=field)


def _check_raw_prompting(wire: WireV1ChatRequest, losses: LossReport) -> None:
    if not wire.raw_prompting:
        return
    for field, value in (("documents", wire.documents), ("tools", wire.tools)):
        if value:
            raise InvalidRequestError(
                f"invalid request: raw_prompting is not supported with {field}.", field="raw_prompting"
            )
    losses.add("approximated", "raw_prompting", "the message is put to the model as a user's turn")


def _note_truncation(wire: WireV1ChatRequest, losses: LossReport) -> None:
    truncation = wire.prompt_truncation
    if truncation is not None:
        # As with safety_mode, OFF is false after a YAML 1.1 loader.
        name = truncation.upper() if isinstance(truncation, str) else ("" if truncation else "OFF")
        if name not in PROMPT_TRUNCATIONS:
            raise InvalidRequestError(
                f"invalid request: prompt_truncation: expected one of {', '.join(PROMPT_TRUNCATIONS)}.",
                field="prompt_truncation",
            )
        if name != "OFF":
            losses.add("dropped", "prompt_truncation", "a conversation that is too long is refused")
    if wire.max_input_tokens is not None:
        losses.add("dropped", "max_input_tokens", "a conversation that is too long is refused")


def _decode_messages(wire: WireV1ChatRequest) -> tuple[Message, ...]:
    if wire.message is None:
        raise InvalidRequestError("invalid request: message: required field is missing.", field="message")
    history = HistoryDecoder()
    history.add_all(wire.chat_history or [])
    results = wire.tool_results or []
    if results and history.awaits(results):
        history.add_results(results, "tool_results")
        results = []
    if wire.message:
        history.messages.append(UserMessage((TextBlock(wire.message),)))
    elif not wire.tool_results:
        raise InvalidRequestError(
            "invalid request: message must be at least 1 token long or tool results must be specified.",
            field="message",
        )
    if results:
        history.add_results(results, "tool_results")
    messages = history.messages
    # An answer's history begins with the preamble, so that it may come back beside itself.
    preamble = SystemMessage((TextBlock(wire.preamble),)) if wire.preamble else None
    if preamble is not None and messages[:1] != [preamble]:
        messages.insert(0, preamble)
    return tuple(messages)


def _decode_documents(wire: list[dict[str, object]], losses: LossReport) -> tuple[Document, ...]:
    documents: list[Document] = []
    index_of: dict[str, int] = {}
    for index, fields in enumerate(wire):
        path = f"documents[{index}]"
        id = fields.get("id")
        if id is None:
            id = f"doc_{index}"
        elif not isinstance(id, str):
            raise InvalidRequestError(f"invalid request: {path}.id: expected str.", field=f"{path}.id")
        if id in index_of:
            raise InvalidRequestError(
                f"invalid request: duplicate document ID {id[:200]} at index {index} and {index_of[id]}",
                field=f"{path}.id",
            )
        index_of[id] = index
        excluded = fields.get("_excludes") or []
        if not isinstance(excluded, list):
            raise InvalidRequestError(
                f"invalid request: {path}._excludes: expected array.", field=f"{path}._excludes"
            )
        if excluded:
            losses.add("approximated", f"{path}._excludes", "what is kept from the model is not cited either")
        hidden = {"id", "_excludes", *(name for name in excluded if isinstance(name, str))}
        documents.append(Document({name: value for name, value in fields.items() if name not in hidden}, id))
    return tuple(documents)
