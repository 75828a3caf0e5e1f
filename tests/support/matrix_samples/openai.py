"""What OpenAI's callers ask and OpenAI and its imitators answer."""

from typing import Any

from support.matrix_samples.chat_turns import (
    CALL,
    CALLED,
    HI,
    IMAGE,
    IMAGE_IN_DETAIL,
    LONG_CALL,
    OTHER,
    PLAIN_TURN,
    RESULT,
    SHARED_REQUESTS,
    TOOL,
    WITH_TOOLS,
    part,
    say,
    turns,
)
from support.matrix_samples.sample import (
    DOCUMENT,
    FUNCTION,
    IMAGE_URL,
    LONG_ID,
    PAGE,
    PDF,
    SCHEMA,
    SPOKEN,
    Body,
    Pair,
    Sample,
)

__all__ = ["ANSWERS", "PLAIN_ANSWER", "PLAIN_TURN", "REQUESTS"]

CUSTOM_CALL: Body = {
    "role": "assistant",
    "tool_calls": [{"id": "look_up_1", "type": "custom", "custom": {"name": "free", "input": "in words"}}],
}
AUDIO: Body = {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}
NAMED_SCHEMA: Body = {"name": "size", "schema": SCHEMA}
OF_A_SCHEMA: Body = {"description": "how tall", "strict": True}
FIRST_TOOL: Body = {"type": "function", "function": {"name": "look_up"}}

REQUESTS = [
    Sample("system message", {"messages": [{"role": "system", "content": "be brief"}, HI]}, turns()),
    Sample(
        "developer message",
        {"messages": [{"role": "developer", "content": "be brief"}, HI]},
        {"messages": [{"role": "developer", "content": "be long"}, HI]},
    ),
    Sample("text parts", part(type="text", text="another"), say(content=[{"type": "text", "text": "see"}])),
    Sample("image", part(**IMAGE), say(content="see")),
    Sample(
        "image `detail`",
        part(**IMAGE_IN_DETAIL),
        part(**IMAGE),
    ),
    Sample(
        "image `detail` `original`",
        part(type="image_url", image_url={"url": IMAGE_URL, "detail": "original"}),
        part(**IMAGE),
    ),
    Sample("audio alone", say(content=[AUDIO]), say(content="hear")),
    Sample("audio part", part(**AUDIO), say(content="see")),
    Sample(
        "file in the body",
        part(type="file", file={"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}),
        say(content="see"),
    ),
    Sample("file by id", part(type="file", file={"file_id": "file-1"}), say(content="see")),
    Sample("`name` of a message", say(content="see", name="Ada"), say(content="see")),
    Sample("assistant text", turns({"role": "assistant", "content": "They are tall."}, HI), turns()),
    Sample(
        "assistant `reasoning_content`",
        turns({"role": "assistant", "content": "They are tall.", "reasoning_content": "hm"}, HI),
        turns({"role": "assistant", "content": "They are tall."}, HI),
    ),
    Sample(
        "assistant `reasoning`",
        turns({"role": "assistant", "content": "They are tall.", "reasoning": "hm"}, HI),
        turns({"role": "assistant", "content": "They are tall."}, HI),
    ),
    Sample(
        "assistant `refusal`",
        turns({"role": "assistant", "refusal": "I will not."}, HI),
        turns(HI),
    ),
    Sample(
        "assistant text beside tool calls",
        turns({**CALLED, "content": "I look."}, RESULT),
        turns(CALLED, RESULT),
    ),
    Sample("tool calls", turns(CALLED, RESULT), turns()),
    Sample(
        "`function_call` and its result",
        turns(
            {"role": "assistant", "function_call": CALL["function"]},
            {"role": "function", "name": "look_up", "content": "a result"},
        ),
        turns(),
    ),
    Sample("call of a custom tool", turns(CUSTOM_CALL, RESULT), turns(CALLED, RESULT)),
    Sample(
        "tool call id above 40 characters",
        turns({**CALLED, "tool_calls": [LONG_CALL]}, {**RESULT, "tool_call_id": LONG_ID}),
        turns(CALLED, RESULT),
    ),
    Sample(
        "image in a tool's result",
        turns(CALLED, {**RESULT, "content": [{"type": "text", "text": "a result"}, IMAGE]}),
        turns(CALLED, RESULT),
    ),
    Sample("`documents`", {"documents": [DOCUMENT]}),
    Sample("`citation_options`", {"citation_options": {"mode": "OFF"}}, {"documents": [DOCUMENT]}),
    Sample("tools", WITH_TOOLS),
    Sample(
        "custom tool", {"tools": [TOOL, {"type": "custom", "custom": {"name": "free"}}]}, {"tools": [TOOL]}
    ),
    Sample(
        "`strict` of every tool",
        {"tools": [{"type": "function", "function": {**FUNCTION, "strict": True}}]},
        {"tools": [TOOL]},
    ),
    Sample(
        "`strict` of some tools",
        {"tools": [{"type": "function", "function": {**FUNCTION, "strict": True}}, OTHER]},
        WITH_TOOLS,
    ),
    Sample("`tool_choice` `required`", {"tool_choice": "required"}, WITH_TOOLS),
    Sample("`tool_choice` `none`", {"tool_choice": "none"}, WITH_TOOLS),
    Sample("`tool_choice` of one tool", {"tool_choice": FIRST_TOOL}, WITH_TOOLS),
    Sample(
        "`tool_choice` `allowed_tools`",
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FIRST_TOOL]}}},
        WITH_TOOLS,
    ),
    Sample("`parallel_tool_calls`", {"parallel_tool_calls": False}, {"tools": [TOOL]}),
    Sample("`response_format` `json_object`", {"response_format": {"type": "json_object"}}),
    Sample(
        "`response_format` with a schema",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "size", "schema": SCHEMA}}},
    ),
    Sample(
        "a schema with `description` and `strict`",
        {"response_format": {"type": "json_schema", "json_schema": {**NAMED_SCHEMA, **OF_A_SCHEMA}}},
    ),
    Sample("`response_format.schema`", {"response_format": {"type": "json_object", "schema": SCHEMA}}),
    Sample("`max_completion_tokens`", {"max_completion_tokens": 50}),
    Sample("stop sequences, up to 4", {"stop": ["AAA", "BBB", "CCC", "DDD"]}),
    Sample(
        "sixth stop sequence",
        {"stop": ["AAA", "BBB", "CCC", "DDD", "EEE", "THE-END"]},
        {"stop": ["AAA", "BBB", "CCC", "DDD"]},
    ),
    Sample("temperature above 1", {"temperature": 1.5}),
    Sample("`top_p`", {"top_p": 0.9}),
    Sample("`top_p` 1", {"top_p": 1}),
    Sample("`top_k`", {"top_k": 40}),
    Sample("penalty below 0", {"frequency_penalty": -0.5}),
    Sample("seed below 0", {"seed": -7}),
    Sample("`top_logprobs`", {"top_logprobs": 3}, {"logprobs": True}),
    Sample("`reasoning_effort`", {"reasoning_effort": "low"}),
    Sample("`reasoning_effort` `none`", {"reasoning_effort": "none"}),
    Sample("`reasoning_max_tokens`", {"reasoning_max_tokens": 3000}),
    Sample("`reasoning.effort`", {"reasoning": {"effort": "medium"}}),
    Sample("`reasoning.enabled`", {"reasoning": {"enabled": True}}),
    Sample("`reasoning.max_tokens`", {"reasoning": {"max_tokens": 3000}}),
    Sample("`n`", {"n": 2}),
    *(
        Sample(f"`{name}`", {name: value})
        for name, value in {
            "logit_bias": {"1": 5},
            "user": "ada",
            "service_tier": "flex",
            "metadata": {"team": "birds"},
            "web_search_options": {"search_context_size": "low"},
            "modalities": ["text", "audio"],
        }.items()
    ),
    *SHARED_REQUESTS,
]


