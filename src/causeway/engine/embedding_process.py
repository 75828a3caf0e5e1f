"""One embedding worker as the gateway holds it: started, asked one question at a time, ended."""

import asyncio
from pathlib import Path

import msgspec

from causeway.engine.child_process import ChildProcess
from causeway.engine.embedding_protocol import (
    Answer,
    EmbedderFailed,
    EmbedderReady,
    FromEmbedder,
    Question,
    to_line,
)


class EmbeddingWorkerError(Exception):
    """The worker is gone, or of no use any more; the message says why."""


class EmbeddingProcess:
    """A loaded worker. Whoever starts one must `end` it."""

    def __init__(self, child: ChildProcess, ready: EmbedderReady) -> None:
        self._child = child
        self.ready = ready

    @classmethod
    async def start(cls, folder: Path, *, threads: int, load_timeout_seconds: float) -> "EmbeddingProcess":
        """Return a worker that has loaded the model; raises EmbeddingWorkerError, or OSError."""
        arguments = (f"--model={folder}", f"--threads={threads}")
        child = await ChildProcess.start("causeway.engine.embedding_worker", arguments)
        try:
            outcome = await _hear(child, load_timeout_seconds)
            if not isinstance(outcome, EmbedderReady):
                reason = outcome.reason if isinstance(outcome, EmbedderFailed) else "it speaks out of turn"
                raise EmbeddingWorkerError(reason)
        except BaseException:
            await child.end()
            raise
        return cls(child, outcome)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def has_hung_up(self) -> bool:
        """Whether the worker is known to be gone."""
        return self._child.reader.at_eof()

    async def ask(self, question: Question, *, timeout_seconds: float) -> Answer:
        """Return the answer; raises EmbeddingWorkerError. Only one may ask at a time."""
        self._child.writer.write(to_line(question))
        answer = await _hear(self._child, timeout_seconds)
        if isinstance(answer, EmbedderReady | EmbedderFailed):
            raise EmbeddingWorkerError("it speaks out of turn")
        return answer

    async def end(self) -> None:
        """Kill it, and wait until it is gone. Later calls do nothing."""
        await self._child.end()


async def _hear(child: ChildProcess, timeout_seconds: float) -> FromEmbedder:
    try:
        async with asyncio.timeout(timeout_seconds):
            line = await child.reader.readline()
    except TimeoutError:
        raise EmbeddingWorkerError(f"no answer within {timeout_seconds:g} s") from None
    except OSError:
        line = b""
    if not line.endswith(b"\n"):
        raise EmbeddingWorkerError(await child.exit_reason())
    decoded: FromEmbedder = msgspec.json.decode(line, type=FromEmbedder)
    return decoded
