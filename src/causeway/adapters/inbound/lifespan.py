"""The application's own start and end, as ASGI's `lifespan` has them."""

import asyncio
import logging

from causeway.adapters.inbound.asgi import AsgiApplication, AsgiMessage

_log = logging.getLogger(__name__)


class Lifespan:
    """Starts an application and stops it. One that fails at either has no more to be told."""

    def __init__(self, application: AsgiApplication) -> None:
        self._application = application
        self._messages: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> bool:
        """Return whether the application has started; it has logged why not, or it is logged here."""
        self._task = asyncio.create_task(self._run())
        return await self._tell("lifespan.startup")

    async def stop(self) -> None:
        """Let an application that has started end, and wait for it."""
        if self._task is not None and not self._task.done():
            await self._tell("lifespan.shutdown")
            await self._task

    async def _tell(self, kind: str) -> bool:
        self._messages.put_nowait({"type": kind})
        return await self._answers.get() == f"{kind}.complete"

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        try:
            await self._application(scope, self._messages.get, self._send)
        except Exception as error:
            _log.error("the application failed in its lifespan", exc_info=error)
        finally:
            self._answers.put_nowait("")  # where the application has given none

    async def _send(self, message: AsgiMessage) -> None:
        kind = message["type"]
        if kind.endswith(".failed"):
            _log.error("the application failed: %s", message.get("message", ""))
        self._answers.put_nowait(kind)
