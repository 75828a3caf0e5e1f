"""One child process of the gateway: its start, its environment, its last words and its end.

The process gets nothing of the gateway's but a socket: no secrets from the environment, no terminal,
no signals that are meant for the gateway. What is said over the socket is its owner's business.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

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
# A line beyond it ends the connection, so it is more than the tokens of the longest text take.
_LONGEST_LINE_BYTES = 2**26
_EXIT_GRACE_SECONDS = 5.0


class ChildProcess:
    """A running child, and our end of the socket to it. Whoever starts one must `end` it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._last_words = b""
        self._listening = asyncio.create_task(self._listen())
        self.reader = reader
        self.writer = writer

    @classmethod
    async def start(cls, module: str, arguments: Sequence[str]) -> "ChildProcess":
        """Run a module of this package; raises OSError where no process can be started.

        It is told the file descriptor of its end of the socket as `--connection`.
        """
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing in the working directory may pose as a module
                "-m",
                module,
                *arguments,
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
            ours.close()  # a child that was started all the same ends when it finds this closed
            raise
        finally:
            theirs.close()
        return cls(process, reader, writer)

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

    async def exit_reason(self) -> str:
        """Return why a child that has hung up is gone, for people."""
        try:
            async with asyncio.timeout(_EXIT_GRACE_SECONDS):
                status = await self._process.wait()
        except TimeoutError:
            return "the embedded engine hung up"
        return describe_exit(status, self.last_words)

    async def end(self) -> None:
        """Kill it if it still runs, and wait until it is gone. Later calls do nothing."""
        self.writer.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()  # it has nothing to save, and a hung one would not listen
        await self._process.wait()
        await asyncio.wait({self._listening})

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  # it was asked for
        while piece := await self._process.stderr.read(_READ_BYTES):
            self._last_words = (self._last_words + piece)[-_LAST_WORDS_BYTES:]


def describe_exit(status: int, last_words: tuple[str, ...]) -> str:
    """Return, for people, what a child's exit status means."""
    if status == -signal.SIGILL:
        return "the embedded engine needs a processor with AVX2, which this machine does not have"
    if status == -signal.SIGKILL:
        return "the embedded engine was killed, perhaps for want of memory"
    if status < 0:
        return f"the embedded engine crashed ({signal.Signals(-status).name})"
    last_line = f": {last_words[-1]}" if last_words else ""
    return f"the embedded engine exited with status {status}{last_line}"
