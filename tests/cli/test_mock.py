"""`causeway mock` as a user starts it."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from causeway.testing import ScriptedUpstream
from support.process import start

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@contextmanager
def running_mock(*options: str) -> "Iterator[tuple[str, subprocess.Popen[str]]]":
    with start("--port", "0", *options, command="mock") as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout is not None
        line = process.stdout.readline()
        watchdog.cancel()
        match = re.fullmatch(r"The scripted upstream is ready: (http://\S+)\n", line)
        assert match, line
        yield match[1], process


def refused(*options: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "causeway", "mock", *options], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 2
    assert result.stdout == ""
    return result.stderr


def test_it_answers_and_tells_each_request_in_one_line() -> None:
    with running_mock() as (url, process):
        reply = httpx.post(f"{url}/v1/chat/completions?api_key=secret", json=BODY).json()
        assert reply["choices"][0]["message"]["content"] == "You said: Hi"
        assert httpx.get(f"{url}/nowhere").status_code == 404
        assert process.stdout is not None
        assert process.stdout.readline() == "1 POST /v1/chat/completions m -> 200\n"
        assert process.stdout.readline() == "2 GET /nowhere - -> 404\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to_even_in_the_middle_of_a_stream(number: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[rules]]\nreply = { type = "answer", text = "a b", pause_after_bytes = 20 }')
    with (
        running_mock("--script", str(script)) as (url, process),
        httpx.stream("POST", f"{url}/v2/chat", json={**BODY, "stream": True}) as stream,
    ):
        assert stream.status_code == 200
        process.send_signal(number)
        assert process.wait(15) == 0
        assert process.stdout is not None
        assert process.stdout.read() == "1 POST /v2/chat m -> 200\n"


def test_models_dialect_and_key_are_as_the_options_say() -> None:
    options = ("--model", "a", "--model", "b", "--dialect", "cohere", "--require-key", "k")
    with running_mock(*options) as (url, _):
        assert httpx.get(f"{url}/v1/models").status_code == 401
        models = httpx.get(f"{url}/v1/models", headers={"authorization": "Bearer k"}).json()["models"]
        assert [model["name"] for model in models] == ["a", "b"]
        assert (
            httpx.post(f"{url}/v1/chat/completions", headers={"x-api-key": "k"}, json=BODY).status_code == 404
        )


def test_a_wrong_script_is_told_and_nothing_is_served(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[rules]]\nreply = { type = "status", status = "429" }')
    assert f"causeway: {script}: rules[0].reply.status: Expected `int`, got `str`" in refused(
        "--script", str(script)
    )


def test_a_port_that_is_taken_is_told() -> None:
    with ScriptedUpstream() as upstream:
        port = upstream.url.rpartition(":")[2]
        assert (
            refused("--port", port)
            == f"causeway: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        )
