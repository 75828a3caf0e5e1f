"""The socket between the main process and a worker: setup one way, signs of life and calls the other."""

import asyncio
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from causeway.model.errors import ModelUnavailableError, OverloadedError
from causeway.server.worker_link import MainLink, WorkerLink, receive_setup, send_setup


@contextmanager
def link() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield the main process's end and the worker's."""
    main, worker = socket.socketpair()
    main.setblocking(False)
    with main, worker:
        yield main, worker


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
async def test_a_setup_of_any_size_arrives(size: int) -> None:
    setup = os.urandom(size)
    with link() as (main, worker):
        received: list[bytes | None] = []
        reading = threading.Thread(target=lambda: received.append(receive_setup(worker)))
        reading.start()
        await send_setup(main, setup)
        await asyncio.to_thread(reading.join)
    assert received == [setup]


@pytest.mark.parametrize("sent", [b"", b"\0\0", (9).to_bytes(8, "big") + b"short"])
def test_a_main_process_that_dies_before_the_setup_is_noticed(sent: bytes) -> None:
    with link() as (main, worker):
        main.sendall(sent)
        main.close()
        assert receive_setup(worker) is None


async def test_a_call_is_a_connection_between_the_two() -> None:
    with link() as (main, worker):
        taken: asyncio.Queue[socket.socket] = asyncio.Queue()
        hearing, speaking = WorkerLink(main, taken.put_nowait), MainLink(worker)
        assert not hearing.is_serving.done()
        speaking.say_serving()
        calls = [speaking.open_call() for _ in range(3)]
        await hearing.is_serving
        for number, ours in enumerate(calls):
            theirs = await taken.get()
            assert not theirs.get_inheritable()
            ours.sendall(b"%d" % number)
            assert theirs.recv(10) == b"%d" % number
            ours.close()
            assert theirs.recv(10) == b"", "the end of the worker's end is seen"
            theirs.close()
        hearing.close()
        hearing.close()


async def test_a_main_process_that_does_not_keep_up_is_overloaded() -> None:
    with link() as (_, worker):
        speaking = MainLink(worker)
        opened: list[socket.socket] = []

        def open_many() -> None:
            while len(opened) < 5000:
                opened.append(speaking.open_call())

        with pytest.raises(OverloadedError, match="does not keep up") as caught:
            open_many()
        assert caught.value.retry_after_seconds
        for connection in opened:
            connection.close()


async def test_without_file_descriptors_there_are_no_calls() -> None:
    with link() as (_, worker):
        speaking = MainLink(worker)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (worker.fileno() + 1, hard))
        try:
            with pytest.raises(OverloadedError, match="no connection can be opened"):
                speaking.open_call()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_main_process_that_is_gone_is_noticed_and_not_asked() -> None:
    with link() as (main, worker):
        speaking, gone = MainLink(worker), asyncio.Event()
        speaking.watch(gone.set)
        main.close()
        await gone.wait()
        speaking.say_serving()
        with pytest.raises(ModelUnavailableError, match="main process"):
            speaking.open_call()


async def test_a_worker_that_is_gone_is_heard_no_more() -> None:
    with link() as (main, worker):
        hearing = WorkerLink(main, lambda _: pytest.fail("nobody called"))
        speaking = MainLink(worker)
        speaking.say_serving()
        worker.close()
        await hearing.is_serving
        await asyncio.sleep(0)
        hearing.close()


async def test_what_a_worker_should_not_say_is_passed_over() -> None:
    with link() as (main, worker):
        hearing = WorkerLink(main, lambda _: pytest.fail("this is no call"))
        ours, theirs = socket.socketpair()
        socket.send_fds(worker, [b"?"], [theirs.fileno()])
        theirs.close()
        worker.sendall(b"CSS")  # a call without a connection, and the same twice
        await hearing.is_serving
        with ours:
            assert ours.recv(1) == b"", "the connection was closed"
        hearing.close()
