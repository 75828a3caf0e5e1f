"""Several workers, one engine: any worker answers, and none of them is needed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from causeway.dialects.cohere.decode_stream import StreamDecoder
from causeway.model.events import ContentEnd, Event, MessageEnd, TextDelta
from causeway.model.response import FinishReason
from support.process import Gateway, running_gateway, start
from support.process_tree import (
    EMBEDDER,
    ENGINE,
    WORKER,
    children,
    children_that_run,
    command_line,
    is_there,
    needs_proc,
    wait_until,
)

pytestmark = needs_proc

LONG: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "Write a very long story about a lighthouse."}],
    "stream": True,
    "temperature": 0,
    "max_tokens": 3000,
}
CAPITAL: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "temperature": 0,
}
EMBED = {"model": "m", "texts": ["a lighthouse"], "input_type": "search_query"}
WORKERS = 2
A_FEW = 3


class Visitor:
    """A client that keeps one connection, and so talks to one worker."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self.http = httpx.Client(base_url=url, limits=limits, timeout=60)
        self.pid: int = self.health()["worker"]["pid"]

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/health").json()
        return found

    def ask(self, body: dict[str, Any] = CAPITAL, path: str = "/v2/chat") -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Story:
    """A stream of the model's, read piece by piece."""

    def __init__(self, response: httpx.Response) -> None:
        assert response.status_code == 200
        self._chunks = response.iter_bytes()
        self._decoder = StreamDecoder()

    def read(self, deltas: int) -> None:
        """Read so many more pieces of text."""
        while deltas > 0:
            deltas -= sum(isinstance(event, TextDelta) for event in self._next())

    def rest(self) -> list[Event]:
        events: list[Event] = []
        for chunk in self._chunks:
            events += self._decoder.feed(chunk)
        return events

    def _next(self) -> list[Event]:
        return list(self._decoder.feed(next(self._chunks)))


@contextmanager
def story(visitor: Visitor, **options: Any) -> Iterator[Story]:
    with visitor.http.stream("POST", "/v2/chat", json={**LONG, **options}) as response:
        yield Story(response)


@contextmanager
def visitors(gateway: Gateway, count: int = WORKERS) -> Iterator[list[Visitor]]:
    """Yield a visitor of each of so many workers: connections are spread, so some more are opened."""
    found: dict[int, Visitor] = {}
    others = []
    try:
        while len(found) < count:
            assert len(others) < 200, "connections are not spread over the workers"
            visitor = Visitor(gateway.url)
            if found.setdefault(visitor.pid, visitor) is not visitor:
                others.append(visitor)
        yield list(found.values())
    finally:
        for visitor in (*found.values(), *others):
            visitor.http.close()


def worker_pids(gateway: Gateway) -> set[int]:
    return set(children_that_run(gateway.process.pid, WORKER))


