"""Writes calls to the request log behind their answers: a queue, and one thread that empties it.

Whoever records a call waits for nothing. What does not fit, or cannot be written, is counted and dropped,
and calls go on; a process that is killed loses what came in its last second.
tests/adapters/test_request_log.py.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from causeway.adapters.request_log.database import LogFile, LogFileError
from causeway.adapters.request_log.rows import Row, encode_row
from causeway.pipeline.call import CallRecord

_log = logging.getLogger(__name__)

QUEUE_LIMIT = 10_000
_BATCH_ROWS = 1000
_BATCH_SECONDS = 1.0
_RETRY_SECONDS = (0.1, 0.5)
_STOP_SECONDS = 2.0
_CLEAN_UP_SECONDS = 3600.0
_CLEAN_UP_ROWS = 10_000
_DAY_SECONDS = 86_400.0


class RequestLog:
    """A `CallLog` that lasts. Rows are kept for `retention_days`; for ever where that is 0."""

    def __init__(
        self,
        path: Path,
        *,
        retention_days: int = 365,
        worker_number: int = 1,
        queue_limit: int = QUEUE_LIMIT,
        batch_seconds: float = _BATCH_SECONDS,
        open_file: Callable[[Path], LogFile] = LogFile.open,
    ) -> None:
        self.queue_limit = queue_limit
        self.written_rows = 0
        self._path = path
        self._retention_days = retention_days
        self._worker_number = worker_number
        self._batch_seconds = batch_seconds
        self._open_file = open_file
        self._queue: deque[CallRecord] = deque()
        self._unqueued_rows = 0  # counted where calls are recorded
        self._unwritten_rows = 0  # counted in the thread
        self._file: LogFile | None = None
        self._has_warned = False
        self._next_clean_up = 0.0
        self._has_work = threading.Event()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)

    @property
    def queued_rows(self) -> int:
        """How many calls wait to be written."""
        return len(self._queue)

    @property
    def dropped_rows(self) -> int:
        """How many calls will not be found in the log."""
        return self._unqueued_rows + self._unwritten_rows

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def stop(self) -> None:
        """Write what is there and end, within two seconds; what is left then is dropped."""
        self._is_stopping.set()
        self._has_work.set()
        await asyncio.to_thread(self._thread.join, _STOP_SECONDS)
        if self._queue:
            _log.warning("%d calls are not in the request log: it did not end in time", len(self._queue))

    def begin(self, operation: str, is_stream: bool) -> None:
        """Do nothing: a call is written once it has ended."""

    def record(self, record: CallRecord) -> None:
        """Queue a call to be written. Never waits."""
        queue = self._queue
        if len(queue) >= self.queue_limit:
            self._unqueued_rows += 1
            return
        queue.append(record)
        if len(queue) == _BATCH_ROWS:
            self._has_work.set()

    def _run(self) -> None:
        self._try(self._opened)  # so that what is wrong with the file is told at the start
        while not self._is_stopping.is_set():
            self._has_work.wait(self._batch_seconds)
            self._has_work.clear()
            self._write_queued()
            self._clean_up()
        self._write_queued()
        if self._file is not None:
            self._file.close()

    def _write_queued(self) -> None:
        for _ in range(0, len(self._queue), _BATCH_ROWS):
            records = [self._queue.popleft() for _ in range(min(_BATCH_ROWS, len(self._queue)))]
            rows = [encode_row(record, self._worker_number) for record in records]
            if self._try(partial(self._write, rows)):
                self.written_rows += len(rows)
                self._has_warned = False
            else:
                self._unwritten_rows += len(rows)

    def _clean_up(self) -> None:
        """Delete some of what is too old: a little each second, so that writing goes on between."""
        now = time.monotonic()
        if not self._retention_days or now < self._next_clean_up:
            return
        oldest = time.time() - self._retention_days * _DAY_SECONDS
        deleted: list[int] = []
        self._try(lambda: deleted.append(self._opened().delete_before(oldest, _CLEAN_UP_ROWS)))
        if deleted != [_CLEAN_UP_ROWS]:
            self._next_clean_up = now + _CLEAN_UP_SECONDS

    def _write(self, rows: list[Row]) -> None:
        self._opened().write(rows)

    def _opened(self) -> LogFile:
        if self._file is None:
            self._file = self._open_file(self._path)
        return self._file

    def _try(self, act: Callable[[], object]) -> bool:
        """Do something with the file, again after a while where that fails; returns whether it was done."""
        waits_seconds = list(_RETRY_SECONDS)
        while True:
            try:
                act()
            except LogFileError as error:
                self._let_go()
                if not waits_seconds or self._is_stopping.wait(waits_seconds.pop(0)):
                    self._warn(error)
                    return False
            else:
                return True

    def _let_go(self) -> None:
        """Close the file: the next attempt opens it anew, whatever became of it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _warn(self, error: LogFileError) -> None:
        if not self._has_warned:
            _log.warning("the request log %s cannot be used, and calls go unlogged: %s", self._path, error)
        self._has_warned = True
