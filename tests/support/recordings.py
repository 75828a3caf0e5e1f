"""Real recorded exchanges, which live beside the project and may be absent."""

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings"
ABSENT = "the recordings are not beside this checkout"


def recordings(dialect: str, url_end: str) -> list[Any]:
    """Return the exchanges of a dialect whose URL ends so, as pytest parameters."""
    found = []
    for path in sorted((_FOLDER / dialect).glob("*.json")):
        exchange = json.loads(path.read_text())
        if exchange["request"]["url"].endswith(url_end):
            found.append(pytest.param(exchange, id=path.stem))
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


def client_requests(path_end: str) -> list[Any]:
    """Return what real Cohere clients were seen to send, as pytest parameters."""
    path = _FOLDER / "cohere-clients.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    found = []
    for number, line in enumerate(lines):
        request = json.loads(line)
        if request["path"].endswith(path_end):
            found.append(pytest.param(request, id=f"{number}-{request['client']}"))
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


def fixture_files(vendor: str, pattern: str) -> list[Any]:
    """Return raw provider replies, as pytest parameters of (name, text)."""
    found = [
        pytest.param(path.read_text(), id=path.name)
        for path in sorted((_FOLDER / "fixtures" / vendor).glob(pattern))
    ]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]
