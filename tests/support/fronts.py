"""The whole gateway before a scripted provider of each dialect, with what each of them was sent."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from msgspec import Struct

from causeway.pipeline.call import CallRecord
from causeway.rules.retry import RetryPolicy
from causeway.testing import ScriptedUpstream
from support.upstreams import gateway_before, scripted_provider
from support.watched_calls import WatchedCalls

EMBEDDED = "local/smollm2-135m-instruct"
# The status of an error is the provider's own, and each attempt is the last.
ONCE = RetryPolicy(max_retries=0)


class Front(Struct):
    """A running gateway, and the providers `openai`, `cohere` and `azure` that it stands before.

    Azure is OpenAI's server under another name.
    """

    url: str
    calls: WatchedCalls
    openai: ScriptedUpstream
    cohere: ScriptedUpstream

    def forget(self) -> None:
        """Take every script away, and what was recorded."""
        self.openai.forget()
        self.cohere.forget()

    def record_of(self, headers: Mapping[str, str]) -> CallRecord:
        """Return the record of the call whose answer has these headers; a stream's comes after its end."""
        while (record := self.calls.next()).id != headers["x-debug-trace-id"]:
            pass
        return record


@contextmanager
def running_front() -> Iterator[Front]:
    """Run it; skips where the weights of the embedded models are absent."""
    with (
        ScriptedUpstream(dialects=["openai"]) as openai,
        ScriptedUpstream(dialects=["cohere"]) as cohere,
        gateway_before(
            scripted_provider("openai", openai.url, retry=ONCE),
            scripted_provider("azure", openai.url, retry=ONCE),
            scripted_provider("cohere", cohere.url, retry=ONCE),
        ) as gateway,
    ):
        yield Front(gateway.url, gateway.calls, openai, cohere)


@pytest.fixture(scope="session")
def shared_front() -> Iterator[Front]:
    with running_front() as front:
        yield front


@pytest.fixture
def front(shared_front: Front) -> Front:
    """The gateway before providers that have been told nothing and were sent nothing."""
    shared_front.forget()
    return shared_front
