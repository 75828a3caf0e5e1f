"""A canonical request as the body that Cohere itself accepts.

Only what Cohere documents is written, each thing in its one canonical spelling; what was not given
is left out. A message that is one text block is written as a string.
"""

from typing import Any

import msgspec

from causeway.dialects.cohere.encode_response import encode_citation, encode_tool_call
from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolMessage,
    UserMessage,
)
from causeway.model.request import ChatRequest, Tool

_SAFETY_MODES = {"contextual": "CONTEXTUAL", "strict": "STRICT", "off": "OFF"}
_CITATION_MODES = {"accurate": "ACCURATE", "fast": "FAST", "off": "OFF"}


def encode_request(request: ChatRequest) -> bytes:
    """Return the JSON body for `POST /v2/chat`."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_encode_message(message) for message in request.messages],
        "tools": [_encode_tool(tool) for tool in request.tools] or None,
        "strict_tools": request.strict_tools or None,
        "tool_choice": request.tool_choice.upper() if request.tool_choice else None,
        "documents": [_encode_document(document) for document in request.documents] or None,
        "citation_options": {"mode": _CITATION_MODES[request.citation_mode]}
        if request.citation_mode
        else None,
        "response_format": _encode_response_format(request),
        "safety_mode": _SAFETY_MODES[request.safety_mode] if request.safety_mode else None,
        "max_tokens": sampling.max_tokens,
        "stop_sequences": list(sampling.stop_sequences) or None,
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "k": sampling.top_k,
        "p": sampling.top_p,
        "logprobs": sampling.logprobs or None,
        "thinking": _encode_thinking(request),
        "priority": request.priority or None,
    }
    given = {name: value for name, value in body.items() if value is not None}
    return msgspec.json.encode({**given, "stream": request.stream})


def _encode_message(message: Message) -> dict[str, Any]:
    match message:
        case UserMessage(content=content) | SystemMessage(content=content):
            role = "user" if isinstance(message, UserMessage) else "system"
            return {"role": role, "content": _encode_content(content)}
        case AssistantMessage():
            encoded: dict[str, Any] = {"role": "assistant"}
            if message.content:
                encoded["content"] = _encode_content(message.content)
            if message.tool_calls:
                encoded["tool_calls"] = [encode_tool_call(call) for call in message.tool_calls]
            if message.tool_plan is not None:
                encoded["tool_plan"] = message.tool_plan
            if message.citations:
                encoded["citations"] = [encode_citation(citation) for citation in message.citations]
            return encoded
        case ToolMessage():
            return {
                "role": "tool",
                "tool_call_id": message.tool_call_id,
                "content": _encode_content(message.content),
            }


def _encode_content(
    content: tuple[TextBlock | ImageBlock | ThinkingBlock | DocumentBlock | OpaqueBlock, ...],
) -> str | list[dict[str, Any]]:
    if len(content) == 1 and isinstance(content[0], TextBlock):
        return content[0].text
    return [_encode_block(block) for block in content if not isinstance(block, OpaqueBlock)]


def _encode_block(block: TextBlock | ImageBlock | ThinkingBlock | DocumentBlock) -> dict[str, Any]:
    match block:
        case TextBlock(text=text):
            return {"type": "text", "text": text}
        case ThinkingBlock(thinking=thinking):
            return {"type": "thinking", "thinking": thinking}
        case ImageBlock(url=url, detail=detail):
            image_url = {"url": url} if detail is None else {"url": url, "detail": detail}
            return {"type": "image_url", "image_url": image_url}
        case DocumentBlock(document=document):
            encoded: dict[str, Any] = {"data": document.data}
            if document.id is not None:
                encoded["id"] = document.id
            return {"type": "document", "document": encoded}


def _encode_tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    return {"type": "function", "function": function}


def _encode_document(document: Document) -> str | dict[str, Any]:
    if document.id is not None:
        return {"id": document.id, "data": document.data}
    return document.data if isinstance(document.data, str) else {"data": document.data}


def _encode_response_format(request: ChatRequest) -> dict[str, Any] | None:
    if request.response_format is None:
        return None
    schema = request.response_format.json_schema
    return {"type": "json_object"} if schema is None else {"type": "json_object", "json_schema": schema}


def _encode_thinking(request: ChatRequest) -> dict[str, Any] | None:
    thinking = request.thinking
    if thinking is None:
        return None
    encoded: dict[str, Any] = {"type": "enabled" if thinking.enabled else "disabled"}
    if thinking.token_budget is not None:
        encoded["token_budget"] = thinking.token_budget
    return encoded
