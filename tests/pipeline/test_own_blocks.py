"""A caller of another dialect gets an answer without the provider's own blocks, numbered without a gap."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from causeway.model.content import Citation, OpaqueBlock, Seal, TextBlock, ThinkingBlock, ToolCall
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.own_blocks import OwnBlocksStage

SEARCH = OpaqueBlock("anthropic", "server_tool_use", {"name": "web_search"})
blocks = st.sampled_from([TextBlock("text"), ThinkingBlock("thought"), SEARCH])


def plain(content: tuple[TextBlock | ThinkingBlock | OpaqueBlock, ...], **fields: Any) -> ChatResponse:
    return ChatResponse(id="1", content=content, finish_reason=FinishReason.COMPLETE, usage=Usage(), **fields)


def told(response: ChatResponse) -> tuple[ChatResponse, LossReport]:
    losses = LossReport()
    stage = OwnBlocksStage(losses)
    # `fold` raises where the numbers have a gap.
    return fold(one for event in unfold(response) for one in stage.tell(event)), losses


@given(st.lists(blocks, max_size=6))
def test_every_other_block_stays_as_it_was(content: list[TextBlock | ThinkingBlock | OpaqueBlock]) -> None:
    answer, losses = told(plain(tuple(content)))
    assert list(answer.content) == [block for block in content if block != SEARCH]
    lost = [f"response.content[{index}]" for index, block in enumerate(content) if block == SEARCH]
    assert [loss.path for loss in losses.losses] == lost


def test_seals_are_taken_off_without_a_loss() -> None:
    seal = Seal("anthropic", {"signature": "c2lnbmVk"})
    call = ToolCall("1", "f", "{}", seal)
    sealed = plain((ThinkingBlock("thought", seal), TextBlock("text", seal)), tool_calls=(call,))
    answer, losses = told(sealed)
    assert answer.content == (ThinkingBlock("thought"), TextBlock("text"))
    assert answer.tool_calls == (ToolCall("1", "f", "{}"),)
    assert losses.losses == []


def test_citations_follow_the_block_that_they_point_to() -> None:
    citation = Citation(0, 4, "text", (), "text", 2)
    response = plain(
        (SEARCH, SEARCH, TextBlock("text")),
        citations=(citation,),
    )
    answer, _ = told(response)
    assert [one.content_index for one in answer.citations] == [0]


def test_the_loss_names_the_block_and_says_why() -> None:
    _, losses = told(plain((SEARCH,)))
    [loss] = losses.losses
    assert loss.kind == "dropped"
    assert "server_tool_use" in loss.detail
