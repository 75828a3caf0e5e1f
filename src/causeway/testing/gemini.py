"""Gemini's side of its dialect: its endpoints, what their bodies mean, tokens, embeddings and models.

A field that Gemini does not know is refused, as Gemini refuses it. Vertex AI's paths are known as well.
Source of truth: Google's published API reference, and recorded exchanges.
"""

import re
from contextlib import suppress
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, unquote

import msgspec
from msgspec import Meta, Struct

from causeway.model.content import Source
from causeway.testing.dialect import Offer, Operation, Rendered, read_body, render_whole
from causeway.testing.gemini_answers import write_stream, write_whole
from causeway.testing.gemini_contents import (
    Content,
    Shape,
    always_thinks,
    check_contents,
    in_camel_case,
    response_passages,
    response_text,
)
from causeway.testing.gemini_requests import (
    ChatBody,
    CountBody,
    GenerationConfig,
    schema_of,
    thinking_of,
    tools_of,
)
from causeway.testing.question import Passage, Question, RefusedError
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest
from causeway.testing.tokens import split_tokens
from causeway.testing.vectors import embed

_METHODS: dict[str, Operation] = {
    "generateContent": "chat",
    "streamGenerateContent": "chat",
    "countTokens": "count_tokens",
    "embedContent": "embed",
    "batchEmbedContents": "embed",
    "predict": "embed",
}
_MODEL_METHOD = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:]+):(\w+)$")
_MODELS = re.compile(r"/v1(?:alpha|beta)?\d?/models(?:/([^/:]+))?$")
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_CONTEXT_TOKENS, _OUTPUT_TOKENS = 1_048_576, 65_536
_Body = TypeVar("_Body", bound=Struct)


class _EmbedBody(Shape):
    content: Content
    model: str | None = None
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: Annotated[int, Meta(ge=1, le=4096)] | None = None
    auto_truncate: bool | None = None
    embed_content_config: dict[str, Any] | None = None


class _BatchEmbedBody(Shape):
    requests: Annotated[list[_EmbedBody], Meta(min_length=1)]


class _Instance(Shape):
    content: str
    task_type: str | None = None
    title: str | None = None


class _PredictParameters(Struct, frozen=True, rename="camel"):
    output_dimensionality: Annotated[int, Meta(ge=1, le=4096)] | None = None


class _PredictBody(Shape):
    instances: Annotated[list[_Instance], Meta(min_length=1)]
    parameters: _PredictParameters = _PredictParameters()


