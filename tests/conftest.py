"""One gateway with its embedded model for all tests that drive it with a client, as a user would run it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from causeway.engine.weights import bundled_weights
from support.process import Gateway, running_gateway


@pytest.fixture(scope="session", autouse=True)
def state_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where programs that tests start keep their logs of calls: never in the user's own directory."""
    with pytest.MonkeyPatch.context() as environment:
        directory = tmp_path_factory.mktemp("state")
        environment.setenv("XDG_STATE_HOME", str(directory))
        yield directory


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    if bundled_weights() is None:
        pytest.skip("the bundled weights are not installed")
    with running_gateway() as gateway:
        yield gateway