def engine_of(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{gateway.url}/health", timeout=60).json()["engine"]
    return found


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with running_gateway("--workers", str(WORKERS)) as gateway:
        yield gateway


def test_connections_are_spread_over_the_workers(gateway: Gateway) -> None:
    served: dict[int, int] = {}
    for _ in range(40):
        with httpx.Client(base_url=gateway.url) as client:
            worker = client.get("/health").json()["worker"]
            assert worker["count"] == WORKERS
            served[worker["pid"]] = served.get(worker["pid"], 0) + 1
    assert set(served) == worker_pids(gateway)
    # Evenly spread, fewer than 5 of 40 is a chance of one in five million.
    assert min(served.values()) >= 5


def test_every_worker_answers_everything_with_the_one_engine(gateway: Gateway) -> None:
    with visitors(gateway) as both:
        for visitor in both:
            assert "Paris" in visitor.ask()["message"]["content"][0]["text"]
            assert len(visitor.ask(EMBED, "/v2/embed")["embeddings"]["float"][0]) == 384
            ranked = visitor.ask(
                {"model": "m", "query": "a tower by the sea", "documents": ["bread", "a lighthouse"]},
                "/v2/rerank",
            )
            assert ranked["results"][0]["index"] == 1
            tokens = visitor.ask({"model": "m", "text": "hello"}, "/v1/tokenize")["tokens"]
            assert visitor.ask({"model": "m", "tokens": tokens}, "/v1/detokenize")["text"] == "hello"
            models = visitor.http.get("/v1/models").json()["models"]
            assert {model["context_length"] for model in models} == {4096, 254}
            assert visitor.health()["engine"]["state"] == "ready"
    assert len(children_that_run(gateway.process.pid, ENGINE)) == 1
    assert len(children_that_run(gateway.process.pid, EMBEDDER)) == 1


def test_what_one_worker_does_is_seen_by_the_other(gateway: Gateway) -> None:
    with visitors(gateway) as (first, second):
        with story(first) as told:
            told.read(1)
            assert second.health()["engine"]["busy"] == 1
        first.http.close()
        # The engine is not told by the worker that the client has left, but by the end of the call.
        wait_until(lambda: second.health()["engine"]["busy"] == 0)


def test_errors_of_the_engine_keep_their_status_and_their_words(gateway: Gateway) -> None:
    with visitors(gateway) as both:
        for visitor in both:
            long = {**CAPITAL, "messages": [{"role": "user", "content": "word " * 5000}]}
            too_long = visitor.http.post("/v2/chat", json=long)
            assert too_long.status_code == 400
            assert "the model's context holds" in too_long.json()["message"]
            bad = visitor.http.post("/v1/detokenize", json={"model": "m", "tokens": [10**8]})
            assert bad.status_code == 400
            assert "tokens[0]: expected a token" in bad.json()["message"]


def test_a_killed_worker_takes_nobody_with_it_and_is_replaced() -> None:
    with running_gateway("--workers", str(WORKERS)) as gateway, visitors(gateway) as (doomed, other):
        with story(other) as told, story(doomed) as lost:
            told.read(A_FEW)
            lost.read(A_FEW)
            os.kill(doomed.pid, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                lost.rest()
            # The place of the lost stream is free, that of the other is not.
            wait_until(lambda: engine_of(gateway)["busy"] == 1)
            told.read(A_FEW)
            for _ in range(10):
                with httpx.Client(base_url=gateway.url, timeout=60) as client:
                    assert client.post("/v2/chat", json=CAPITAL).status_code == 200
            told.read(A_FEW)
        with visitors(gateway) as both:
            pids = {visitor.pid for visitor in both}
        assert pids == worker_pids(gateway)
        assert doomed.pid not in pids
        assert other.pid in pids
        assert engine_of(gateway)["restarts"] == 0


def test_a_killed_engine_is_recovered_for_every_worker() -> None:
    with running_gateway("--workers", str(WORKERS)) as gateway, visitors(gateway) as both:
        (engine,) = children_that_run(gateway.process.pid, ENGINE)
        with story(both[0]) as one, story(both[1]) as other:
            for told in (one, other):
                told.read(A_FEW)
            os.kill(engine, signal.SIGKILL)
            for told in (one, other):
                *_, closing, end = told.rest()
                assert isinstance(closing, ContentEnd)
                assert isinstance(end, MessageEnd)
                assert end.finish_reason is FinishReason.ERROR
                assert end.failure is not None
                assert "engine" in end.failure.message
        for visitor in both:
            assert "Paris" in visitor.ask()["message"]["content"][0]["text"]
            assert visitor.health()["engine"]["restarts"] == 1


def test_a_worker_that_is_told_to_end_finishes_and_is_replaced() -> None:
    with running_gateway("--workers", str(WORKERS)) as gateway, visitors(gateway) as both:
        leaving = both[0]
        with story(leaving, max_tokens=20) as told:
            told.read(1)
            os.kill(leaving.pid, signal.SIGTERM)
            end = told.rest()[-1]
        assert isinstance(end, MessageEnd)
        assert end.finish_reason is FinishReason.MAX_TOKENS
        wait_until(lambda: len(worker_pids(gateway) - {leaving.pid}) == WORKERS)
        with visitors(gateway) as after:
            assert leaving.pid not in {visitor.pid for visitor in after}


def test_told_to_end_the_gateway_finishes_what_it_does_and_leaves_nothing() -> None:
    with running_gateway("--workers", str(WORKERS)) as gateway, visitors(gateway) as both:
        both[0].ask(EMBED, "/v2/embed")
        started = children(gateway.process.pid)
        assert len(started) == WORKERS + 2
        with story(both[0], max_tokens=20) as one, story(both[1], max_tokens=20) as other:
            for told in (one, other):
                told.read(1)
            gateway.process.terminate()
            ends = [told.rest()[-1] for told in (one, other)]
        for end in ends:
            assert isinstance(end, MessageEnd)
            assert end.finish_reason is FinishReason.MAX_TOKENS
        for visitor in both:
            visitor.http.close()
        assert gateway.process.wait(15) == 0
        assert not any(map(is_there, started))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{gateway.url}/health")


def test_a_replacement_has_the_configuration_that_was_checked(tmp_path: Path) -> None:
    keys, config = tmp_path / "keys", tmp_path / "causeway.toml"
    keys.write_text("the-first-key\n")
    config.write_text(f'[server]\nworkers = {WORKERS}\napi_keys_file = "{keys}"\nstrict_models = true\n')
    provider = {"GROQ_API_KEY": "gsk-seeded-0123456789abcdef"}
    with running_gateway("--config", str(config), environment=provider) as gateway:
        started = worker_pids(gateway)
        assert len(started) == WORKERS
        for pid in started:
            line = b" ".join(command_line(pid))
            assert b"the-first-key" not in line
            assert b"gsk-seeded" not in line
        keys.write_text("another-key\n")
        config.write_text("nonsense")
        for pid in started:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_there, started)))
        with visitors(gateway) as both:
            for visitor in both:
                assert visitor.http.post("/v2/chat", json=CAPITAL).status_code == 401
                key = {"authorization": "Bearer the-first-key"}
                assert visitor.http.post("/v2/chat", json=CAPITAL, headers=key).status_code == 404
                body = {**CAPITAL, "model": gateway.model}
                assert visitor.http.post("/v2/chat", json=body, headers=key).status_code == 200


