"""What stands in `additionalModelRequestFields`, where each vendor's models are asked in their own words.

Claude's `thinking` with a bound, or disabled, and `top_k` say what the canonical request says, and are
written from it. Other spellings are read too, and kept besides, since the model's id need not tell which
of them it takes (an ARN of the caller's own); where a caller has used one, that is what is sent.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.bedrock.model_family import claude_generation, model_family
from causeway.dialects.bedrock.request_body import invalid
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Effort, Thinking

FIELDS = "additionalModelRequestFields"

# What Claude is given to think for an effort; it takes no less than 1024 tokens.
MIN_BUDGET = 1_024
EFFORT_BUDGETS: Mapping[Effort, int] = {
    "minimal": MIN_BUDGET,
    "low": 2_048,
    "medium": 8_192,
    "high": 16_384,
    "xhigh": 31_000,
}
_DEFAULT_BUDGET = 4_096
_FIRST_TO_THINK = (3, 7)
_FIRST_WITHOUT_BOUNDS = (4, 7)
# The efforts that the others know, and the largest number of tokens for which one stands.
_THREE_EFFORTS: Mapping[Effort, str] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
}
_EFFORT_BANDS: tuple[tuple[int, Effort], ...] = ((2_048, "low"), (8_192, "medium"))
_THINKING_SPELLINGS = ("thinking", "reasoning_effort", "reasoning_config", "reasoningConfig")
_TOP_K_SPELLINGS = ("top_k", "k", "inferenceConfig")


def decode_additional_fields(
    raw: Mapping[str, Any], fields: dict[str, Any]
) -> tuple[Thinking | None, int | None]:
    """Return the thinking and the `top_k` that are asked for; all else is added to `fields`.

    Raises InvalidRequestError.
    """
    thinking: Thinking | None = None
    top_k: int | None = None
    for name, value in raw.items():
        path = f"{FIELDS}.{name}"
        match name, value:
            case "thinking", {"type": "enabled", "budget_tokens": int(budget), **others} if not others:
                if budget < 1:
                    raise invalid(f"{path}.budget_tokens", f"expected at least 1, got {budget}")
                thinking = Thinking(True, budget)
            case "thinking", {"type": "disabled", **others} if not others:
                thinking = Thinking(False)
            case "top_k", int():
                if value < 0:
                    raise invalid(path, f"expected at least 0, got {value}")
                top_k = value
            case _:
                fields[path] = value
                thinking = _decode_spelling(name, value, raw) or thinking
                match name, value:
                    case "inferenceConfig", {"topK": int(count)}:
                        top_k = count
    return thinking, top_k


def encode_additional_fields(
    request: ChatRequest, own: Mapping[str, Any], losses: LossReport
) -> dict[str, Any]:
    """Return the fields that the canonical request stands for, in the words of the model's vendor.

    `own` are the fields that the caller gave in this dialect: what they say already is not said again.
    """
    encoded: dict[str, Any] = {}
    if request.thinking is not None and not any(f"{FIELDS}.{name}" in own for name in _THINKING_SPELLINGS):
        encoded.update(_encode_thinking(request, request.thinking, losses))
    top_k = request.sampling.top_k
    if top_k and not any(f"{FIELDS}.{name}" in own for name in _TOP_K_SPELLINGS):
        match model_family(request.model):
            case "nova" | "nova-2":
                encoded["inferenceConfig"] = {"topK": top_k}
            case "cohere":
                encoded["k"] = top_k
            case "claude" | "unknown" | "qwen":
                encoded["top_k"] = top_k
            case _:
                losses.add("dropped", field_path(request, "top_k"), "the provider does not take it")
    return encoded


def field_path(request: ChatRequest, name: str) -> str:
    """Return the caller's own name for a field."""
    names = {
        "cohere": {"top_k": "k", "top_p": "p"},
        "openai": {"thinking": "reasoning_effort", "choices": "n"},
    }
    return names.get(request.dialect, {}).get(name, name)


