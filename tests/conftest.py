"""One gateway with its embedded model for all tests that drive it with a client, as a user would run it."""

from collections.abc import Iterator

import pytest

from causeway.engine.weights import bundled_weights
from support.process import Gateway, running_gateway


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    if bundled_weights() is None:
        pytest.skip("the bundled weights are not installed")
    with running_gateway() as gateway:
        yield gateway
