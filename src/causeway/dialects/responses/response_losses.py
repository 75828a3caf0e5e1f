"""What an answer had and a response cannot say."""

from causeway.dialects.openai.response_losses import report_logprobs, report_usage
from causeway.dialects.responses.items import DIALECT
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.uncarried import report_uncarried_answer_fields


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response` in the shape of a response, each thing under `response`."""
    if response.tool_plan is not None:
        losses.add("mapped", "response.tool_plan", "it is the first message")
    match response.finish_reason:
        case FinishReason.STOP_SEQUENCE:
            losses.add("mapped", "response.finish_reason", "OpenAI says completed for a stop sequence too")
        case FinishReason.TIMEOUT:
            losses.add("mapped", "response.finish_reason", "it is told as an error, whose code says it")
        case FinishReason.ERROR:
            pass
        case _ if response.failure is not None:
            losses.add("dropped", "response.failure", "the answer is told as one that did not fail")
    if any(citation.target == "thinking" for citation in response.citations):
        losses.add("dropped", "response.citations", "a reasoning item has no citations")
    report_logprobs(response, losses)
    report_usage(response, losses, uncounted=("image_tokens", "search_units", "classifications"))
    report_uncarried_answer_fields(response.extras, DIALECT, losses)
