"""Amazon's own SDK in the matrix."""

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from support.matrix.ask import Ask, RefusedError, Seen

_FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "tool_use": "tools",
}


class BedrockClient:
    """`converse` and `converse_stream` of boto3's `bedrock-runtime`."""

    name = "boto3 bedrock-runtime"
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        self._client = boto3.client(
            "bedrock-runtime",
            endpoint_url=f"{url}/bedrock",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # nobody's
            config=Config(retries={"total_max_attempts": 1}),
        )
        self._model = model

    def ask(self, ask: Ask) -> Seen:
        """Ask through the SDK."""
        try:
            if not ask.stream:
                return _seen(self._client.converse(**self._arguments(ask)))
            return _collect(self._client.converse_stream(**self._arguments(ask))["stream"])
        except (ClientError, EventStreamError) as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            raise RefusedError(status, str(error)) from error

    def _arguments(self, ask: Ask) -> dict[str, Any]:
        arguments: dict[str, Any] = {"modelId": self._model, "messages": _messages(ask)}
        settings: dict[str, Any] = {}
        if ask.tools:
            tools = [
                {
                    "toolSpec": {
                        "name": tool.name,
                        "description": tool.description,
                        "inputSchema": {"json": tool.parameters},
                    }
                }
                for tool in ask.tools
            ]
            arguments["toolConfig"] = {"tools": tools}
        if ask.schema is not None:
            structure = {"jsonSchema": {"name": ask.schema["title"], "schema": json.dumps(ask.schema)}}
            arguments["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
        if ask.thinks:
            thinking = {"type": "enabled", "budget_tokens": 1024}
            arguments["additionalModelRequestFields"] = {"thinking": thinking}
        else:
            settings["temperature"] = 0.0
        if ask.stop is not None:
            settings["stopSequences"] = [ask.stop]
        if ask.max_tokens is not None:
            settings["maxTokens"] = ask.max_tokens
        return arguments | ({"inferenceConfig": settings} if settings else {})


def _messages(ask: Ask) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = [
        {
            "document": {
                "format": "txt",
                "name": f"document {index}",
                "source": {"text": text},
                "citations": {"enabled": True},
            }
        }
        for index, text in enumerate(ask.documents)
    ]
    if ask.image_png is not None:
        content.append({"image": {"format": "png", "source": {"bytes": ask.image_png}}})
    content.append({"text": ask.text})
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if ask.answered is not None:
        turn = ask.answered.native
        calls = [block["toolUse"] for block in turn["content"] if "toolUse" in block]
        results = [
            {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": result}]}}
            for call, result in zip(calls, ask.results, strict=True)
        ]
        messages += [turn, {"role": "user", "content": results}]
    return messages


def _seen(answer: dict[str, Any]) -> Seen:
    blocks, usage = answer["output"]["message"]["content"], answer["usage"]
    cited = [block["citationsContent"] for block in blocks if "citationsContent" in block]
    cited_texts = ["".join(part["text"] for part in one["content"]) for one in cited if one["citations"]]
    texts = [
        block["text"]
        if "text" in block
        else "".join(part["text"] for part in block["citationsContent"]["content"])
        for block in blocks
        if "text" in block or "citationsContent" in block
    ]
    thoughts = [
        block["reasoningContent"]["reasoningText"]["text"] for block in blocks if "reasoningContent" in block
    ]
    cached = usage.get("cacheReadInputTokens")
    return Seen(
        text="".join(texts),
        calls=tuple(
            (block["toolUse"]["name"], block["toolUse"]["input"]) for block in blocks if "toolUse" in block
        ),
        thinking="".join(thoughts) or None,
        citations=tuple(cited_texts),
        finish=_FINISHES[answer["stopReason"]],
        input_tokens=usage["inputTokens"] + (cached or 0) + (usage.get("cacheWriteInputTokens") or 0),
        output_tokens=usage["outputTokens"],
        cached_tokens=cached,
        native=answer["output"]["message"],
    )


def _collect(events: Any) -> Seen:
    """Return what a stream said, as the message that it was."""
    blocks: dict[int, dict[str, Any]] = {}
    deltas, end = 0, {}
    for event in events:
        match event:
            case {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": call}}}:
                blocks[index] = {"toolUse": {**call, "input": ""}}
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"text": text}}}:
                deltas += 1
                blocks.setdefault(index, {"text": ""})["text"] += text
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}}}:
                blocks[index]["toolUse"]["input"] += piece
            case {"messageStop": stop}:
                end["stopReason"] = stop["stopReason"]
            case {"metadata": metadata}:
                end["usage"] = metadata["usage"]
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    message = {"role": "assistant", "content": [blocks[index] for index in sorted(blocks)]}
    seen = _seen({"output": {"message": message}, **end})
    seen.deltas = deltas
    return seen
