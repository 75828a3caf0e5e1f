"""Cohere's side of its dialect, version 2: its endpoints, what their bodies mean, embed, rerank and models.

A field that Cohere does not know is refused, as Cohere refuses it. Source of truth: Cohere's OpenAPI
document, and recorded exchanges.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta, Struct

from causeway.testing.cohere_answers import uuid_of, write_stream, write_whole
from causeway.testing.cohere_sources import CohereDocument, document_passage, tool_passages
from causeway.testing.dialect import Offer, Operation, Rendered, read_body, render_whole
from causeway.testing.question import Passage, Question, RefusedError, Tool, check_tool_results
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest
from causeway.testing.tokens import split_tokens
from causeway.testing.vectors import embed, pack_floats, relevance, to_bits, to_int8

_ENDINGS: dict[tuple[str, str], Operation] = {
    ("POST", "/v2/chat"): "chat",
    ("POST", "/v2/embed"): "embed",
    ("POST", "/v2/rerank"): "rerank",
    ("GET", "/v1/models"): "models",
}
_UNKNOWN_FIELD = 422
_CITATION_MODES: dict[str, Literal["none", "between"]] = {
    "fast": "between",
    "off": "none",
    "disabled": "none",
}
_FORMS: dict[str, Callable[[Sequence[float]], Any]] = {
    "float": list,
    "int8": to_int8,
    "uint8": lambda vector: [value + 128 for value in to_int8(vector)],
    "ubinary": to_bits,
    "binary": lambda vector: [value - 128 for value in to_bits(vector)],
    "base64": pack_floats,
}
_MODEL_ENDPOINTS = ["chat", "embed", "rerank"]
_CONTEXT_TOKENS = 128_000


class _Function(Struct, forbid_unknown_fields=True):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(Struct, forbid_unknown_fields=True):
    function: _Function
    type: str | None = None


class _CalledTool(Struct):
    id: str


class _Message(Struct, forbid_unknown_fields=True):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_CalledTool] | None = None
    tool_call_id: str | None = None
    tool_plan: str | None = None
    citations: list[dict[str, Any]] | None = None


class _CitationOptions(Struct):
    mode: str | None = None


class _ResponseFormat(Struct):
    type: str
    json_schema: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None


class _Thinking(Struct):
    type: str = "enabled"
    token_budget: int | None = None


class _ChatBody(Struct, kw_only=True, forbid_unknown_fields=True):
    model: str
    messages: Annotated[list[_Message], Meta(min_length=1)]
    stream: bool | None = None
    tools: list[_Tool] | None = None
    strict_tools: bool | None = None
    tool_choice: str | None = None
    documents: list[str | CohereDocument] | None = None
    citation_options: _CitationOptions | None = None
    response_format: _ResponseFormat | None = None
    safety_mode: str | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop_sequences: Annotated[list[str], Meta(max_length=5)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    seed: Annotated[int, Meta(ge=0)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=0, le=1)] | None = None
    presence_penalty: Annotated[float, Meta(ge=0, le=1)] | None = None
    k: Annotated[int, Meta(ge=0, le=500)] | None = None
    p: Annotated[float, Meta(ge=0, le=1)] | None = None
    logprobs: bool | None = None
    thinking: _Thinking | None = None
    priority: Annotated[int, Meta(ge=0, le=999)] | None = None


class _EmbedBody(Struct, kw_only=True, forbid_unknown_fields=True):
    model: str
    input_type: str
    texts: list[str] | None = None
    images: list[str] | None = None
    inputs: list[dict[str, Any]] | None = None
    embedding_types: list[str] | None = None
    output_dimension: Annotated[int, Meta(ge=1, le=4096)] | None = None
    max_tokens: int | None = None
    truncate: str | None = None
    priority: int | None = None


class _RerankBody(Struct, kw_only=True, forbid_unknown_fields=True):
    model: str
    query: str
    documents: Annotated[list[str], Meta(min_length=1)]
    top_n: Annotated[int, Meta(ge=1)] | None = None
    max_tokens_per_doc: int | None = None
    priority: int | None = None


class CohereDialect:
    """Chat, embed and rerank of version 2 and the list of models, under any prefix."""

    name = "cohere"

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for: the end of the path tells."""
        for (known_method, ending), operation in _ENDINGS.items():
            if method == known_method and path.endswith(ending):
                return operation
        return "models" if method == "GET" and "/v1/models/" in path else None

    def read_question(self, request: RecordedRequest) -> Question:
        """Return the question of a chat; raises RefusedError."""
        body = read_body(request, _ChatBody, unknown_field_status=_UNKNOWN_FIELD)
        check_tool_results(
            (turn.role, [call.id for call in turn.tool_calls or ()], turn.tool_call_id)
            for turn in body.messages
        )
        response_format = body.response_format or _ResponseFormat("text")
        if response_format.type != "text" and (body.documents or body.tools):
            raise RefusedError(400, "response_format: not together with documents or tools")
        tools, must_call = _tools(body)
        texts = [_text(message) for message in body.messages]
        users = [text for text, message in zip(texts, body.messages, strict=True) if message.role == "user"]
        documents = tuple(
            document_passage(document, index) for index, document in enumerate(body.documents or ())
        )
        wants_thinking = body.thinking is not None and body.thinking.type == "enabled"
        mode = (body.citation_options and body.citation_options.mode) or "accurate"
        return Question(
            model=body.model,
            user_text=users[-1] if users else "",
            tool_results=_tool_results(body.messages),
            documents=documents,
            tools=tools,
            must_call=must_call,
            wants_plan=not wants_thinking,
            schema=_schema(response_format),
            max_tokens=body.max_tokens,
            stop_sequences=tuple(body.stop_sequences or ()),
            wants_thinking=wants_thinking,
            citation_mode=_CITATION_MODES.get(mode.lower(), "after"),
            wants_logprobs=bool(body.logprobs),
            is_streamed=bool(body.stream),
            input_tokens=sum(len(split_tokens(text)) for text in [*texts, *(doc.text for doc in documents)]),
        )

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return the answer of a chat, or its events."""
        write = write_stream if question.is_streamed else write_whole
        return write(answer, question, number)

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:
        """Return vectors, a ranking or models; raises RefusedError."""
        match operation:
            case "embed":
                return _embeddings(request, offer)
            case "rerank":
                return _ranking(request)
        return _models(request, offer)

    def write_error(self, status: int, message: str, number: int) -> Rendered:
        """Return Cohere's error object."""
        body = {"id": uuid_of(number), "message": message}
        return Rendered(status=status, pieces=(msgspec.json.encode(body),))

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a key that is missing or wrong."""
        return RefusedError(401, "no api key supplied" if is_missing else "invalid api token")


def _text(message: _Message) -> str:
    if message.role == "tool":
        return " ".join(
            passage.text for passage in tool_passages(message.tool_call_id or "", message.content)
        )
    if isinstance(message.content, str):
        return message.content
    return "\n".join(str(block["text"]) for block in message.content or () if "text" in block)


def _tool_results(messages: list[_Message]) -> tuple[Passage, ...]:
    last_other = max((n for n, message in enumerate(messages) if message.role != "tool"), default=-1)
    return tuple(
        passage
        for message in messages[last_other + 1 :]
        for passage in tool_passages(message.tool_call_id or "", message.content)
    )


def _tools(body: _ChatBody) -> tuple[tuple[Tool, ...], bool]:
    """Return the tools that may be called, and whether one must be."""
    functions = [tool.function for tool in body.tools or ()]
    tools = tuple(Tool(function.name, function.parameters or {"type": "object"}) for function in functions)
    match body.tool_choice:
        case None:
            return tools, False
        case "NONE":
            return (), False
        case "REQUIRED" if tools:
            return tools, True
        case "REQUIRED":
            raise RefusedError(400, "tool_choice: REQUIRED, but there are no tools")
    raise RefusedError(400, "tool_choice: neither REQUIRED nor NONE")


def _schema(response_format: _ResponseFormat) -> dict[str, Any] | None:
    match response_format.type:
        case "text":
            return None
        case "json_object":
            return response_format.json_schema or response_format.schema or {}
    raise RefusedError(400, "response_format.type: neither text nor json_object")


def _embeddings(request: RecordedRequest, offer: Offer) -> Rendered:
    body = read_body(request, _EmbedBody, unknown_field_status=_UNKNOWN_FIELD)
    if body.inputs is not None:
        texts = [_input_text(item) for item in body.inputs]
    else:
        texts = body.texts or body.images or []
    if not 1 <= len(texts) <= 96:
        raise RefusedError(400, f"texts: {len(texts)} given, 1 to 96 may be")
    vectors = [embed(text, body.output_dimension or offer.dimensions) for text in texts]
    wanted = body.embedding_types or ["float"]
    if unknown := set(wanted) - set(_FORMS):
        raise RefusedError(400, f"embedding_types: {sorted(unknown)[0]!r} is none of {', '.join(_FORMS)}")
    return render_whole(
        {
            "id": uuid_of(request.number),
            "embeddings": {form: [_FORMS[form](vector) for vector in vectors] for form in wanted},
            "texts": texts if body.images is None else [],
            "meta": _meta(input_tokens=sum(len(split_tokens(text)) for text in texts)),
            "response_type": "embeddings_by_type",
        }
    )


def _input_text(item: dict[str, Any]) -> str:
    blocks = item.get("content") or ()
    return "\n".join(str(block.get("text") or block.get("image_url")) for block in blocks)


def _ranking(request: RecordedRequest) -> Rendered:
    body = read_body(request, _RerankBody, unknown_field_status=_UNKNOWN_FIELD)
    scores = [relevance(body.query, document) for document in body.documents]
    order = sorted(range(len(scores)), key=lambda index: (-scores[index], index))
    return render_whole(
        {
            "id": uuid_of(request.number),
            "results": [{"index": index, "relevance_score": scores[index]} for index in order[: body.top_n]],
            "meta": _meta(search_units=-(-len(scores) // 100)),
        }
    )


def _meta(**billed_units: int) -> dict[str, Any]:
    return {"api_version": {"version": "2"}, "billed_units": billed_units}


def _models(request: RecordedRequest, offer: Offer) -> Rendered:
    wanted = request.path.partition("/v1/models/")[2]
    models = [
        {"name": name, "endpoints": _MODEL_ENDPOINTS, "finetuned": False, "context_length": _CONTEXT_TOKENS}
        for name in offer.models
    ]
    for model in models:
        if wanted and model["name"] == wanted:
            return render_whole(model)
    if wanted:
        raise RefusedError(404, f"model {wanted!r} not found")
    options = parse_qs(request.query)
    try:
        first = int(options.get("page_token", ["0"])[0])
        size = int(options.get("page_size", ["20"])[0])
    except ValueError:
        raise RefusedError(400, "page_size or page_token: no number") from None
    page: dict[str, Any] = {"models": models[first : first + size]}
    if first + size < len(models):
        page["next_page_token"] = str(first + size)
    return render_whole(page)