def answer(message: Body | None = None, finish_reason: str = "stop", **fields: Any) -> Body:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": SPOKEN, **(message or {})},
        "finish_reason": finish_reason,
        **fields.pop("choice", {}),
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [choice],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
        **fields,
    }


def counted(**details: Any) -> Body:
    return answer(usage={"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, **details})


PLAIN_ANSWER = answer()
CALLS: Body = {"content": None, "tool_calls": [CALL]}
TOKEN: Body = {"token": "Emperor", "logprob": -0.25, "bytes": list(b"Emperor"), "top_logprobs": []}
ALTERNATIVE: Body = {"token": "King", "logprob": -1.5, "bytes": list(b"King")}
ANNOTATION: Body = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 7, **PAGE}}

ANSWERS: dict[str, Pair] = {
    "text": (PLAIN_ANSWER, answer({"content": "x"})),
    "thinking": (answer({"reasoning_content": "hm"}), PLAIN_ANSWER),
    "thinking as `reasoning`": (answer({"reasoning": "hm"}), PLAIN_ANSWER),
    "tool calls": (answer(CALLS, "tool_calls"), answer({"content": None}, "tool_calls")),
    "text before tool calls": (
        answer({**CALLS, "content": "I look."}, "tool_calls"),
        answer(CALLS, "tool_calls"),
    ),
    "citations of pages": (answer({"annotations": [ANNOTATION]}), PLAIN_ANSWER),
    "refusal": (answer({"content": None, "refusal": "I will not."}), answer({"content": None})),
    "log probabilities": (answer(choice={"logprobs": {"content": [TOKEN]}}), PLAIN_ANSWER),
    "alternatives of tokens": (
        answer(choice={"logprobs": {"content": [{**TOKEN, "top_logprobs": [ALTERNATIVE]}]}}),
        PLAIN_ANSWER,
    ),
    "end by the model": (PLAIN_ANSWER, answer(finish_reason="length")),
    "end by length": (answer(finish_reason="length"), PLAIN_ANSWER),
    "end by tool calls": (answer(CALLS, "tool_calls"), answer(CALLS, "length")),
    "end by a filter": (answer(finish_reason="content_filter"), PLAIN_ANSWER),
    "counts of tokens": (PLAIN_ANSWER, answer(usage=None)),
    "cached tokens": (counted(prompt_tokens_details={"cached_tokens": 3}), PLAIN_ANSWER),
    "reasoning tokens": (counted(completion_tokens_details={"reasoning_tokens": 2}), PLAIN_ANSWER),
    "further choices": (
        answer(choices=[answer()["choices"][0], {**answer({"content": "x"})["choices"][0], "index": 1}]),
        PLAIN_ANSWER,
    ),
    "a vendor's own fields": (answer(system_fingerprint="fp_1", service_tier="flex"), PLAIN_ANSWER),
}
