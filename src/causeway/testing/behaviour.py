"""What the scripted upstream answers when nobody told it what to: always the same to the same question.

It calls the tools that the question names, repeats what tools and documents say, fills in a schema, and
otherwise says back what it was told. Knows no dialect.
"""

import re

import msgspec

from causeway.model.content import Citation
from causeway.model.response import FinishReason
from causeway.testing.question import Passage, Question, RefusedError, Tool
from causeway.testing.replies import Answer, Call
from causeway.testing.schema_values import EndlessSchemaError, small_value
from causeway.testing.tokens import split_tokens

_SENTENCE = re.compile(r".*?[.!?](?=\s|$)|.+", re.DOTALL)


def default_answer(question: Question) -> Answer:
    """Return the answer to a question; raises RefusedError for a schema that nothing satisfies.

    In this order: calls of the tools that must be called, or that a user's message ends the conversation
    with by their names; the results of tools; JSON under the schema; the first sentence of each document;
    the last words of the user.
    """
    thinking = f"The user said: {question.user_text}" if question.wants_thinking else None
    if tools := _tools_to_call(question):
        calls = tuple(Call(tool.name, _fill(tool.parameters, question.user_text)) for tool in tools)
        names = " and ".join(tool.name for tool in tools)
        plan = f"I will call {names}." if question.wants_plan and not thinking else None
        return Answer(plan, calls, thinking)
    if question.tool_results:
        return _limited(question, thinking, *_quoting("The tools said:", question.tool_results))
    if question.schema is not None:
        value = _fill(question.schema or {"type": "object", "required": ["said"]}, question.user_text)
        return _limited(question, thinking, msgspec.json.encode(value).decode())
    if question.documents:
        return _limited(question, thinking, *_quoting("The documents say:", question.documents))
    return _limited(question, thinking, f"You said: {question.user_text}")


def _tools_to_call(question: Question) -> list[Tool]:
    named = []
    for tool in question.tools:
        if mention := re.search(rf"(?<!\w){re.escape(tool.name)}(?!\w)", question.user_text):
            named.append((mention.start(), tool))
    tools = [tool for _, tool in sorted(named, key=lambda pair: pair[0])]
    if question.must_call:
        tools = tools or list(question.tools[:1])
    elif question.tool_results:
        return []
    return tools if question.may_call_several else tools[:1]


def _fill(schema: msgspec.Raw | dict[str, object], echo: str) -> dict[str, object]:
    try:
        value: dict[str, object] = small_value(schema, echo)
    except EndlessSchemaError as error:
        raise RefusedError(400, str(error)) from None
    return value


def _quoting(opening: str, passages: tuple[Passage, ...]) -> tuple[str, tuple[Citation, ...]]:
    text = opening
    citations = []
    for passage in passages:
        sentence = _SENTENCE.match(passage.text.strip())
        if sentence is None:
            continue
        quoted = sentence[0]
        text += " "
        citations.append(Citation(len(text), len(text) + len(quoted), quoted, (passage.source,)))
        text += quoted
    return text, tuple(citations)


def _limited(
    question: Question, thinking: str | None, text: str, citations: tuple[Citation, ...] = ()
) -> Answer:
    """Return the answer with what the request's bounds leave of it."""
    finish_reason = FinishReason.COMPLETE
    stop_sequence = None
    if stops := [(text.find(stop), stop) for stop in question.stop_sequences if stop and stop in text]:
        stop_at, stop_sequence = min(stops)
        text = text[:stop_at]
        finish_reason = FinishReason.STOP_SEQUENCE
    tokens = split_tokens(text)
    if question.max_tokens is not None and len(tokens) > question.max_tokens:
        text = "".join(tokens[: question.max_tokens])
        finish_reason = FinishReason.MAX_TOKENS
        stop_sequence = None
    kept = tuple(citation for citation in citations if citation.end <= len(text))
    return Answer(
        text, thinking=thinking, citations=kept, finish_reason=finish_reason, stop_sequence=stop_sequence
    )
