"""Cohere's own SDK in the matrix."""

import base64
import json
from typing import Any

import cohere
from cohere.core.api_error import ApiError

from support.matrix.ask import Ask, RefusedError, Seen

_FINISHES = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop_sequence",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tools",
}


class CohereClient:
    """`cohere.ClientV2.chat` and `chat_stream`."""

    name = "cohere"
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        self._client = cohere.ClientV2(api_key="none", base_url=url)
        self._model = model

    def ask(self, ask: Ask) -> Seen:
        """Ask through the SDK."""
        try:
            if ask.stream:
                return _collect(self._client.chat_stream(**self._arguments(ask)))
            return _seen(self._client.chat(**self._arguments(ask)))
        except ApiError as error:
            raise RefusedError(error.status_code, json.dumps(error.body)) from error

    def _arguments(self, ask: Ask) -> dict[str, Any]:
        arguments: dict[str, Any] = {"model": self._model, "messages": list(_messages(ask))}
        if ask.tools:
            arguments["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                    },
                }
                for tool in ask.tools
            ]
        if ask.schema is not None:
            arguments["response_format"] = {"type": "json_object", "json_schema": ask.schema}
        if ask.documents:
            arguments["documents"] = [
                {"id": f"doc:{index}", "data": {"text": text}} for index, text in enumerate(ask.documents)
            ]
        if not ask.thinks:
            arguments["temperature"] = 0.0
        else:
            arguments["thinking"] = {"type": "enabled", "token_budget": 1024}
        if ask.stop is not None:
            arguments["stop_sequences"] = [ask.stop]
        if ask.max_tokens is not None:
            arguments["max_tokens"] = ask.max_tokens
        return arguments


def _messages(ask: Ask) -> list[dict[str, Any]]:
    content: Any = ask.text
    if ask.image_png is not None:
        url = "data:image/png;base64," + base64.b64encode(ask.image_png).decode()
        content = [{"type": "text", "text": ask.text}, {"type": "image_url", "image_url": {"url": url}}]
    messages = [{"role": "user", "content": content}]
    if ask.answered is not None:
        turn = ask.answered.native
        messages.append(turn)
        messages += [
            {"role": "tool", "tool_call_id": call["id"], "content": result}
            for call, result in zip(turn["tool_calls"], ask.results, strict=True)
        ]
    return messages


def _seen(answer: Any) -> Seen:
    message, usage = answer.message, answer.usage
    content = message.content or ()
    calls = message.tool_calls or ()
    thoughts = [block.thinking for block in content if block.type == "thinking"]
    turn: dict[str, Any] = {"role": "assistant", "tool_calls": [call.model_dump() for call in calls]}
    if message.tool_plan:
        turn["tool_plan"] = message.tool_plan
    return Seen(
        text="".join(block.text for block in content if block.type == "text"),
        calls=tuple((call.function.name, json.loads(call.function.arguments)) for call in calls),
        thinking="".join(thoughts) or None,
        citations=tuple(citation.text for citation in message.citations or ()),
        finish=_FINISHES[answer.finish_reason],
        input_tokens=int(usage.tokens.input_tokens),
        output_tokens=int(usage.tokens.output_tokens),
        cached_tokens=None if usage.cached_tokens is None else int(usage.cached_tokens),
        native=turn,
    )


def _collect(events: Any) -> Seen:
    """Return what a stream said."""
    seen, calls, thoughts = Seen(), [], []
    for event in events:
        match event.type:
            case "content-delta":
                content = event.delta.message.content
                if content.text:
                    seen.text += content.text
                    seen.deltas += 1
                if content.thinking:
                    thoughts.append(content.thinking)
            case "tool-call-start":
                calls.append(event.delta.message.tool_calls.model_dump())
            case "tool-call-delta":
                calls[-1]["function"]["arguments"] += event.delta.message.tool_calls.function.arguments
            case "message-end":
                seen.finish = _FINISHES[event.delta.finish_reason]
                seen.input_tokens = int(event.delta.usage.tokens.input_tokens)
    seen.thinking = "".join(thoughts) or None
    seen.calls = tuple(
        (call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls
    )
    seen.native = {"role": "assistant", "tool_calls": calls}
    return seen
