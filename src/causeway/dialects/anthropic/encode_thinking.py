"""How much to think, in the words that the model takes.

Newer models decide by themselves, given an effort; older ones want a bound in tokens, which is part of
`max_tokens`. Where a tool has to be called the latter do not think.
"""

from typing import Any

from msgspec import Struct

from causeway.dialects.anthropic.caller_names import name_of
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.model_generations import Abilities, abilities_of
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Effort, Thinking

MIN_BUDGET_TOKENS = 1_024
# What an effort stands for where a bound is wanted, and a bound where an effort is.
BUDGETS: dict[Effort | None, int] = {
    "minimal": MIN_BUDGET_TOKENS,
    "low": 2_048,
    "medium": 8_192,
    "high": 16_384,
    "xhigh": 32_000,
    None: 8_192,
}
EFFORT_BANDS: tuple[tuple[int, Effort], ...] = ((2_048, "low"), (8_192, "medium"))


class WireThinkingOptions(Struct):
    """The members that ask for thinking, and the bound of the answer that they need."""

    thinking: dict[str, Any] | None
    effort: str | None
    max_tokens: int


def encode_thinking(request: ChatRequest, default_max_tokens: int, losses: LossReport) -> WireThinkingOptions:
    """Return what asks for as much thinking as the request does."""
    thinking, max_tokens = request.thinking, request.sampling.max_tokens
    plain = WireThinkingOptions(None, None, max_tokens or default_max_tokens)
    if thinking is None:
        return plain
    if request.dialect == DIALECT:
        plain.thinking, plain.effort = _as_given(thinking), thinking.effort
        return plain
    path, abilities = name_of("thinking", request), abilities_of(request.model)
    if not abilities.thinks:
        if thinking.enabled:
            losses.add("dropped", path, "the model does not think")
        return plain
    if not thinking.enabled:
        plain.thinking = {"type": "disabled"}
        return plain
    has_bound = thinking.token_budget is not None and thinking.effort is None
    if abilities.thinks_adaptively and not (has_bound and abilities.thinks_within_bounds):
        plain.thinking = {"type": "adaptive"}
        if abilities.shows_thinking_on_demand:
            plain.thinking["display"] = "summarized"
        plain.effort = _effort(thinking, abilities, path, losses)
        return plain
    if request.tool_choice == "required":
        losses.add("dropped", path, "the model does not think where it has to call a tool")
        return plain
    budget = _budget(thinking, max_tokens, path, losses)
    if budget is None:
        return plain
    total = max_tokens or default_max_tokens + budget
    return WireThinkingOptions({"type": "enabled", "budget_tokens": budget}, None, total)


def _as_given(thinking: Thinking) -> dict[str, Any]:
    if not thinking.enabled:
        return {"type": "disabled"}
    if thinking.token_budget is None:
        return {"type": "adaptive"}
    return {"type": "enabled", "budget_tokens": thinking.token_budget}


def _effort(thinking: Thinking, abilities: Abilities, path: str, losses: LossReport) -> str | None:
    effort = thinking.effort
    if effort is None:
        if thinking.token_budget is None:
            return None
        effort = next((effort for bound, effort in EFFORT_BANDS if thinking.token_budget <= bound), "high")
        losses.add("approximated", path, f"the bound in tokens is told as the effort {effort}")
        return effort
    if thinking.token_budget is not None:
        losses.add("approximated", path, "the effort is asked for, and not the bound in tokens")
    if effort == "minimal":
        losses.add("approximated", path, "low is the lowest effort of the provider")
        return "low"
    if effort == "xhigh" and not abilities.takes_highest_effort:
        losses.add("approximated", path, "the model is asked for the effort high")
        return "high"
    return effort


def _budget(thinking: Thinking, max_tokens: int | None, path: str, losses: LossReport) -> int | None:
    budget = thinking.token_budget
    if budget is None:
        budget = BUDGETS[thinking.effort]
        losses.add("approximated", path, f"the provider wants a bound: at most {budget} tokens are asked for")
    elif budget < MIN_BUDGET_TOKENS:
        budget = MIN_BUDGET_TOKENS
        losses.add("approximated", path, f"the provider takes no bound below {budget} tokens")
    if max_tokens is not None and budget >= max_tokens:
        budget = max(MIN_BUDGET_TOKENS, max_tokens // 2)
        if budget >= max_tokens:
            losses.add("dropped", path, "max_tokens leaves no room for it")
            return None
        losses.add("approximated", path, f"max_tokens leaves room for {budget} tokens")
    return budget
