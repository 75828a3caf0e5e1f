"""One worker process: its start, its environment, its last words and its end.

The process gets nothing of the gateway's but a socket and a private directory: no secrets from the
environment, no terminal, no signals that are meant for the gateway.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import msgspec

from causeway.engine.connection import Connection
from causeway.engine.protocol import EngineSettings

_INHERITED_VARIABLES = frozenset(
    {
        "DYLD_LIBRARY_PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "PATH",
        "PYTHONHOME",
        "PYTHONPATH",
        "TMPDIR",
        "TZ",
    }
)
_LAST_WORDS_BYTES = 8192
_LAST_WORDS_LINES = 40
_READ_BYTES = 4096
_LONGEST_LINE_BYTES = 2**20
_EXIT_GRACE_SECONDS = 5.0


class WorkerProcess:
    """A running worker. Whoever starts one must `end` it."""

    def __init__(self, process: asyncio.subprocess.Process, connection: Connection, directory: Path) -> None:
        self._process = process
        self._directory = directory
        self._last_words = b""
        self._listening = asyncio.create_task(self._listen())
        self._reading = asyncio.create_task(connection.run())
        self.connection = connection

    @classmethod
    async def start(cls, model: Path, settings: EngineSettings) -> "WorkerProcess":
        """Start a worker that begins to load the model; raises OSError where none can be started."""
        directory = Path(tempfile.mkdtemp(prefix="causeway-engine-"))  # mode 0700
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing in the working directory may pose as a module
                "-m",
                "causeway.engine.worker",
                f"--model={model}",
                f"--settings={msgspec.json.encode(settings).decode()}",
                f"--directory={directory}",
                f"--connection={theirs.fileno()}",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                env={name: value for name, value in os.environ.items() if name in _INHERITED_VARIABLES},
                start_new_session=True,  # a Ctrl-C is for the gateway, which then drains
            )
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_LONGEST_LINE_BYTES)
        except BaseException:
            ours.close()  # a worker that was started all the same ends when it finds this closed
            shutil.rmtree(directory, ignore_errors=True)
            raise
        finally:
            theirs.close()
        return cls(process, Connection(reader, writer), directory)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def last_words(self) -> tuple[str, ...]:
        """The last lines that it wrote to standard error."""
        return tuple(self._last_words.decode("utf-8", "replace").splitlines()[-_LAST_WORDS_LINES:])

    def resident_megabytes(self) -> int | None:
        """Return how much memory it holds; `None` where the system does not say."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return None
        sizes = [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:")]
        return sizes[0] if sizes else None

    async def gone(self) -> str:
        """Wait until the worker has hung up, and return why."""
        await asyncio.wait({self._reading})
        try:
            async with asyncio.timeout(_EXIT_GRACE_SECONDS):
                status = await self._process.wait()
        except TimeoutError:
            return "the embedded engine hung up"
        return describe_exit(status, self.last_words)

    async def end(self, reason: str) -> None:
        """Kill it if it still runs, fail what it was doing with `reason`, and clean up after it."""
        self.connection.close(reason)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()  # it has nothing to save, and a hung one would not listen
        shutil.rmtree(self._directory, ignore_errors=True)
        await self._process.wait()
        await asyncio.wait({self._listening, self._reading})

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  # it was asked for
        while piece := await self._process.stderr.read(_READ_BYTES):
            self._last_words = (self._last_words + piece)[-_LAST_WORDS_BYTES:]


def describe_exit(status: int, last_words: tuple[str, ...]) -> str:
    """Return, for people, what a worker's exit status means."""
    if status == -signal.SIGILL:
        return "the embedded engine needs a processor with AVX2, which this machine does not have"
    if status == -signal.SIGKILL:
        return "the embedded engine was killed, perhaps for want of memory"
    if status < 0:
        return f"the embedded engine crashed ({signal.Signals(-status).name})"
    last_line = f": {last_words[-1]}" if last_words else ""
    return f"the embedded engine exited with status {status}{last_line}"


def engine_complaint(last_words: tuple[str, ...]) -> str | None:
    """Return why the engine could not load a model, where it wrote that down."""
    for line in last_words:
        _, found, complaint = line.partition("error loading model: ")
        if found:
            return complaint
    return None
