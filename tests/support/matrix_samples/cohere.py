"""What Cohere's callers ask and Cohere answers."""

from typing import Any

from support.matrix_samples.chat_turns import (
    CALL,
    CALLED,
    HI,
    IMAGE,
    IMAGE_IN_DETAIL,
    LONG_CALL,
    PLAIN_TURN,
    RESULT,
    SHARED_REQUESTS,
    WITH_TOOLS,
    part,
    say,
    turns,
)
from support.matrix_samples.sample import (
    DOCUMENT,
    LONG_ID,
    OPEN_SCHEMA,
    SCHEMA,
    SPOKEN,
    Body,
    Pair,
    Sample,
)

__all__ = ["ANSWERS", "PLAIN_ANSWER", "PLAIN_TURN", "REQUESTS"]

TALL: Body = {"type": "text", "text": "They are tall."}
CITED: Body = {
    "start": 0,
    "end": 7,
    "text": "Emperor",
    "sources": [{"type": "document", "id": "penguins", "document": {"id": "penguins", "text": "tall"}}],
}
OF_A_TOOL: Body = {**CITED, "sources": [{"type": "tool", "id": "t:0", "tool_output": {"a": "b"}}]}
PLACED: Body = {**OF_A_TOOL, "type": "TEXT_CONTENT", "content_index": 0}

