"""What the callers of OpenAI's Responses API ask and what it answers."""

from typing import Any

from support.matrix_samples.sample import (
    ASKED,
    DOCUMENT,
    FUNCTION,
    IMAGE_URL,
    LONG_ID,
    PAGE,
    PDF,
    SCHEMA,
    SPOKEN,
    TALL,
    Body,
    Pair,
    Sample,
)

HI: Body = {"role": "user", "content": ASKED}
PLAIN_TURN: Body = {"input": [HI]}
TOOL: Body = {"type": "function", **FUNCTION, "strict": False}
OTHER: Body = {**TOOL, "name": "write_down"}
SEARCH: Body = {"type": "web_search", "search_context_size": "low"}
WITH_TOOLS: Body = {"tools": [TOOL, OTHER]}
CALL: Body = {
    "type": "function_call",
    "call_id": "look_up_1",
    "name": "look_up",
    "arguments": '{"height": "x"}',
}
RESULT: Body = {"type": "function_call_output", "call_id": "look_up_1", "output": "a result"}
SIGNED: Body = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "gAAAAA",
}
SEARCHED: Body = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "penguins"},
}
FORMAT: Body = {"type": "json_schema", "name": "size", "schema": SCHEMA}
FIRST_TOOL: Body = {"type": "function", "name": "look_up"}
IMAGE: Body = {"type": "input_image", "image_url": IMAGE_URL}
INLINE_FILE: Body = {
    "type": "input_file",
    "filename": "a.pdf",
    "file_data": f"data:application/pdf;base64,{PDF}",
}


def turns(*items: Body) -> Body:
    return {"input": [HI, *items]}


def part(**fields: Any) -> Body:
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": "see"}, fields]}]}


SEE: Body = {"input": [{"role": "user", "content": [{"type": "input_text", "text": "see"}]}]}

REQUESTS = [
    Sample("`instructions`", {"instructions": "be brief"}),
    Sample("`input` as a text", {"input": "hello"}, PLAIN_TURN),
    Sample("developer message", {"input": [{"role": "developer", "content": "be brief"}, HI]}, PLAIN_TURN),
    Sample("system message at the end", turns({"role": "system", "content": "be brief"}), PLAIN_TURN),
    Sample("text parts", part(type="input_text", text="another"), SEE),
    Sample("image", part(**IMAGE), SEE),
    Sample("image `detail`", part(**IMAGE, detail="low"), part(**IMAGE)),
    Sample("image `file_id`", part(type="input_image", file_id="file-1"), SEE),
    Sample("file in the body", part(**INLINE_FILE), SEE),
    Sample("file by address", part(type="input_file", file_url="https://example.com/a.pdf"), SEE),
    Sample("file by id", part(type="input_file", file_id="file-1"), SEE),
    Sample(
        "`prompt_cache_breakpoint`",
        part(type="input_text", text="another", prompt_cache_breakpoint={"mode": "explicit"}),
        part(type="input_text", text="another"),
    ),
    Sample("assistant text", turns({"role": "assistant", "content": TALL}, HI), turns(HI)),
    Sample("encrypted reasoning", turns(SIGNED, CALL, RESULT), turns(CALL, RESULT)),
    Sample("calls of OpenAI's own tools", turns(SEARCHED, HI), turns(HI)),
    Sample("an item by reference", turns({"type": "item_reference", "id": "msg_1"}, HI), turns(HI)),
    Sample("tool calls", turns(CALL, RESULT), PLAIN_TURN),
    Sample(
        "tool call id above 40 characters",
        turns({**CALL, "call_id": LONG_ID}, {**RESULT, "call_id": LONG_ID}),
        turns(CALL, RESULT),
    ),
    Sample(
        "image in a tool's result",
        turns(CALL, {**RESULT, "output": [{"type": "input_text", "text": "a result"}, IMAGE]}),
        turns(CALL, {**RESULT, "output": [{"type": "input_text", "text": "a result"}]}),
    ),
    Sample("`documents`", {"documents": [DOCUMENT]}),
    Sample("`citation_options`", {"citation_options": {"mode": "OFF"}}, {"documents": [DOCUMENT]}),
    Sample("tools", WITH_TOOLS),
    Sample("`strict` of every tool", {"tools": [{**TOOL, "strict": True}]}, {"tools": [TOOL]}),
    Sample("`strict` of some tools", {"tools": [{**TOOL, "strict": True}, OTHER]}, WITH_TOOLS),
    Sample("OpenAI's own tools", {"tools": [TOOL, SEARCH]}, {"tools": [TOOL]}),
    Sample("`tool_choice` `required`", {"tool_choice": "required"}, WITH_TOOLS),
    Sample("`tool_choice` `none`", {"tool_choice": "none"}, WITH_TOOLS),
    Sample("`tool_choice` of one tool", {"tool_choice": FIRST_TOOL}, WITH_TOOLS),
    Sample(
        "`tool_choice` `allowed_tools`",
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [FIRST_TOOL]}},
        WITH_TOOLS,
    ),
    Sample(
        "`tool_choice` of OpenAI's own tool",
        {"tool_choice": {"type": "web_search"}},
        {"tools": [TOOL, SEARCH]},
    ),
    Sample("`parallel_tool_calls`", {"parallel_tool_calls": False}, {"tools": [TOOL]}),
    Sample("`text.format` `json_object`", {"text": {"format": {"type": "json_object"}}}),
    Sample(
        "`text.format` with a schema",
        {"text": {"format": FORMAT}},
    ),
    Sample(
        "a schema with `description` and `strict`",
        {"text": {"format": {**FORMAT, "description": "how tall", "strict": True}}},
    ),
    Sample("`text.verbosity`", {"text": {"verbosity": "low"}}),
    Sample("`max_output_tokens`", {"max_output_tokens": 50}),
    Sample("temperature", {"temperature": 0.5}),
    Sample("temperature above 1", {"temperature": 1.5}),
    Sample("`top_p`", {"top_p": 0.9}),
    Sample("log probabilities", {"include": ["message.output_text.logprobs"]}),
    Sample("`top_logprobs`", {"top_logprobs": 3}, {"include": ["message.output_text.logprobs"]}),
    Sample("`include` of encrypted reasoning", {"include": ["reasoning.encrypted_content"]}),
    Sample("`reasoning.effort`", {"reasoning": {"effort": "low"}}),
    Sample("`reasoning.effort` `none`", {"reasoning": {"effort": "none"}}),
    Sample("`reasoning.max_tokens`", {"reasoning": {"max_tokens": 3000}}),
    Sample("`reasoning.summary`", {"reasoning": {"summary": "auto"}}),
    Sample("`safety_mode`", {"safety_mode": "STRICT"}),
    Sample("`priority`", {"priority": 3}),
    *(
        Sample(f"`{name}`", {name: value})
        for name, value in {
            "store": False,
            "metadata": {"team": "birds"},
            "user": "ada",
            "conversation": "conv_1",
            "prompt_cache_key": "birds",
            "safety_identifier": "ada",
            "service_tier": "flex",
            "truncation": "auto",
            "max_tool_calls": 3,
            "background": True,
        }.items()
    ),
]


