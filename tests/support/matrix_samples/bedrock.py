"""What the callers of Bedrock's Converse ask and Bedrock answers."""

import json
from typing import Any

from support.matrix_samples.sample import (
    ASKED,
    FUNCTION,
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

HI: Body = {"role": "user", "content": [{"text": ASKED}]}
PLAIN_TURN: Body = {"messages": [HI]}
SPEC: Body = {
    "name": "look_up",
    "description": FUNCTION["description"],
    "inputSchema": {"json": SCHEMA},
}
TOOL: Body = {"toolSpec": SPEC}
OTHER: Body = {"toolSpec": {**SPEC, "name": "write_down"}}
CALL: Body = {"toolUse": {"toolUseId": "look_up_1", "name": "look_up", "input": {"height": "x"}}}
MARK: Body = {"cachePoint": {"type": "default"}}
IMAGE: Body = {"image": {"format": "png", "source": {"bytes": PNG}}}
DOCUMENT: Body = {
    "document": {"format": "txt", "name": "penguins", "source": {"text": "Emperor penguins are 122 cm tall."}}
}
CITED_DOCUMENT: Body = {"document": {**DOCUMENT["document"], "citations": {"enabled": True}}}
PIECES: Body = {"content": [{"text": "Emperor penguins"}, {"text": "are tall."}]}
SEARCH_RESULT: Body = {
    "searchResult": {
        "source": "https://example.com/a",
        "title": "A page",
        "content": [{"text": "Emperor penguins are tall."}],
        "citations": {"enabled": True},
    }
}
THOUGHT: Body = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
SIGNED: Body = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "EqQBCgIYAhIk"}}}
REDACTED: Body = {"reasoningContent": {"redactedContent": "EmwKAhgBEgy3"}}
SERVED: Body = {
    "toolUse": {"toolUseId": "srv_1", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}
}
GUARDED: Body = {"guardContent": {"text": {"text": "another", "qualifiers": ["query"]}}}


def turns(*messages: Body) -> Body:
    return {"messages": [HI, *messages]}


def say(*blocks: Body) -> Body:
    return {"messages": [{"role": "user", "content": [{"text": "see"}, *blocks]}]}


def wrote(*blocks: Body) -> Body:
    return {"role": "assistant", "content": list(blocks)}


def returned(*blocks: Body, **members: Any) -> Body:
    told = list(blocks) or [{"text": "a result"}]
    result = {"toolResult": {"toolUseId": "look_up_1", "content": told, **members}}
    return {"role": "user", "content": [result]}


def file(kind: str, format: str, source: Body, **members: Any) -> Body:
    return say({kind: {"format": format, "source": source, **members}})


def sample(**options: Any) -> Body:
    return {"inferenceConfig": options}


def ask_model(**fields: Any) -> Body:
    return {"additionalModelRequestFields": fields}


def offer(*tools: Body, **choice: Any) -> Body:
    told = {"toolChoice": choice} if choice else {}
    return {"toolConfig": {"tools": list(tools), **told}}


JSON_SCHEMA: Body = {"name": "size", "description": "how tall", "schema": json.dumps(SCHEMA)}
FORMAT: Body = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": JSON_SCHEMA}}}

