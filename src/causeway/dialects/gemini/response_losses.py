"""What an answer had and a GenerateContentResponse cannot say."""

from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.uncarried import report_uncarried_answer_fields


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response` in Gemini's shape, each thing under `response`."""
    if response.tool_plan is not None:
        losses.add("mapped", "response.tool_plan", "it is the beginning of the text")
    if response.finish_reason is FinishReason.STOP_SEQUENCE:
        losses.add("mapped", "response.finish_reason", "Gemini says STOP for a stop sequence too")
    elif response.finish_reason is FinishReason.TIMEOUT:
        detail = "Gemini has no word for a model that was too slow"
        losses.add("approximated", "response.finish_reason", detail)
    if any(citation.target == "thinking" for citation in response.citations):
        losses.add("dropped", "response.citations", "Gemini cites no thinking")
    elif any(source.kind == "tool" for citation in response.citations for source in citation.sources):
        losses.add("approximated", "response.citations", "a tool's output is told as a retrieved text")
    _report_logprobs(response, losses)
    _report_usage(response, losses)
    report_uncarried_answer_fields(response.extras, "gemini", losses)


def _report_logprobs(response: ChatResponse, losses: LossReport) -> None:
    items = response.logprobs or ()
    if any(len(item.logprobs) > 1 for item in items):
        losses.add("approximated", "response.logprobs", "pieces of several tokens are told as one token each")
    tokens: list[TokenLogprobs | TokenAlternative] = [*items]
    tokens += [other for item in items for other in item.alternatives]
    if any(map(_has_bytes_of_its_own, tokens)):
        losses.add("dropped", "response.logprobs.bytes", "Gemini tells tokens as text only")


def _has_bytes_of_its_own(token: TokenLogprobs | TokenAlternative) -> bool:
    return token.utf8 is not None and bytes(token.utf8) != token.text.encode()


def _report_usage(response: ChatResponse, losses: LossReport) -> None:
    usage = response.usage
    if usage.billed_input_tokens != usage.input_tokens or usage.billed_output_tokens != usage.output_tokens:
        losses.add("dropped", "response.usage.billed_units", "Gemini bills the tokens that it counts")
    for name in ("cache_write_tokens", "image_tokens", "search_units", "classifications"):
        is_own = response.extras is not None and response.extras.dialect == "gemini"
        if getattr(usage, name) and not (is_own and name == "image_tokens"):
            losses.add("dropped", f"response.usage.{name}", "Gemini does not count them")