REQUESTS = [
    Sample("system message", {"messages": [{"role": "system", "content": "be brief"}, HI]}, turns()),
    Sample("system message at the end", turns({"role": "system", "content": "be brief"}), turns()),
    Sample("text blocks", part(type="text", text="another"), say(content=[{"type": "text", "text": "see"}])),
    Sample("image", part(**IMAGE), say(content="see")),
    Sample(
        "image `detail`",
        part(**IMAGE_IN_DETAIL),
        part(**IMAGE),
    ),
    Sample("assistant text", turns({"role": "assistant", "content": "They are tall."}, HI), turns()),
    Sample(
        "assistant thinking block",
        turns({"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, TALL]}, HI),
        turns({"role": "assistant", "content": [TALL]}, HI),
    ),
    Sample("`tool_plan`", turns({**CALLED, "tool_plan": "I look."}, RESULT), turns(CALLED, RESULT)),
    Sample("tool calls", turns(CALLED, RESULT), turns()),
    Sample(
        "tool call id above 40 characters",
        turns({**CALLED, "tool_calls": [LONG_CALL]}, {**RESULT, "tool_call_id": LONG_ID}),
        turns(CALLED, RESULT),
    ),
    Sample(
        "document block in a tool's result",
        turns(CALLED, {**RESULT, "content": [{"type": "document", "document": DOCUMENT}]}),
        turns(CALLED, {**RESULT, "content": DOCUMENT["data"]["text"]}),
    ),
    Sample(
        "`citation_options`, tools' results",
        {"citation_options": {"mode": "OFF"}},
        turns(CALLED, {**RESULT, "content": [{"type": "document", "document": DOCUMENT}]}),
    ),
    Sample(
        "citations in the history",
        turns({"role": "assistant", "content": "Emperor", "citations": [CITED]}, HI),
        turns({"role": "assistant", "content": "Emperor"}, HI),
    ),
    Sample(
        "citations of a tool's output in the history",
        turns({"role": "assistant", "content": "Emperor", "citations": [PLACED]}, HI),
        turns({"role": "assistant", "content": "Emperor"}, HI),
    ),
    Sample("`documents`", {"documents": [DOCUMENT]}),
    Sample("`citation_options`", {"citation_options": {"mode": "OFF"}}, {"documents": [DOCUMENT]}),
    Sample("tools", WITH_TOOLS),
    Sample("`strict_tools`, closed schemas", {"strict_tools": True}, WITH_TOOLS),
    Sample(
        "`strict_tools`, optional properties",
        {"strict_tools": True},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": OPEN_SCHEMA}}]},
    ),
    Sample("`tool_choice` `REQUIRED`", {"tool_choice": "REQUIRED"}, WITH_TOOLS),
    Sample("`tool_choice` `NONE`", {"tool_choice": "NONE"}, WITH_TOOLS),
    Sample("`response_format` `json_object`", {"response_format": {"type": "json_object"}}),
    Sample(
        "`response_format` with a schema", {"response_format": {"type": "json_object", "json_schema": SCHEMA}}
    ),
    Sample("`response_format.schema`", {"response_format": {"type": "json_object", "schema": SCHEMA}}),
    Sample("stop sequences, up to 4", {"stop_sequences": ["AAA", "BBB", "CCC", "DDD"]}),
    Sample(
        "fifth stop sequence",
        {"stop_sequences": ["AAA", "BBB", "CCC", "DDD", "THE-END"]},
        {"stop_sequences": ["AAA", "BBB", "CCC", "DDD"]},
    ),
    Sample("temperature above 1", {"temperature": 1.5}),
    Sample("`p`", {"p": 0.9}),
    Sample("`k`", {"k": 40}),
    Sample("thinking with a budget", {"thinking": {"type": "enabled", "token_budget": 3000}}),
    Sample("thinking without a budget", {"thinking": {"type": "enabled"}}),
    Sample("thinking disabled", {"thinking": {"type": "disabled"}}),
    Sample(
        "`response_format` with documents",
        {"response_format": {"type": "json_object"}},
        {"documents": [DOCUMENT]},
    ),
    Sample("an unknown field", {"frequency": 1}),
    *SHARED_REQUESTS,
]


def answer(message: Body | None = None, finish_reason: str = "COMPLETE", **fields: Any) -> Body:
    units = {"input_tokens": 9, "output_tokens": 4}
    return {
        "id": "8d74759e",
        "message": {"role": "assistant", "content": [{"type": "text", "text": SPOKEN}], **(message or {})},
        "finish_reason": finish_reason,
        "usage": {"billed_units": units, "tokens": units},
        **fields,
    }


def text(words: str) -> list[Body]:
    return [{"type": "text", "text": words}]


PLAIN_ANSWER = answer()
CALLS: Body = {"content": [], "tool_calls": [CALL]}
UNITS: Body = {"input_tokens": 9, "output_tokens": 4}
TOKEN: Body = {"text": "Emperor", "token_ids": [], "logprobs": [-0.25]}

ANSWERS: dict[str, Pair] = {
    "text": (PLAIN_ANSWER, answer({"content": text("x")})),
    "thinking": (
        answer({"content": [{"type": "thinking", "thinking": "hm"}, *text("x")]}),
        answer({"content": text("x")}),
    ),
    "tool calls": (answer(CALLS, "TOOL_CALL"), answer({"content": []}, "TOOL_CALL")),
    "text before tool calls": (
        answer({**CALLS, "tool_plan": "I look."}, "TOOL_CALL"),
        answer(CALLS, "TOOL_CALL"),
    ),
    "citations of documents": (answer({"citations": [CITED]}), PLAIN_ANSWER),
    "citations of tools": (answer({"citations": [OF_A_TOOL]}), PLAIN_ANSWER),
    "log probabilities": (answer(logprobs=[TOKEN]), PLAIN_ANSWER),
    "token ids": (answer(logprobs=[{**TOKEN, "token_ids": [77]}]), PLAIN_ANSWER),
    "end by the model": (PLAIN_ANSWER, answer(finish_reason="MAX_TOKENS")),
    "end by length": (answer(finish_reason="MAX_TOKENS"), PLAIN_ANSWER),
    "end by tool calls": (answer(CALLS, "TOOL_CALL"), answer(CALLS, "MAX_TOKENS")),
    "end by a stop sequence": (answer(finish_reason="STOP_SEQUENCE"), PLAIN_ANSWER),
    "end by an error": (answer(finish_reason="ERROR", error="no valid tool call"), PLAIN_ANSWER),
    "end by a timeout": (answer(finish_reason="TIMEOUT"), PLAIN_ANSWER),
    "counts of tokens": (PLAIN_ANSWER, answer(usage={"billed_units": {}, "tokens": {}})),
    "billed units of their own": (
        answer(usage={"billed_units": {**UNITS, "input_tokens": 5}, "tokens": UNITS}),
        PLAIN_ANSWER,
    ),
    "cached tokens": (
        answer(usage={"billed_units": UNITS, "tokens": UNITS, "cached_tokens": 3}),
        PLAIN_ANSWER,
    ),
}
