"""What an answer had and Cohere's shapes cannot say."""

from causeway.model.loss import LossReport
from causeway.model.response import ChatResponse


def report_losses(response: ChatResponse, losses: LossReport) -> None:
    """Add what is lost of `response` in Cohere's shape, each thing under `response`."""
    if response.usage.reasoning_tokens:
        losses.add("dropped", "response.usage.reasoning_tokens", "Cohere counts them as output tokens")
    if any(item.alternatives for item in response.logprobs or ()):
        losses.add("dropped", "response.logprobs.alternatives", "Cohere tells the chosen tokens only")
    if response.extras is not None and response.extras.dialect != "cohere":
        for name in response.extras.fields:
            losses.add("dropped", f"response.{name}", f"a field of the {response.extras.dialect} dialect")
