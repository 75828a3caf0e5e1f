"""`causeway doctor` on this machine, and on mistakes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from causeway.engine.weights import bundled_weights


def doctor(*options: str, **variables: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit status, and for each subject its mark and detail; of several the last."""
    outcome = subprocess.run(
        [sys.executable, "-m", "causeway", "doctor", *options],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **variables},
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


def test_without_the_embedded_model_it_is_not_tried(free_port: Path) -> None:
    status, findings = doctor("--config", str(free_port), "--no-engine")
    assert findings["engine"] == ("ok", "the embedded model is off: only providers answer")
    assert not {"answers", "embeds", "model file", "memory"} & set(findings)
    assert findings["providers"][0] == "FAIL"
    assert status == 1
    _, findings = doctor("--config", str(free_port), "--no-engine", ZAI_API_KEY="sk-seeded-0123456789abcdef")
    assert "providers" not in findings


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


def test_providers_are_listed_and_not_called(tmp_path: Path, free_port: Path) -> None:
    not_a_model = tmp_path / "notes.gguf"
    not_a_model.write_text("not a model")
    options = ("--model", str(not_a_model), "--config", str(free_port))
    # Nothing listens at that address: a call would be a finding.
    key = {"ZAI_API_KEY": "sk-seeded-0123456789abcdef", "LLAMACPP_BASE_URL": "http://127.0.0.1:1"}
    _, findings = doctor(*options, **key)
    assert findings["provider"][0] == "ok"
    assert "llamacpp" in findings["provider"][1]
    assert "no key" in findings["provider"][1]
    free_port.write_text(free_port.read_text() + "[providers.zai]\napi_key = 'env.NOT_SET'\n")
    _, findings = doctor(*options)
    mark, detail = findings["provider"]
    assert mark == "FAIL"
    assert detail.endswith("providers.zai.api_key: the environment variable NOT_SET is not set")
