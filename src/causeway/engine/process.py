"""One worker process of the language model: a child with a private directory and a connection."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import msgspec

from causeway.engine.child_process import ChildProcess
from causeway.engine.connection import Connection
from causeway.engine.protocol import EngineSettings


class WorkerProcess:
    """A running worker. Whoever starts one must `end` it."""

    def __init__(self, child: ChildProcess, directory: Path) -> None:
        self._child = child
        self._directory = directory
        self.connection = Connection(child.reader, child.writer)
        self._reading = asyncio.create_task(self.connection.run())

    @classmethod
    async def start(cls, model: Path, settings: EngineSettings) -> "WorkerProcess":
        """Start a worker that begins to load the model; raises OSError where none can be started."""
        directory = Path(tempfile.mkdtemp(prefix="causeway-engine-"))  # mode 0700
        arguments = (
            f"--model={model}",
            f"--settings={msgspec.json.encode(settings).decode()}",
            f"--directory={directory}",
        )
        try:
            child = await ChildProcess.start("causeway.engine.worker", arguments)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        return cls(child, directory)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def last_words(self) -> tuple[str, ...]:
        """The last lines that it wrote to standard error."""
        return self._child.last_words

    def resident_megabytes(self) -> int | None:
        """Return how much memory it holds; `None` where the system does not say."""
        return self._child.resident_megabytes()

    async def gone(self) -> str:
        """Wait until the worker has hung up, and return why."""
        await asyncio.wait({self._reading})
        return await self._child.exit_reason()

    async def end(self, reason: str) -> None:
        """Kill it if it still runs, fail what it was doing with `reason`, and clean up after it."""
        self.connection.close(reason)
        shutil.rmtree(self._directory, ignore_errors=True)
        await self._child.end()
        await asyncio.wait({self._reading})


def engine_complaint(last_words: tuple[str, ...]) -> str | None:
    """Return why the engine could not load a model, where it wrote that down."""
    for line in last_words:
        _, found, complaint = line.partition("error loading model: ")
        if found:
            return complaint
    return None
