"""Programs that are started for the bench: each bound to a core, with a log, and ended with the bench."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.proxy.accounting import cpu_usage
from msgspec import Struct

_START_SECONDS = 120.0
_STOP_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1


class BenchError(Exception):
    """The bench cannot go on; the message says why and what helps."""


class Cores(Struct, frozen=True):
    """Which core is for what is measured, which for the mock, the load and the bench itself.

    `pair` is for two workers; where there are only two cores, it holds that of the load too.
    """

    target: frozenset[int]
    load: frozenset[int]
    pair: frozenset[int]


def divide_cores(available: Iterable[int]) -> Cores:
    """Return who gets which; raises BenchError where there is only one."""
    first, *others = sorted(available)
    if not others:
        raise BenchError("the bench needs two cores: one for what is measured, one for the load")
    return Cores(frozenset({first}), frozenset({others[0]}), frozenset({first, others[-1]}))


def plain_environment() -> dict[str, str]:
    """Return the environment without what could configure a program that is measured."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Program:
    """A running program. `stop` ends it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cores: frozenset[int],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = Path(command[0]).name
        self._log = log
        libc = ctypes.CDLL(None)

        def prepare() -> None:
            os.sched_setaffinity(0, cores)
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # where the bench itself is killed

        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
                preexec_fn=prepare,
            )  # fmt: skip
        self.pid = self.process.pid

    def wait_for_port(self, port: int) -> None:
        """Return once it listens; raises BenchError with the end of its log where it does not."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise BenchError(f"{self._name} did not start:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """Return the last lines that it has written."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def settle(self, *, at_most_seconds: float = 5.0) -> None:
        """Return once it rests: what it still did for a measurement must not be counted to the next."""
        deadline = time.monotonic() + at_most_seconds
        before = cpu_usage(self.pid)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            now = cpu_usage(self.pid)
            if sum(now.since(before).values()) < 1000:  # 2 % of the time that has passed
                return
            before = now

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
