"""Gemini's safety settings, one for each kind of harm, and the one canonical mode."""

from collections.abc import Mapping, Sequence
from typing import Any

from causeway.model.request import SafetyMode

CATEGORIES = (
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
)
# `contextual` is what Gemini does unasked.
_THRESHOLDS: Mapping[SafetyMode, str] = {"off": "BLOCK_NONE", "strict": "BLOCK_LOW_AND_ABOVE"}
_OFF = frozenset({"BLOCK_NONE", "OFF"})


def safety_settings(mode: SafetyMode) -> list[dict[str, str]]:
    """Return the settings that a mode stands for, none where it is Gemini's own."""
    threshold = _THRESHOLDS.get(mode)
    if threshold is None:
        return []
    return [{"category": category, "threshold": threshold} for category in CATEGORIES]


def safety_mode_of(settings: Sequence[Mapping[str, Any]]) -> SafetyMode | None:
    """Return the mode that settings of all four kinds agree in."""
    asked: set[str] = set()
    for category in CATEGORIES:
        given = [setting.get("threshold") for setting in settings if setting.get("category") == category]
        asked.add(given[-1] if given and isinstance(given[-1], str) else "")
    if asked <= _OFF:
        return "off"
    return "strict" if asked == {_THRESHOLDS["strict"]} else None
