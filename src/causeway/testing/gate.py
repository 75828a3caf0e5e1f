"""A gate in a reply: its bytes wait there until a test opens it.

The bridge between a test's thread and the upstream's event loop. Neither side polls.
"""

import asyncio
import threading
from contextlib import suppress


class Gate:
    """Closed at first; opened once, by any thread, for every reply that waits at it or comes later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._reached = threading.Event()
        self._waiting: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}

    def open(self) -> None:
        """Let everything pass, now and later."""
        with self._lock:
            self._is_open = True
            waiting = list(self._waiting.items())
        for future, loop in waiting:
            with suppress(RuntimeError):  # the loop of an upstream that has stopped
                loop.call_soon_threadsafe(_release, future)

    def wait_until_reached(self, timeout_seconds: float = 10.0) -> None:
        """Return when a reply has come to the gate, with all that goes before sent; raises TimeoutError."""
        if not self._reached.wait(timeout_seconds):
            raise TimeoutError(f"no reply came to the gate within {timeout_seconds} s")

    async def passed(self) -> None:
        """Return when the gate is open; for the upstream."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._lock:
            if self._is_open:
                future.set_result(None)
            self._waiting[future] = loop
        self._reached.set()
        try:
            await future
        finally:
            with self._lock:
                del self._waiting[future]


def _release(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