def _decode_spelling(name: str, value: Any, raw: Mapping[str, Any]) -> Thinking | None:
    match name, value:
        case "thinking", {"type": "adaptive"}:
            output = raw.get("output_config")
            return Thinking(True, None, _effort(output.get("effort") if isinstance(output, dict) else None))
        case (("thinking" | "reasoning_config"), {"type": "enabled", "budget_tokens": int(budget)}):
            return Thinking(True, budget)
        case (("reasoning_effort" | "reasoning_config"), str()):
            return Thinking(False) if value == "none" else Thinking(True, None, _effort(value))
        case "reasoningConfig", {"type": "enabled", **others}:
            return Thinking(True, None, _effort(others.get("maxReasoningEffort")))
        case (("reasoningConfig" | "reasoning_config"), {"type": "disabled"}):
            return Thinking(False)
    return None


def _effort(word: Any) -> Effort | None:
    if word == "max":
        return "xhigh"
    return next((effort for effort in EFFORT_BUDGETS if effort == word), None)


def _encode_thinking(request: ChatRequest, thinking: Thinking, losses: LossReport) -> dict[str, Any]:
    path = field_path(request, "thinking")
    match model_family(request.model):
        case "claude" | "unknown":
            return _encode_claude(request, thinking, path, losses)
        case "gpt":
            name = "reasoning_effort"
        case "qwen":
            name = "reasoning_config"
        case "nova-2":
            effort = _encode_effort(thinking, path, losses)
            told: dict[str, Any] = {"type": "enabled", "maxReasoningEffort": effort}
            return {"reasoningConfig": told if thinking.enabled else {"type": "disabled"}}
        case _:
            losses.add("dropped", path, "the provider cannot be asked to think or not to")
            return {}
    if not thinking.enabled:
        losses.add("dropped", path, "the provider cannot be asked not to think")
        return {}
    return {name: _encode_effort(thinking, path, losses)}


def _encode_claude(request: ChatRequest, thinking: Thinking, path: str, losses: LossReport) -> dict[str, Any]:
    if not thinking.enabled:
        return {"thinking": {"type": "disabled"}}
    if request.dialect == "bedrock":
        budget = thinking.token_budget or _DEFAULT_BUDGET
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    generation = claude_generation(request.model)
    if generation is not None and generation < _FIRST_TO_THINK:
        losses.add("dropped", path, "the model does not think")
        return {}
    if generation is not None and generation >= _FIRST_WITHOUT_BOUNDS:
        asked: dict[str, Any] = {"thinking": {"type": "adaptive"}}
        if thinking.effort is not None or thinking.token_budget is not None:
            asked["output_config"] = {"effort": _encode_effort(thinking, path, losses)}
        return asked
    if request.tool_choice == "required":
        losses.add("dropped", path, "the model does not think where it has to call a tool")
        return {}
    held = _budget(thinking, request.sampling.max_tokens)
    if held is None:
        losses.add("dropped", path, "max_tokens leaves no room for it")
        return {}
    if held != thinking.token_budget:
        losses.add("approximated", path, f"the provider wants a bound: at most {held} tokens are asked for")
    return {"thinking": {"type": "enabled", "budget_tokens": held}}


def _budget(thinking: Thinking, max_tokens: int | None) -> int | None:
    """Return how many tokens to think, which are part of `max_tokens`; none where that is too few."""
    effort, budget = thinking.effort, thinking.token_budget
    if budget is None:
        budget = _DEFAULT_BUDGET if effort is None else EFFORT_BUDGETS[effort]
    budget = max(budget, MIN_BUDGET)
    if max_tokens is None or budget < max_tokens:
        return budget
    return max(MIN_BUDGET, max_tokens // 2) if max_tokens > MIN_BUDGET else None


def _encode_effort(thinking: Thinking, path: str, losses: LossReport) -> str:
    if not thinking.enabled:
        return "low"
    effort = thinking.effort
    if effort is not None and thinking.token_budget is not None:
        losses.add("approximated", path, "the effort is asked for, and not the bound in tokens")
    if effort is None and thinking.token_budget is None:
        losses.add("approximated", path, "the provider is asked for the effort medium")
        return "medium"
    if effort is None:
        effort = _effort_for(thinking.token_budget or 0)
        losses.add("approximated", path, f"the bound in tokens is told as the effort {effort}")
    word = _THREE_EFFORTS[effort]
    if word != effort:
        losses.add("approximated", path, f"the provider is asked for the effort {word}")
    return word


def _effort_for(budget: int) -> Effort:
    return next((effort for bound, effort in _EFFORT_BANDS if budget <= bound), "high")
