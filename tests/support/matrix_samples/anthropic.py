"""What Anthropic's callers ask and Anthropic answers."""

from typing import Any

from support.matrix_samples.sample import (
    ASKED,
    FUNCTION,
    IMAGE_URL,
    LONG_ID,
    PAGE,
    PDF,
    PNG,
    SCHEMA,
    SPOKEN,
    TALL,
    Body,
    Pair,
    Sample,
)

HI: Body = {"role": "user", "content": ASKED}
PLAIN_TURN: Body = {"max_tokens": 32_000, "messages": [HI]}
TOOL: Body = {"name": "look_up", "description": FUNCTION["description"], "input_schema": SCHEMA}
OTHER: Body = {**TOOL, "name": "write_down"}
SEARCH: Body = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
WITH_TOOLS: Body = {"tools": [TOOL, OTHER]}
CALL: Body = {"type": "tool_use", "id": "look_up_1", "name": "look_up", "input": {"height": "x"}}
RESULT: Body = {"type": "tool_result", "tool_use_id": "look_up_1", "content": "a result"}
MARK: Body = {"cache_control": {"type": "ephemeral"}}
IMAGE: Body = {"type": "image", "source": {"type": "url", "url": IMAGE_URL}}
INLINE_IMAGE: Body = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": PNG},
}
DOCUMENT: Body = {
    "type": "document",
    "title": "penguins",
    "source": {"type": "text", "media_type": "text/plain", "data": "Emperor penguins are 122 cm tall."},
}
CITED_DOCUMENT: Body = {**DOCUMENT, "citations": {"enabled": True}}
SEARCH_RESULT: Body = {
    "type": "search_result",
    "source": "https://example.com/a",
    "title": "A page",
    "content": [{"type": "text", "text": "Emperor penguins are tall."}],
    "citations": {"enabled": True},
}
THOUGHT: Body = {"type": "thinking", "thinking": "hm"}
SIGNED: Body = {**THOUGHT, "signature": "EqQBCgIYAhIk"}
REDACTED: Body = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3"}
SEARCHED: Body = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "penguins"},
}


def text(words: str, **members: Any) -> Body:
    return {"type": "text", "text": words, **members}


def say(*blocks: Body) -> Body:
    return {"messages": [{"role": "user", "content": [text("see"), *blocks]}]}


def source(type: str, **members: Any) -> Body:
    return say({"type": "document", "source": {"type": type, **members}})


def turns(*messages: Body) -> Body:
    return {"messages": [HI, *messages]}


def wrote(*blocks: Body) -> Body:
    return {"role": "assistant", "content": list(blocks)}


def results(*blocks: Body) -> Body:
    return {"role": "user", "content": list(blocks)}


