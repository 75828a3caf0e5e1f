"""One worker as the main process holds it: a process of its own, a listener that it inherits, and a link."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Any, Self

from causeway.server.worker_link import WorkerLink, send_setup


class WorkerProcess:
    """A running worker. Whoever starts one must `end` it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        link: socket.socket,
        take_call: Callable[[socket.socket], None],
    ) -> None:
        self._process = process
        self._socket = link
        self._link = WorkerLink(link, take_call)
        self._exit = asyncio.create_task(process.wait())

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        listener: socket.socket,
        take_call: Callable[[socket.socket], None],
        inherited: Sequence[int] = (),
    ) -> Self:
        """Run `command`, which is told the file descriptors of its listener and its link.

        It has those of `inherited` as well.

        Raises OSError where no process can be started.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                f"--listener={listener.fileno()}",
                f"--link={theirs.fileno()}",
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(listener.fileno(), theirs.fileno(), *inherited),
                start_new_session=True,  # a Ctrl-C is for the main process, which then tells its workers
            )
        except BaseException:
            ours.close()  # a worker that was started all the same ends when it finds this closed
            raise
        finally:
            theirs.close()
        return cls(process, ours, take_call)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process is not known to be gone."""
        return not self._exit.done()

    async def serves(self, setup: bytes, timeout_seconds: float) -> bool:
        """Give the worker its setup and wait until it serves; false where it does not come to that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                with contextlib.suppress(OSError):  # then it has gone, or is about to
                    await send_setup(self._socket, setup)
                outcomes: set[asyncio.Future[Any]] = {self._link.is_serving, self._exit}
                await asyncio.wait(outcomes, return_when=asyncio.FIRST_COMPLETED)
        return self._link.is_serving.done()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def gone(self) -> str:
        """Wait until it is gone, and return for people how it ended."""
        status = await asyncio.shield(self._exit)
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"exited with status {status}"

    async def end(self) -> None:
        """Kill it if it still runs, and wait until it is gone. Later calls do nothing."""
        self._link.close()
        self.signal(signal.SIGKILL)
        await asyncio.wait({self._exit})
