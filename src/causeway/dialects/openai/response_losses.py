"""What an answer had and a chat completion cannot say."""

from causeway.model.content import TextBlock, ThinkingBlock
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.uncarried import report_uncarried_answer_fields

_ORDERS: tuple[list[type], ...] = ([], [TextBlock], [ThinkingBlock], [ThinkingBlock, TextBlock])


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response` in OpenAI's shape, each thing under `response`."""
    _report_content(response, losses)
    _report_ending(response, losses)
    report_logprobs(response, losses)
    report_usage(response, losses, uncounted=("cache_write_tokens", "search_units", "classifications"))
    report_uncarried_answer_fields(response.extras, "openai", losses)


def _report_content(response: ChatResponse, losses: LossReport) -> None:
    kinds = [type(block) for block in response.content]
    if kinds not in _ORDERS:
        losses.add("mapped", "response.content", "the blocks are joined to one text and one thinking")
    if response.tool_plan is not None and (TextBlock in kinds or not response.tool_calls):
        losses.add("mapped", "response.tool_plan", "it is the beginning of the text")


def _report_ending(response: ChatResponse, losses: LossReport) -> None:
    match response.finish_reason:
        case FinishReason.STOP_SEQUENCE:
            losses.add("mapped", "response.finish_reason", "OpenAI says stop for a stop sequence too")
        case FinishReason.TIMEOUT:
            losses.add("mapped", "response.finish_reason", "it is told as an error, whose code says it")
        case FinishReason.ERROR:
            pass
        case _ if response.failure is not None:
            losses.add("dropped", "response.failure", "the answer is told as one that did not fail")


def report_logprobs(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of the log probabilities in either of OpenAI's shapes."""
    items = response.logprobs or ()
    if any(item.token_ids for item in items):
        losses.add("dropped", "response.logprobs.token_ids", "OpenAI tells tokens by their text")
    if any(len(item.logprobs) > 1 for item in items):
        losses.add("approximated", "response.logprobs", "pieces of several tokens are told as one token each")
    if any(not item.logprobs for item in items):
        losses.add("dropped", "response.logprobs", "pieces without a probability are left out")


def report_usage(response: ChatResponse, losses: LossReport, *, uncounted: tuple[str, ...]) -> None:
    """Add what is lost of the counts, where a shape has no place for those of these names."""
    usage = response.usage
    if usage.billed_input_tokens != usage.input_tokens or usage.billed_output_tokens != usage.output_tokens:
        losses.add("dropped", "response.usage.billed_units", "OpenAI bills the tokens that it counts")
    for name in uncounted:
        if getattr(usage, name):
            losses.add("dropped", f"response.usage.{name}", "OpenAI does not count them")
