"""The shape of Anthropic's answers, as far as it is read; every other field is kept as it came.

Source of truth: Anthropic's SDK, and the recorded answers.
"""

from typing import Any

from msgspec import Struct


class WireTokenDetails(Struct):
    """How the output's tokens were used."""

    thinking_tokens: int | None = None


class WireUsage(Struct):
    """Counts. Those of the cache are not part of `input_tokens`."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: WireTokenDetails | None = None


class WireAnswer(Struct):
    """A whole answer, or in a stream the beginning of one."""

    content: list[dict[str, Any]]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: WireUsage | None = None
