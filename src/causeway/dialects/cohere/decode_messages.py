"""From wire messages to canonical ones, with the ordering rules that Cohere documents."""

from collections.abc import Sequence
from typing import Literal

from causeway.dialects.cohere.decode_images import decode_image, limit_images
from causeway.dialects.cohere.request_schema import (
    DocumentContent,
    ImageContent,
    TextContent,
    ThinkingContent,
    WireAssistantMessage,
    WireCitation,
    WireMessage,
    WireSource,
    WireSystemMessage,
    WireToolCall,
    WireToolMessage,
    WireUserMessage,
)
from causeway.model.content import (
    AssistantMessage,
    Citation,
    Document,
    DocumentBlock,
    ImageBlock,
    Message,
    Source,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError

_TARGETS: dict[str, Literal["text", "thinking", "plan"]] = {
    "TEXT_CONTENT": "text",
    "THINKING_CONTENT": "thinking",
    "PLAN": "plan",
}


def decode_messages(wire: list[WireMessage] | None) -> tuple[Message, ...]:
    """Return the conversation; raises InvalidRequestError that names the message at fault."""
    if not wire:
        raise InvalidRequestError(
            "invalid request: messages: must contain at least 1 message.", field="messages"
        )
    messages: list[Message] = []
    call_ids: set[str] = set()
    images: list[ImageBlock] = []
    for index, message in enumerate(wire):
        content = message.content
        if type(content) is str and content:  # nearly every turn, so that all the rest is not gone through
            if type(message) is WireUserMessage:
                messages.append(UserMessage((TextBlock(content),)))
                continue
            if type(message) is WireAssistantMessage and _is_text_alone(message):
                messages.append(AssistantMessage((TextBlock(content),)))
                continue
            if type(message) is WireSystemMessage:
                messages.append(SystemMessage((TextBlock(content),)))
                continue
        path = f"messages[{index}]"
        match message:
            case WireUserMessage(content=content):
                blocks = _decode_user_content(content, path)
                images += (block for block in blocks if isinstance(block, ImageBlock))
                messages.append(UserMessage(blocks))
            case WireAssistantMessage():
                assistant = _decode_assistant(message, path)
                call_ids.update(call.id for call in assistant.tool_calls)
                messages.append(assistant)
            case WireSystemMessage(content=content):
                messages.append(SystemMessage(_decode_system_content(content, path)))
            case WireToolMessage():
                messages.append(_decode_tool(message, path, call_ids))
    limit_images(images)
    return tuple(messages)


def _is_text_alone(message: WireAssistantMessage) -> bool:
    return message.tool_plan is None and not message.tool_calls and not message.citations


def _decode_citation(wire: WireCitation, path: str) -> Citation:
    """Return a citation; raises InvalidRequestError where it has no span."""
    if wire.start is None or wire.end is None:
        raise InvalidRequestError(
            f"invalid request: {path}: a citation needs start and end.", field=f"{path}.start"
        )
    return Citation(
        start=wire.start,
        end=wire.end,
        text=wire.text or "",
        sources=tuple(_decode_source(source) for source in wire.sources or ()),
        target=_TARGETS.get(wire.type) if wire.type else None,
        content_index=wire.content_index,
    )


def _decode_source(wire: WireSource) -> Source:
    if wire.type == "tool":
        return Source("tool", wire.id or "", wire.tool_output or {})
    return Source("document", wire.id or "", wire.document or {})


def _decode_user_content(
    content: str | list[TextContent | ImageContent], path: str
) -> tuple[TextBlock | ImageBlock, ...]:
    if isinstance(content, str):  # which has been seen to be empty
        raise _empty(path)
    blocks: list[TextBlock | ImageBlock] = []
    for index, block in enumerate(content):
        if isinstance(block, TextContent):
            blocks.append(TextBlock(block.text))
        else:
            blocks.append(decode_image(block, f"{path}.content[{index}].image_url"))
    if not any(not isinstance(block, TextBlock) or block.text for block in blocks):
        raise _empty(path)
    return tuple(blocks)


def _decode_system_content(content: str | list[TextContent], path: str) -> tuple[TextBlock, ...]:
    if isinstance(content, str) or not any(block.text for block in content):
        raise _empty(path)
    return tuple(TextBlock(block.text) for block in content)


def _decode_assistant(message: WireAssistantMessage, path: str) -> AssistantMessage:
    content: list[TextBlock | ThinkingBlock] = []
    if isinstance(message.content, str):
        if message.content:
            content.append(TextBlock(message.content))
    else:
        for block in message.content or ():
            content.append(
                ThinkingBlock(block.thinking) if isinstance(block, ThinkingContent) else TextBlock(block.text)
            )
    calls = _decode_tool_calls(message.tool_calls or (), f"{path}.tool_calls")
    if not content and not calls and not message.tool_plan:
        raise _empty(path)
    return AssistantMessage(
        content=tuple(content),
        tool_plan=message.tool_plan,
        tool_calls=calls,
        citations=tuple(
            _decode_citation(citation, f"{path}.citations[{index}]")
            for index, citation in enumerate(message.citations or ())
        ),
    )


def _decode_tool_calls(wire: Sequence[WireToolCall], path: str) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    seen: set[str] = set()
    for index, call in enumerate(wire):
        at = f"{path}[{index}]"
        if call.type not in (None, "function"):
            raise InvalidRequestError(
                f"invalid request: {at}.type: tool call must be of type function.", field=f"{at}.type"
            )
        if call.function is None or not call.function.name:
            raise InvalidRequestError(
                f"invalid request: {at}.function.name: required field is missing.",
                field=f"{at}.function.name",
            )
        if not call.id:
            raise InvalidRequestError(
                f"invalid request: {at}.id: required field is missing.", field=f"{at}.id"
            )
        if call.id in seen:
            raise InvalidRequestError(
                f"invalid request: {at}.id: cannot have duplicate tool ids.", field=f"{at}.id"
            )
        seen.add(call.id)
        arguments = call.function.arguments
        calls.append(ToolCall(call.id, call.function.name, "{}" if arguments is None else arguments))
    return tuple(calls)


def _decode_tool(message: WireToolMessage, path: str, call_ids: set[str]) -> ToolMessage:
    if not message.tool_call_id:
        raise InvalidRequestError(
            f"invalid request: {path}.tool_call_id: tool call id must be provided with tool message.",
            field=f"{path}.tool_call_id",
        )
    if message.tool_call_id not in call_ids:
        raise InvalidRequestError(
            f"invalid request: {path}.tool_call_id: tool call id not found in previous tool calls.",
            field=f"{path}.tool_call_id",
        )
    if message.content is None:
        raise InvalidRequestError(
            f"invalid request: {path}.content: required field is missing.", field=f"{path}.content"
        )
    if isinstance(message.content, str):
        return ToolMessage(message.tool_call_id, (TextBlock(message.content),))
    return ToolMessage(
        message.tool_call_id,
        tuple(
            DocumentBlock(Document(block.document.data, block.document.id))
            if isinstance(block, DocumentContent)
            else TextBlock(block.text)
            for block in message.content
        ),
    )


def _empty(path: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"invalid request: {path}.content: message must not be empty in a turn.", field=f"{path}.content"
    )
