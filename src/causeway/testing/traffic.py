"""What has come to the scripted upstream, for threads that look at it and wait for more.

Written by the upstream's thread, read by the tests'. Nobody polls: each change wakes who waits.
"""

import threading
from collections import deque
from collections.abc import Callable

from causeway.testing.connection import Message
from causeway.testing.requests import RecordedRequest


class Traffic:
    """Requests and connections. Of the requests the last `record_limit` are kept, and all are counted."""

    def __init__(self, record_limit: int) -> None:
        self._changed = threading.Condition()
        self._requests: deque[RecordedRequest] = deque(maxlen=record_limit)
        self._request_count = 0
        self._connection_count = 0
        self._open_count = 0
        self._abandoned_count = 0

    def note_connection(self) -> int:
        """Count a connection; returns its number, from 1."""
        with self._changed:
            self._connection_count += 1
            self._open_count += 1
            return self._connection_count

    def note_close(self) -> None:
        """Count the end of a connection."""
        with self._changed:
            self._open_count -= 1
            self._changed.notify_all()

    def note_abandoned(self) -> None:
        """Count a reply whose client left before its end."""
        with self._changed:
            self._abandoned_count += 1
            self._changed.notify_all()

    def record(self, message: Message, connection_number: int) -> RecordedRequest:
        """Keep a request; returns it with its number."""
        path, _, query = message.target.partition("?")
        with self._changed:
            self._request_count += 1
            request = RecordedRequest(
                number=self._request_count,
                connection_number=connection_number,
                method=message.method,
                path=path,
                query=query,
                headers=message.headers,
                body=message.body,
            )
            self._requests.append(request)
            self._changed.notify_all()
        return request

    def forget(self) -> None:
        """Drop the requests and start counting them again."""
        with self._changed:
            self._requests.clear()
            self._request_count = self._abandoned_count = 0

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that are kept, oldest first."""
        with self._changed:
            return list(self._requests)

    @property
    def open_count(self) -> int:
        """How many connections there are now."""
        return self._open_count

    @property
    def abandoned_count(self) -> int:
        """How many replies clients have left."""
        return self._abandoned_count

    def wait_for_requests(self, count: int, timeout_seconds: float) -> None:
        """Return when so many have come; raises TimeoutError."""
        self._wait(lambda: self._request_count >= count, timeout_seconds, f"{count} requests")

    def wait_for_close(self, timeout_seconds: float) -> None:
        """Return when no connection is open; raises TimeoutError."""
        self._wait(lambda: not self._open_count, timeout_seconds, "the end of all connections")

    def wait_for_abandoned(self, count: int, timeout_seconds: float) -> None:
        """Return when so many replies have been left; raises TimeoutError."""
        self._wait(lambda: self._abandoned_count >= count, timeout_seconds, f"{count} abandoned replies")

    def _wait(self, has_come: Callable[[], bool], timeout_seconds: float, what: str) -> None:
        with self._changed:
            if self._changed.wait_for(has_come, timeout_seconds):
                return
            raise TimeoutError(
                f"waited {timeout_seconds} s for {what}: {self._request_count} requests have come, "
                f"{self._open_count} connections are open, {self._abandoned_count} replies were abandoned"
            )
