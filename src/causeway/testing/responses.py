"""OpenAI's side of its Responses: where the endpoints are, what their bodies mean, what is kept of them.

A parameter that OpenAI does not know is refused, as OpenAI refuses it. Source of truth: OpenAI's SDK, and
recorded exchanges.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.content import Source
from causeway.testing.dialect import Offer, Operation, Rendered, read_body, render_whole
from causeway.testing.question import Passage, Question, RefusedError
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest
from causeway.testing.responses_answers import Details, response_of, write_stream, write_whole
from causeway.testing.responses_body import (
    CountBody,
    ReasoningSettings,
    ResponseBody,
    count_tokens,
    read_tools,
    schema_of,
    settings_of,
)
from causeway.testing.responses_items import (
    MISSING_ITEM,
    FunctionCallOutput,
    Item,
    Said,
    check_conversation,
    read_item,
    refuse,
    text_of,
)

_ENDINGS: dict[tuple[str, str], Operation] = {
    ("POST", "/responses"): "chat",
    ("POST", "/responses/input_tokens"): "count_tokens",
}
_STORED = re.compile(r"/responses/([^/]+)$")
_FIELD = re.compile(r"^([a-z_]+(?:[.\[][^:\s]*)?): ")
_MOST_KEPT = 1000
_FEWEST_TOKENS = 16
_ENCRYPTED = "reasoning.encrypted_content"
_LOGPROBS = "message.output_text.logprobs"
_ERROR_TYPES = {429: "rate_limit_error"}
_ERROR_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


class _Kept(Struct):
    """A response that was kept, and the conversation up to its end."""

    response: dict[str, Any]
    conversation: list[dict[str, Any]]


class _Asked(Details, frozen=True):
    """What the dialect itself needs of a request once it is answered."""

    conversation: list[dict[str, Any]]
    is_kept: bool


class ResponsesDialect:
    """Responses, the count of their tokens, and those that are kept, under any prefix.

    The last thousand are kept, unless `store` is false, so that others can go on from them.
    """

    name = "responses"

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for: the end of the path tells."""
        for (known_method, ending), operation in _ENDINGS.items():
            if method == known_method and path.endswith(ending):
                return operation
        return "stored_answer" if method in ("GET", "DELETE") and _STORED.search(path) else None

    def read_question(self, request: RecordedRequest) -> Question:
        """Return the question of a response; raises RefusedError."""
        body = read_body(request, ResponseBody)
        if body.max_output_tokens is not None and body.max_output_tokens < _FEWEST_TOKENS:
            message = f"max_output_tokens: {body.max_output_tokens} is below {_FEWEST_TOKENS}"
            raise refuse(message, "max_output_tokens", code="integer_below_min_value")
        given, items = self._read_conversation(body)
        said = [item for item in items if isinstance(item, Said) and item.role == "user"]
        tools, must_call = read_tools(body)
        include = body.include or ()
        reasoning = body.reasoning or ReasoningSettings()
        return Question(
            model=body.model or "scripted",
            user_text=text_of(said[-1]) if said else "",
            tool_results=_tool_results(items),
            tools=tools,
            must_call=must_call,
            may_call_several=body.parallel_tool_calls is not False,
            schema=schema_of(body.text),
            max_tokens=body.max_output_tokens,
            wants_thinking=body.reasoning is not None and reasoning.effort != "none",
            wants_logprobs=_LOGPROBS in include,
            top_logprobs=body.top_logprobs or 0,
            is_streamed=bool(body.stream),
            input_tokens=count_tokens(body, items),
            details=_Asked(
                settings=settings_of(body),
                is_summary_shown=bool(reasoning.summary or reasoning.generate_summary),
                is_reasoning_encrypted=_ENCRYPTED in include,
                conversation=given,
                is_kept=body.store is not False,
            ),
        )

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return a response, or its events."""
        asked: _Asked = question.details
        if asked.is_kept:
            self._keep(response_of(answer, question, number), asked.conversation)
        write = write_stream if question.is_streamed else write_whole
        return write(answer, question, number)

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:  # noqa: ARG002
        """Return a count of tokens, or a response that was kept; raises RefusedError."""
        if operation == "count_tokens":
            body = read_body(request, CountBody)
            tokens = count_tokens(body, self._read_conversation(body)[1])
            return render_whole({"object": "response.input_tokens", "input_tokens": tokens})
        found = _STORED.search(request.path)
        response_id = found[1] if found else ""
        if response_id not in self._kept:
            raise refuse(f"There is no response with the id {response_id!r}.", status=404)
        if request.method == "DELETE":
            del self._kept[response_id]
            return render_whole({"id": response_id, "object": "response", "deleted": True})
        return render_whole(self._kept[response_id].response)

    def write_error(self, status: int, message: str, number: int) -> Rendered:  # noqa: ARG002
        """Return OpenAI's error object; `param` is the field that the message begins with."""
        kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
        field = _FIELD.match(message)
        error = {
            "message": message,
            "type": kind,
            "param": field[1] if field else None,
            "code": _ERROR_CODES.get(status),
        }
        return Rendered(status=status, pieces=(msgspec.json.encode({"error": error}),))

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a key that is missing or wrong."""
        return RefusedError(401, "No API key was given." if is_missing else "The API key is not correct.")

    def _keep(self, response: dict[str, Any], conversation: list[dict[str, Any]]) -> None:
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[response["id"]] = _Kept(response, [*conversation, *response["output"]])

    def _find_item(self, item_id: object) -> dict[str, Any] | None:
        """Return an item of a response that is kept."""
        outputs = (item for kept in self._kept.values() for item in kept.response["output"])
        return next((item for item in outputs if item["id"] == item_id), None)

    def _read_conversation(self, body: CountBody) -> tuple[list[dict[str, Any]], list[Item]]:
        """Return the items of a request, as they came and read; raises RefusedError."""
        if body.input is None and body.previous_response_id is None and body.conversation is None:
            raise refuse("input: it is missing", "input", code="missing_required_parameter")
        earlier: list[dict[str, Any]] = []
        if body.previous_response_id is not None:
            if body.conversation is not None:
                raise refuse("previous_response_id: not together with conversation", "previous_response_id")
            if body.previous_response_id not in self._kept:
                raise refuse(
                    f"previous_response_id: there is no response {body.previous_response_id!r}",
                    "previous_response_id",
                    code="previous_response_not_found",
                )
            earlier = self._kept[body.previous_response_id].conversation
        given = [{"role": "user", "content": body.input}] if isinstance(body.input, str) else body.input or []
        conversation = list(earlier)
        for index, item in enumerate(given):
            is_reference = item.get("type") == "item_reference"
            found = self._find_item(item.get("id")) if is_reference else item
            if found is None:
                place = f"input[{index}].id"
                raise refuse(f"{place}: there is no such item. {MISSING_ITEM}", place, status=404)
            conversation.append(found)
        items = [read_item(item, f"input[{index - len(earlier)}]") for index, item in enumerate(conversation)]
        earlier_ids = {item.get("id") for item in earlier}
        check_conversation(
            items,
            lambda item_id: item_id in earlier_ids or self._find_item(item_id) is not None,
            has_more=body.conversation is not None,
        )
        return conversation, items


def _tool_results(items: Sequence[Item]) -> tuple[Passage, ...]:
    results: list[Passage] = []
    for item in reversed(items):
        if not isinstance(item, FunctionCallOutput):
            break
        text = text_of(item)
        results.append(Passage(text, Source("tool", item.call_id, {"content": text})))
    return tuple(reversed(results))
