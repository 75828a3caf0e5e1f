"""The history of `POST /v1/chat`, to canonical messages and back.

Tool calls have no ids in the older API: a result says which call it answers by repeating it. Ids are
made up here, in the order of the calls, and results are matched to the calls that still wait.
"""

from collections.abc import Iterable

import msgspec

from causeway.dialects.cohere.v1_chat_schema import WireV1Message, WireV1ToolCall, WireV1ToolResult
from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    Message,
    SystemMessage,
    TextBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError

ROLES = ("USER", "CHATBOT", "SYSTEM", "TOOL")


class HistoryDecoder:
    """Collects the canonical messages of a history."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._waiting: list[ToolCall] = []
        self._calls = 0

    def add_all(self, wire: list[WireV1Message]) -> None:
        """Take the history; raises InvalidRequestError, naming the message at fault."""
        for index, message in enumerate(wire):
            self._add(message, f"chat_history[{index}]")

    def awaits(self, results: list[WireV1ToolResult]) -> bool:
        """Whether the history ends with calls that these results answer."""
        return all(self._match(result.call) is not None for result in results)

    def add_results(self, results: list[WireV1ToolResult], path: str) -> None:
        """Take the results of tool calls, and the calls themselves where the history lacks them."""
        matched = [self._take(result.call) for result in results]
        missing = [
            self._new_call(result.call) for result, call in zip(results, matched, strict=True) if call is None
        ]
        if missing:
            self.messages.append(AssistantMessage(tool_calls=tuple(missing)))
        made_up = iter(missing)
        for index, (result, call) in enumerate(zip(results, matched, strict=True)):
            if not result.call.name:
                raise _missing(f"{path}[{index}].call.name")
            self.messages.append(
                ToolMessage(
                    (call or next(made_up)).id,
                    tuple(DocumentBlock(Document(output)) for output in result.outputs),
                )
            )

    def _add(self, wire: WireV1Message, path: str) -> None:
        role = wire.role.upper()
        if role not in ROLES:
            raise InvalidRequestError(
                f"invalid request: {path}.role: expected one of {', '.join(ROLES)}.", field=f"{path}.role"
            )
        if role == "TOOL":
            self.add_results(wire.tool_results or [], f"{path}.tool_results")
            return
        calls = wire.tool_calls or []
        if not wire.message and not (role == "CHATBOT" and calls):
            raise _missing(f"{path}.message")
        content = (TextBlock(wire.message),) if wire.message else ()
        match role:
            case "USER":
                self.messages.append(UserMessage(content))
            case "SYSTEM":
                self.messages.append(SystemMessage(content))
            case _:
                self._waiting = [self._new_call(call) for call in calls]
                self.messages.append(
                    AssistantMessage(
                        content=() if calls else content,
                        tool_plan=wire.message or None if calls else None,
                        tool_calls=tuple(self._waiting),
                    )
                )

    def _new_call(self, wire: WireV1ToolCall) -> ToolCall:
        self._calls += 1
        return ToolCall(f"{wire.name}_{self._calls}", wire.name, _arguments(wire))

    def _match(self, wire: WireV1ToolCall) -> ToolCall | None:
        arguments = _arguments(wire)
        named = [call for call in self._waiting if call.name == wire.name]
        return next((call for call in named if call.arguments == arguments), None)

    def _take(self, wire: WireV1ToolCall) -> ToolCall | None:
        call = self._match(wire)
        if call is not None:
            self._waiting.remove(call)
        return call


def encode_history(messages: Iterable[Message]) -> list[WireV1Message]:
    """Return canonical messages as the older API tells them. Images are left out: it has none."""
    history: list[WireV1Message] = []
    calls: dict[str, WireV1ToolCall] = {}
    for message in messages:
        match message:
            case SystemMessage(content=content):
                history.append(WireV1Message("SYSTEM", _text(content)))
            case UserMessage(content=content):
                history.append(WireV1Message("USER", _text(content)))
            case AssistantMessage():
                encoded = [encode_tool_call(call) for call in message.tool_calls]
                calls.update(zip((call.id for call in message.tool_calls), encoded, strict=True))
                text = (message.tool_plan or "") + _text(message.content)
                history.append(WireV1Message("CHATBOT", text, tool_calls=encoded or None))
            case ToolMessage():
                result = WireV1ToolResult(
                    calls.get(message.tool_call_id) or WireV1ToolCall(message.tool_call_id, {}),
                    [
                        _output(block)
                        for block in message.content
                        if isinstance(block, TextBlock | DocumentBlock)
                    ],
                )
                if history and history[-1].role == "TOOL":
                    (history[-1].tool_results or []).append(result)
                else:
                    history.append(WireV1Message("TOOL", tool_results=[result]))
    return history


def encode_tool_call(call: ToolCall) -> WireV1ToolCall:
    """Return a call with its arguments as an object.

    A model that wrote something else is quoted under `arguments`: the older API has no way to say
    it, and a call without its arguments would look like one that has none.
    """
    try:
        parameters = msgspec.json.decode(call.arguments or "{}")
    except msgspec.DecodeError:
        parameters = None
    if not isinstance(parameters, dict):
        parameters = {"arguments": call.arguments}
    return WireV1ToolCall(call.name, parameters)


def _output(block: TextBlock | DocumentBlock) -> dict[str, object]:
    if isinstance(block, TextBlock):
        return {"text": block.text}
    data = block.document.data
    return data if isinstance(data, dict) else {"text": data}


def _text(content: Iterable[object]) -> str:
    return "".join(block.text for block in content if isinstance(block, TextBlock))


def _arguments(wire: WireV1ToolCall) -> str:
    return msgspec.json.encode(wire.parameters or {}).decode()


def _missing(path: str) -> InvalidRequestError:
    return InvalidRequestError(f"invalid request: {path}: required field is missing.", field=path)
