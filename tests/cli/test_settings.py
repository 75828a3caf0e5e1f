"""Options over the file, and the address that they come to."""

import os
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from causeway.cli import build_parser, main
from causeway.cli.settings import listen, settings_from, worker_count
from causeway.config.load import ConfigError
from causeway.config.schema import Config, ServerConfig

ANYWHERE = ServerConfig(port=0)
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel does not spread them")


def settings(*options: str) -> Config:
    return settings_from(build_parser("serve").parse_args(options))


def close(listeners: tuple[socket.socket, ...]) -> None:
    for listener in listeners:
        listener.close()


def test_workers_and_the_engine_are_told_by_the_file_and_by_options(tmp_path: Path) -> None:
    file = tmp_path / "causeway.toml"
    file.write_text("[server]\nworkers = 3\n[engine]\nenabled = false\n")
    assert settings("--config", str(file)).server.workers == 3
    assert not settings("--config", str(file)).engine.enabled
    assert settings("--config", str(file), "--workers", "1").server.workers == 1
    asked = settings("--config", str(file), "--model", "m.gguf").engine
    assert (asked.enabled, asked.model) == (True, "m.gguf"), "who names a model wants it"
    assert settings().engine.enabled
    assert not settings("--no-engine").engine.enabled


@pytest.mark.parametrize("options", [["--workers", "65"], ["--workers", "-1"], ["--workers", "two"]])
def test_a_number_of_workers_that_cannot_be_is_refused(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["serve", *options])
    assert "argument --workers: expected" in capsys.readouterr().err


def test_a_model_and_no_engine_contradict_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--no-engine", "--model", "m.gguf"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize(("cores", "count"), [(1, 1), (2, 2), (4, 4), (32, 4)])
def test_there_is_a_worker_for_each_core_but_no_more_than_four(
    monkeypatch: pytest.MonkeyPatch, cores: int, count: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert worker_count(ServerConfig()) == count
    assert worker_count(ServerConfig(workers=7)) == 7


@only_linux
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connections_are_spread_evenly_over_listeners(host: str) -> None:
    listeners = listen(ServerConfig(host=host, port=0), 4)
    address = listeners[0].getsockname()
    assert {listener.getsockname() for listener in listeners} == {address}
    connections = [socket.create_connection(address[:2]) for _ in range(200)]
    accepted: Counter[int] = Counter()
    for index, listener in enumerate(listeners):
        listener.setblocking(False)
        while True:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                break
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            connection.close()
            accepted[index] += 1
    assert sum(accepted.values()) == 200
    # Evenly spread, fewer than 20 of 200 is a chance of one in a million.
    assert min(accepted[index] for index in range(4)) >= 20
    for connection in connections:
        connection.close()
    close(listeners)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("other_count", [1, 2])
def test_an_address_that_is_taken_is_not_shared_with_another_gateway(count: int, other_count: int) -> None:
    listeners = listen(ANYWHERE, count)
    port = listeners[0].getsockname()[1]
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
        listen(ServerConfig(port=port), other_count)
    close(listeners)
    close(listen(ServerConfig(port=port), other_count))


@pytest.mark.parametrize(
    "server",
    [ServerConfig(host="no.such.host.invalid"), ServerConfig(port=70000), ServerConfig(host="a" * 70)],
)
def test_an_address_that_cannot_be_is_an_error_that_names_it(server: ServerConfig) -> None:
    with pytest.raises(ConfigError, match="cannot listen on "):
        listen(server, 2)
