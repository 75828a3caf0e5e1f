"""The pool of workers, with workers that do as little as the test needs."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from causeway.server.worker_pool import WorkerPool, WorkersFailedError

# What every worker of these tests begins with. It says who it is to whoever connects.
BEGIN = """
import os, signal, socket, sys, time
options = dict(option.removeprefix("--").split("=") for option in sys.argv[1:])
link = socket.socket(fileno=int(options["link"]))
listener = socket.socket(fileno=int(options["listener"]))
from causeway.server.worker_link import receive_setup
setup = receive_setup(link)
"""
SERVE = """
link.send(b"S")
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
while True:
    connection, _ = listener.accept()
    connection.sendall(f"{os.getpid()} {options['number']} {setup.decode()}".encode())
    connection.close()
"""
DEAF = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
link.send(b"S")
while True:
    time.sleep(60)
"""


def command(program: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-c", BEGIN + program)


def listeners(count: int) -> list[socket.socket]:
    return [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]


async def who(listener_address: Any) -> list[str]:
    reader, writer = await asyncio.open_connection(*listener_address)
    said = (await reader.read()).decode().split()
    writer.close()
    return said


class Running:
    def __init__(self, pool: WorkerPool, addresses: list[Any], task: asyncio.Task[None]) -> None:
        self.pool = pool
        self.addresses = addresses
        self.task = task

    async def pids(self) -> list[int]:
        return [int((await who(address))[0]) for address in self.addresses]


@asynccontextmanager
async def running(program: str, count: int = 2, **options: Any) -> AsyncIterator[Running]:
    sockets = listeners(count)
    addresses = [listener.getsockname() for listener in sockets]
    serving = asyncio.Event()
    pool = WorkerPool(sockets, b"setup", _no_call, command=command(program), **options)
    task = asyncio.create_task(pool.run(serving.set))
    await serving.wait()
    try:
        yield Running(pool, addresses, task)
    finally:
        pool.stop()
        await task


def _no_call(_: socket.socket) -> None:
    raise AssertionError("nobody called")


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while not is_gone(pid):  # before it has died it may accept a connection still
        await asyncio.sleep(0.005)


async def test_every_worker_has_its_number_and_the_setup() -> None:
    async with running(SERVE, 3) as gateway:
        said = [await who(address) for address in gateway.addresses]
        assert [(number, setup) for _, number, setup in said] == [
            ("1", "setup"),
            ("2", "setup"),
            ("3", "setup"),
        ]
        pids = [int(pid) for pid, _, _ in said]
    assert all(map(is_gone, pids))


async def test_a_worker_that_dies_is_replaced_and_keeps_none_waiting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(SERVE) as gateway:
        first, second = await gateway.pids()
        await kill(first)
        # Whoever connects before there is a new one waits in the listener's queue.
        replacement, neighbour = await gateway.pids()
        assert replacement != first
        assert neighbour == second
    assert "worker 1 was ended by SIGKILL; it is replaced" in caplog.text


async def test_a_worker_that_dies_again_and_again_is_replaced_again_and_again() -> None:
    async with running(SERVE, 1) as gateway:
        seen = set()
        for _ in range(4):
            (pid,) = await gateway.pids()
            assert pid not in seen
            seen.add(pid)
            await kill(pid)
        assert (await gateway.pids())[0] not in seen


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("sys.exit(3)", "worker 1 does not start: it exited with status 3"),
        ("os.kill(os.getpid(), signal.SIGABRT)", "worker 1 does not start: it was ended by SIGABRT"),
    ],
)
async def test_workers_that_cannot_start_are_given_up_with_the_reason(program: str, reason: str) -> None:
    pool = WorkerPool(listeners(1), b"", _no_call, command=command(program))
    with pytest.raises(WorkersFailedError, match=reason):
        await pool.run(lambda: pytest.fail("none served"))


async def test_a_worker_that_hangs_at_its_start_is_given_up() -> None:
    pool = WorkerPool(
        listeners(1), b"", _no_call, command=command("time.sleep(600)"), start_timeout_seconds=0.5
    )
    with pytest.raises(WorkersFailedError, match=r"it did not serve within 0\.5 s"):
        await pool.run(lambda: pytest.fail("none served"))


async def test_a_program_that_is_not_there_is_given_up() -> None:
    pool = WorkerPool(listeners(1), b"", _no_call, command=("/nowhere/python",))
    with pytest.raises(WorkersFailedError, match="No such file"):
        await pool.run(lambda: pytest.fail("none served"))


async def test_where_one_cannot_start_none_is_left_behind() -> None:
    sockets = listeners(2)
    program = "if options['number'] == '2': sys.exit(3)\n" + SERVE
    pool = WorkerPool(sockets, b"setup", _no_call, command=command(program))
    running = asyncio.create_task(pool.run(lambda: pytest.fail("one did not serve")))
    pid = int((await who(sockets[0].getsockname()))[0])
    with pytest.raises(WorkersFailedError, match="worker 2"):
        await running
    assert is_gone(pid)


async def test_a_worker_that_does_not_end_when_told_to_is_killed() -> None:
    async with running(DEAF, stop_timeout_seconds=0.1) as gateway:
        gateway.pool.stop()
        await gateway.task


async def test_told_twice_to_stop_it_does_not_wait() -> None:
    async with running(DEAF, stop_timeout_seconds=600.0) as gateway:
        gateway.pool.stop()
        gateway.pool.stop()
        await gateway.task


async def test_told_to_stop_nobody_listens_any_more() -> None:
    async with running(SERVE) as gateway:
        gateway.pool.stop()
        await gateway.task
        for address in gateway.addresses:
            with pytest.raises(ConnectionRefusedError):
                await who(address)


async def test_told_to_stop_while_a_worker_starts_it_ends() -> None:
    pool = WorkerPool(listeners(2), b"", _no_call, command=command("time.sleep(600)"))
    running = asyncio.create_task(pool.run(lambda: pytest.fail("none served")))
    await asyncio.sleep(0)
    pool.stop()
    await running
