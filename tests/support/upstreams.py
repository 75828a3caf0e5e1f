"""The whole gateway in front of scripted providers: real sockets on both sides, the embedded model beside."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from msgspec import Struct
from msgspec.structs import replace

from causeway.config.schema import Config
from causeway.engine.weights import bundled_weights
from causeway.model.secret import Secret
from causeway.providers.catalog import load_catalog
from causeway.providers.network import Network, Timeouts
from causeway.providers.provider import Provider
from causeway.rules.access import KeyRing
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.retry import RetryPolicy
from causeway.server.compose import compose_application, compose_model
from support.gateway import running
from support.watched_calls import WatchedCalls

# Short enough for tests of silence, long enough for a busy machine.
TIMEOUTS = Timeouts(connect_seconds=5, first_byte_seconds=5, idle_seconds=5)
# Retries are made at once: what is tested is who is asked and how often.
RETRY = RetryPolicy(max_retries=2, backoff_initial_seconds=0.0, backoff_max_seconds=0.0)
KEY = "sk-scripted-key-0123456789"


class FrontedGateway(Struct):
    """A running gateway, and the records of its calls."""

    url: str
    calls: WatchedCalls


def scripted_provider(
    name: str,
    url: str,
    *,
    keys: Sequence[str] = (KEY,),
    retry: RetryPolicy = RETRY,
    timeouts: Timeouts = TIMEOUTS,
) -> Provider:
    """Return a provider of the catalog that stands at `url`; its keys are named `<name>-0` and so on."""
    return Provider(
        name=name,
        spec=load_catalog()[name],
        base_url=url,
        keys=tuple(
            ProviderKey(id=f"{name}-{index}", name=f"{name}-{index}", value=Secret(key))
            for index, key in enumerate(keys)
        ),
        network=Network(allows_private_addresses=True, timeouts=timeouts),
        retry=retry,
    )


@contextmanager
def gateway_before(
    *providers: Provider, config: Config | None = None, keys: Sequence[str] = ()
) -> Iterator[FrontedGateway]:
    """Run the gateway with these providers and the embedded models; skips where their weights are absent.

    `keys` are those that callers must have one of, if there are any.
    """
    if bundled_weights() is None:
        pytest.skip("the bundled weights are not installed")
    config, calls = config or Config(), WatchedCalls()
    server = replace(config.server, port=0)
    config = replace(config, server=server, discover_providers=False)
    application = compose_application(config, KeyRing(keys), compose_model(config), providers, call_log=calls)
    with running(application, config.server) as url:
        yield FrontedGateway(url, calls)
