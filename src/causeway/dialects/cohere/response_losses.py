"""What an answer had and Cohere's shapes cannot say."""

from causeway.dialects.cohere.encode_response import speaks_beside_calls
from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason, TokenLogprobs
from causeway.model.uncarried import report_uncarried_answer_fields


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response` in Cohere's shape, each thing under `response`."""
    if response.finish_reason is FinishReason.CONTENT_FILTER:
        losses.add("approximated", "response.finish_reason", "what a filter held back is an error to Cohere")
    if speaks_beside_calls(response):
        losses.add("mapped", "response.content", "text beside tool calls is the tool plan")
    if response.usage.reasoning_tokens:
        losses.add("dropped", "response.usage.reasoning_tokens", "Cohere counts them as output tokens")
    if response.usage.cache_write_tokens:
        losses.add("dropped", "response.usage.cache_write_tokens", "Cohere does not count them")
    if response.logprobs:
        if any(item.alternatives for item in response.logprobs):
            losses.add("dropped", "response.logprobs.alternatives", "Cohere tells the chosen tokens only")
        if any(_has_bytes_of_its_own(item) for item in response.logprobs):
            losses.add("dropped", "response.logprobs.bytes", "Cohere tells tokens as text only")
    report_uncarried_answer_fields(response.extras, "cohere", losses)


def _has_bytes_of_its_own(item: TokenLogprobs) -> bool:
    """Whether a token's bytes are not those of its text, as with a part of a character."""
    return item.utf8 is not None and item.utf8 != tuple(item.text.encode())
