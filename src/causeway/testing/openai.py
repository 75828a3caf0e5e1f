"""OpenAI's side of its dialect: where its endpoints are, what their bodies mean, embeddings and models.

Fields that it does not know are let through, as most servers that speak the dialect do. Source of truth:
OpenAI's published API reference, and recorded exchanges.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from causeway.model.content import Source
from causeway.testing.dialect import (
    CREATED,
    Offer,
    Operation,
    Rendered,
    read_body,
    render_whole,
)
from causeway.testing.openai_answers import write_stream, write_whole
from causeway.testing.question import Passage, Question, RefusedError, Tool, check_tool_results
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest
from causeway.testing.tokens import split_tokens
from causeway.testing.vectors import embed, pack_floats

_ENDINGS: dict[tuple[str, str], Operation] = {
    ("POST", "/chat/completions"): "chat",
    ("POST", "/embeddings"): "embed",
    ("GET", "/models"): "models",
}
_MOST_STOP_SEQUENCES = 4
_ERROR_TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}
_ERROR_CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}


class _Function(Struct):
    name: str
    parameters: dict[str, Any] | None = None


class _Tool(Struct):
    function: _Function


class _CalledTool(Struct):
    id: str


class _Message(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_CalledTool] | None = None
    tool_call_id: str | None = None


class _StreamOptions(Struct):
    include_usage: bool | None = None


class _JsonSchema(Struct):
    schema: dict[str, Any] | None = None


class _ResponseFormat(Struct):
    type: str
    json_schema: _JsonSchema | None = None


class _ChatBody(Struct, kw_only=True):
    model: str | None = None
    messages: Annotated[list[_Message], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: _ResponseFormat | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop: str | list[str] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    reasoning_effort: str | None = None
    thinking: dict[str, Any] | None = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None


class _EmbeddingBody(Struct, kw_only=True):
    model: str | None = None
    input: str | list[str | int | list[int]]
    dimensions: Annotated[int, Meta(ge=1, le=4096)] | None = None
    encoding_format: str | None = None


class OpenAIDialect:
    """Chat completions, embeddings and models, under any prefix; Azure's deployments as well."""

    name = "openai"

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for: the end of the path tells."""
        for (known_method, ending), operation in _ENDINGS.items():
            if method == known_method and path.endswith(ending):
                return operation
        return "models" if method == "GET" and "/models/" in path else None

    def read_question(self, request: RecordedRequest) -> Question:
        """Return the question of a chat completion; raises RefusedError."""
        body = read_body(request, _ChatBody)
        check_tool_results(
            (turn.role, [call.id for call in turn.tool_calls or ()], turn.tool_call_id)
            for turn in body.messages
        )
        stops = [body.stop] if isinstance(body.stop, str) else body.stop or []
        if len(stops) > _MOST_STOP_SEQUENCES:
            raise RefusedError(
                400, f"stop: {len(stops)} sequences, at most {_MOST_STOP_SEQUENCES} may be given"
            )
        tools, must_call = _tools(body)
        texts = [_text(message) for message in body.messages]
        users = [text for text, message in zip(texts, body.messages, strict=True) if message.role == "user"]
        return Question(
            model=body.model or _deployment(request.path) or "scripted",
            user_text=users[-1] if users else "",
            tool_results=_tool_results(body.messages),
            tools=tools,
            must_call=must_call,
            may_call_several=body.parallel_tool_calls is not False,
            schema=_schema(body.response_format),
            max_tokens=body.max_completion_tokens or body.max_tokens,
            stop_sequences=tuple(stops),
            wants_thinking=body.reasoning_effort not in (None, "none")
            or (body.thinking or {}).get("type") == "enabled",
            wants_logprobs=bool(body.logprobs),
            top_logprobs=body.top_logprobs or 0,
            is_streamed=bool(body.stream),
            wants_stream_usage=bool(body.stream_options and body.stream_options.include_usage),
            input_tokens=sum(len(split_tokens(text)) for text in texts),
        )

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return a chat completion, or its chunks."""
        write = write_stream if question.is_streamed else write_whole
        return write(answer, question, number)

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:
        """Return vectors or models; raises RefusedError."""
        if operation == "embed":
            return _embeddings(request, offer)
        models = [
            {"id": name, "object": "model", "created": CREATED, "owned_by": "causeway"}
            for name in offer.models
        ]
        wanted = request.path.partition("/models/")[2]
        if not wanted:
            return render_whole({"object": "list", "data": models})
        for model in models:
            if model["id"] == wanted:
                return render_whole(model)
        raise RefusedError(404, f"there is no model {wanted!r}")

    def write_error(self, status: int, message: str, number: int) -> Rendered:  # noqa: ARG002
        """Return OpenAI's error object."""
        kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
        error = {"message": message, "type": kind, "param": None, "code": _ERROR_CODES.get(status)}
        return Rendered(status=status, pieces=(msgspec.json.encode({"error": error}),))

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a key that is missing or wrong."""
        return RefusedError(401, "No API key was given." if is_missing else "The API key is not correct.")


def _text(message: _Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(str(part["text"]) for part in message.content or () if "text" in part)


def _tool_results(messages: list[_Message]) -> tuple[Passage, ...]:
    results = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        text = _text(message)
        results.append(Passage(text, Source("tool", message.tool_call_id or "", {"content": text})))
    return tuple(reversed(results))


def _tools(body: _ChatBody) -> tuple[tuple[Tool, ...], bool]:
    """Return the tools that may be called, and whether one must be."""
    functions = [tool.function for tool in body.tools or ()]
    tools = tuple(Tool(function.name, function.parameters or {"type": "object"}) for function in functions)
    match body.tool_choice:
        case None | "auto":
            return tools, False
        case "none":
            return (), False
        case "required":
            must_call = tools
        case {"type": "function", "function": {"name": name}}:
            must_call = tuple(tool for tool in tools if tool.name == name)
        case _:
            raise RefusedError(400, "tool_choice: neither auto, none, required nor a function's name")
    if not must_call:
        raise RefusedError(400, "tool_choice: the tool that it asks for is not among the tools")
    return must_call, True


def _schema(response_format: _ResponseFormat | None) -> dict[str, Any] | None:
    match response_format:
        case None | _ResponseFormat(type="text"):
            return None
        case _ResponseFormat(type="json_object"):
            return {}
        case _ResponseFormat(type="json_schema", json_schema=_JsonSchema() as given):
            return given.schema or {}
    raise RefusedError(400, "response_format: neither text, json_object nor a json_schema with its schema")


def _deployment(path: str) -> str:
    return path.partition("/deployments/")[2].partition("/")[0]


def _embeddings(request: RecordedRequest, offer: Offer) -> Rendered:
    body = read_body(request, _EmbeddingBody)
    if body.encoding_format not in (None, "float", "base64"):
        raise RefusedError(400, "encoding_format: neither float nor base64")
    texts = _input_texts(body.input)
    if not texts:
        raise RefusedError(400, "input: there is no text")
    vectors = [embed(text, body.dimensions or offer.dimensions) for text in texts]
    tokens = sum(len(split_tokens(text)) for text in texts)
    return render_whole(
        {
            "object": "list",
            "data": [
                {
                    "object": "embedding",
                    "index": index,
                    "embedding": pack_floats(vector) if body.encoding_format == "base64" else vector,
                }
                for index, vector in enumerate(vectors)
            ],
            "model": body.model or _deployment(request.path) or "scripted",
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def _input_texts(given: str | list[str | int | list[int]]) -> list[str]:
    """Return texts; tokens stand for themselves."""
    if isinstance(given, str):
        return [given]
    if given and all(isinstance(token, int) for token in given):
        return [" ".join(map(str, given))]
    return [text if isinstance(text, str) else str(text) for text in given]
