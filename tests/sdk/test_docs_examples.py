"""The examples of the README and of the documentation pages, run as they stand."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from support.fronts import Front
from support.process import Gateway

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Their examples ask providers: they are run before scripted ones.
ASKING_PROVIDERS = {
    *(f"{name}-api.md" for name in ("openai", "responses", "anthropic", "gemini", "bedrock")),
    "routing.md",
    "loss.md",
}
BASE_URL = "http://127.0.0.1:8080"


def blocks(language: str, containing: str) -> list[object]:
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [
        pytest.param(block, page.name, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(pattern.findall(page.read_text()))
        if containing in block
    ]


@pytest.fixture
def url(page: str, request: pytest.FixtureRequest) -> str:
    running: Gateway | Front = request.getfixturevalue("front" if page in ASKING_PROVIDERS else "gateway")
    return running.url


@pytest.mark.parametrize(("code", "page"), blocks("python", BASE_URL))
def test_python_example(code: str, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    # Each of the two environments has some of the clients.
    for name in re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE):
        pytest.importorskip(name, reason=f"{name} lives in the other environment")
    exec(compile(code.replace(BASE_URL, url), "example", "exec"), {})  # noqa: S102
    if "print(" in code:
        assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(("block", "page"), blocks("console", "$ curl"))
def test_curl_example(block: str, url: str) -> None:
    (command,) = re.findall(r"^\$ (curl .*(?:\n +.*)*)", block, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    response = httpx.post(
        next(word for word in words if word.startswith(BASE_URL)).replace(BASE_URL, url),
        content=words[words.index("-d") + 1],
        headers=dict(words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H"),
        timeout=60,
    )
    assert response.status_code == 200
    text = response.json()["message"]["content"][0]["text"]
    assert "Paris" in text or not re.search("Paris|France", command)
    for name, value in re.findall(r"^(x-[\w-]+): (.*)$", block, re.MULTILINE):
        assert response.headers[name] == value


def test_there_are_examples() -> None:
    pages = [str(parameter.id) for parameter in blocks("python", BASE_URL)]
    for page in ("README.md", *ASKING_PROVIDERS):
        assert any(name.startswith(page) for name in pages), page
    assert len(blocks("console", "$ curl")) >= 1
