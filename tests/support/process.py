"""The real program, started as a user starts it."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

READY = re.compile(r"Causeway is ready: (\S+) +model: (\S+)")


class Gateway(Struct):
    """A running `causeway serve`."""

    url: str
    model: str
    process: "subprocess.Popen[str]"


@contextmanager
def running_gateway(*options: str, environment: dict[str, str] | None = None) -> Iterator[Gateway]:
    """Start `causeway serve` on a free port, wait until it says that it is ready, and stop it after."""
    with start("--port", "0", *options, environment=environment) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if match := READY.search(line):
                break
        else:
            raise AssertionError(f"the gateway did not become ready: {said}")
        watchdog.cancel()
        yield Gateway(match[1], match[2], process)


@contextmanager
def start(
    *options: str, command: str = "serve", environment: dict[str, str] | None = None
) -> "Iterator[subprocess.Popen[str]]":
    """Start a command of `causeway` with options, and stop it after."""
    arguments: Sequence[str] = [sys.executable, "-m", "causeway", command, *options]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"`causeway {command}` did not stop when told to") from None
        finally:
            if process.stdout is not None:
                process.stdout.close()
