"""Stops the work on a request when its caller goes away."""

import asyncio
from types import TracebackType
from typing import Self

from causeway.model.errors import ClientDisconnectedError
from causeway.server.asgi import Receive


class DisconnectWatch:
    """Cancels what runs inside its `async with` once the client has disconnected.

    The block then raises ClientDisconnectedError. To be entered after the body has been read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_disconnected = False

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a disconnect can only be watched for inside a task")
        self._task = task
        self._watcher = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watcher.cancel()
        if self._has_disconnected and isinstance(error, asyncio.CancelledError):
            self._task.uncancel()
            raise ClientDisconnectedError("the client disconnected") from None

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._has_disconnected = True
        self._task.cancel()
