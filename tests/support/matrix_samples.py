"""What the support matrices ask and answer: one sample for each feature, in the words of a dialect.

A sample is the difference between two bodies: `base` without the feature and `fields` with it. What becomes
of it is found out by `support_matrix.py`.
"""

from typing import Any

from msgspec import Struct

Body = dict[str, Any]

SPOKEN = "Emperor penguins grow up to 122 cm tall. THE-END and more."
HI = {"role": "user", "content": "How tall do emperor penguins grow?"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/penguin.png"}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}
SCHEMA = {
    "type": "object",
    "properties": {"height": {"type": "string"}},
    "required": ["height"],
    "additionalProperties": False,
}
OPEN_SCHEMA = {**SCHEMA, "properties": {**SCHEMA["properties"], "unit": {"type": "string"}}}
FUNCTION = {"name": "look_up", "description": "looks things up", "parameters": SCHEMA}
TOOL = {"type": "function", "function": FUNCTION}
OTHER = {"type": "function", "function": {**FUNCTION, "name": "write_down"}}
CALL = {
    "id": "look_up_1",
    "type": "function",
    "function": {"name": "look_up", "arguments": '{"height": "x"}'},
}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "look_up_1", "content": "a result"}
LONG_ID = "look_up_0123456789_0123456789_0123456789_0123456789"
TALL = {"type": "text", "text": "They are tall."}
DOCUMENT = {"id": "penguins", "data": {"text": "Emperor penguins grow up to 122 cm tall."}}


class Sample(Struct, frozen=True):
    """One feature. `base` holds what it needs around it."""

    feature: str
    fields: Body
    base: Body = {}


def turns(*messages: Body) -> Body:
    return {"messages": [HI, *messages]}


def say(**fields: Any) -> Body:
    return {"messages": [{"role": "user", **fields}]}


def part(**fields: Any) -> Body:
    return say(content=[{"type": "text", "text": "see"}, fields])


LONG_CALL = {**CALL, "id": LONG_ID}
WITH_TOOLS: Body = {"tools": [TOOL, OTHER]}
CITED = {
    "start": 0,
    "end": 7,
    "text": "Emperor",
    "sources": [{"type": "document", "id": "penguins", "document": {"id": "penguins", "text": "tall"}}],
}

_SHARED_REQUESTS = [
    Sample("max tokens", {"max_tokens": 50}),
    Sample("temperature", {"temperature": 0.5}),
    Sample("frequency penalty", {"frequency_penalty": 0.5}),
    Sample("presence penalty", {"presence_penalty": 0.5}),
    Sample("seed", {"seed": 7}),
    Sample("log probabilities", {"logprobs": True}),
    Sample("`safety_mode`", {"safety_mode": "STRICT"}),
    Sample("`priority`", {"priority": 3}),
]

COHERE_REQUESTS = [
    Sample("system message", {"messages": [{"role": "system", "content": "be brief"}, HI]}, turns()),
    Sample("system message at the end", turns({"role": "system", "content": "be brief"}), turns()),
    Sample("text blocks", part(type="text", text="another"), say(content=[{"type": "text", "text": "see"}])),
    Sample("image", part(**IMAGE), say(content="see")),
    Sample(
        "image `detail`",
        part(type="image_url", image_url={**IMAGE["image_url"], "detail": "low"}),  # type: ignore[dict-item]
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
        turns(CALLED, {**RESULT, "content": DOCUMENT["data"]["text"]}),  # type: ignore[index]
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
    *_SHARED_REQUESTS,
]

_FIRST_TOOL = {"type": "function", "function": {"name": "look_up"}}

OPENAI_REQUESTS = [
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
        part(type="image_url", image_url={**IMAGE["image_url"], "detail": "low"}),  # type: ignore[dict-item]
        part(**IMAGE),
    ),
    Sample(
        "image `detail` `original`",
        part(type="image_url", image_url={**IMAGE["image_url"], "detail": "original"}),  # type: ignore[dict-item]
        part(**IMAGE),
    ),
    Sample("audio alone", say(content=[AUDIO]), say(content="hear")),
    Sample("audio part", part(**AUDIO), say(content="see")),
    Sample("file part", part(type="file", file={"file_id": "file-1"}), say(content="see")),
    Sample("`name` of a message", say(content="see", name="Ada"), say(content="see")),
    Sample("assistant text", turns({"role": "assistant", "content": "They are tall."}, HI), turns()),
    Sample(
        "assistant `reasoning_content`",
        turns({"role": "assistant", "content": "They are tall.", "reasoning_content": "hm"}, HI),
        turns({"role": "assistant", "content": "They are tall."}, HI),
    ),
    Sample(
        "assistant text beside tool calls",
        turns({**CALLED, "content": "I look."}, RESULT),
        turns(CALLED, RESULT),
    ),
    Sample("tool calls", turns(CALLED, RESULT), turns()),
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
    Sample("`tool_choice` of one tool", {"tool_choice": _FIRST_TOOL}, WITH_TOOLS),
    Sample(
        "`tool_choice` `allowed_tools`",
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [_FIRST_TOOL]}}},
        WITH_TOOLS,
    ),
    Sample("`parallel_tool_calls`", {"parallel_tool_calls": False}, {"tools": [TOOL]}),
    Sample("`response_format` `json_object`", {"response_format": {"type": "json_object"}}),
    Sample(
        "`response_format` with a schema",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "size", "schema": SCHEMA}}},
    ),
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
    Sample("`reasoning`", {"reasoning": {"effort": "medium"}}),
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
    *_SHARED_REQUESTS,
]


