"""Turns and tools as Cohere and OpenAI both write them."""

from typing import Any

from support.matrix_samples.sample import ASKED, FUNCTION, IMAGE_URL, LONG_ID, Body, Sample

HI: Body = {"role": "user", "content": ASKED}
PLAIN_TURN: Body = {"messages": [HI]}
IMAGE: Body = {"type": "image_url", "image_url": {"url": IMAGE_URL}}
IMAGE_IN_DETAIL: Body = {"type": "image_url", "image_url": {"url": IMAGE_URL, "detail": "low"}}
TOOL: Body = {"type": "function", "function": FUNCTION}
OTHER: Body = {"type": "function", "function": {**FUNCTION, "name": "write_down"}}
WITH_TOOLS: Body = {"tools": [TOOL, OTHER]}
CALL: Body = {
    "id": "look_up_1",
    "type": "function",
    "function": {"name": "look_up", "arguments": '{"height": "x"}'},
}
LONG_CALL: Body = {**CALL, "id": LONG_ID}
CALLED: Body = {"role": "assistant", "tool_calls": [CALL]}
RESULT: Body = {"role": "tool", "tool_call_id": "look_up_1", "content": "a result"}


def turns(*messages: Body) -> Body:
    return {"messages": [HI, *messages]}


def say(**fields: Any) -> Body:
    return {"messages": [{"role": "user", **fields}]}


def part(**fields: Any) -> Body:
    return say(content=[{"type": "text", "text": "see"}, fields])


SHARED_REQUESTS = [
    Sample("max tokens", {"max_tokens": 50}),
    Sample("temperature", {"temperature": 0.5}),
    Sample("frequency penalty", {"frequency_penalty": 0.5}),
    Sample("presence penalty", {"presence_penalty": 0.5}),
    Sample("seed", {"seed": 7}),
    Sample("log probabilities", {"logprobs": True}),
    Sample("`safety_mode`", {"safety_mode": "STRICT"}),
    Sample("`priority`", {"priority": 3}),
]