REQUESTS = [
    Sample("`system`", {"system": [{"text": "be brief"}]}),
    Sample(
        "`cachePoint` of `system`",
        {"system": [{"text": "be brief"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]},
        {"system": [{"text": "be brief"}]},
    ),
    Sample(
        "`guardContent` of `system`",
        {"system": [GUARDED]},
        {"system": [{"text": "be brief"}]},
    ),
    Sample("text blocks", say({"text": "another"}), say()),
    Sample("`cachePoint` of a message", say(MARK), say()),
    Sample("`guardContent`", say(GUARDED), say()),
    Sample(
        "`guardContent` of an image",
        say({"guardContent": {"image": {"format": "png", "source": {"bytes": PNG}}}}),
        say(),
    ),
    Sample("image in the body", say(IMAGE), say()),
    Sample("image in S3", file("image", "png", {"s3Location": {"uri": "s3://bucket/a.png"}}), say()),
    Sample("PDF in the body", file("document", "pdf", {"bytes": PDF}, name="penguins"), say()),
    Sample("text document", say(DOCUMENT), say()),
    Sample("document in pieces", file("document", "txt", PIECES, name="penguins"), say()),
    Sample("text document to be cited", say(CITED_DOCUMENT), say()),
    Sample("search result to be cited", say(SEARCH_RESULT), say()),
    Sample("video", file("video", "mp4", {"s3Location": {"uri": "s3://bucket/a.mp4"}}), say()),
    Sample("audio", file("audio", "wav", {"bytes": "UklG"}), say()),
    Sample("assistant text", turns(wrote({"text": TALL}), HI), turns(HI)),
    Sample("signed thinking", turns(wrote(SIGNED, {"text": TALL}), HI), turns(wrote({"text": TALL}), HI)),
    Sample(
        "encrypted thinking", turns(wrote(REDACTED, {"text": TALL}), HI), turns(wrote({"text": TALL}), HI)
    ),
    Sample(
        "citations in the history",
        turns(
            wrote(
                {
                    "citationsContent": {
                        "content": [{"text": TALL}],
                        "citations": [
                            {
                                "title": "penguins",
                                "source": "birds",
                                "sourceContent": [{"text": "Emperor penguins"}],
                                "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 16}},
                            }
                        ],
                    }
                }
            ),
            HI,
        ),
        turns(wrote({"text": TALL}), HI),
    ),
    Sample(
        "calls of Bedrock's own tools",
        turns(wrote(SERVED, {"text": TALL}), HI),
        turns(wrote({"text": TALL}), HI),
    ),
    Sample("tool calls", turns(wrote(CALL), returned()), turns()),
    Sample(
        "tool call id above 40 characters",
        turns(wrote({"toolUse": {**CALL["toolUse"], "toolUseId": LONG_ID}}), returned(toolUseId=LONG_ID)),
        turns(wrote(CALL), returned()),
    ),
    Sample(
        "`status` `error` of a result",
        turns(wrote(CALL), returned(status="error")),
        turns(wrote(CALL), returned()),
    ),
    Sample("JSON in a tool's result", turns(wrote(CALL), returned({"json": {"tall": True}})), turns()),
    Sample(
        "image in a tool's result",
        turns(wrote(CALL), returned({"text": "a result"}, IMAGE)),
        turns(wrote(CALL), returned()),
    ),
    Sample(
        "document in a tool's result",
        turns(wrote(CALL), returned({"text": "a result"}, DOCUMENT)),
        turns(wrote(CALL), returned()),
    ),
    Sample(
        "video in a tool's result",
        turns(
            wrote(CALL),
            returned(
                {"text": "a result"},
                {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://bucket/a.mp4"}}}},
            ),
        ),
        turns(wrote(CALL), returned()),
    ),
    Sample(
        "`type` of a server tool's result",
        turns(wrote(CALL), returned(type="nova_grounding_result")),
        turns(wrote(CALL), returned()),
    ),
    Sample("tools", offer(TOOL, OTHER)),
    Sample("`strict` of every tool", offer({"toolSpec": {**SPEC, "strict": True}}), offer(TOOL)),
    Sample(
        "`strict` of some tools", offer({"toolSpec": {**SPEC, "strict": True}}, OTHER), offer(TOOL, OTHER)
    ),
    Sample("`cachePoint` of tools", offer(TOOL, MARK), offer(TOOL)),
    Sample("Bedrock's own tools", offer(TOOL, {"systemTool": {"name": "nova_grounding"}}), offer(TOOL)),
    Sample("`toolChoice` `any`", offer(TOOL, OTHER, any={}), offer(TOOL, OTHER, auto={})),
    Sample("`toolChoice` of one tool", offer(TOOL, OTHER, tool={"name": "look_up"}), offer(TOOL, OTHER)),
    Sample("`outputConfig` with a schema", {"outputConfig": FORMAT}),
    Sample("`maxTokens`", sample(maxTokens=50)),
    Sample("stop sequences, up to 4", sample(stopSequences=["AAA", "BBB", "CCC", "DDD"])),
    Sample(
        "sixth stop sequence",
        sample(stopSequences=["AAA", "BBB", "CCC", "DDD", "EEE", "THE-END"]),
        sample(stopSequences=["AAA", "BBB", "CCC", "DDD"]),
    ),
    Sample("`temperature`", sample(temperature=0.5)),
    Sample("`topP`", sample(topP=0.9)),
    Sample("`top_k`", ask_model(top_k=40)),
    Sample("thinking with a budget", ask_model(thinking={"type": "enabled", "budget_tokens": 3000})),
    Sample("thinking disabled", ask_model(thinking={"type": "disabled"})),
    Sample("`reasoning_effort`", ask_model(reasoning_effort="low")),
    Sample("another field of the model's", ask_model(anthropic_beta=["interleaved-thinking-2025-05-14"])),
    *(
        Sample(f"`{name}`", {name: value})
        for name, value in {
            "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
            "performanceConfig": {"latency": "optimized"},
            "promptVariables": {"bird": {"text": "penguin"}},
            "requestMetadata": {"team": "birds"},
            "serviceTier": {"type": "flex"},
            "additionalModelResponseFieldPaths": ["/stop_sequence"],
        }.items()
    ),
]


def answer(*blocks: Body, stop_reason: str = "end_turn", **fields: Any) -> Body:
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13},
        "metrics": {"latencyMs": 1},
        **fields,
    }


