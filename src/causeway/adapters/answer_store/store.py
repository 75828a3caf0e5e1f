"""Keeps answers behind the calls that gave them, and finds them again, whichever worker is asked.

Nobody waits for a write: what is not written yet is found all the same by the worker that keeps it. Reading
takes a trip to the thread that owns the table. What cannot be kept is counted and forgotten, since an answer
that has been given stays good without it. tests/adapters/test_answer_store.py.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from causeway.adapters.answer_store.database import AnswerFile, Kept

_log = logging.getLogger(__name__)

MAX_PENDING_BYTES = 64 * 1024 * 1024
DEFAULT_MAX_BYTES = 256 * 1024 * 1024
DEFAULT_RETENTION_SECONDS = 30 * 86_400.0  # as long as OpenAI keeps a response
_WRITES_PER_CLEAN_UP = 100


class AnswerStore:
    """An `AnswerKeeper` on an SQLite table: in the file at `path`, or without one in memory.

    Values are kept for `retention_seconds` and together in `max_bytes`; the oldest go first.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        retention_seconds: float = DEFAULT_RETENTION_SECONDS,
        unix_seconds: Callable[[], float] = time.time,
    ) -> None:
        self.max_bytes = max_bytes
        self.dropped_values = 0
        self.pending_bytes = 0
        self._path = path
        self._retention_seconds = retention_seconds
        self._unix_seconds = unix_seconds
        self._pending: dict[str, Kept] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answer-store")
        self._file: AnswerFile | None = None
        self._writes = 0
        self._has_warned = False

    def keep(self, key: str, value: bytes) -> None:
        """Keep a value under `key`, in place of an earlier one. Never waits."""
        if len(value) > self.max_bytes or self.pending_bytes + len(value) > MAX_PENDING_BYTES:
            self.dropped_values += 1
            return
        kept = Kept(key, value, self._unix_seconds())
        self._pending[key] = kept
        self.pending_bytes += len(value)
        future = asyncio.get_running_loop().run_in_executor(self._thread, self._write, kept)
        future.add_done_callback(lambda done: self._settle(kept, done))

    async def find(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or nothing."""
        if (pending := self._pending.get(key)) is not None:
            return pending.value
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._read, key)
        except (sqlite3.Error, OSError) as error:
            self._warn(error)
            return None

    async def forget(self, key: str) -> bool:
        """Delete what is kept under `key`; returns whether there was something."""
        self._pending.pop(key, None)  # its write comes before the deletion
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: self._opened().delete(key))
        except (sqlite3.Error, OSError) as error:
            self._warn(error)
            return False

    async def stop(self) -> None:
        """Write what is there and close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _write(self, kept: Kept) -> None:
        file = self._opened()
        file.write([kept])
        self._writes += 1
        if self._writes % _WRITES_PER_CLEAN_UP == 1:
            file.clean_up(self._oldest(), self.max_bytes)

    def _read(self, key: str) -> bytes | None:
        return self._opened().read(key, self._oldest())

    def _oldest(self) -> float:
        return self._unix_seconds() - self._retention_seconds

    def _opened(self) -> AnswerFile:
        if self._file is None:
            self._file = AnswerFile.open(self._path)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _settle(self, kept: Kept, done: "asyncio.Future[None]") -> None:
        self.pending_bytes -= len(kept.value)
        if self._pending.get(kept.key) is kept:
            del self._pending[kept.key]
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self.dropped_values += 1
            self._warn(error)

    def _warn(self, error: BaseException) -> None:
        if not self._has_warned:
            _log.warning("answers cannot be kept, so that later turns cannot build on them: %s", error)
        self._has_warned = True
