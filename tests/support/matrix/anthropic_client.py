"""Anthropic's own SDK in the matrix."""

import base64
from typing import Any

import anthropic

from support.matrix.ask import Ask, RefusedError, Seen

_FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "tool_use": "tools",
}


class AnthropicClient:
    """`anthropic.Anthropic.messages.create` and `stream`."""

    name = "anthropic"
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        self._client = anthropic.Anthropic(api_key="none", base_url=f"{url}/anthropic", max_retries=0)
        self._model = model

    def ask(self, ask: Ask) -> Seen:
        """Ask through the SDK."""
        try:
            if not ask.stream:
                return _seen(self._client.messages.create(**self._arguments(ask)))
            deltas = 0
            with self._client.messages.stream(**self._arguments(ask)) as stream:
                for event in stream:
                    deltas += event.type == "text"
                seen = _seen(stream.get_final_message())
        except anthropic.APIError as error:
            raise RefusedError(getattr(error, "status_code", None), str(error)) from error
        seen.deltas = deltas
        return seen

    def _arguments(self, ask: Ask) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self._model,
            "messages": _messages(ask),
            "max_tokens": ask.max_tokens or 2048,
        }
        if ask.tools:
            arguments["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in ask.tools
            ]
        if ask.schema is not None:
            arguments["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
        if ask.thinks:
            arguments["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        else:
            arguments["extra_body"] = {"temperature": 0.0}  # a word that newer models do not take
        if ask.stop is not None:
            arguments["stop_sequences"] = [ask.stop]
        return arguments


def _messages(ask: Ask) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = [
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": text},
            "citations": {"enabled": True},
        }
        for text in ask.documents
    ]
    if ask.image_png is not None:
        data = base64.b64encode(ask.image_png).decode()
        source = {"type": "base64", "media_type": "image/png", "data": data}
        content.append({"type": "image", "source": source})
    content.append({"type": "text", "text": ask.text})
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if ask.answered is not None:
        blocks = ask.answered.native
        calls = [block for block in blocks if block.type == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": result}
            for call, result in zip(calls, ask.results, strict=True)
        ]
        messages += [{"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
    return messages


def _seen(message: Any) -> Seen:
    texts = [block for block in message.content if block.type == "text"]
    thoughts = [block.thinking for block in message.content if block.type == "thinking"]
    usage = message.usage
    cached = usage.cache_read_input_tokens
    return Seen(
        text="".join(block.text for block in texts),
        calls=tuple((block.name, dict(block.input)) for block in message.content if block.type == "tool_use"),
        thinking="".join(thoughts) or None,
        # Anthropic cites with the whole block.
        citations=tuple(block.text for block in texts if block.citations),
        finish=_FINISHES[message.stop_reason],
        input_tokens=usage.input_tokens + (cached or 0) + (usage.cache_creation_input_tokens or 0),
        output_tokens=usage.output_tokens,
        cached_tokens=cached,
        native=message.content,
    )
