"""`causeway doctor` on this machine, and on mistakes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from causeway.engine.weights import bundled_weights


def doctor(*options: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit status, and for each subject its mark and detail."""
    outcome = subprocess.run(
        [sys.executable, "-m", "causeway", "doctor", *options],
        capture_output=True,
        text=True,
        timeout=120,
    )
    findings = {}
    for line in outcome.stdout.splitlines()[1:]:
        mark, rest = line[:5].strip(), line[7:]
        findings[rest[:14].strip()] = (mark, rest[15:])
    assert outcome.stderr == ""
    return outcome.returncode, findings


@pytest.fixture
def free_port(tmp_path: Path) -> Path:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    config = tmp_path / "causeway.toml"
    config.write_text(f"[server]\nport = {port}\n")
    return config


@pytest.mark.skipif(bundled_weights() is None, reason="the bundled weights are not installed")
def test_a_healthy_machine(free_port: Path) -> None:
    status, findings = doctor("--config", str(free_port))
    assert {mark for mark, _ in findings.values()} <= {"ok", "?"}
    assert status == 0
    assert findings["answers"][1].startswith("loaded and wrote ")
    assert findings["embeds"][1].startswith(("a vector of 384 numbers", "there is no embedding model"))


def test_mistakes_are_found_and_named(tmp_path: Path, free_port: Path) -> None:
    not_a_model = tmp_path / "notes.gguf"
    not_a_model.write_text("not a model")
    status, findings = doctor("--config", str(free_port), "--model", str(not_a_model))
    assert status == 1
    assert findings["model file"] == ("FAIL", "notes.gguf: this is not a GGUF file")
    assert "answers" not in findings

    config = tmp_path / "open.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(f"[server]\nport = {port}\n")
        status, findings = doctor("--config", str(config), "--model", str(not_a_model))
    assert status == 1
    assert findings["address"] == ("FAIL", f"cannot listen on 127.0.0.1:{port}: Address already in use")

    config.write_text("[server]\nprot = 1\n")
    status, findings = doctor("--config", str(config))
    assert status == 1
    assert "unknown field `prot`" in findings["configuration"][1]
