"""A caller of another dialect gets an answer without the provider's own blocks, numbered without a gap."""

from hypothesis import given
from hypothesis import strategies as st

from causeway.model.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.own_blocks import OwnBlocksStage

SEARCH = OpaqueBlock("anthropic", "server_tool_use", {"name": "web_search"})
blocks = st.sampled_from([TextBlock("text"), ThinkingBlock("thought"), SEARCH])


def told(response: ChatResponse) -> tuple[ChatResponse, LossReport]:
    losses = LossReport()
    stage = OwnBlocksStage(losses)
    # `fold` raises where the numbers have a gap.
    return fold(one for event in unfold(response) for one in stage.tell(event)), losses


@given(st.lists(blocks, max_size=6))
def test_every_other_block_stays_as_it_was(content: list[TextBlock | ThinkingBlock | OpaqueBlock]) -> None:
    answer, losses = told(
        ChatResponse(usage=Usage(), finish_reason=FinishReason.COMPLETE, id="1", content=tuple(content))
    )
    assert list(answer.content) == [block for block in content if block != SEARCH]
    lost = [f"response.content[{index}]" for index, block in enumerate(content) if block == SEARCH]
    assert [loss.path for loss in losses.losses] == lost


def test_citations_follow_the_block_that_they_point_to() -> None:
    citation = Citation(0, 4, "text", (), "text", 2)
    response = ChatResponse(
        usage=Usage(),
        finish_reason=FinishReason.COMPLETE,
        id="1",
        content=(SEARCH, SEARCH, TextBlock("text")),
        citations=(citation,),
    )
    answer, _ = told(response)
    assert [one.content_index for one in answer.citations] == [0]


def test_the_loss_names_the_block_and_says_why() -> None:
    _, losses = told(
        ChatResponse(usage=Usage(), finish_reason=FinishReason.COMPLETE, id="1", content=(SEARCH,))
    )
    [loss] = losses.losses
    assert loss.kind == "dropped"
    assert "server_tool_use" in loss.detail
