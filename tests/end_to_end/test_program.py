"""The program as a whole: its engine dies, its clients leave, it is told to stop."""

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from causeway.dialects.cohere.decode_stream import StreamDecoder
from causeway.model.events import ContentEnd, MessageEnd, TextDelta
from causeway.model.response import FinishReason
from support.process import Gateway, running_gateway, start
from support.process_tree import ENGINE, children, children_that_run, is_there, needs_proc, wait_until

LONG: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "Write a very long story about a lighthouse."}],
    "stream": True,
    "temperature": 0,
}
EMBED = {"model": "m", "texts": ["a"], "input_type": "search_query"}
SHORT: dict[str, Any] = {**LONG, "stream": False, "max_tokens": 4}


def engine(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{gateway.url}/health").json()["engine"]
    return found


def open_chat(gateway: Gateway, body: dict[str, Any]) -> socket.socket:
    host, port = gateway.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    raw = json.dumps(body).encode()
    connection.sendall(b"POST /v2/chat HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(raw), raw))
    return connection


@needs_proc
def test_an_engine_killed_in_the_middle_of_a_stream() -> None:
    with running_gateway() as gateway:
        (worker,) = children_that_run(gateway.process.pid, ENGINE)
        decoder, events, killed = StreamDecoder(), [], False
        with httpx.stream("POST", f"{gateway.url}/v2/chat", json=LONG, timeout=30) as response:
            for chunk in response.iter_bytes():
                events += decoder.feed(chunk)
                if not killed and sum(isinstance(event, TextDelta) for event in events) >= 3:
                    os.kill(worker, signal.SIGKILL)
                    killed = True
        assert response.status_code == 200
        assert isinstance(events[-2], ContentEnd)
        assert isinstance(events[-1], MessageEnd)
        assert events[-1].finish_reason is FinishReason.ERROR
        assert events[-1].failure is not None
        assert "engine" in events[-1].failure.message

        after = httpx.post(f"{gateway.url}/v2/chat", json=SHORT, timeout=60)
        assert after.status_code == 200
        assert after.json()["finish_reason"] == "MAX_TOKENS"
        assert children_that_run(gateway.process.pid, ENGINE) != [worker]
        assert engine(gateway)["restarts"] == 1


@needs_proc
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_gateway(workers: int, how: signal.Signals) -> None:
    with running_gateway("--workers", str(workers)) as gateway:
        httpx.post(f"{gateway.url}/v2/embed", json=EMBED, timeout=60).raise_for_status()
        started = children(gateway.process.pid)
        assert len(started) == (2 if workers == 1 else 2 + workers)
        gateway.process.send_signal(how)
        gateway.process.wait(15)
        wait_until(lambda: not any(is_there(pid) for pid in started))


def test_clients_that_leave_free_their_places() -> None:
    with running_gateway() as gateway:
        slots = engine(gateway)["slots"]
        connections = [open_chat(gateway, LONG) for _ in range(slots)]
        for connection in connections:
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        waiting = open_chat(gateway, LONG)
        wait_until(lambda: engine(gateway)["waiting"] == 1)
        waiting.close()
        wait_until(lambda: engine(gateway)["waiting"] == 0)
        assert engine(gateway)["busy"] == slots

        # Each would go on to fill its context; a reset, not an end, is what a crashed client sends.
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
        wait_until(lambda: engine(gateway)["busy"] == 0)

        prefilling = open_chat(gateway, {**LONG, "messages": [{"role": "user", "content": "word " * 3500}]})
        wait_until(lambda: engine(gateway)["busy"] == 1)
        prefilling.close()
        wait_until(lambda: engine(gateway)["busy"] == 0)
        assert httpx.post(f"{gateway.url}/v2/chat", json=SHORT, timeout=60).status_code == 200


def test_a_full_queue_says_when_to_come_back(tmp_path: Path) -> None:
    config = tmp_path / "causeway.toml"
    config.write_text("[engine]\nslots = 1\nqueue_limit = 1\n")
    with running_gateway("--config", str(config)) as gateway:
        running = open_chat(gateway, LONG)
        assert running.recv(100).startswith(b"HTTP/1.1 200 ")
        waiting = open_chat(gateway, LONG)
        wait_until(lambda: engine(gateway)["waiting"] == 1)
        refused = httpx.post(f"{gateway.url}/v2/chat", json=SHORT, timeout=60)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        for connection in (running, waiting):
            connection.close()


def test_keys_from_the_environment() -> None:
    with running_gateway(environment={"CAUSEWAY_API_KEYS": "one,two"}) as gateway:
        assert httpx.post(f"{gateway.url}/v2/chat", json=SHORT, timeout=60).status_code == 401
        headers = {"authorization": "Bearer two"}
        assert (
            httpx.post(f"{gateway.url}/v2/chat", json=SHORT, headers=headers, timeout=60).status_code == 200
        )


def test_strict_models() -> None:
    with running_gateway("--strict-models") as gateway:
        assert httpx.post(f"{gateway.url}/v2/chat", json=SHORT, timeout=60).status_code == 404
        body = {**SHORT, "model": gateway.model}
        assert httpx.post(f"{gateway.url}/v2/chat", json=body, timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "refusing to listen on 0.0.0.0 without API keys"),
        (["--model", "nowhere.gguf"], "the model cannot be used: nowhere.gguf: there is no such file"),
        (["--config", "nowhere.toml"], "cannot read nowhere.toml"),
    ],
)
def test_mistakes_stop_the_start(options: list[str], words: str) -> None:
    with start("--port", "0", *options) as process:
        output, _ = process.communicate(timeout=15)
    assert process.returncode == 2
    assert words in output
    assert "Traceback" not in output


def test_a_taken_port_is_said_to_be_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port)) as process:
            output, _ = process.communicate(timeout=15)
    assert process.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in output
