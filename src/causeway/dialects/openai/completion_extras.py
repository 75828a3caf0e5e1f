"""Collects what a completion says beyond the canonical answer, so that the same dialect can say it again.

The keys are paths in the whole completion, whether it came whole or in chunks:
`service_tier`, `choices[0].message.reasoning_details`, `usage.prompt_tokens_details.audio_tokens`,
`choices[0].message.tool_calls[0].extra_content`, and `choices[1]` for a further choice. The values are
the JSON as it came. Null and empty lists and objects say nothing and are not kept.

Two keys restate what the canonical answer has, where its own words would say it differently:
`choices[0].finish_reason` is the provider's word, and `choices[0].message.reasoning` with the value none
says that the thinking of a whole answer came under that name; in a stream it would be said too late.
"""

from collections.abc import Mapping
from typing import Any

from causeway.dialects.openai.completion_schema import (
    PlainChunk,
    PlainCompletion,
    PlainCompletionDetails,
    PlainPromptDetails,
)
from causeway.model.extras import Extras

_ROOT = frozenset({"id", "object", "created", "model", "choices", "usage", "obfuscation"})
_CHOICE = frozenset({"index", "message", "delta", "finish_reason", "logprobs"})
_MESSAGE = frozenset({"role", "content", "reasoning_content", "tool_calls", "annotations"})
_CALL = frozenset({"id", "type", "function"})
_USAGE_DETAILS = {
    "prompt_tokens_details": frozenset({"cached_tokens", "image_tokens"}),
    "completion_tokens_details": frozenset({"reasoning_tokens"}),
}
_PLAIN_COUNTS = {
    "prompt_tokens_details": ("audio_tokens",),
    "completion_tokens_details": (
        "accepted_prediction_tokens",
        "audio_tokens",
        "rejected_prediction_tokens",
    ),
}
_USAGE = frozenset({"prompt_tokens", "completion_tokens", "total_tokens", *_USAGE_DETAILS})
# The strings that a stream sends in pieces; any other is said again whole.
_GROWING = frozenset(
    {"content", "reasoning_content", "reasoning", "refusal", "arguments", "data", "transcript"}
)

# Values that say nothing.
_NOTHING: tuple[Any, ...] = (None, [], {})

FINISH_REASON = "choices[0].finish_reason"
REASONING = "choices[0].message.reasoning"
REFUSAL = "choices[0].message.refusal"
ANNOTATIONS = "choices[0].message.annotations"
LOGPROBS = "choices[0].logprobs"


class CompletionExtras:
    """What has been collected of one answer."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}

    def extras(self) -> Extras | None:
        """Return what was collected, or none."""
        return Extras("openai", self.fields) if self.fields else None

    def add_root(self, tree: dict[str, Any]) -> None:
        """Take what stands beside the choices, and in the usage. What came before gives way."""
        self._add_newest(tree, _ROOT, "")
        usage = tree.get("usage")
        if not usage:
            return
        self._add_newest(usage, _USAGE, "usage.")
        for name, known in _USAGE_DETAILS.items():
            if details := usage.get(name):
                self._add_newest(details, known, f"usage.{name}.")

    def add_plain(self, wire: PlainCompletion | PlainChunk) -> None:
        """Take what `add_root` would; there is nothing besides."""
        if wire.system_fingerprint is not None:
            self.fields["system_fingerprint"] = wire.system_fingerprint
        if wire.service_tier is not None:
            self.fields["service_tier"] = wire.service_tier
        if wire.provider is not None:
            self.fields["provider"] = wire.provider
        if wire.usage is not None:
            if wire.usage.prompt_tokens_details is not None:
                self._add_counts("prompt_tokens_details", wire.usage.prompt_tokens_details)
            if wire.usage.completion_tokens_details is not None:
                self._add_counts("completion_tokens_details", wire.usage.completion_tokens_details)

    def _add_counts(self, details: str, counts: PlainPromptDetails | PlainCompletionDetails) -> None:
        for name in _PLAIN_COUNTS[details]:
            count = getattr(counts, name)
            if count is not None:
                self.fields[f"usage.{details}.{name}"] = count

    def add_choice(self, choice: dict[str, Any]) -> None:
        """Take what stands beside the first choice's message or delta."""
        self._add_newest(choice, _CHOICE, "choices[0].")

    def add_logprobs(self, logprobs: dict[str, Any]) -> None:
        """Take what is told of the log probabilities besides those of the content."""
        self._add_newest(logprobs, frozenset({"content"}), f"{LOGPROBS}.")

    def add_message(self, message: dict[str, Any]) -> None:
        """Take what else is in the first choice's message, or more of it.

        `reasoning` is something else only beside a `reasoning_content`, which some vendors send as well.
        """
        if message.keys() <= _MESSAGE:
            return
        for name, value in message.items():
            is_known = name in _MESSAGE or (name == "reasoning" and not message.get("reasoning_content"))
            if not is_known and value not in _NOTHING:
                key = f"choices[0].message.{name}"
                self.fields[key] = _grown(self.fields.get(key), value, name)

    def add_parts(self, parts: Mapping[int, dict[str, Any]], offset: int = 0) -> None:
        """Take the parts of the content that are neither text nor thinking, by their place in it."""
        for index, part in parts.items():
            self.fields[f"choices[0].message.content[{offset + index}]"] = part

    def add_tool_call(self, position: int, call: dict[str, Any], *, is_piece: bool) -> None:
        """Take what else is in a tool call; in a piece of one its `index` is no part of it."""
        known = _CALL | {"index"} if is_piece else _CALL
        self._add_newest(call, known, f"choices[0].message.tool_calls[{position}].")

    def add_further_choice(self, position: int, choice: dict[str, Any]) -> None:
        """Take a choice after the first, or more of it."""
        key = f"choices[{position}]"
        whole = {name: value for name, value in choice.items() if name != "delta"}
        if choice.get("delta"):
            whole["message"] = choice["delta"]
        self.fields[key] = _grown(self.fields.get(key), whole)

    def _add_newest(self, members: dict[str, Any], known: frozenset[str], prefix: str) -> None:
        if members.keys() <= known:
            return
        fields = self.fields
        for name, value in members.items():
            if name in known or value in _NOTHING:
                continue
            key = prefix + name
            is_more = isinstance(value, dict) and isinstance(fields.get(key), dict)
            fields[key] = {**fields[key], **value} if is_more else value


def _grown(old: Any, new: Any, name: str = "") -> Any:
    """Return a value with more of it added, in place where it can be."""
    match old, new:
        case dict(), dict():
            for member, value in new.items():
                if value is not None and value != "":
                    old[member] = _grown(old.get(member), value, member)
            return old
        case list(), list() if name != "tool_calls":
            old.extend(new)
            return old
        case list(), list():
            for piece in new:
                _add_tool_call_piece(old, piece)
            return old
        case str(), str() if name in _GROWING:
            return old + new
    return new


def _add_tool_call_piece(calls: list[Any], piece: Any) -> None:
    index = piece.get("index") if isinstance(piece, dict) else None
    begun = next((call for call in calls if isinstance(call, dict) and call.get("index") == index), None)
    if index is None or begun is None:
        calls.append(piece)
    else:
        _grown(begun, piece)
