"""Anthropic's side of its dialect: where its endpoints are, what their bodies mean, its models and errors.

Source of truth: Anthropic's SDK and documentation, and recorded exchanges.
"""

from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec

from causeway.model.content import Source
from causeway.testing.anthropic_answers import Details, request_id, write_stream, write_whole
from causeway.testing.anthropic_blocks import Text, ToolResult, count_tokens, inner_blocks, text_of
from causeway.testing.anthropic_body import ChatBody, CountBody, check_sampling, read_prompt
from causeway.testing.anthropic_rules import Turn
from causeway.testing.anthropic_sources import Citable, find_sources
from causeway.testing.dialect import Offer, Operation, Rendered, read_body, render_whole
from causeway.testing.question import Passage, Question, RefusedError
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest

_ENDINGS: dict[tuple[str, str], Operation] = {
    ("POST", "/messages"): "chat",
    ("POST", "/messages/count_tokens"): "count_tokens",
    ("GET", "/v1/models"): "models",
}
_ERROR_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_MODEL_CREATED = "2023-11-14T22:13:20Z"


class AnthropicDialect:
    """Messages, the count of their tokens and the list of models, under any prefix."""

    name = "anthropic"

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for: the end of the path tells."""
        for (known_method, ending), operation in _ENDINGS.items():
            if method == known_method and path.endswith(ending):
                return operation
        return "models" if method == "GET" and "/v1/models/" in path else None

    def read_question(self, request: RecordedRequest) -> Question:
        """Return the question of a message; raises RefusedError."""
        _check_version(request)
        body = read_body(request, ChatBody)
        prompt = read_prompt(body)
        check_sampling(body, request)
        said = [
            message.blocks
            for message in prompt.messages
            if message.role == "user"
            and not all(isinstance(block, ToolResult) for _, block in message.blocks)
        ]
        sources = find_sources([placed for message in prompt.messages for placed in message.blocks])
        places = {path for path, _ in prompt.counted}  # what is within a tool's result has one of its own
        results = _last_results(prompt.turns)
        input_tokens, marked_tokens = count_tokens(prompt.counted)
        choice = body.tool_choice
        return Question(
            model=body.model,
            user_text="\n".join(text_of(block) for _, block in said[-1] if isinstance(block, Text))
            if said
            else "",
            tool_results=tuple(
                passage for placed in results for passage in _result_passages(placed, sources)
            ),
            documents=tuple(source.passage() for source in sources if source.path in places),
            tools=prompt.tools,
            must_call=prompt.must_call,
            may_call_several=not (choice and choice.disable_parallel_tool_use),
            schema=prompt.schema,
            max_tokens=body.max_tokens,
            stop_sequences=tuple(body.stop_sequences or ()),
            wants_thinking=_is_thinking(body),
            citation_mode="between" if prompt.has_citations else "none",
            is_streamed=bool(body.stream),
            input_tokens=input_tokens,
            details=Details(
                sources=sources if prompt.has_citations else (),
                cache_write_tokens=input_tokens if body.cache_control else marked_tokens,
                is_thinking_shown=not (body.thinking and body.thinking.display == "omitted"),
            ),
        )

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return a message, or its events; raises RefusedError for a whole one that failed."""
        write = write_stream if question.is_streamed else write_whole
        return write(answer, question, number)

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:
        """Return a count of tokens, or models; raises RefusedError."""
        _check_version(request)
        if operation == "count_tokens":
            prompt = read_prompt(read_body(request, CountBody))
            return render_whole(
                {"input_tokens": count_tokens(prompt.counted)[0]}, **request_id(request.number)
            )
        return _models(request, offer)

    def write_error(self, status: int, message: str, number: int) -> Rendered:
        """Return Anthropic's error object."""
        kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        headers = request_id(number)
        body = {
            "type": "error",
            "error": {"type": kind, "message": message},
            "request_id": headers["request-id"],
        }
        return Rendered(status=status, pieces=(msgspec.json.encode(body),), headers=headers)

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a key that is missing or wrong."""
        return RefusedError(401, "x-api-key: the header is required" if is_missing else "invalid x-api-key")


def _check_version(request: RecordedRequest) -> None:
    if not request.headers.get("anthropic-version"):
        raise RefusedError(400, "anthropic-version: the header is required")


def _is_thinking(body: ChatBody) -> bool:
    return body.thinking is not None and body.thinking.type != "disabled"


def _last_results(turns: Sequence[Turn]) -> list[tuple[str, ToolResult]]:
    """Return the results that the conversation ends with, none where the user says more after them."""
    found = [(path, block) for path, block in turns[-1].blocks if isinstance(block, ToolResult)]
    return found if len(found) == len(turns[-1].blocks) else []


def _result_passages(placed: tuple[str, ToolResult], sources: Sequence[Citable]) -> list[Passage]:
    path, result = placed
    texts = [text_of(block) for _, block in inner_blocks(result, path) if isinstance(block, Text)]
    text = "\n".join(texts)
    passages = [Passage(text, Source("tool", result.tool_use_id, {"content": text}))] if texts else []
    return passages + [source.passage() for source in sources if source.path.startswith(f"{path}.")]


def _models(request: RecordedRequest, offer: Offer) -> Rendered:
    models = [
        {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": _MODEL_CREATED,
            "lifecycle": "active",
        }
        for name in offer.models
    ]
    headers = request_id(request.number)
    wanted = request.path.partition("/v1/models/")[2]
    if wanted:
        for model in models:
            if model["id"] == wanted:
                return render_whole(model, **headers)
        raise RefusedError(404, f"model: {wanted}")
    options = {name: values[0] for name, values in parse_qs(request.query).items()}
    page, has_more = _page(models, options)
    return render_whole(
        {
            "data": page,
            "has_more": has_more,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        },
        **headers,
    )


def _page(models: list[dict[str, str]], options: dict[str, str]) -> tuple[list[dict[str, str]], bool]:
    """Return a page of models, and whether there are more in its direction; raises RefusedError."""
    try:
        limit = int(options.get("limit", "20"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= 1000:
        raise RefusedError(400, "limit: a number from 1 to 1000 is needed")
    names = [model["id"] for model in models]
    for cursor in ("after_id", "before_id"):
        if cursor in options and options[cursor] not in names:
            raise RefusedError(400, f"{cursor}: there is no such model")
    if "before_id" in options:
        before = models[: names.index(options["before_id"])]
        return before[-limit:], len(before) > limit
    after = models[names.index(options["after_id"]) + 1 :] if "after_id" in options else models
    return after[:limit], len(after) > limit