REQUESTS = [
    Sample("`system`", {"system": "be brief"}),
    Sample("`system` as blocks", {"system": [text("be"), text("brief")]}),
    Sample(
        "`cache_control` of `system`",
        {"system": [text("be brief", **MARK)]},
        {"system": [text("be brief")]},
    ),
    Sample("system message at the end", turns({"role": "system", "content": "be brief"}), turns()),
    Sample("text blocks", say(text("another")), say()),
    Sample("`cache_control` of a text", say(text("another", **MARK)), say(text("another"))),
    Sample("image by address", say(IMAGE), say()),
    Sample("image in the body", say(INLINE_IMAGE), say()),
    Sample("image by id", say({"type": "image", "source": {"type": "file", "file_id": "file_1"}}), say()),
    Sample("PDF in the body", source("base64", media_type="application/pdf", data=PDF), say()),
    Sample("PDF by address", source("url", url="https://example.com/a.pdf"), say()),
    Sample("text document", say(DOCUMENT), say()),
    Sample("text document to be cited", say(CITED_DOCUMENT), say()),
    Sample("search result to be cited", say(SEARCH_RESULT), say()),
    Sample("assistant text", turns(wrote(text(TALL)), HI), turns(HI)),
    Sample("signed thinking", turns(wrote(SIGNED, text(TALL)), HI), turns(wrote(text(TALL)), HI)),
    Sample("redacted thinking", turns(wrote(REDACTED, text(TALL)), HI), turns(wrote(text(TALL)), HI)),
    Sample(
        "calls of Anthropic's own tools",
        turns(wrote(SEARCHED, text(TALL)), HI),
        turns(wrote(text(TALL)), HI),
    ),
    Sample("tool calls", turns(wrote(CALL), results(RESULT)), turns()),
    Sample(
        "assistant text beside tool calls",
        turns(wrote(text("I look."), CALL), results(RESULT)),
        turns(wrote(CALL), results(RESULT)),
    ),
    Sample(
        "tool call id above 40 characters",
        turns(wrote({**CALL, "id": LONG_ID}), results({**RESULT, "tool_use_id": LONG_ID})),
        turns(wrote(CALL), results(RESULT)),
    ),
    Sample(
        "`is_error` of a result",
        turns(wrote(CALL), results({**RESULT, "is_error": True})),
        turns(wrote(CALL), results(RESULT)),
    ),
    Sample(
        "`cache_control` of a result",
        turns(wrote(CALL), results({**RESULT, **MARK})),
        turns(wrote(CALL), results(RESULT)),
    ),
    Sample(
        "image in a tool's result",
        turns(wrote(CALL), results({**RESULT, "content": [text("a result"), IMAGE]})),
        turns(wrote(CALL), results({**RESULT, "content": [text("a result")]})),
    ),
    Sample(
        "search result in a tool's result",
        turns(wrote(CALL), results({**RESULT, "content": [SEARCH_RESULT]})),
        turns(wrote(CALL), results({**RESULT, "content": [text("Emperor penguins are tall.")]})),
    ),
    Sample("text beside a tool's result", turns(wrote(CALL), results(RESULT, text("so?"))), turns()),
    Sample("tools", WITH_TOOLS),
    Sample("`strict` of every tool", {"tools": [{**TOOL, "strict": True}]}, {"tools": [TOOL]}),
    Sample("`strict` of some tools", {"tools": [{**TOOL, "strict": True}, OTHER]}, WITH_TOOLS),
    Sample("`cache_control` of a tool", {"tools": [{**TOOL, **MARK}]}, {"tools": [TOOL]}),
    Sample("Anthropic's own tools", {"tools": [TOOL, SEARCH]}, {"tools": [TOOL]}),
    Sample("`tool_choice` `any`", {"tool_choice": {"type": "any"}}, WITH_TOOLS),
    Sample("`tool_choice` `none`", {"tool_choice": {"type": "none"}}, WITH_TOOLS),
    Sample("`tool_choice` of one tool", {"tool_choice": {"type": "tool", "name": "look_up"}}, WITH_TOOLS),
    Sample(
        "`disable_parallel_tool_use`",
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        WITH_TOOLS,
    ),
    Sample(
        "`output_config.format`", {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    ),
    Sample("`output_format`", {"output_format": {"type": "json_schema", "schema": SCHEMA}}),
    Sample("`output_config.effort`", {"output_config": {"effort": "low"}}),
    Sample("thinking with a budget", {"thinking": {"type": "enabled", "budget_tokens": 3000}}),
    Sample("adaptive thinking", {"thinking": {"type": "adaptive"}}),
    Sample(
        "adaptive thinking with an effort",
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
    ),
    Sample("thinking disabled", {"thinking": {"type": "disabled"}}),
    Sample("`max_tokens`", {"max_tokens": 50}, {"max_tokens": 60}),
    Sample("stop sequences, up to 4", {"stop_sequences": ["AAA", "BBB", "CCC", "DDD"]}),
    Sample(
        "sixth stop sequence",
        {"stop_sequences": ["AAA", "BBB", "CCC", "DDD", "EEE", "THE-END"]},
        {"stop_sequences": ["AAA", "BBB", "CCC", "DDD"]},
    ),
    Sample("temperature", {"temperature": 0.5}),
    Sample("`top_p`", {"top_p": 0.9}),
    Sample("`top_k`", {"top_k": 40}),
    *(
        Sample(f"`{name}`", {name: value})
        for name, value in {
            "metadata": {"user_id": "ada"},
            "service_tier": "standard_only",
            "container": "container_1",
            "mcp_servers": [{"type": "url", "url": "https://example.com/mcp", "name": "birds"}],
            "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        }.items()
    ),
]


def answer(*blocks: Body, stop_reason: str = "end_turn", **fields: Any) -> Body:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": list(blocks),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 4},
        **fields,
    }


def counted(**counts: Any) -> Body:
    return answer(text(SPOKEN), usage={"input_tokens": 9, "output_tokens": 4, **counts})


PLAIN_ANSWER = answer(text(SPOKEN))
ON_A_DOCUMENT: Body = {
    "type": "char_location",
    "cited_text": "Emperor penguins",
    "document_index": 0,
    "document_title": "penguins",
    "start_char_index": 0,
    "end_char_index": 16,
}
ON_A_RESULT: Body = {
    "type": "search_result_location",
    "cited_text": "Emperor penguins",
    "source": "penguins",
    "title": "Penguins",
    "search_result_index": 0,
    "start_block_index": 0,
    "end_block_index": 1,
}
ON_A_PAGE: Body = {
    "type": "web_search_result_location",
    "cited_text": "Emperor penguins",
    "encrypted_index": "Eo8BCioIAhgBIiQy",
    **PAGE,
}

ANSWERS: dict[str, Pair] = {
    "text": (PLAIN_ANSWER, answer(text("x"))),
    "thinking": (answer(THOUGHT, text("x")), answer(text("x"))),
    "signed thinking before tool calls": (
        answer(SIGNED, CALL, stop_reason="tool_use"),
        answer(THOUGHT, CALL, stop_reason="tool_use"),
    ),
    "encrypted thinking": (answer(REDACTED, text("x")), answer(text("x"))),
    "tool calls": (answer(CALL, stop_reason="tool_use"), answer(stop_reason="tool_use")),
    "text before tool calls": (
        answer(text("I look."), CALL, stop_reason="tool_use"),
        answer(CALL, stop_reason="tool_use"),
    ),
    "calls of the provider's own tools": (answer(SEARCHED, text("x")), answer(text("x"))),
    "citations of documents": (answer(text(SPOKEN, citations=[ON_A_DOCUMENT])), PLAIN_ANSWER),
    "citations of tools": (answer(text(SPOKEN, citations=[ON_A_RESULT])), PLAIN_ANSWER),
    "citations of pages": (answer(text(SPOKEN, citations=[ON_A_PAGE])), PLAIN_ANSWER),
    "end by the model": (PLAIN_ANSWER, answer(text(SPOKEN), stop_reason="max_tokens")),
    "end by length": (answer(text(SPOKEN), stop_reason="max_tokens"), PLAIN_ANSWER),
    "end by tool calls": (answer(CALL, stop_reason="tool_use"), answer(CALL, stop_reason="max_tokens")),
    "end by a stop sequence": (
        answer(text(SPOKEN), stop_reason="stop_sequence", stop_sequence="STOP"),
        PLAIN_ANSWER,
    ),
    "end by a filter": (answer(text(SPOKEN), stop_reason="refusal"), PLAIN_ANSWER),
    "end by a pause": (answer(text(SPOKEN), stop_reason="pause_turn"), PLAIN_ANSWER),
    "end by the context's length": (
        answer(text(SPOKEN), stop_reason="model_context_window_exceeded"),
        PLAIN_ANSWER,
    ),
    "counts of tokens": (PLAIN_ANSWER, answer(text(SPOKEN), usage=None)),
    "cached tokens": (counted(cache_read_input_tokens=3), PLAIN_ANSWER),
    "tokens written to the cache": (counted(cache_creation_input_tokens=3), PLAIN_ANSWER),
    "reasoning tokens": (counted(output_tokens_details={"thinking_tokens": 2}), PLAIN_ANSWER),
    "a vendor's own fields": (
        answer(text(SPOKEN), container={"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"}),
        PLAIN_ANSWER,
    ),
}
