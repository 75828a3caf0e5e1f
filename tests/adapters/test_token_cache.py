"""One token, fetched once for all, before the old one ends; failures and callers that go change nothing."""

import asyncio
import logging

import pytest

from causeway.adapters.access_tokens.cache import AccessToken, TokenCache
from causeway.model.errors import UpstreamConnectionError, UpstreamTimeoutError
from causeway.model.secret import Secret


class World:
    """A cache over a fetch that the test ends: each takes what is next in `outcomes`, once `gate` is open."""

    def __init__(self, *outcomes: AccessToken | Exception, fetch_seconds: float = 30.0) -> None:
        self.seconds = 1000.0
        self.fetches = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._outcomes = list(outcomes)
        self.cache = TokenCache(self._fetch, now=lambda: self.seconds, fetch_seconds=fetch_seconds)

    async def _fetch(self) -> AccessToken:
        self.fetches += 1
        await self.gate.wait()
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def token(self) -> str:
        return (await self.cache.token()).reveal()

    async def until_idle(self) -> None:
        """Let what goes on in the background come to its end."""
        for _ in range(10):
            await asyncio.sleep(0)


def lasting(value: str, lifetime_seconds: float = 3600.0) -> AccessToken:
    return AccessToken(Secret(value), lifetime_seconds)


async def test_a_token_is_fetched_once_for_all_who_wait() -> None:
    world = World(lasting("one"))
    world.gate.clear()
    waiting = [asyncio.create_task(world.token()) for _ in range(20)]
    await world.until_idle()
    world.gate.set()
    assert await asyncio.gather(*waiting) == ["one"] * 20
    assert await world.token() == "one"
    assert world.fetches == 1


async def test_one_who_goes_does_not_take_the_others_token_away() -> None:
    world = World(lasting("one"))
    world.gate.clear()
    leaving, staying = asyncio.create_task(world.token()), asyncio.create_task(world.token())
    await world.until_idle()
    leaving.cancel()
    await world.until_idle()
    assert leaving.cancelled()
    world.gate.set()
    assert await staying == "one"
    assert world.fetches == 1


async def test_the_next_token_is_fetched_while_the_old_one_is_given_out() -> None:
    world = World(lasting("one"), lasting("two"))
    await world.token()
    world.seconds += 2699
    assert await world.token() == "one"
    await world.until_idle()
    assert world.fetches == 1
    world.seconds += 1
    world.gate.clear()
    assert [await world.token() for _ in range(5)] == ["one"] * 5
    await world.until_idle()
    assert world.fetches == 2, "nobody fetches beside another"
    world.gate.set()
    await world.until_idle()
    assert await world.token() == "two"


async def test_a_token_at_its_end_is_not_given_out() -> None:
    world = World(lasting("one"), lasting("two"))
    await world.token()
    world.seconds += 0.95 * 3600
    assert await world.token() == "two"
    assert world.fetches == 2


async def test_a_failure_in_the_background_keeps_the_token_and_is_not_repeated_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(lasting("one"), UpstreamConnectionError("no way"), lasting("two"))
    await world.token()
    world.seconds += 3000
    with caplog.at_level(logging.WARNING):
        assert await world.token() == "one"
        await world.until_idle()
    assert "no access token could be had: no way" in caplog.text
    assert await world.token() == "one"
    await world.until_idle()
    assert world.fetches == 2
    world.seconds += 10
    assert await world.token() == "one"
    await world.until_idle()
    assert await world.token() == "two"


async def test_a_failure_is_told_to_all_who_wait_and_the_next_one_tries_again() -> None:
    world = World(UpstreamConnectionError("no way"), lasting("one"))
    world.gate.clear()
    waiting = [asyncio.create_task(world.token()) for _ in range(3)]
    await world.until_idle()
    world.gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no way"] * 3
    assert world.fetches == 1
    assert await world.token() == "one"


async def test_a_fetch_that_never_ends_is_ended() -> None:
    world = World(fetch_seconds=0.0)
    world.gate.clear()
    with pytest.raises(UpstreamTimeoutError, match="no access token came within 0 seconds"):
        await world.token()


async def test_a_refused_token_is_forgotten_unless_it_is_new() -> None:
    world = World(lasting("one"), lasting("two"))
    token = await world.cache.token()
    assert not world.cache.forget(token), "one that is so new is not refused for its age"
    assert await world.token() == "one"
    world.seconds += 10
    assert world.cache.forget(token)
    assert await world.token() == "two"


async def test_many_who_are_refused_the_same_token_lead_to_one_fetch() -> None:
    world = World(lasting("one"), lasting("two"))
    token = await world.cache.token()
    world.seconds += 60
    assert world.cache.forget(token)
    assert await world.token() == "two"
    assert world.cache.forget(token), "there is another one already"
    assert await world.token() == "two"
    assert world.fetches == 2
