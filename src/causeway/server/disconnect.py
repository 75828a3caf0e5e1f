"""Stops the work on a request when its caller goes away."""

import asyncio
from types import TracebackType
from typing import Self

from causeway.model.errors import ClientDisconnectedError
from causeway.server.asgi import Receive


class DisconnectWatch:
    """Cancels what runs inside its `with` once the client has disconnected.

    The block then raises ClientDisconnectedError. To be entered after the body has been read. Without
    `receive` it is the server that cancels (`CANCELS_ON_DISCONNECT`), and that alone cancels this task.
    """

    def __init__(self, receive: Receive | None) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._has_disconnected = receive is None

    def __enter__(self) -> Self:
        if self._receive is not None:
            self._watcher = asyncio.create_task(self._watch(self._receive, _this_task()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        if self._has_disconnected and isinstance(error, asyncio.CancelledError):
            task = _this_task()
            if task.cancelling():
                task.uncancel()
                raise ClientDisconnectedError("the client disconnected") from None

    async def _watch(self, receive: Receive, task: asyncio.Task[object]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._has_disconnected = True
        task.cancel()


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a disconnect can only be watched for inside a task")
    return task
