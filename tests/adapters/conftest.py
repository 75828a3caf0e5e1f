"""The clients that the contract of the port is held against, on both event loops."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
import uvloop

from causeway.pipeline.ports import OutboundClient
from support.outbound import CLIENTS, running


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every test on the loop that serves, and on the one that is strictest about misuse."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(params=sorted(CLIENTS))
def kind(request: pytest.FixtureRequest) -> str:
    name = request.param
    assert isinstance(name, str)
    return name


@pytest_asyncio.fixture
async def client(kind: str) -> AsyncIterator[OutboundClient]:
    async with running(kind) as client:
        yield client
