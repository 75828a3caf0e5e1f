"""Recorded exchanges with Gemini, at Google AI and at Vertex: bodies, streams and errors."""

import json
from typing import Any

import pytest

from support.recordings import ABSENT, fixture_files, recordings

_SKIP = pytest.mark.skip(reason=ABSENT)
WHOLE, STREAMED, COUNTED = ":generateContent", ":streamGenerateContent?alt=sse", ":countTokens"


def recorded_requests() -> list[Any]:
    """Return what a client sent to chat or to have tokens counted, as pytest parameters of JSON values."""
    found = [
        pytest.param(exchange.values[0]["request"]["body"], id=exchange.id)
        for end in (WHOLE, STREAMED, COUNTED)
        for exchange in _exchanges(end)
    ]
    return found or _absent()


def recorded_bodies() -> list[Any]:
    """Return whole answers as pytest parameters of bytes."""
    found = [
        pytest.param(json.dumps(exchange.values[0]["response"]["json"]).encode(), id=exchange.id)
        for exchange in _exchanges(WHOLE)
        if exchange.values[0]["response"]["status"] == 200
    ]
    found += [
        pytest.param(text.values[0].encode(), id=text.id)
        for text in fixture_files("google", "*.json")
        if text.values[0] is not None and '"candidates"' in text.values[0]
    ]
    return found or _absent()


def recorded_streams() -> list[Any]:
    """Return streams as pytest parameters of bytes."""
    found = [
        pytest.param(exchange.values[0]["response"]["text"].encode(), id=exchange.id)
        for exchange in _exchanges(STREAMED)
    ]
    for text in fixture_files("google", "*.chunks.txt"):
        if text.values[0] is not None:
            frames = [f"data: {line}\n\n" for line in text.values[0].splitlines() if line]
            found.append(pytest.param("".join(frames).encode(), id=text.id))
    return found or _absent()


def recorded_errors() -> list[Any]:
    """Return errors as pytest parameters of (status, value of the body)."""
    found = [
        pytest.param(
            exchange.values[0]["response"]["status"], exchange.values[0]["response"]["json"], id=exchange.id
        )
        for exchange in _exchanges(WHOLE)
        if exchange.values[0]["response"]["status"] != 200
    ]
    for text in fixture_files("google", "*.json"):
        if text.values[0] is not None and '"error"' in text.values[0]:
            body = json.loads(text.values[0])
            found.append(pytest.param(body["error"]["code"], body, id=text.id))
    return found or [pytest.param(0, None, marks=_SKIP, id="absent")]


def recorded_counts() -> list[Any]:
    """Return answers of countTokens as pytest parameters of JSON values."""
    found = [
        pytest.param(exchange.values[0]["response"]["json"], id=exchange.id)
        for exchange in _exchanges(COUNTED)
    ]
    return found or _absent()


def _exchanges(url_end: str) -> list[Any]:
    return [exchange for exchange in recordings("gemini", url_end) if exchange.values[0] is not None]


def _absent() -> list[Any]:
    return [pytest.param(None, marks=_SKIP, id="absent")]
