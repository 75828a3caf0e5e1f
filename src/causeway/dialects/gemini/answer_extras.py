"""Collects what an answer says beyond the canonical one, so that the same dialect can say it again.

The keys are paths in the whole answer, whether it came whole or in pieces: `createTime`,
`candidates[0].avgLogprobs`, `usageMetadata.promptTokensDetails`, and `candidates[1]` for a further candidate.
The values are the JSON as it came; of what comes in several pieces the last counts. Null and empty values say
nothing and are not kept.

Some restate what the canonical answer has, where its own words would say it differently: the finish reason,
counts that do not add up, and the metadata that citations are made of.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.gemini.answer_schema import PlainAnswer
from causeway.model.extras import Extras

CANDIDATE = "candidates[0]."
USAGE = "usageMetadata."
FINISH_REASON = f"{CANDIDATE}finishReason"
GROUNDING = f"{CANDIDATE}groundingMetadata"
CITATIONS = f"{CANDIDATE}citationMetadata"
# The ids of tokens that might have been: alternatives are told by their text.
ALTERNATIVE_IDS = f"{CANDIDATE}logprobsResult.topCandidates.tokenId"
LOGPROB_SUM = f"{CANDIDATE}logprobsResult.logProbabilitySum"
PROMPT_FEEDBACK = "promptFeedback"
CREATED = "createTime"

_ROOT = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})
_CANDIDATE = frozenset({"content", "finishReason", "index", "logprobsResult"})
_COUNTS = frozenset(
    {
        "promptTokenCount",
        "cachedContentTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "totalTokenCount",
    }
)
_PLAIN_USAGE = (
    ("toolUsePromptTokenCount", "tool_use_prompt_token_count"),
    ("cacheTokensDetails", "cache_tokens_details"),
    ("candidatesTokensDetails", "candidates_tokens_details"),
    ("toolUsePromptTokensDetails", "tool_use_prompt_tokens_details"),
    ("trafficType", "traffic_type"),
    ("serviceTier", "service_tier"),
)
_NOTHING: tuple[Any, ...] = (None, [], {})


class AnswerExtras:
    """What has been collected of one answer."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}

    def extras(self) -> Extras | None:
        """Return what was collected, or none."""
        return Extras("gemini", self.fields) if self.fields else None

    def add_plain(self, answer: PlainAnswer) -> None:
        """Take what `add` would of an answer in which there is nothing besides."""
        if answer.create_time is not None:
            self.fields[CREATED] = answer.create_time
        if not answer.candidates:
            return
        candidate = answer.candidates[0]
        if candidate.avg_logprobs is not None:
            self.fields[f"{CANDIDATE}avgLogprobs"] = candidate.avg_logprobs
        if candidate.finish_message is not None:
            self.fields[f"{CANDIDATE}finishMessage"] = candidate.finish_message

    def add_plain_usage(self, answer: PlainAnswer) -> None:
        """Take what the counts say besides; of a stream this is asked for the last ones only."""
        usage = answer.usage_metadata
        if usage is None:
            return
        if usage.prompt_tokens_details:
            self.fields[f"{USAGE}promptTokensDetails"] = [
                {"modality": one.modality, "tokenCount": one.token_count}
                for one in usage.prompt_tokens_details
            ]
        for name, attribute in _PLAIN_USAGE:
            value = getattr(usage, attribute)
            if value not in _NOTHING:
                self.fields[USAGE + name] = value

    def add(self, tree: Mapping[str, Any]) -> None:
        """Take what stands beside the content of the first candidate, and further candidates."""
        self._add_newest(tree, _ROOT, "")
        for position, candidate in enumerate(tree.get("candidates") or ()):
            if candidate.get("index", position) == 0:
                self._add_newest(candidate, _CANDIDATE, CANDIDATE)
            else:
                self._add_further(candidate.get("index", position), candidate)
        self._add_newest(tree.get("usageMetadata") or {}, _COUNTS, USAGE)

    def _add_newest(self, members: Mapping[str, Any], known: frozenset[str], prefix: str) -> None:
        for name, value in members.items():
            if name not in known and value not in _NOTHING:
                self.fields[prefix + name] = value

    def _add_further(self, index: int, candidate: Mapping[str, Any]) -> None:
        """Take another candidate, or more of it."""
        known: dict[str, Any] = self.fields.setdefault(f"candidates[{index}]", {})
        parts = (known.get("content") or {}).get("parts") or []
        known.update(candidate)
        content = candidate.get("content")
        if parts and isinstance(content, dict):
            known["content"] = {**content, "parts": [*parts, *(content.get("parts") or ())]}


def own_fields(extras: Extras | None) -> Mapping[str, Any]:
    """Return the fields that this dialect's providers said; another dialect's are none of them."""
    return extras.fields if extras is not None and extras.dialect == "gemini" else {}
