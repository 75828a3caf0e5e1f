"""A provider before the first slash, where it is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.rules.model_names import split_model

KNOWN = {"openai", "openrouter", "my-Own"}


@pytest.mark.parametrize(
    ("requested", "parts"),
    [
        ("openai/gpt-4o", ("openai", "gpt-4o")),
        ("openrouter/anthropic/claude", ("openrouter", "anthropic/claude")),
        ("meta-llama/x", (None, "meta-llama/x")),
        ("gpt-4o", (None, "gpt-4o")),
        ("local/small", ("local", "small")),
        ("OpenAI/gpt-4o", (None, "OpenAI/gpt-4o")),
        ("my-Own/x", ("my-Own", "x")),
        ("openai", (None, "openai")),
        ("openai/", ("openai", "")),
        ("/gpt-4o", (None, "/gpt-4o")),
        ("", (None, "")),
    ],
)
def test_only_a_known_provider_is_split_off(requested: str, parts: tuple[str | None, str]) -> None:
    assert split_model(requested, KNOWN) == parts


@given(st.text("abo/penai-", max_size=20))
def test_nothing_of_a_name_is_lost(requested: str) -> None:
    provider, model = split_model(requested, KNOWN)
    assert requested == (model if provider is None else f"{provider}/{model}")
    assert provider is None or (provider in KNOWN | {"local"})