def counted(**counts: int) -> Body:
    plain = {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13 + sum(counts.values())}
    return answer(WORDS, usage={**plain, **counts})


def cited(**citation: Any) -> Body:
    return answer({"citationsContent": {"content": [WORDS], "citations": [citation]}})


WORDS: Body = {"text": SPOKEN}
X: Body = {"text": "x"}
PLAIN_ANSWER = answer(WORDS)

ANSWERS: dict[str, Pair] = {
    "text": (PLAIN_ANSWER, answer(X)),
    "thinking": (answer(THOUGHT, X), answer(X)),
    "signed thinking before tool calls": (
        answer(SIGNED, CALL, stop_reason="tool_use"),
        answer(THOUGHT, CALL, stop_reason="tool_use"),
    ),
    "encrypted thinking": (answer(REDACTED, X), answer(X)),
    "tool calls": (answer(CALL, stop_reason="tool_use"), answer(stop_reason="tool_use")),
    "text before tool calls": (
        answer({"text": "I look."}, CALL, stop_reason="tool_use"),
        answer(CALL, stop_reason="tool_use"),
    ),
    "calls of the provider's own tools": (answer(SERVED, X), answer(X)),
    "images": (answer(IMAGE, X), answer(X)),
    "citations of documents": (
        cited(
            title="penguins",
            sourceContent=[{"text": "Emperor penguins"}],
            location={"documentChar": {"documentIndex": 0, "start": 0, "end": 16}},
        ),
        PLAIN_ANSWER,
    ),
    "citations of pages": (
        cited(title=PAGE["title"], location={"web": {"url": PAGE["url"]}}),
        PLAIN_ANSWER,
    ),
    "end by the model": (PLAIN_ANSWER, answer(WORDS, stop_reason="max_tokens")),
    "end by length": (answer(WORDS, stop_reason="max_tokens"), PLAIN_ANSWER),
    "end by tool calls": (answer(CALL, stop_reason="tool_use"), answer(CALL, stop_reason="max_tokens")),
    "end by a stop sequence": (answer(WORDS, stop_reason="stop_sequence"), PLAIN_ANSWER),
    "end by a filter": (answer(WORDS, stop_reason="content_filtered"), PLAIN_ANSWER),
    "end by an error": (answer(WORDS, stop_reason="malformed_model_output"), PLAIN_ANSWER),
    "end by the context's length": (
        answer(WORDS, stop_reason="model_context_window_exceeded"),
        PLAIN_ANSWER,
    ),
    "counts of tokens": (
        PLAIN_ANSWER,
        answer(WORDS, usage={"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}),
    ),
    "cached tokens": (counted(cacheReadInputTokens=3), PLAIN_ANSWER),
    "tokens written to the cache": (counted(cacheWriteInputTokens=3), PLAIN_ANSWER),
    "a vendor's own fields": (answer(WORDS, additionalModelResponseFields={"stop": "x"}), PLAIN_ANSWER),
}