def message(text: str, **members: Any) -> Body:
    spoken = {"type": "output_text", "text": text, "annotations": [], "logprobs": [], **members}
    return {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": [spoken],
    }


def usage(cached: int = 0, reasoning: int = 0, **details: Any) -> Body:
    return {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": cached, **details},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": 13,
    }


def answer(*output: Body, **fields: Any) -> Body:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "m",
        "output": list(output),
        "usage": usage(),
        **fields,
    }


def incomplete(reason: str) -> Body:
    return answer(message(SPOKEN), status="incomplete", incomplete_details={"reason": reason})


PLAIN_ANSWER = answer(message(SPOKEN))
ANSWERED_CALL: Body = {**CALL, "id": "fc_1", "status": "completed"}
SHOWN: Body = {**SIGNED, "encrypted_content": None}
TOKEN: Body = {"token": "Emperor", "logprob": -0.25, "bytes": list(b"Emperor"), "top_logprobs": []}
ALTERNATIVE: Body = {"token": "King", "logprob": -1.5, "bytes": list(b"King")}
ANNOTATION: Body = {"type": "url_citation", "start_index": 0, "end_index": 7, **PAGE}
REFUSAL: Body = {**message(""), "content": [{"type": "refusal", "refusal": "I will not."}]}

ANSWERS: dict[str, Pair] = {
    "text": (PLAIN_ANSWER, answer(message("x"))),
    "thinking": (answer(SHOWN, message("x")), answer(message("x"))),
    "signed thinking before tool calls": (answer(SIGNED, ANSWERED_CALL), answer(SHOWN, ANSWERED_CALL)),
    "tool calls": (answer(ANSWERED_CALL), answer()),
    "text before tool calls": (answer(message("I look."), ANSWERED_CALL), answer(ANSWERED_CALL)),
    "calls of the provider's own tools": (answer(SEARCHED, message("x")), answer(message("x"))),
    "citations of pages": (answer(message(SPOKEN, annotations=[ANNOTATION])), PLAIN_ANSWER),
    "refusal": (answer(REFUSAL), answer()),
    "log probabilities": (answer(message(SPOKEN, logprobs=[TOKEN])), PLAIN_ANSWER),
    "alternatives of tokens": (
        answer(message(SPOKEN, logprobs=[{**TOKEN, "top_logprobs": [ALTERNATIVE]}])),
        PLAIN_ANSWER,
    ),
    "end by the model": (PLAIN_ANSWER, incomplete("max_output_tokens")),
    "end by length": (incomplete("max_output_tokens"), PLAIN_ANSWER),
    "end by a filter": (incomplete("content_filter"), PLAIN_ANSWER),
    "end by an error": (
        answer(message(SPOKEN), status="failed", error={"code": "server_error", "message": "it broke"}),
        PLAIN_ANSWER,
    ),
    "counts of tokens": (PLAIN_ANSWER, answer(message(SPOKEN), usage=None)),
    "cached tokens": (answer(message(SPOKEN), usage=usage(cached=3)), PLAIN_ANSWER),
    "tokens written to the cache": (
        answer(message(SPOKEN), usage=usage(cache_write_tokens=3)),
        PLAIN_ANSWER,
    ),
    "reasoning tokens": (answer(message(SPOKEN), usage=usage(reasoning=2)), PLAIN_ANSWER),
    "a vendor's own fields": (answer(message(SPOKEN), service_tier="flex"), PLAIN_ANSWER),
}
