"""The options of a canonical request as Cohere's, each within Cohere's own range.

Paths of what is lost are in the names of the dialect that the request came in.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.cohere.decode_options import MAX_STOP_SEQUENCES, OWN_RANGES
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Effort, ResponseFormat

# Cohere bounds reasoning in tokens; its advice for the most is 31,000, which leaves 1,000 for the answer.
EFFORT_BUDGETS: Mapping[Effort, int] = {
    "minimal": 512,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 31000,
}
_SEEDS = 2**64
_OPENAI_NAMES = {"k": "top_k", "p": "top_p", "thinking": "reasoning_effort"}


def encode_sampling(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    """Return how tokens are chosen and when to stop, none where it is left to Cohere.

    The first stop sequences are written, as many as Cohere takes.
    """
    sampling = request.sampling
    if request.choices > 1:
        losses.add("dropped", "n", "Cohere gives one answer")
    if sampling.top_logprobs:
        losses.add("dropped", "top_logprobs", "Cohere tells the chosen tokens only")
    return {
        "max_tokens": sampling.max_tokens,
        "stop_sequences": list(sampling.stop_sequences[:MAX_STOP_SEQUENCES]) or None,
        "temperature": _in_own_range(request, "temperature", sampling.temperature, losses),
        "seed": _encode_seed(sampling.seed, losses),
        "frequency_penalty": _in_own_range(request, "frequency_penalty", sampling.frequency_penalty, losses),
        "presence_penalty": _in_own_range(request, "presence_penalty", sampling.presence_penalty, losses),
        "k": _in_own_range(request, "k", sampling.top_k, losses),
        "p": _in_own_range(request, "p", sampling.top_p, losses),
        "logprobs": sampling.logprobs or None,
    }


def encode_response_format(response_format: ResponseFormat | None) -> dict[str, Any] | None:
    """Return the form of the answer.

    Cohere always holds to a schema, so strictness needs no word, and a schema's name says nothing; its
    description has a place inside it.
    """
    if response_format is None:
        return None
    schema = response_format.json_schema
    if schema is None:
        return {"type": "json_object"}
    if response_format.description is not None:
        schema = {"description": response_format.description, **schema}
    return {"type": "json_object", "json_schema": schema}


def encode_thinking(request: ChatRequest, losses: LossReport) -> dict[str, Any] | None:
    """Return whether to reason first, and how much; an effort becomes its bound in tokens."""
    thinking = request.thinking
    if thinking is None:
        return None
    if not thinking.enabled:
        return {"type": "disabled"}
    budget = thinking.token_budget
    if budget is None and thinking.effort is not None:
        budget = EFFORT_BUDGETS[thinking.effort]
        path = _path(request, "thinking")
        losses.add("approximated", path, f"{thinking.effort} is up to {budget} tokens of reasoning")
    return {"type": "enabled"} if budget is None else {"type": "enabled", "token_budget": budget}


def report_extras(request: ChatRequest, losses: LossReport) -> None:
    """Add what another dialect said that is not Cohere's."""
    if request.extras is not None and request.extras.dialect != "cohere":
        for name in request.extras.fields:
            losses.add("dropped", name, "Cohere has nothing like it")


def _in_own_range(request: ChatRequest, name: str, value: float | None, losses: LossReport) -> float | None:
    if value is None:
        return None
    lowest, highest = OWN_RANGES[name]
    held = min(max(value, lowest), highest)
    if held != value:
        detail = f"Cohere takes {lowest} to {highest}: {held} is sent"
        losses.add("approximated", _path(request, name), detail)
    return held


def _encode_seed(seed: int | None, losses: LossReport) -> int | None:
    if seed is None or 0 <= seed < _SEEDS:
        return seed
    losses.add("mapped", "seed", "Cohere's seeds are from 0 to 2^64 - 1")
    return seed % _SEEDS


def _path(request: ChatRequest, name: str) -> str:
    return _OPENAI_NAMES.get(name, name) if request.dialect == "openai" else name
