"""The processes of a running gateway, as Linux's /proc tells them."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

ENGINE = "causeway.engine.worker"
EMBEDDER = "causeway.engine.embedding_worker"
WORKER = "causeway.server.worker"
_PATIENCE_SECONDS = 60

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that are there still."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def children_that_run(pid: int, module: str) -> list[int]:
    """Return those of them that run a module of Python's."""
    return [child for child in children(pid) if module.encode() in command_line(child)]


def command_line(pid: int) -> list[bytes]:
    """Return a process's arguments; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return []


def is_there(pid: int) -> bool:
    """Whether a process is there; one that has ended and was not waited for is."""
    return Path(f"/proc/{pid}").exists()


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait for something that sets no event, such as the end of somebody else's child."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)
