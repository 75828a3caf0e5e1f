"""What an answer had and Converse cannot say."""

from causeway.model.content import TextBlock
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.uncarried import report_uncarried_answer_fields


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response` in Converse's shape, each thing under `response`."""
    if response.tool_plan is not None:
        losses.add("mapped", "response.tool_plan", "it is told as text")
    _report_citations(response, losses)
    if response.finish_reason is FinishReason.TIMEOUT:
        losses.add(
            "approximated", "response.finish_reason", "Bedrock has no word for a model that was too slow"
        )
    if response.failure is not None:
        losses.add("dropped", "response.failure", "a whole answer of Bedrock's does not say what failed")
    if response.logprobs:
        losses.add("dropped", "response.logprobs", "Bedrock tells none")
    _report_usage(response, losses)
    report_uncarried_answer_fields(response.extras, "bedrock", losses)


def _report_citations(response: ChatResponse, losses: LossReport) -> None:
    cited = [citation for citation in response.citations if citation.target in (None, "text")]
    if len(cited) < len(response.citations):
        losses.add("dropped", "response.citations", "only text is cited, no thinking and no plan")
    texts = [block.text for block in response.content if isinstance(block, TextBlock)]
    if any(citation.text not in texts for citation in cited):
        losses.add("mapped", "response.citations", "the text is told in pieces, each cited as a whole")


def _report_usage(response: ChatResponse, losses: LossReport) -> None:
    usage = response.usage
    if usage.billed_input_tokens != usage.input_tokens or usage.billed_output_tokens != usage.output_tokens:
        losses.add("dropped", "response.usage.billed_units", "Bedrock bills the tokens that it counts")
    for name in ("reasoning_tokens", "image_tokens", "search_units", "classifications"):
        if getattr(usage, name):
            losses.add("dropped", f"response.usage.{name}", "Bedrock does not count them apart")
