"""`GET /metrics` of a gateway that is one process."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from causeway.config.schema import Config, EngineConfig, ServerConfig
from causeway.rules.access import KeyRing
from causeway.server.compose import compose_application
from causeway.testing import Answer, Gate, ScriptedUpstream, Status
from support.gateway import running
from support.process_tree import wait_until
from support.upstreams import scripted_provider

CONFIG = Config(engine=EngineConfig(enabled=False))
BODY = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def samples(url: str, name: str) -> dict[frozenset[tuple[str, str]], float]:
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
    return {
        frozenset(sample.labels.items()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def test_it_needs_a_key_where_callers_do() -> None:
    with running(compose_application(CONFIG, KeyRing(["the-key"]), None)) as url:
        refused = httpx.get(f"{url}/metrics")
        assert refused.status_code == 401
        assert b"causeway_" not in refused.content
        allowed = httpx.get(f"{url}/metrics", headers={"authorization": "Bearer the-key"})
        assert allowed.status_code == 200
        assert allowed.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert list(text_string_to_metric_families(allowed.text))


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_it_is_only_read(method: str) -> None:
    with running(compose_application(CONFIG, KeyRing(), None)) as url:
        assert httpx.request(method, f"{url}/metrics").status_code == 404
        assert httpx.head(f"{url}/metrics").status_code == 200


def test_switched_off_it_is_not_there() -> None:
    config = Config(engine=CONFIG.engine, server=ServerConfig(metrics=False))
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        provider = scripted_provider("openai", upstream.url)
        with running(compose_application(config, KeyRing(), None, [provider])) as url:
            assert httpx.post(f"{url}/v2/chat", json=BODY).status_code == 200
            assert httpx.get(f"{url}/metrics").status_code == 404


def test_a_key_that_is_left_alone_is_down_and_others_are_up() -> None:
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        providers = [scripted_provider("openai", upstream.url), scripted_provider("groq", upstream.url)]
        with running(compose_application(CONFIG, KeyRing(), None, providers)) as url:
            for _ in range(2):  # three attempts each; five failures are enough
                upstream.script(*[Status(status=500)] * 3)
                assert httpx.post(f"{url}/v2/chat", json=BODY).status_code == 500
            up = samples(url, "bifrost_provider_key_up")
            assert up == {
                frozenset({("provider", "openai"), ("key_name", "openai-0")}): 0,
                frozenset({("provider", "groq"), ("key_name", "groq-0")}): 1,
            }
            (errors,) = samples(url, "bifrost_error_requests_total").items()
            assert ("status_code", "500") in errors[0]
            assert errors[1] == 2
            assert sum(samples(url, "causeway_failed_attempts_total").values()) == 5
            assert sum(samples(url, "bifrost_request_retries_sum").values()) == 3


def test_a_call_is_under_way_from_its_beginning_to_its_last_byte() -> None:
    gate = Gate()
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        provider = scripted_provider("openai", upstream.url)
        upstream.script(Answer(text="word " * 100, pause_after_bytes=2000, body_gate=gate))
        with running(compose_application(CONFIG, KeyRing(), None, [provider])) as url:
            with httpx.stream("POST", f"{url}/v2/chat", json={**BODY, "stream": True}) as response:
                gate.wait_until_reached()
                method = frozenset({("method", "chat_completion_stream")})
                assert samples(url, "bifrost_active_requests") == {method: 1}
                gate.open()
                response.read()
            wait_until(lambda: samples(url, "bifrost_active_requests") == {method: 0})


def test_what_is_full_is_told() -> None:
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        provider = scripted_provider("openai", upstream.url)
        with running(compose_application(CONFIG, KeyRing(), None, [provider])) as url:
            session = {"x-bf-session-id": "one"}
            assert httpx.post(f"{url}/v2/chat", json=BODY, headers=session).status_code == 200
            expected = {
                "bifrost_active_requests": 0,
                "causeway_outbound_connections": 1,
                "causeway_outbound_requests": 0,
                "causeway_outbound_requests_limit": provider.network.max_connections,
                "causeway_sticky_sessions": 1,
                "causeway_sticky_sessions_limit": 10_000,
                "causeway_remembered_calls": 1,
                "causeway_remembered_calls_limit": 1000,
                "causeway_kept_answers_pending_bytes": 0,
                "causeway_kept_answers_limit_bytes": 256 * 1024 * 1024,
            }
            found = {name: sum(samples(url, name).values()) for name in expected}
            assert found == expected
