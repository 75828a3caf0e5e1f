"""Remembers what a provider wants back of a turn and the caller's dialect cannot carry, until the next turn.

A model that thinks before it calls tools wants its thinking back with the tools' results, signed as it was.
A caller of another dialect never saw the signature; what it does send back is the id of the tool call, under
which the turn is found again. A turn that was changed in between is not restored.
"""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from causeway.model.content import (
    AssistantMessage,
    Message,
    OpaqueBlock,
    Seal,
    TextBlock,
    ThinkingBlock,
    ToolCall,
)
from causeway.model.events import Event, MessageEnd
from causeway.model.fold import Fold
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.pipeline.ports import AnswerKeeper

Block = TextBlock | ThinkingBlock | OpaqueBlock


class _KeptBlock(Struct, frozen=True, omit_defaults=True):
    """A block in a form that says which one it is."""

    text: str | None = None
    thinking: str | None = None
    opaque: OpaqueBlock | None = None
    seal: Seal | None = None


class _KeptTurn(Struct, frozen=True):
    """What a model said in one turn."""

    blocks: tuple[_KeptBlock, ...]
    calls: tuple[ToolCall, ...]


_decoder = msgspec.json.Decoder(_KeptTurn)


class SealedTurns:
    """Keeps turns with tool calls whose provider will want more of them back than the caller can send."""

    def __init__(self, keeper: AnswerKeeper) -> None:
        self._keeper = keeper

    def keep(self, response: ChatResponse, dialect: str, caller: bytes) -> None:
        """Keep for `caller` the turn that a provider of `dialect` gave, where it has anything sealed."""
        if not response.tool_calls or not _is_sealed(response):
            return
        turn = _KeptTurn(tuple(map(_kept_block, response.content)), response.tool_calls)
        self._keeper.keep(_key(dialect, caller, response.tool_calls[0]), msgspec.json.encode(turn))

    async def restore(self, request: ChatRequest, dialect: str, caller: bytes) -> ChatRequest:
        """Return the request with the caller's turns that providers of `dialect` gave, as those gave them."""
        messages: list[Message] = []
        for message in request.messages:
            if isinstance(message, AssistantMessage) and message.tool_calls:
                messages.append(await self._restore_turn(message, dialect, caller))
            else:
                messages.append(message)
        return replace(request, messages=tuple(messages))

    async def _restore_turn(self, message: AssistantMessage, dialect: str, caller: bytes) -> AssistantMessage:
        kept = await self._keeper.find(_key(dialect, caller, message.tool_calls[0]))
        if kept is None:
            return message
        turn = _decoder.decode(kept)
        if [_said(call) for call in message.tool_calls] != [_said(call) for call in turn.calls]:
            return message
        blocks = tuple(map(_block, turn.blocks))
        if _text(blocks) != (message.tool_plan or "") + _text(message.content):
            sealed = [block for block in blocks if not isinstance(block, TextBlock)]
            own = [block for block in message.content if not isinstance(block, ThinkingBlock)]
            return replace(message, content=(*sealed, *own), tool_calls=turn.calls)
        return replace(message, content=blocks, tool_plan=None, tool_calls=turn.calls)


class SealStage:
    """Watches the events of one answer and keeps its turn once it has ended."""

    def __init__(self, turns: SealedTurns, dialect: str, caller: bytes) -> None:
        self._turns = turns
        self._dialect = dialect
        self._caller = caller
        self._collected = Fold()

    def see(self, event: Event) -> None:
        """Take the next event."""
        self._collected.add(event)
        if isinstance(event, MessageEnd):
            self._turns.keep(self._collected.response(), self._dialect, self._caller)


def has_turns_to_restore(request: ChatRequest) -> bool:
    """Whether a turn of the model's called tools."""
    return any(isinstance(message, AssistantMessage) and message.tool_calls for message in request.messages)


def _key(dialect: str, caller: bytes, call: ToolCall) -> str:
    return f"turn/{dialect}/{caller.hex()}/{call.id}"


def _is_sealed(response: ChatResponse) -> bool:
    return any(isinstance(block, OpaqueBlock) or block.seal is not None for block in response.content) or any(
        call.seal is not None for call in response.tool_calls
    )


def _said(call: ToolCall) -> tuple[str, str, Any]:
    """Return what a call says; clients write the arguments anew."""
    try:
        return call.id, call.name, msgspec.json.decode(call.arguments or "{}")
    except msgspec.DecodeError:
        return call.id, call.name, call.arguments


def _text(blocks: tuple[Any, ...]) -> str:
    return "".join(block.text for block in blocks if isinstance(block, TextBlock))


def _kept_block(block: Block) -> _KeptBlock:
    match block:
        case TextBlock(text=text, seal=seal):
            return _KeptBlock(text=text, seal=seal)
        case ThinkingBlock(thinking=thinking, seal=seal):
            return _KeptBlock(thinking=thinking, seal=seal)
        case OpaqueBlock():
            return _KeptBlock(opaque=block)


def _block(kept: _KeptBlock) -> Block:
    if kept.opaque is not None:
        return kept.opaque
    if kept.thinking is not None:
        return ThinkingBlock(kept.thinking, kept.seal)
    return TextBlock(kept.text or "", kept.seal)
