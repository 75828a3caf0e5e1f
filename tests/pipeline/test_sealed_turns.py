"""What a provider wants back of a turn comes back, though the caller never saw it."""

import pytest
from msgspec.structs import replace

from causeway.model.content import (
    AssistantMessage,
    Message,
    OpaqueBlock,
    Seal,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.events import Event
from causeway.model.fold import unfold
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.sealed_turns import SealedTurns, SealStage, has_turns_to_restore
from support.kept_answers import Keeper

SIGNED = Seal("anthropic", {"signature": "c2lnbmVk"})
THOUGHT = ThinkingBlock("Let me look.", SIGNED)
HIDDEN = OpaqueBlock("anthropic", "redacted_thinking", {"type": "redacted_thinking", "data": "eA=="})
SAID = TextBlock("One moment.")
CALLS = (
    ToolCall("call_1", "weather", '{"city":"Rome"}', Seal("anthropic", {"caller": "x"})),
    ToolCall("call_2", "weather", '{"city":"Oslo"}'),
)
ANSWER = ChatResponse(
    id="msg_1",
    content=(THOUGHT, HIDDEN, SAID),
    tool_calls=CALLS,
    finish_reason=FinishReason.TOOL_CALL,
    usage=Usage(),
)


@pytest.fixture
def turns() -> SealedTurns:
    return SealedTurns(Keeper())


def next_turn(turn: Message) -> ChatRequest:
    results = [ToolMessage(call.id, (TextBlock("20 degrees"),)) for call in CALLS]
    return ChatRequest(model="m", messages=(UserMessage((TextBlock("Weather?"),)), turn, *results))


def shown(**changes: object) -> AssistantMessage:
    """The turn as a caller of Cohere's dialect sends it back."""
    calls = tuple(ToolCall(call.id, call.name, call.arguments.replace(":", ": ")) for call in CALLS)
    fields: dict[str, object] = {"tool_plan": "One moment.", "tool_calls": calls} | changes
    return AssistantMessage(**fields)  # type: ignore[arg-type]


async def restored(
    turns: SealedTurns, turn: AssistantMessage, dialect: str = "anthropic", caller: bytes = b"me"
) -> Message:
    return (await turns.restore(next_turn(turn), dialect, caller)).messages[1]


async def test_a_turn_comes_back_as_the_provider_gave_it(turns: SealedTurns) -> None:
    turns.keep(ANSWER, "anthropic", b"me")
    assert await restored(turns, shown()) == AssistantMessage(content=ANSWER.content, tool_calls=CALLS)


async def test_a_stream_is_kept_like_a_whole_answer(turns: SealedTurns) -> None:
    stage = SealStage(turns, "anthropic", b"me")
    events: list[Event] = list(unfold(ANSWER))
    for event in events[:-1]:
        stage.see(event)
    assert await restored(turns, shown()) == shown()
    stage.see(events[-1])
    assert await restored(turns, shown()) == AssistantMessage(content=ANSWER.content, tool_calls=CALLS)


async def test_a_text_that_the_caller_changed_stays_the_callers(turns: SealedTurns) -> None:
    turns.keep(ANSWER, "anthropic", b"me")
    mine = shown(tool_plan=None, content=(ThinkingBlock("unsigned"), TextBlock("Other words.")))
    found = await restored(turns, mine)
    assert found == AssistantMessage(content=(THOUGHT, HIDDEN, TextBlock("Other words.")), tool_calls=CALLS)


@pytest.mark.parametrize(
    "calls",
    [
        CALLS[:1],
        (ToolCall("call_1", "weather", '{"city":"Bonn"}'), CALLS[1]),
        (ToolCall("call_1", "forecast", '{"city":"Rome"}'), CALLS[1]),
    ],
)
async def test_other_calls_under_the_same_id_are_another_turn(
    turns: SealedTurns, calls: tuple[ToolCall, ...]
) -> None:
    turns.keep(ANSWER, "anthropic", b"me")
    assert await restored(turns, shown(tool_calls=calls)) == shown(tool_calls=calls)


async def test_a_provider_of_another_dialect_gets_nothing_of_it(turns: SealedTurns) -> None:
    turns.keep(ANSWER, "anthropic", b"me")
    assert await restored(turns, shown(), "gemini") == shown()


async def test_another_caller_gets_nothing_of_it(turns: SealedTurns) -> None:
    turns.keep(ANSWER, "anthropic", b"me")
    assert await restored(turns, shown(), caller=b"you") == shown()


def test_what_has_nothing_sealed_or_calls_no_tool_is_not_kept() -> None:
    keeper = Keeper()
    plain = (ToolCall("call_1", "weather", "{}"),)
    turns = SealedTurns(keeper)
    turns.keep(replace(ANSWER, content=(SAID,), tool_calls=plain), "anthropic", b"me")
    turns.keep(replace(ANSWER, tool_calls=()), "anthropic", b"me")
    assert keeper.kept == {}


def test_only_a_turn_that_called_tools_can_be_restored() -> None:
    assert has_turns_to_restore(next_turn(shown()))
    assert not has_turns_to_restore(next_turn(AssistantMessage(content=(SAID,))))
