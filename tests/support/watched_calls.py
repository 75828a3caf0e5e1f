"""The records of a gateway's calls, for tests that wait for one: a stream's comes after its last byte."""

import threading

from causeway.adapters.call_log import RecentCalls
from causeway.pipeline.call import CallRecord


class WatchedCalls(RecentCalls):
    """`RecentCalls` whose records can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._unread: list[CallRecord] = []

    def record(self, record: CallRecord) -> None:
        with self._changed:
            super().record(record)
            self._unread.append(record)
            self._changed.notify_all()

    def forget(self) -> None:
        """Take what was recorded so far for read."""
        with self._changed:
            self._unread.clear()

    def next(self, timeout_seconds: float = 10.0) -> CallRecord:
        """Return the first record since the last that was read; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._unread, timeout_seconds):
                raise TimeoutError(f"no call was recorded within {timeout_seconds} s")
            return self._unread.pop(0)
