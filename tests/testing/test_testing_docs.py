"""The examples of docs/testing.md, run as they stand, and that the page names all there is."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from causeway.cli import build_parser
from causeway.testing.replies import Answer, Reply, UsagePlacement
from causeway.testing.requests import RecordedRequest
from causeway.testing.responder import DIALECTS
from causeway.testing.script import Match
from support.process import start

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "testing.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_pytest_example_passes(tmp_path: Path) -> None:
    (example,) = [block for block in blocks("python") if "def test_" in block]
    (tmp_path / "test_example.py").write_text(example)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout


def test_the_gate_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = [block for block in blocks("python") if "head_gate=Gate()" in block]
    exec(compile(example, "example", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "the client gave up\n"


def test_the_example_of_anthropic_and_responses_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = [block for block in blocks("python") if "import anthropic" in block]
    exec(compile(example, "example", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "['thinking', 'tool_use']\nIt is June. Sunny.\nYou said: Really?\n"


def test_the_example_of_gemini_and_bedrock_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = [block for block in blocks("python") if "import boto3" in block]
    exec(compile(example, "example", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "{'city': 'Paris'} True\n['reasoningContent', 'text']\n"


def test_the_command_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (script,) = blocks("toml")
    (console,) = blocks("console")
    (example,) = [block for block in blocks("python") if "127.0.0.1:9000" in block]
    (tmp_path / "script.toml").write_text(script)
    command, *shown = console.splitlines()
    words = command.removeprefix("$ causeway ").replace("--port 9000", "--port 0").split()
    monkeypatch.chdir(tmp_path)
    with start(*words[1:], command=words[0]) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        url = ready.split()[-1]
        exec(compile(example.replace("http://127.0.0.1:9000", url), "example", "exec"), {})  # noqa: S102
        printed = [
            ready.replace(url, "http://127.0.0.1:9000"),
            *(process.stdout.readline() for _ in shown[1:]),
        ]
    assert [line.rstrip("\n") for line in printed] == shown


def test_every_option_is_documented() -> None:
    options = {word for action in build_parser("mock")._actions for word in action.option_strings}
    section = PAGE.split("## From the command line")[1]
    assert {option for option in options if option.startswith("--")} - {"--help"} == set(
        re.findall(r"`(--[\w-]+)", section)
    )
    (dialects,) = [action.choices for action in build_parser("mock")._actions if action.dest == "dialect"]
    assert list(dialects or ()) == list(DIALECTS)


def test_every_field_is_documented() -> None:
    known = {
        *Reply.__struct_fields__,
        *Answer.__struct_fields__,
        *RecordedRequest.__struct_fields__,
        *Match.__struct_fields__,
        *get_args(UsagePlacement),
    } - {"as_asked"}
    for name in known:
        assert re.search(rf"\b{name}\b", PAGE), name


def test_help_needs_neither_server_nor_dialects() -> None:
    code = (
        "import sys, contextlib\nfrom causeway.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['mock', '--help'])\n"
        "print([m for m in sys.modules if m.startswith('causeway.testing')])"
    )
    environment = {**os.environ, "COLUMNS": "200"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert result.stdout.strip().endswith("[]")
    assert "--script" in result.stdout
