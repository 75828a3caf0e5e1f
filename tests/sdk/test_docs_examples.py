"""The examples of the README and of the documentation pages, run as they stand."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from support.process import Gateway

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BASE_URL = "http://127.0.0.1:8080"


def blocks(language: str, containing: str) -> list[object]:
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(pattern.findall(page.read_text()))
        if containing in block
    ]


@pytest.mark.parametrize("code", blocks("python", BASE_URL))
def test_python_example(code: str, gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    # Each of the two environments has some of the clients.
    for name in re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE):
        pytest.importorskip(name, reason=f"{name} lives in the other environment")
    exec(compile(code.replace(BASE_URL, gateway.url), "example", "exec"), {})  # noqa: S102
    if "print(" in code:
        assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("command", blocks("console", "$ curl"))
def test_curl_example(command: str, gateway: Gateway) -> None:
    words = shlex.split(command.removeprefix("$ ").replace("\\\n", " "))
    assert words[0] == "curl"
    headers = dict(words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H")
    response = httpx.post(
        words[1].replace(BASE_URL, gateway.url),
        content=words[words.index("-d") + 1],
        headers=headers,
        timeout=60,
    )
    assert response.status_code == 200
    assert "Paris" in response.json()["message"]["content"][0]["text"]


def test_there_are_examples() -> None:
    assert len(blocks("python", BASE_URL)) >= 3
    assert len(blocks("console", "$ curl")) >= 1
