"""Everything here runs the real program with its embedded model."""

import pytest

from causeway.engine.weights import bundled_weights


@pytest.fixture(autouse=True)
def _needs_weights() -> None:
    if bundled_weights() is None:
        pytest.skip("the bundled weights are not installed")
