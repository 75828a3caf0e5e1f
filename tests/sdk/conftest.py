"""One gateway before scripted providers, for all tests here that want it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fronts import front, shared_front

__all__ = ["front", "shared_front"]

_ONE_CERTIFICATE = Path(__file__).parents[1] / "fixtures" / "tls" / "authority.pem"


@pytest.fixture(scope="session", autouse=True)
def few_certificates() -> Iterator[None]:
    """Have the SDKs trust one certificate: to read all of the world's takes longer than any test here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(_ONE_CERTIFICATE))
        yield
