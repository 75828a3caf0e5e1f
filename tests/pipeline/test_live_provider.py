"""A provider in use, with a clock and a chance that the test holds: keys, retries, breakers, sessions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from causeway.model.errors import (
    CausewayError,
    CircuitOpenError,
    InvalidRequestError,
    NoProviderKeyError,
    UpstreamConnectionError,
    UpstreamProtocolError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.model.secret import Secret
from causeway.pipeline.call import CallOptions, Trail
from causeway.pipeline.live_provider import Lease, LiveProvider
from causeway.pipeline.targets import Place
from causeway.providers.catalog import load_catalog
from causeway.providers.network import OutboundRequest
from causeway.providers.provider import Provider
from causeway.rules.breaker import BreakerPolicy
from causeway.rules.key_choice import KeyPin
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.retry import RetryPolicy

PRIMARY = Place(0, "openai", "m")
FALLBACK = Place(1, "cohere", "c")
OPTIONS = CallOptions()
GONE = UpstreamConnectionError("gone")


def refused(status: int, *, retry_after_seconds: int | None = None) -> UpstreamRefusedError:
    return UpstreamRefusedError("no", status=status, retry_after_seconds=retry_after_seconds)


def key(name: str, **fields: Any) -> ProviderKey:
    return ProviderKey(id=f"{name}-id", name=name, value=Secret(f"the-value-of-{name}"), **fields)


class Client:
    """Keeps what is sent, and answers nothing."""

    def __init__(self) -> None:
        self.requests: list[OutboundRequest] = []

    @asynccontextmanager
    async def send(self, request: OutboundRequest) -> AsyncIterator[Any]:
        self.requests.append(request)
        yield None

    async def open(self, request: OutboundRequest) -> Any:
        self.requests.append(request)

    async def stop(self) -> None:
        return


class World:
    """A live provider; `seconds` is its clock, `chance` its chance, and `slept` what it waited for."""

    def __init__(
        self,
        keys: Sequence[ProviderKey] = (key("a"), key("b")),
        *,
        retry: RetryPolicy | None = None,
        breaker: BreakerPolicy | None = None,
    ) -> None:
        self.seconds = 1000.0
        self.chance = 0.0
        self.slept: list[float] = []
        self.client = Client()
        self.trail = Trail()
        self.used: list[str] = []
        self.leases: list[Lease] = []
        provider = Provider(
            name="openai",
            spec=load_catalog()["openai"],
            base_url="https://provider.test",
            keys=tuple(keys),
            retry=retry or RetryPolicy(max_retries=2, backoff_initial_seconds=1.0, backoff_max_seconds=8.0),
        )
        self.live = LiveProvider(
            provider,
            self.client,
            now=lambda: self.seconds,
            chance=lambda: self.chance,
            sleep=self._sleep,
            breaker_policy=breaker,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    async def call(
        self,
        *outcomes: CausewayError | None,
        options: CallOptions = OPTIONS,
        place: Place = PRIMARY,
        model: str = "m",
        settles: bool = True,
    ) -> str:
        """Make a call whose attempts end so, one after another; returns the name of the key that answered."""
        waiting = list(outcomes)

        async def ask(key: ProviderKey, model: str, lease: Lease) -> str:
            self.used.append(key.name)
            self.leases.append(lease)
            if error := waiting.pop(0):
                raise error
            if settles:
                lease.settle(None)
            return key.name

        answered = await self.live.attempt(model, options, self.trail, place, ask)
        assert waiting == []
        return answered

    async def fail(self, *outcomes: CausewayError, times: int = 1, **asked: Any) -> CausewayError:
        """Make a call that fails; returns its error."""
        for _ in range(times):
            with pytest.raises(CausewayError) as raised:
                await self.call(*outcomes, **asked)
        return raised.value


NO_RETRY = RetryPolicy(max_retries=0)
QUICK = BreakerPolicy(failures_to_open=2, open_initial_seconds=5.0, open_max_seconds=60.0)


async def test_a_key_is_drawn_by_its_weight() -> None:
    world = World([key("light", weight=1.0), key("heavy", weight=3.0)])
    drawn = []
    for chance in (0.0, 0.2, 0.3, 0.6, 0.99):
        world.chance = chance
        drawn.append(await world.call(None))
    assert drawn == ["light", "light", "heavy", "heavy", "heavy"]


async def test_an_attempt_says_for_which_target_it_was_made() -> None:
    world = World()
    await world.call(GONE, None)
    await world.call(None, place=FALLBACK)
    await world.fail(refused(400), place=FALLBACK)
    assert [attempt.fallback_index for attempt in world.trail.attempts] == [0, 0, 1, 1]


async def test_a_key_that_is_left_alone_is_told_from_those_that_are_used() -> None:
    world = World(retry=NO_RETRY, breaker=QUICK)
    assert dict(world.live.key_states()) == {"a": True, "b": True}
    await world.fail(GONE, times=2)
    assert dict(world.live.key_states()) == {"a": False, "b": True}
    world.seconds += 5
    assert dict(world.live.key_states()) == {"a": False, "b": True}, "half open, it is only tried"
    await world.call(None)
    assert dict(world.live.key_states()) == {"a": True, "b": True}


async def test_the_sessions_that_are_remembered_are_counted() -> None:
    world = World()
    for session in ("one", "two", "two"):
        await world.call(None, options=CallOptions(session_id=session))
    assert world.live.sticky_sessions == (2, 10_000)


@pytest.mark.parametrize("error", [refused(503), GONE, UpstreamProtocolError("what?")])
async def test_what_passes_by_itself_is_tried_again_with_the_same_key(error: CausewayError) -> None:
    world = World()
    assert await world.call(error, error, None) == "a"
    assert world.used == ["a", "a", "a"]
    assert world.slept == [0.8, 1.6]  # doubled, and a fifth less since the chance is 0


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_a_dead_key_is_left_at_once(status: int) -> None:
    world = World()
    assert await world.call(refused(status), None) == "b"
    assert world.slept == []
    assert world.used == ["a", "b"]


async def test_where_every_key_is_dead_the_last_error_is_raised() -> None:
    world = World()
    last = refused(403)
    assert await world.fail(refused(401), last) is last
    assert world.used == ["a", "b"]


async def test_a_limited_key_is_left_after_a_wait_and_used_again_when_all_are() -> None:
    world = World()
    limited = refused(429, retry_after_seconds=5)
    assert await world.call(limited, limited, None) == "a"
    assert world.used == ["a", "b", "a"]
    assert world.slept == [0.8, 5.0]  # the first word was to another key


async def test_retry_after_is_waited_for_where_there_is_one_key() -> None:
    world = World([key("a")])
    await world.call(refused(429, retry_after_seconds=7), refused(503, retry_after_seconds=1), None)
    assert world.slept == [7.0, 1.6]


async def test_a_provider_that_asks_for_a_long_wait_is_not_waited_for() -> None:
    world = World([key("a")])
    error = await world.fail(refused(503, retry_after_seconds=11))
    assert error.retry_after_seconds == 11
    assert world.slept == []


@pytest.mark.parametrize("error", [refused(400), refused(404), refused(408), UpstreamTimeoutError("silence")])
async def test_what_would_not_change_is_not_tried_again(error: CausewayError) -> None:
    world = World()
    assert await world.fail(error) is error
    assert world.used == ["a"]


async def test_the_attempts_are_bounded_and_on_record() -> None:
    world = World([key("a", aliases={"m": "the-real-name"})])
    await world.fail(refused(500), GONE, refused(529))
    assert [(one.model, one.key_name, one.error_code, one.status) for one in world.trail.attempts] == [
        ("the-real-name", "a", "upstream_refused", 500),
        ("the-real-name", "a", "upstream_connection", 502),
        ("the-real-name", "a", "upstream_refused", 529),
    ]
    assert {one.provider for one in world.trail.attempts} == {"openai"}


async def test_a_pinned_key_is_the_only_one() -> None:
    world = World()
    options = CallOptions(key_pin=KeyPin("x-bf-api-key", "b"))
    assert await world.call(None, options=options) == "b"
    await world.fail(refused(401), options=options)
    assert world.used == ["b", "b"]


async def test_a_pin_that_fits_no_key_is_refused_before_anything_is_asked() -> None:
    world = World()
    options = CallOptions(key_pin=KeyPin("x-bf-api-key-id", "nobody"))
    error = await world.fail(options=options)
    assert isinstance(error, NoProviderKeyError)
    assert error.field == "x-bf-api-key-id"
    assert world.used == []


async def test_neither_a_pin_nor_a_session_is_for_a_fallback() -> None:
    world = World()
    options = CallOptions(key_pin=KeyPin("x-bf-api-key", "b"), session_id="s")
    assert await world.call(None, options=options, place=FALLBACK) == "a"
    world.chance = 0.9
    assert await world.call(None, options=CallOptions(session_id="s")) == "b"


async def test_a_model_that_no_key_may_be_used_for_is_refused() -> None:
    world = World([key("a", models=("n",)), key("b", blocked_models=("m",)), key("c", is_enabled=False)])
    assert isinstance(await world.fail(), NoProviderKeyError)
    assert await world.call(None, model="n") == "a"


async def test_a_session_keeps_its_key_for_a_while() -> None:
    world = World()
    options = CallOptions(session_id="s", session_ttl_seconds=60)
    assert await world.call(None, options=options) == "a"
    world.chance = 0.9
    for _ in range(3):
        world.seconds += 59  # each call begins the time anew
        assert await world.call(None, options=options) == "a"
    assert await world.call(None, options=CallOptions(session_id="other")) == "b"
    world.seconds += 61
    assert await world.call(None, options=options) == "b"


async def test_a_session_takes_another_key_where_its_own_is_dead() -> None:
    world = World()
    options = CallOptions(session_id="s")
    assert await world.call(None, options=options) == "a"
    assert await world.call(refused(401), None, options=options) == "b"
    assert await world.call(None, options=options) == "b"


async def test_a_key_that_failed_repeatedly_is_left_alone_and_heals() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await world.fail(GONE, times=2)
    error = await world.fail()
    assert isinstance(error, CircuitOpenError)
    assert error.retry_after_seconds == 5
    assert world.used == ["a", "a"]
    assert len(world.trail.attempts) == 2
    world.seconds += 4.5
    assert (await world.fail()).retry_after_seconds == 1
    world.seconds += 0.5
    assert await world.call(None) == "a"
    await world.fail(GONE)
    assert await world.call(None) == "a"  # closed again: one failure is none


async def test_each_failed_trial_doubles_the_rest() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await world.fail(GONE, times=2)
    for rest in (5, 10, 20, 40, 60, 60):
        error = await world.fail()
        assert isinstance(error, CircuitOpenError)
        assert error.retry_after_seconds == rest
        world.seconds += rest
        await world.fail(GONE)


async def test_another_key_answers_for_one_that_is_left_alone() -> None:
    world = World(retry=NO_RETRY, breaker=QUICK)
    await world.fail(GONE, times=2)
    assert world.used == ["a", "a"]
    assert await world.call(None) == "b"


async def test_a_breaker_that_opens_in_a_call_ends_its_retries() -> None:
    world = World([key("a")], breaker=QUICK)
    assert await world.fail(GONE, GONE) is GONE  # a third attempt was allowed
    assert world.used == ["a", "a"]


async def test_a_breaker_that_opens_in_a_call_leaves_it_the_other_keys() -> None:
    world = World(retry=RetryPolicy(max_retries=5, backoff_initial_seconds=0), breaker=QUICK)
    assert await world.call(GONE, GONE, None) == "b"
    assert world.used == ["a", "a", "b"]


@pytest.mark.parametrize("error", [refused(400), refused(401), refused(429), InvalidRequestError("no")])
async def test_a_refused_request_opens_no_breaker(error: CausewayError) -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await world.fail(error, times=5)
    assert len(world.used) == 5


async def test_a_session_does_not_hold_on_to_a_key_that_is_left_alone() -> None:
    world = World(retry=NO_RETRY, breaker=QUICK)
    options = CallOptions(session_id="s")
    assert await world.call(None, options=options) == "a"
    await world.fail(GONE, times=2, options=options)
    assert await world.call(None, options=options) == "b"


async def opened(world: World) -> None:
    """Open the breaker of the only key, and wait until it may be tried."""
    await world.fail(GONE, times=2)
    world.seconds += 5


async def test_one_call_at_a_time_tries_a_key_that_was_left_alone() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await opened(world)
    may_go_on = asyncio.Event()

    async def ask(key: ProviderKey, model: str, lease: Lease) -> str:
        await may_go_on.wait()
        lease.settle(None)
        return key.name

    trial = asyncio.ensure_future(world.live.attempt("m", OPTIONS, Trail(), PRIMARY, ask))
    await asyncio.sleep(0)
    error = await world.fail()
    assert isinstance(error, CircuitOpenError)
    assert error.retry_after_seconds == 1
    may_go_on.set()
    assert await trial == "a"
    assert await world.call(None) == "a"


async def test_a_trial_that_is_cancelled_leaves_the_next_to_another_call() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await opened(world)
    trail = Trail()

    async def ask(key: ProviderKey, model: str, lease: Lease) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    trial = asyncio.ensure_future(world.live.attempt("m", OPTIONS, trail, PRIMARY, ask))
    await asyncio.sleep(0)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert [(one.error_code, one.status) for one in trail.attempts] == [("cancelled", 499)]
    assert await world.call(None) == "a"


async def test_a_defect_in_a_trial_leaves_the_next_to_another_call() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await opened(world)

    async def ask(key: ProviderKey, model: str, lease: Lease) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await world.live.attempt("m", OPTIONS, Trail(), PRIMARY, ask)
    assert await world.call(None) == "a"


@pytest.mark.parametrize(
    ("end", "failures_left"),
    [
        (lambda lease: lease.settle(None), 3),
        (lambda lease: lease.settle(GONE), 1),
        (lambda lease: lease.release(), 2),
    ],
    ids=["success", "failure", "left"],
)
async def test_a_stream_settles_at_its_end(end: Callable[[Lease], None], failures_left: int) -> None:
    """It has answered, and whether that was a success is known when it is over; it is told once."""
    policy = replace(QUICK, failures_to_open=3)
    world = World([key("a")], retry=NO_RETRY, breaker=policy)
    await world.fail(GONE)
    await world.call(None, settles=False)
    end(world.leases[-1])
    for say_again in (world.leases[-1].settle, lambda error: world.leases[-1].release()):
        say_again(GONE)
    for _ in range(failures_left):
        assert await world.fail(GONE) is GONE
    assert isinstance(await world.fail(), CircuitOpenError)


async def test_a_stream_that_has_begun_is_enough_to_trust_a_key_again() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    await opened(world)
    await world.call(None, settles=False)
    world.leases[-1].settle_trial()
    assert await world.call(None) == "a"
    world.leases[-2].settle(GONE)  # too late: it has been settled
    assert await world.call(None) == "a"


async def test_a_stream_that_has_begun_is_no_success_yet_where_nothing_was_in_doubt() -> None:
    world = World([key("a")], retry=NO_RETRY, breaker=QUICK)
    for _ in range(2):
        await world.call(None, settles=False)
        world.leases[-1].settle_trial()
        world.leases[-1].settle(GONE)
    assert isinstance(await world.fail(), CircuitOpenError)


async def test_an_error_does_not_give_the_key_away() -> None:
    world = World([key("a")], retry=NO_RETRY)
    said = "sent the-value-of-a"
    error = await world.fail(
        UpstreamRefusedError(said, status=400, type=said, param=said, provider_code=said)
    )
    assert isinstance(error, UpstreamRefusedError)
    assert [str(error), error.message, error.type, error.param, error.code] == ["sent ***"] * 5
    assert world.trail.attempts[0].error_code == "sent ***"


async def test_a_placeholder_for_a_key_tears_no_words() -> None:
    world = World([replace(key("a"), value=Secret("x"))], retry=NO_RETRY)
    assert (
        await world.fail(UpstreamTimeoutError("it exceeded the timeout"))
    ).message == "it exceeded the timeout"


async def test_a_request_says_whom_it_asks_with_which_key() -> None:
    world = World()
    live, network = world.live, world.live.provider.network
    await live.open_stream("chat", key("a"), "m", b"{}")
    async with live.send("models", key("b"), "", b""):
        pass
    chat, models = world.client.requests
    assert (chat.method, chat.url) == ("POST", "https://provider.test/v1/chat/completions")
    assert (chat.body, chat.is_stream, chat.network) == (b"{}", True, network)
    assert dict(chat.headers) == {
        "authorization": "Bearer the-value-of-a",
        "content-type": "application/json",
        "accept": "text/event-stream",
    }
    assert (models.method, models.url) == ("GET", "https://provider.test/v1/models")
    assert dict(models.headers) == {"authorization": "Bearer the-value-of-b", "accept": "application/json"}
