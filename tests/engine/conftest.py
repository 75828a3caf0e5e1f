"""What the engine's tests share: the bundled weights, a started engine, and ways to ask it."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from causeway.engine.supervisor import Supervisor
from causeway.engine.weights import bundled_weights

_PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="session")
def weights() -> Path:
    path = bundled_weights()
    if path is None:
        pytest.skip("the bundled weights are not installed")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def supervisor(weights: Path) -> AsyncIterator[Supervisor]:
    started = Supervisor(weights)
    started.start()
    yield started
    await started.stop()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., object]:
    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:  # processes and /proc set no events
                outcome = condition()
                if await outcome if inspect.isawaitable(outcome) else outcome:
                    return
                await asyncio.sleep(0.01)

    return wait
