"""What an answer had and a response cannot say."""

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
    _report_logprobs(response, losses)
    _report_usage(response, losses)
    report_uncarried_answer_fields(response.extras, DIALECT, losses)


def _report_logprobs(response: ChatResponse, losses: LossReport) -> None:
    items = response.logprobs or ()
    if any(item.token_ids for item in items):
        losses.add("dropped", "response.logprobs.token_ids", "OpenAI tells tokens by their text")
    if any(len(item.logprobs) > 1 for item in items):
        losses.add("approximated", "response.logprobs", "pieces of several tokens are told as one token each")
    if any(not item.logprobs for item in items):
        losses.add("dropped", "response.logprobs", "pieces without a probability are left out")


def _report_usage(response: ChatResponse, losses: LossReport) -> None:
    usage = response.usage
    if usage.billed_input_tokens != usage.input_tokens or usage.billed_output_tokens != usage.output_tokens:
        losses.add("dropped", "response.usage.billed_units", "OpenAI bills the tokens that it counts")
    for name in ("image_tokens", "search_units", "classifications"):
        if getattr(usage, name):
            losses.add("dropped", f"response.usage.{name}", "OpenAI does not count them")