def cohere_answer(message: Body | None = None, finish_reason: str = "COMPLETE", **fields: Any) -> Body:
    units = {"input_tokens": 9, "output_tokens": 4}
    return {
        "id": "8d74759e",
        "message": {"role": "assistant", "content": [{"type": "text", "text": SPOKEN}], **(message or {})},
        "finish_reason": finish_reason,
        "usage": {"billed_units": units, "tokens": units},
        **fields,
    }


def openai_answer(message: Body | None = None, finish_reason: str = "stop", **fields: Any) -> Body:
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


_COHERE_CALLS = {"content": [], "tool_calls": [CALL]}
_OPENAI_CALLS = {"content": None, "tool_calls": [CALL]}
_UNITS = {"input_tokens": 9, "output_tokens": 4}
_TOKEN = {"token": "Emperor", "logprob": -0.25, "bytes": list(b"Emperor"), "top_logprobs": []}
_ALTERNATIVE = {"token": "King", "logprob": -1.5, "bytes": list(b"King")}

# Of one feature the samples of the dialects in which a provider can say it: with it, and without.
ANSWERS: dict[str, dict[str, tuple[Body, Body]]] = {
    "text": {
        "cohere": (cohere_answer(), cohere_answer({"content": [{"type": "text", "text": "x"}]})),
        "openai": (openai_answer(), openai_answer({"content": "x"})),
    },
    "thinking": {
        "cohere": (
            cohere_answer(
                {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "x"}]}
            ),
            cohere_answer({"content": [{"type": "text", "text": "x"}]}),
        ),
        "openai": (openai_answer({"reasoning_content": "hm"}), openai_answer()),
    },
    "thinking as `reasoning`": {"openai": (openai_answer({"reasoning": "hm"}), openai_answer())},
    "tool calls": {
        "cohere": (cohere_answer(_COHERE_CALLS, "TOOL_CALL"), cohere_answer({"content": []}, "TOOL_CALL")),
        "openai": (
            openai_answer(_OPENAI_CALLS, "tool_calls"),
            openai_answer({"content": None}, "tool_calls"),
        ),
    },
    "`tool_plan`": {
        "cohere": (
            cohere_answer({**_COHERE_CALLS, "tool_plan": "I look."}, "TOOL_CALL"),
            cohere_answer(_COHERE_CALLS, "TOOL_CALL"),
        ),
    },
    "text beside tool calls": {
        "openai": (
            openai_answer({**_OPENAI_CALLS, "content": "I look."}, "tool_calls"),
            openai_answer(_OPENAI_CALLS, "tool_calls"),
        ),
    },
    "citations of documents": {"cohere": (cohere_answer({"citations": [CITED]}), cohere_answer())},
    "citations of tools": {
        "cohere": (
            cohere_answer(
                {
                    "citations": [
                        {**CITED, "sources": [{"type": "tool", "id": "t:0", "tool_output": {"a": "b"}}]}
                    ]
                }
            ),
            cohere_answer(),
        )
    },
    "annotations": {
        "openai": (
            openai_answer(
                {
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url_citation": {
                                "start_index": 0,
                                "end_index": 7,
                                "url": "https://example.com/a",
                                "title": "A page",
                            },
                        }
                    ]
                }
            ),
            openai_answer(),
        )
    },
    "refusal": {
        "openai": (
            openai_answer({"content": None, "refusal": "I will not."}),
            openai_answer({"content": None}),
        )
    },
    "log probabilities": {
        "cohere": (
            cohere_answer(logprobs=[{"text": "Emperor", "token_ids": [], "logprobs": [-0.25]}]),
            cohere_answer(),
        ),
        "openai": (openai_answer(choice={"logprobs": {"content": [_TOKEN]}}), openai_answer()),
    },
    "token ids": {
        "cohere": (
            cohere_answer(logprobs=[{"text": "Emperor", "token_ids": [77], "logprobs": [-0.25]}]),
            cohere_answer(logprobs=[{"text": "Emperor", "token_ids": [], "logprobs": [-0.25]}]),
        )
    },
    "alternatives of tokens": {
        "openai": (
            openai_answer(choice={"logprobs": {"content": [{**_TOKEN, "top_logprobs": [_ALTERNATIVE]}]}}),
            openai_answer(choice={"logprobs": {"content": [_TOKEN]}}),
        )
    },
    "end by the model": {
        "cohere": (cohere_answer(), cohere_answer(finish_reason="MAX_TOKENS")),
        "openai": (openai_answer(), openai_answer(finish_reason="length")),
    },
    "end by length": {
        "cohere": (cohere_answer(finish_reason="MAX_TOKENS"), cohere_answer()),
        "openai": (openai_answer(finish_reason="length"), openai_answer()),
    },
    "end by tool calls": {
        "cohere": (cohere_answer(_COHERE_CALLS, "TOOL_CALL"), cohere_answer(_COHERE_CALLS)),
        "openai": (openai_answer(_OPENAI_CALLS, "tool_calls"), openai_answer(_OPENAI_CALLS, "length")),
    },
    "end by a stop sequence": {"cohere": (cohere_answer(finish_reason="STOP_SEQUENCE"), cohere_answer())},
    "end by a filter": {"openai": (openai_answer(finish_reason="content_filter"), openai_answer())},
    "end by an error": {
        "cohere": (cohere_answer(finish_reason="ERROR", error="no valid tool call"), cohere_answer())
    },
    "end by a timeout": {"cohere": (cohere_answer(finish_reason="TIMEOUT"), cohere_answer())},
    "counts of tokens": {
        "cohere": (
            cohere_answer(usage={"billed_units": _UNITS, "tokens": _UNITS}),
            cohere_answer(usage={"billed_units": {}, "tokens": {}}),
        ),
        "openai": (openai_answer(), openai_answer(usage=None)),
    },
    "billed units of their own": {
        "cohere": (
            cohere_answer(usage={"billed_units": {**_UNITS, "input_tokens": 5}, "tokens": _UNITS}),
            cohere_answer(),
        )
    },
    "cached tokens": {
        "cohere": (
            cohere_answer(usage={"billed_units": _UNITS, "tokens": _UNITS, "cached_tokens": 3}),
            cohere_answer(),
        ),
        "openai": (
            openai_answer(
                usage={
                    "prompt_tokens": 9,
                    "completion_tokens": 4,
                    "total_tokens": 13,
                    "prompt_tokens_details": {"cached_tokens": 3},
                }
            ),
            openai_answer(),
        ),
    },
    "reasoning tokens": {
        "openai": (
            openai_answer(
                usage={
                    "prompt_tokens": 9,
                    "completion_tokens": 4,
                    "total_tokens": 13,
                    "completion_tokens_details": {"reasoning_tokens": 2},
                }
            ),
            openai_answer(),
        )
    },
    "further choices": {
        "openai": (
            openai_answer(
                choices=[
                    openai_answer()["choices"][0],
                    {**openai_answer({"content": "another"})["choices"][0], "index": 1},
                ]
            ),
            openai_answer(),
        )
    },
    "a vendor's own fields": {
        "openai": (openai_answer(system_fingerprint="fp_1", service_tier="flex"), openai_answer())
    },
}
