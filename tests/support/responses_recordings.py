"""Recorded responses of OpenAI and of others who speak its dialect: requests, bodies, streams and errors."""

import json
from typing import Any

import pytest

from support.recordings import ABSENT, fixture_files, recordings

FOLDERS = ("openai-responses", "bedrock-mantle")
FIXTURES = ("azure", "open-responses/responses", "openai/responses", "xai/responses")
_CREATED = "response.created"


def recorded_requests(path_end: str = "/responses") -> list[Any]:
    """Return bodies of requests as pytest parameters of plain values."""
    return _or_absent(
        [
            pytest.param(body, id=exchange.id)
            for exchange in _exchanges()
            if exchange.values[0]["request"]["url"].endswith(path_end)
            and (body := exchange.values[0]["request"]["body"])
        ]
    )


def recorded_responses() -> list[Any]:
    """Return whole responses as pytest parameters of plain values."""
    found = [
        pytest.param(body, id=exchange.id)
        for exchange in _exchanges()
        if (body := exchange.values[0]["response"].get("json")) and body.get("object") == "response"
    ]
    for text in _fixtures("*.json"):
        body = json.loads(text.values[0])
        if body.get("object") == "response":
            found.append(pytest.param(body, id=text.id))
    return _or_absent(found)


def recorded_streams() -> list[Any]:
    """Return streams as pytest parameters of bytes, those that failed among them."""
    found = [
        pytest.param(text.encode(), id=exchange.id)
        for exchange in _exchanges()
        if _CREATED in (text := exchange.values[0]["response"].get("text", ""))
    ]
    for text in _fixtures("*.chunks.txt"):
        streams: list[str] = []
        for line in text.values[0].splitlines():
            if _CREATED in line or not streams:  # some files have several streams, one after the other
                streams.append("")
            streams[-1] += f"data: {line}\n\n" if line else ""
        found += [
            pytest.param(stream.encode(), id=f"{text.id}-{number}")
            for number, stream in enumerate(streams)
            if _CREATED in stream
        ]
    return _or_absent(found)


def recorded_errors() -> list[Any]:
    """Return errors as pytest parameters of (status, plain value of the body)."""
    found = [
        pytest.param(response["status"], response["json"], id=exchange.id)
        for exchange in _exchanges()
        if (response := exchange.values[0]["response"])["status"] >= 400
    ]
    return found or [pytest.param(0, None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


def recorded_counts() -> list[Any]:
    """Return counts of tokens as pytest parameters of (request's body, response's body)."""
    found = [
        pytest.param(
            exchange.values[0]["request"]["body"], exchange.values[0]["response"]["json"], id=exchange.id
        )
        for exchange in recordings("openai-responses", "/responses/input_tokens")
        if exchange.values[0] is not None
    ]
    return found or [pytest.param(None, None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


def _exchanges() -> list[Any]:
    return [
        exchange
        for folder in FOLDERS
        for exchange in recordings(folder, "")
        if exchange.values[0] is not None and "/responses" in exchange.values[0]["request"]["url"]
    ]


def _fixtures(pattern: str) -> list[Any]:
    return [
        text for vendor in FIXTURES for text in fixture_files(vendor, pattern) if text.values[0] is not None
    ]


def _or_absent(found: list[Any]) -> list[Any]:
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]
