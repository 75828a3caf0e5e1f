"""What an answer had and Anthropic's shape cannot say."""

from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.tool_input import encode_input
from causeway.model.content import TextBlock
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.uncarried import report_uncarried_answer_fields


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response`, each thing under `response`."""
    if response.tool_plan:
        losses.add("mapped", "response.tool_plan", "it is a text before the tool calls")
    for index, call in enumerate(response.tool_calls):
        if encode_input(call.arguments) is None:
            path = f"response.tool_calls[{index}].arguments"
            losses.add("approximated", path, "they are no JSON object: told as a text")
    _report_citations(response, losses)
    _report_ending(response, losses)
    if response.logprobs is not None:
        losses.add("dropped", "response.logprobs", "Anthropic tells no probabilities")
    _report_usage(response, losses)
    report_uncarried_answer_fields(response.extras, DIALECT, losses)


def _report_citations(response: ChatResponse, losses: LossReport) -> None:
    has_text = any(isinstance(block, TextBlock) for block in response.content)
    for citation in response.citations:
        index = citation.content_index
        if citation.target == "thinking":
            why = "Anthropic does not cite for what was thought"
        elif citation.target == "plan":
            why = "" if response.tool_plan else "there is no plan to cite for"
        elif index is None:
            why = "" if has_text else "there is no text to cite for"
        else:
            is_text = index < len(response.content) and isinstance(response.content[index], TextBlock)
            why = "" if is_text else "there is no text to cite for"
        if why:
            losses.add("dropped", "response.citations", why)
            return


def _report_ending(response: ChatResponse, losses: LossReport) -> None:
    is_broken = response.finish_reason in (FinishReason.ERROR, FinishReason.TIMEOUT)
    if response.failure is not None and not is_broken:
        losses.add("dropped", "response.failure", "the answer is told as one that did not fail")
    if response.finish_reason is FinishReason.TIMEOUT:
        losses.add("mapped", "response.finish_reason", "it is told as an error, whose type says it")


def _report_usage(response: ChatResponse, losses: LossReport) -> None:
    usage = response.usage
    if usage.billed_input_tokens != usage.input_tokens or usage.billed_output_tokens != usage.output_tokens:
        losses.add("dropped", "response.usage.billed_units", "Anthropic bills the tokens that it counts")
    if (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0) > usage.input_tokens:
        losses.add("approximated", "response.usage.input_tokens", "less than what the cache is said to hold")
    for name in ("image_tokens", "search_units", "classifications"):
        if getattr(usage, name):
            losses.add("dropped", f"response.usage.{name}", "Anthropic does not count them")
