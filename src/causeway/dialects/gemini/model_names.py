"""What a model's name says of what it takes: some fields came with a generation of models."""

import re

_GENERATION = re.compile(r"gemini-(\d{1,3})(?:[.-]|$)")
# What is not said is taken for new: names without a number follow the newest model.
_NEWEST = 3


def generation_of(model: str) -> int:
    """Return which generation of Gemini a model is of."""
    found = _GENERATION.search(model)
    return int(found[1]) if found else _NEWEST


def has_thinking_levels(model: str) -> bool:
    """Whether the model takes a level of thinking, and not only a bound in tokens."""
    return generation_of(model) >= _NEWEST


def needs_signatures(model: str) -> bool:
    """Whether the model refuses a turn of calls whose first has no thought signature."""
    return generation_of(model) >= _NEWEST


def takes_files_in_results(model: str) -> bool:
    """Whether a function's response may hold files."""
    return generation_of(model) >= _NEWEST


def resource_name(model: str) -> str:
    """Return a model's name where Google AI wants it in a body."""
    return model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
