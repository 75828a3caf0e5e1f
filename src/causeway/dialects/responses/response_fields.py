"""The fields of a response object beside its output: its ending, its counts, and the request repeated.

OpenAI answers with every setting of the request, those that were left out with their defaults, and its SDK
requires some of them.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.responses.encode_request import encode_format, encode_tool_choice, encode_tools
from causeway.dialects.responses.items import DIALECT
from causeway.model.content import SystemMessage, sole_text
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import Failure, FinishReason
from causeway.model.usage import Usage

# Under this name a provider's own repetition of the request is kept, whole.
ECHO = "echo"

STATUSES: Mapping[FinishReason, str] = {
    FinishReason.COMPLETE: "completed",
    FinishReason.STOP_SEQUENCE: "completed",
    FinishReason.MAX_TOKENS: "incomplete",
    FinishReason.TOOL_CALL: "completed",
    FinishReason.ERROR: "failed",
    FinishReason.TIMEOUT: "failed",
    FinishReason.CONTENT_FILTER: "incomplete",
}
_INCOMPLETE_REASONS = {
    FinishReason.MAX_TOKENS: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}
_FAILURES = {
    FinishReason.ERROR: Failure("the model broke its answer off", "server_error"),
    FinishReason.TIMEOUT: Failure("the model took too long and broke its answer off", "request_timed_out"),
}
# What stands where the request says nothing.
_DEFAULTS: Mapping[str, Any] = {
    "background": False,
    "conversation": None,
    "max_tool_calls": None,
    "metadata": {},
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "service_tier": "auto",
    "store": True,
    "truncation": "disabled",
    "user": None,
}


def own_fields(extras: Extras | None) -> Mapping[str, Any]:
    """Return the fields that this dialect's providers said; another dialect's are none of them."""
    return extras.fields if extras is not None and extras.dialect == DIALECT else {}


def encode_echo(request: ChatRequest) -> dict[str, Any]:
    """Return the request's settings as a response repeats them."""
    kept = own_fields(request.extras)
    sampling, thinking = request.sampling, request.thinking
    effort = None
    if thinking is not None:
        effort = thinking.effort if thinking.enabled else "none"
    first = request.messages[0] if request.messages else None
    echo = {
        "instructions": sole_text(first) if isinstance(first, SystemMessage) else None,
        "max_output_tokens": sampling.max_tokens,
        "parallel_tool_calls": request.allows_parallel_calls is not False,
        "reasoning": {"effort": effort, "summary": kept.get("reasoning.summary")},
        "temperature": 1.0 if sampling.temperature is None else sampling.temperature,
        "text": {
            "format": encode_format(request.response_format) or {"type": "text"},
            "verbosity": kept.get("text.verbosity", "medium"),
        },
        "tool_choice": kept.get("tool_choice") or encode_tool_choice(request) or "auto",
        "tools": [
            {"strict": None, **tool} if tool.get("type") == "function" else tool
            for tool in encode_tools(request, LossReport())
        ],
        "top_logprobs": sampling.top_logprobs or 0,
        "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
    }
    told = {name: kept.get(name, value) for name, value in _DEFAULTS.items()}
    if isinstance(told["conversation"], str):
        told["conversation"] = {"id": told["conversation"]}
    return echo | told


def encode_ending(reason: FinishReason, failure: Failure | None) -> dict[str, Any]:
    """Return the fields that say how a response ended."""
    incomplete = _INCOMPLETE_REASONS.get(reason)
    error = None
    if reason in _FAILURES:
        told = failure or _FAILURES[reason]
        code = (told.type or _FAILURES[reason].type or "").lower()
        error = {"code": code, "message": told.message}
    return {
        "status": STATUSES[reason],
        "error": error,
        "incomplete_details": None if incomplete is None else {"reason": incomplete},
    }


def encode_usage(usage: Usage, *, is_own: bool) -> dict[str, Any]:
    """Return the counts; the SDK has to have the details, so those that nobody reported are 0.

    `is_own` says that a provider of this dialect counted: those that do not count writes say nothing of them.
    """
    read = {"cached_tokens": usage.cached_tokens or 0}
    if usage.cache_write_tokens is not None or not is_own:
        read["cache_write_tokens"] = usage.cache_write_tokens or 0
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": read,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def incomplete_reason(response: Mapping[str, Any]) -> Any:
    """Return why a response is incomplete, none where it does not say."""
    details = response.get("incomplete_details")
    return details.get("reason") if isinstance(details, dict) else None
