"""Whose model a Bedrock model id names, since what stands beside Converse is each vendor's own."""

import re
from typing import Literal

Family = Literal["claude", "nova", "nova-2", "gpt", "qwen", "cohere", "other", "unknown"]

_FAMILIES: tuple[tuple[str, Family], ...] = (
    ("anthropic.", "claude"),
    ("amazon.nova-2", "nova-2"),
    ("amazon.nova", "nova"),
    ("openai.", "gpt"),
    ("qwen.", "qwen"),
    ("cohere.", "cohere"),
)
# A vendor's name stands before the model's: `us.meta.llama3-3-70b-instruct-v1:0`. An ARN of the caller's own
# profile names none.
_VENDOR = re.compile(r"(?:^|[./])[a-z0-9]+\.[a-z0-9]")

# Whose prompts can be cached; an ARN may name one of theirs.
_CACHING_FAMILIES = ("claude", "nova", "nova-2", "unknown")
_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?(?!\d)")


def model_family(model: str) -> Family:
    """Return the family of a model id, an ARN of one or of an inference profile."""
    for part, family in _FAMILIES:
        if part in model:
            return family
    return "other" if _VENDOR.search(model) else "unknown"


def claude_generation(model: str) -> tuple[int, int] | None:
    """Return the numbers in the name of a Claude model, or none where its id tells none."""
    match = _CLAUDE.search(model)
    return None if match is None else (int(match["major"]), int(match["minor"] or 0))


def can_cache(model: str) -> bool:
    """Whether a model may be told what to keep in the cache."""
    return model_family(model) in _CACHING_FAMILIES
