"""Recorded completions of OpenAI and of its imitators: whole bodies, streams and errors."""

import json
from typing import Any

import pytest

from support.recordings import ABSENT, fixture_files, recordings

VENDORS = (
    "openai-chat", "mistral", "groq", "cerebras", "deepseek", "openrouter", "huggingface", "crusoe", "zai"
)  # fmt: skip
FIXTURES = (
    "alibaba", "azure", "deepseek/chat", "groq", "mistral", "moonshotai", "openai-compatible/chat",
    "openai/chat", "perplexity", "xai",
)  # fmt: skip
_SKIP = pytest.mark.skip(reason=ABSENT)
_IS_COMPLETION = '"choices"'


def recorded_bodies() -> list[Any]:
    """Return whole completions as pytest parameters of bytes."""
    found = [
        pytest.param(json.dumps(exchange.values[0]["response"]["json"]).encode(), id=exchange.id)
        for exchange in _answered("json")
    ]
    found += [
        pytest.param(text.values[0].encode(), id=text.id)
        for text in _fixtures("*.json")
        if _IS_COMPLETION in text.values[0]
    ]
    return found or _absent()


def recorded_streams() -> list[Any]:
    """Return streams that were answered to their end, as pytest parameters of bytes."""
    found = [
        pytest.param(exchange.values[0]["response"]["text"].encode(), id=exchange.id)
        for exchange in _answered("text")
        if '"error":' not in exchange.values[0]["response"]["text"]
    ]
    for text in _fixtures("*.chunks.txt"):
        if _IS_COMPLETION in text.values[0]:
            frames = [f"data: {line}\n\n" for line in [*text.values[0].splitlines(), "[DONE]"] if line]
            found.append(pytest.param("".join(frames).encode(), id=text.id))
    found += [pytest.param(text.values[0].encode(), id=text.id) for text in _fixtures("*.sse")]
    return found or _absent()


def failed_streams() -> list[Any]:
    """Return streams that tell an error, as pytest parameters of bytes."""
    found = [
        pytest.param(exchange.values[0]["response"]["text"].encode(), id=exchange.id)
        for exchange in _answered("text")
        if '"error":' in exchange.values[0]["response"]["text"]
    ]
    return found or _absent()


def recorded_errors() -> list[Any]:
    """Return errors as pytest parameters of (status, value of the body)."""
    found = [
        pytest.param(
            exchange.values[0]["response"]["status"], exchange.values[0]["response"]["json"], id=exchange.id
        )
        for exchange in _exchanges()
        if exchange.values[0]["response"]["status"] >= 400 and "json" in exchange.values[0]["response"]
    ]
    return found or [pytest.param(0, None, marks=_SKIP, id="absent")]


def _exchanges() -> list[Any]:
    found = []
    for vendor in VENDORS:
        for url_end in ("/chat/completions", "/chat/completions#stream"):
            found += [exchange for exchange in recordings(vendor, url_end) if exchange.values[0] is not None]
    return found


def _answered(form: str) -> list[Any]:
    responses = [(exchange, exchange.values[0]["response"]) for exchange in _exchanges()]
    return [exchange for exchange, response in responses if response["status"] == 200 and form in response]


def _fixtures(pattern: str) -> list[Any]:
    return [
        text for vendor in FIXTURES for text in fixture_files(vendor, pattern) if text.values[0] is not None
    ]


def _absent() -> list[Any]:
    return [pytest.param(None, marks=_SKIP, id="absent")]
