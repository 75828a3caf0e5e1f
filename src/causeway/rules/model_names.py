"""The two parts of a model's name as callers write it: `provider/model`, or the model alone."""

from collections.abc import Collection

# The embedded engine's place among the providers.
LOCAL = "local"


def split_model(requested: str, known_providers: Collection[str]) -> tuple[str | None, str]:
    """Return the provider and the model that a name speaks of.

    What stands before the first slash is a provider only where it is a known one, letter by letter;
    `local` always is. Names of models have slashes too, so else the whole name is the model's:
    `openrouter/anthropic/claude` is OpenRouter's `anthropic/claude`, `meta-llama/x` is nobody's.
    """
    provider, slash, model = requested.partition("/")
    if slash and (provider == LOCAL or provider in known_providers):
        return provider, model
    return None, requested
