"""Metrics and the log of a gateway with workers, before a scripted provider."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from causeway.testing import ScriptedUpstream, Status
from support.process import Gateway, running_gateway
from support.process_tree import is_there, needs_proc, wait_until

pytestmark = needs_proc

SECRET = "sk-seeded-0123456789abcdef"
KEY = "a-callers-key-0123456789"
WORDS = "a prompt that nobody is to find"
BODY: dict[str, Any] = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": WORDS}]}
ALLOWED = {"authorization": f"Bearer {KEY}"}


@contextmanager
def gateway_of(tmp_path: Path, upstream: ScriptedUpstream, *, workers: int) -> Iterator[Gateway]:
    file = tmp_path / "causeway.toml"
    file.write_text(
        "discover_providers = false\n"
        f'[providers.openai]\napi_key = "{SECRET}"\nbase_url = "{upstream.url}/v1"\n'
        "network_config = { max_retries = 0 }\n"
        '[logs_store.config]\npath = "log/calls.db"\n'
    )
    options = ("--no-engine", "--workers", str(workers), "--config", str(file))
    with running_gateway(*options, environment={"CAUSEWAY_API_KEYS": KEY}) as gateway:
        yield gateway


def ask(gateway: Gateway, **fields: Any) -> httpx.Response:
    """Ask over a connection of its own, so that any worker may answer."""
    return httpx.post(f"{gateway.url}/v2/chat", json={**BODY, **fields}, headers=ALLOWED, timeout=60)


def counted(gateway: Gateway, name: str = "causeway_calls_total", **labels: str) -> float:
    response = httpx.get(f"{gateway.url}/metrics", headers=ALLOWED, timeout=60)
    assert response.status_code == 200, response.text
    return sum(
        sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def workers_of(gateway: Gateway) -> set[int]:
    """Return the processes that have answered some requests."""
    url = f"{gateway.url}/health"
    return {httpx.get(url, timeout=60).json()["worker"]["pid"] for _ in range(40)}


def rows(tmp_path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(tmp_path / "log" / "calls.db")) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("workers", [1, 2])
def test_one_scrape_and_one_file_tell_of_every_worker(tmp_path: Path, workers: int) -> None:
    with (
        ScriptedUpstream(dialects=["openai"]) as upstream,
        gateway_of(tmp_path, upstream, workers=workers) as gateway,
    ):
        assert len(workers_of(gateway)) == workers
        for number in range(20):
            assert ask(gateway, stream=number % 2 == 0).status_code == 200
        wait_until(lambda: counted(gateway) == 20)
        for _ in range(10):  # whichever worker is asked
            assert counted(gateway, "bifrost_success_requests_total", provider="openai") == 20
        gateway.process.terminate()
        assert gateway.process.wait(15) == 0
    written = rows(tmp_path, "SELECT worker, count(*) FROM logs GROUP BY worker ORDER BY worker")
    assert [worker for worker, _ in written] == list(range(1, workers + 1))
    assert sum(count for _, count in written) == 20


def test_a_worker_that_dies_takes_no_counts_along(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(dialects=["openai"]) as upstream,
        gateway_of(tmp_path, upstream, workers=2) as gateway,
    ):
        for _ in range(20):
            assert ask(gateway).status_code == 200
        wait_until(lambda: counted(gateway) == 20)
        dying = workers_of(gateway)
        for pid in dying:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_there, dying)))
        assert counted(gateway) == 20
        for _ in range(5):
            assert ask(gateway).status_code == 200
        wait_until(lambda: counted(gateway) == 25)


def test_neither_keys_nor_what_was_said_is_found_in_either(tmp_path: Path) -> None:
    error = {"error": {"message": f"{SECRET} does not like: {WORDS}", "type": SECRET, "code": SECRET}}
    with (
        ScriptedUpstream(dialects=["openai"]) as upstream,
        gateway_of(tmp_path, upstream, workers=1) as gateway,
    ):
        assert ask(gateway).status_code == 200
        upstream.script(Status(status=400, body=error))
        assert ask(gateway).status_code == 400
        said = httpx.get(f"{gateway.url}/metrics", headers=ALLOWED).content
        gateway.process.terminate()
        assert gateway.process.wait(15) == 0
    assert len(rows(tmp_path, "SELECT * FROM logs")) == 2
    for content in (said, *(file.read_bytes() for file in (tmp_path / "log").iterdir())):
        for word in (SECRET, KEY, WORDS):
            assert word.encode() not in content


def test_a_log_that_cannot_be_kept_is_told_at_the_start_and_calls_go_on(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("in the way")
    with (
        ScriptedUpstream(dialects=["openai"]) as upstream,
        gateway_of(tmp_path, upstream, workers=1) as gateway,
    ):
        assert ask(gateway).status_code == 200
        wait_until(lambda: counted(gateway, "causeway_request_log_dropped_rows_total") == 1)
        gateway.process.terminate()
        assert gateway.process.stdout is not None
        said = gateway.process.stdout.read()
    assert said.count("the request log") == 1
    assert str(tmp_path / "log" / "calls.db") in said