class GeminiDialect:
    """Contents, tokens, embeddings and models, under any prefix; the models of Vertex AI as well."""

    name = "gemini"

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for: what follows the model's name tells."""
        if method == "GET":
            return "models" if _MODELS.search(unquote(path)) else None
        found = _MODEL_METHOD.search(unquote(path))
        return _METHODS.get(found[2]) if found and method == "POST" else None

    def read_question(self, request: RecordedRequest) -> Question:
        """Return the question of a request for content; raises RefusedError."""
        model, method = _target(request)
        body = _read(request, ChatBody)
        check_contents(body.contents, needs_signatures=always_thinks(model))
        config = body.generation_config or GenerationConfig()
        thinking = thinking_of(config)
        tools, must_call = tools_of(body, is_vertex="/publishers/" in request.path)
        users = [content.text for content in body.contents if content.role != "model" and content.text]
        user_text = users[-1] if users else ""
        is_searching = any(tool.is_search for tool in body.tools or ())
        return Question(
            model=model,
            user_text=user_text,
            tool_results=response_passages(body.contents),
            documents=(_found_page(user_text),) if is_searching else (),
            tools=tools,
            must_call=must_call,
            schema=schema_of(config),
            max_tokens=config.max_output_tokens,
            stop_sequences=tuple(config.stop_sequences or ()),
            wants_thinking=bool(thinking.include_thoughts) and thinking.thinking_budget != 0,
            citation_mode="after" if is_searching else "none",
            wants_logprobs=bool(config.response_logprobs),
            top_logprobs=config.logprobs or 0,
            is_streamed=method == "streamGenerateContent",
            input_tokens=_count(body.contents, body.system_instruction),
            details=parse_qs(request.query).get("alt", ["json"])[0],
        )

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return a response with one candidate, or its pieces."""
        write = write_stream if question.is_streamed else write_whole
        return write(answer, question, number)

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:
        """Return a count of tokens, vectors or models; raises RefusedError."""
        match operation:
            case "count_tokens":
                return _counted(request)
            case "embed":
                return _embeddings(request, offer)
        return _models(request, offer)

    def write_error(self, status: int, message: str, number: int) -> Rendered:  # noqa: ARG002
        """Return Google's error object."""
        name = _STATUSES.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
        error = {"code": status, "message": message, "status": name}
        return Rendered(status=status, pieces=(msgspec.json.encode({"error": error}),))

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a key that is missing or wrong."""
        if is_missing:
            return RefusedError(403, "No API key and no other credentials were given.")
        return RefusedError(400, "API key not valid. Please pass a valid API key.")


def _target(request: RecordedRequest) -> tuple[str, str]:
    """Return the model that the path names, and what is asked of it."""
    found = _MODEL_METHOD.search(unquote(request.path))
    if found is None:
        raise AssertionError("unreachable: the operation was found by it")
    return found[1], found[2]


def _read(request: RecordedRequest, shape: type[_Body]) -> _Body:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):  # reading it as it is tells what is wrong
        body = msgspec.json.encode(in_camel_case(request.json))
        request = msgspec.structs.replace(request, body=body)
    return read_body(request, shape)


def _found_page(user_text: str) -> Passage:
    """Return what a search of the web finds, of which there is one page."""
    return Passage(
        f"This page is about {user_text or 'nothing'}",
        Source(
            "document",
            "https://example.com/page",
            {"url": "https://example.com/page", "title": "example.com"},
        ),
    )


def _count(contents: list[Content], system_instruction: Content | None) -> int:
    texts = [content.text for content in [*contents, *([system_instruction] if system_instruction else [])]]
    texts += [response_text(response) for content in contents for response in content.responses]
    return sum(len(split_tokens(text)) for text in texts)


def _counted(request: RecordedRequest) -> Rendered:
    body = _read(request, CountBody)
    if (body.contents is None) == (body.generate_content_request is None):
        raise RefusedError(400, "contents: either this or generateContentRequest must be set")
    asked = body.generate_content_request or body
    tokens = _count(asked.contents or [], asked.system_instruction)
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return render_whole({"totalTokens": tokens, "promptTokensDetails": details})


def _embeddings(request: RecordedRequest, offer: Offer) -> Rendered:
    match _target(request)[1]:
        case "embedContent":
            return render_whole({"embedding": _vector(_read(request, _EmbedBody), offer)})
        case "batchEmbedContents":
            bodies = _read(request, _BatchEmbedBody).requests
            return render_whole({"embeddings": [_vector(body, offer) for body in bodies]})
    body = _read(request, _PredictBody)
    dimensions = body.parameters.output_dimensionality or offer.dimensions
    predictions = [
        {
            "embeddings": {
                "values": embed(instance.content, dimensions),
                "statistics": {"token_count": len(split_tokens(instance.content)), "truncated": False},
            }
        }
        for instance in body.instances
    ]
    return render_whole({"predictions": predictions})


def _vector(body: _EmbedBody, offer: Offer) -> dict[str, Any]:
    return {"values": embed(body.content.text, body.output_dimensionality or offer.dimensions)}


def _models(request: RecordedRequest, offer: Offer) -> Rendered:
    found = _MODELS.search(unquote(request.path))
    wanted = found[1] if found else None
    models = [
        {
            "name": f"models/{name}",
            "version": "001",
            "displayName": name,
            "inputTokenLimit": _CONTEXT_TOKENS,
            "outputTokenLimit": _OUTPUT_TOKENS,
            "supportedGenerationMethods": [name for name in _METHODS if name != "predict"],
        }
        for name in offer.models
    ]
    for model in models:
        if model["name"] == f"models/{wanted}":
            return render_whole(model)
    if wanted:
        raise RefusedError(404, f"models/{wanted} is not found")
    options = parse_qs(request.query)
    try:
        first = int(options.get("pageToken", ["0"])[0])
        size = int(options.get("pageSize", ["50"])[0])
    except ValueError:
        raise RefusedError(400, "pageSize or pageToken: no number") from None
    page: dict[str, Any] = {"models": models[first : first + size]}
    if first + size < len(models):
        page["nextPageToken"] = str(first + size)
    return render_whole(page)
