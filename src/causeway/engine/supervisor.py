"""Keeps one worker alive: starts it, watches it, and replaces it when it dies or hangs.

It decides when there is an engine to talk to, never who may talk to it or what is said.
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from causeway.engine.connection import Connection
from causeway.engine.process import WorkerProcess, engine_complaint
from causeway.engine.protocol import EngineSettings, LoadFailed, Ready
from causeway.engine.watchdog import watch
from causeway.engine.weights import HOW_TO_ADD_WEIGHTS
from causeway.model.errors import ModelUnavailableError

EngineState = Literal["absent", "loading", "ready", "restarting", "failed", "stopped"]
OnState = Callable[[EngineState, str], None]

_DEFAULT_SETTINGS = EngineSettings()
_LOAD_ATTEMPTS = 5
_LONGEST_DELAY_SECONDS = 30.0
_TELL_EVERY_SECONDS = 1.0
_RETRY_AFTER_SECONDS = 5


class _Life(Struct):
    """How one worker's life went. `is_final` says that the next one would go the same way."""

    ending: str
    was_ready: bool = False
    was_useful: bool = False
    is_final: bool = False


class Supervisor:
    """Runs the engine for one model file; without a file its state is `absent` for good.

    `on_state` is told every change of state, and about once a second how loading goes. It must
    neither raise nor block.
    """

    def __init__(
        self,
        model: Path | None,
        *,
        settings: EngineSettings = _DEFAULT_SETTINGS,
        on_state: OnState | None = None,
        ready_timeout_seconds: float = 60.0,
        load_timeout_seconds: float = 600.0,
        ping_timeout_seconds: float = 10.0,
        stall_timeout_seconds: float = 60.0,
    ) -> None:
        self.state: EngineState = "absent" if model is None else "loading"
        self.detail = "there are no weights" if model is None else "not started"
        self.restarts = 0
        self.facts: Ready | None = None
        self.last_words: tuple[str, ...] = ()
        self._model = model
        self._settings = settings
        self._on_state = on_state
        self._ready_timeout_seconds = ready_timeout_seconds
        self._load_timeout_seconds = load_timeout_seconds
        self._ping_timeout_seconds = ping_timeout_seconds
        self._stall_timeout_seconds = stall_timeout_seconds
        self._worker: WorkerProcess | None = None
        self._changed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while there is one."""
        return None if self._worker is None else self._worker.pid

    def start(self) -> None:
        """Begin to load the model; returns at once. To be called once, in a running event loop."""
        if self._model is None:
            self._become("absent", "there are no weights")
        else:
            self._running = asyncio.create_task(self._keep_alive(self._model))

    async def stop(self) -> None:
        """End the worker and fail what it was doing. Later calls do nothing."""
        if self.state == "stopped":
            return
        self._become("stopped", "the gateway is stopping")
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def ready(self) -> Connection:
        """Return the connection to a loaded engine; waits a bounded time for one that is on its way.

        Raises ModelUnavailableError where there is none to wait for, or it takes too long.
        """
        try:
            async with asyncio.timeout(self._ready_timeout_seconds):
                while True:
                    changed = self._changed
                    if self.state == "absent":
                        raise ModelUnavailableError(f"no model is installed. {HOW_TO_ADD_WEIGHTS}")
                    if self.state in ("failed", "stopped"):
                        raise ModelUnavailableError(f"the embedded model is not available: {self.detail}")
                    # A worker that has just died is known here a moment before the state changes.
                    if self.state == "ready" and self._worker is not None and self._worker.connection.is_open:
                        return self._worker.connection
                    await changed.wait()
        except TimeoutError:
            raise ModelUnavailableError(
                f"the embedded model is not ready: {self.detail}", retry_after_seconds=_RETRY_AFTER_SECONDS
            ) from None

    async def _keep_alive(self, model: Path) -> None:
        failures = 0
        was_ever_ready = False
        while True:
            state: EngineState = "restarting" if was_ever_ready else "loading"
            self._become(state, f"loading {model.name}")
            try:
                life = await self._live(model)
            except Exception as error:
                # Nobody awaits this task: its silent end would leave every caller waiting.
                life = _Life(f"the worker process cannot be run: {error}")
            was_ever_ready = was_ever_ready or life.was_ready
            failures = 1 if life.was_useful else failures + 1
            if not was_ever_ready and (life.is_final or failures >= _LOAD_ATTEMPTS):
                self._become("failed", life.ending)
                return
            self._become("restarting" if was_ever_ready else "loading", life.ending)
            await asyncio.sleep(delay_seconds(failures))
            self.restarts += 1

    async def _live(self, model: Path) -> _Life:
        life = _Life("the gateway is stopping")
        worker = self._worker = await WorkerProcess.start(model, self._settings)
        try:
            await self._load_and_run(worker, model, life)
        finally:
            await worker.end(life.ending)
            self._worker = None
            self.last_words = worker.last_words
        complaint = engine_complaint(worker.last_words)
        if life.is_final and complaint:
            life.ending = f"{life.ending}: {complaint}"
        return life

    async def _load_and_run(self, worker: WorkerProcess, model: Path, life: _Life) -> None:
        connection = worker.connection
        telling = asyncio.create_task(self._tell_progress(worker, model))
        try:
            async with asyncio.timeout(self._load_timeout_seconds):
                outcome = await connection.loaded()
        except TimeoutError:
            life.ending = f"the model was not loaded within {self._load_timeout_seconds:g} s"
            return
        finally:
            telling.cancel()
        match outcome:
            case None:
                life.ending = await worker.gone()
            case LoadFailed(reason=reason):
                life.ending, life.is_final = reason, True
            case Ready():
                self.facts, life.was_ready = outcome, True
                self._become("ready", f"{model.name} is loaded")
                life.ending = await _first(
                    worker.gone(),
                    watch(connection, self._ping_timeout_seconds, self._stall_timeout_seconds),
                )
                life.was_useful = connection.finished_generations > 0

    async def _tell_progress(self, worker: WorkerProcess, model: Path) -> None:
        seconds = 0.0
        while True:
            await asyncio.sleep(_TELL_EVERY_SECONDS)
            seconds += _TELL_EVERY_SECONDS
            megabytes = worker.resident_megabytes()
            memory = "" if megabytes is None else f", {megabytes} MB"
            self._become(self.state, f"loading {model.name}: {seconds:.0f} s{memory}")

    def _become(self, state: EngineState, detail: str) -> None:
        if self.state == "stopped":
            return
        self.state, self.detail = state, detail
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if self._on_state is not None:
            self._on_state(state, detail)


def delay_seconds(failures: int) -> float:
    """Return how long to wait before the next start, after so many failures in a row."""
    return 0.0 if failures <= 1 else min(_LONGEST_DELAY_SECONDS, 0.5 * 2.0 ** min(failures - 2, 16))


async def _first(*waits: Coroutine[Any, Any, str]) -> str:
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