def test_the_log_says_which_worker_wrote_it() -> None:
    with running_gateway("--workers", str(WORKERS), "--verbose") as gateway:
        with visitors(gateway) as both:
            for visitor in both:
                visitor.ask(EMBED, "/v2/embed")
        gateway.process.terminate()
        assert gateway.process.stdout is not None
        logged = gateway.process.stdout.read()
    for number in range(1, WORKERS + 1):
        assert any(f" worker {number} INFO " in line and " embed " in line for line in logged.splitlines()), (
            logged
        )


@pytest.mark.parametrize("workers", [1, WORKERS])
def test_without_an_engine_there_is_none(workers: int) -> None:
    with running_gateway("--no-engine", "--workers", str(workers)) as gateway:
        assert gateway.model == "none"
        assert len(children(gateway.process.pid)) == (0 if workers == 1 else workers)
        health = httpx.get(f"{gateway.url}/health").json()
        assert (health["engine"], health["components"]["engine"]) == (None, "disabled")
        assert httpx.get(f"{gateway.url}/v1/models").json()["models"] == []
        for path, body in (
            ("/v2/chat", CAPITAL),
            ("/v2/embed", EMBED),
            ("/v1/tokenize", {"model": "m", "text": "a"}),
        ):
            answer = httpx.post(f"{gateway.url}{path}", json=body)
            assert answer.status_code == 503
            assert "the embedded model is off" in answer.json()["message"]


def test_a_worker_that_cannot_start_ends_the_gateway_with_the_reason(tmp_path: Path) -> None:
    # A module that fails when a worker imports it; the main process has no use for it.
    (tmp_path / "httptools.py").write_text("raise ImportError('this is broken')\n")
    with start(
        "--port", "0", "--no-engine", "--workers", "2", environment={"PYTHONPATH": str(tmp_path)}
    ) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "this is broken" in output
    assert "does not start: it exited with status 1" in output.splitlines()[-1]
    assert "Causeway is ready" not in output


def test_what_one_worker_keeps_another_finds_and_so_does_a_later_gateway(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    asked = {"model": "m", "input": "What is the capital of France?", "max_output_tokens": 5}
    with (
        running_gateway("--workers", "2", environment=environment) as gateway,
        visitors(gateway) as (one, other),
    ):
        kept = one.ask(asked, "/v1/responses")
        assert other.http.get(f"/v1/responses/{kept['id']}").json()["output"] == kept["output"]
        going_on = {**asked, "input": "And of Spain?", "previous_response_id": kept["id"]}
        assert other.ask(going_on, "/v1/responses")["previous_response_id"] == kept["id"]
    [file] = tmp_path.rglob("answers.db")
    assert file.stat().st_mode & 0o777 == 0o600
    with running_gateway("--workers", "1", "--no-engine", environment=environment) as gateway:
        found = httpx.get(f"{gateway.url}/v1/responses/{kept['id']}")
        assert found.json()["output"] == kept["output"]
