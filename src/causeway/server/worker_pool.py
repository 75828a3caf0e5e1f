"""Keeps a number of worker processes alive: starts them, replaces those that die, and ends them.

What a worker does is not known here; neither is what its setup says.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence

from causeway.engine.supervisor import delay_seconds
from causeway.server.worker_process import WorkerProcess

_log = logging.getLogger(__name__)

WORKER_COMMAND = (sys.executable, "-P", "-m", "causeway.server.worker")
# Why the first start fails will not pass; why a later one does may, and is given a minute and a half.
_FIRST_START_ATTEMPTS = 3
_RESTART_ATTEMPTS = 10
# A worker that has lived for so long is replaced at once, however often it died before.
_STEADY_SECONDS = 60.0


class WorkersFailedError(Exception):
    """A worker cannot be kept running; the message says why."""


class WorkerPool:
    """Runs one worker for each of `listeners`, where it accepts connections.

    A worker that dies is replaced, on the same listener: connections that came meanwhile wait there.
    Each worker is sent `setup`, and `take_call` is given the connections for calls that they open. It is
    started with `command`, and has the file descriptors of `inherited` under the same numbers. A worker has
    `start_timeout_seconds` to serve, and `stop_timeout_seconds` to end when it is told to.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        setup: bytes,
        take_call: Callable[[socket.socket], None],
        *,
        command: Sequence[str] = WORKER_COMMAND,
        inherited: Sequence[int] = (),
        start_timeout_seconds: float = 60.0,
        stop_timeout_seconds: float = 13.0,
    ) -> None:
        self._listeners = listeners
        self._setup = setup
        self._take_call = take_call
        self._command = command
        self._inherited = inherited
        self._start_timeout_seconds = start_timeout_seconds
        self._stop_timeout_seconds = stop_timeout_seconds
        self._workers: set[WorkerProcess] = set()
        self._have_served: set[int] = set()
        self._stopping = asyncio.Event()

    async def run(self, when_serving: Callable[[], None]) -> None:
        """Run until `stop`; calls back once, when every worker serves.

        Raises WorkersFailedError where one cannot be started; then all are ended, without grace.
        """
        keeping = [
            asyncio.create_task(self._keep(number, listener, when_serving))
            for number, listener in enumerate(self._listeners, start=1)
        ]
        try:
            await asyncio.gather(*keeping)
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.wait(keeping)

    def stop(self) -> None:
        """Tell every worker to finish what it does and end; called again, kill them. Never waits."""
        if self._stopping.is_set():
            self._send_all(signal.SIGKILL)
            return
        self._stopping.set()
        # Only so does nobody listen any more once the workers have closed theirs.
        for listener in self._listeners:
            listener.close()
        self._send_all(signal.SIGTERM)
        asyncio.get_running_loop().call_later(self._stop_timeout_seconds, self._send_all, signal.SIGKILL)

    def _send_all(self, number: signal.Signals) -> None:
        for worker in self._workers:
            worker.signal(number)

    async def _keep(self, number: int, listener: socket.socket, when_serving: Callable[[], None]) -> None:
        deaths = failed_starts = 0
        attempts = _FIRST_START_ATTEMPTS
        while not self._stopping.is_set():
            started = time.monotonic()
            has_served, ending = await self._live(number, listener, when_serving)
            if self._stopping.is_set():
                return
            failed_starts = 0 if has_served else failed_starts + 1
            attempts = _RESTART_ATTEMPTS if has_served else attempts
            if failed_starts >= attempts:
                raise WorkersFailedError(f"worker {number} does not start: it {ending}")
            deaths = 1 if time.monotonic() - started >= _STEADY_SECONDS else deaths + 1
            _log.warning("worker %d %s; it is replaced", number, ending)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_seconds(deaths)):
                    await self._stopping.wait()

    async def _live(
        self, number: int, listener: socket.socket, when_serving: Callable[[], None]
    ) -> tuple[bool, str]:
        """Run one worker to its end; returns whether it ever served, and how it ended."""
        command = (*self._command, f"--number={number}")
        try:
            worker = await WorkerProcess.start(command, listener, self._take_call, self._inherited)
        except OSError as error:
            return False, f"cannot be run: {error.strerror}"
        self._workers.add(worker)
        try:
            if self._stopping.is_set():
                return False, "was not needed any more"
            if not await worker.serves(self._setup, self._start_timeout_seconds):
                if worker.is_running:
                    return False, f"did not serve within {self._start_timeout_seconds:g} s"
                return False, await worker.gone()
            _log.info("worker %d serves, as process %d", number, worker.pid)
            self._note_serving(number, when_serving)
            return True, await worker.gone()
        finally:
            self._workers.discard(worker)
            await worker.end()

    def _note_serving(self, number: int, when_serving: Callable[[], None]) -> None:
        if number in self._have_served:
            return
        self._have_served.add(number)
        if len(self._have_served) == len(self._listeners):
            when_serving()
