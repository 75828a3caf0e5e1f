"""A breaker opens on real failures, lets one trial through, and closes by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.model.errors import (
    CausewayError,
    CircuitOpenError,
    ClientDisconnectedError,
    InternalError,
    InvalidRequestError,
    NoProviderKeyError,
    UntranslatableError,
    UpstreamConnectionError,
    UpstreamProtocolError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.rules.breaker import Breaker, BreakerPolicy, admitted_keys, is_failure
from causeway.rules.provider_keys import ProviderKey

BROKEN = UpstreamConnectionError("no connection")


def refused(status: int) -> UpstreamRefusedError:
    return UpstreamRefusedError("no", status=status)


def end_call(breaker: Breaker, error: CausewayError | None, now: float) -> None:
    ticket = breaker.enter(now)
    assert ticket is not None
    breaker.report(ticket, error, now)
    breaker.release(ticket)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(5):
        end_call(breaker, BROKEN, now)
    assert breaker.state(now) == "open"
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(4):
        end_call(breaker, BROKEN, 0.0)
    end_call(breaker, None, 0.0)
    for _ in range(4):
        end_call(breaker, BROKEN, 0.0)
    assert breaker.state(0.0) == "closed"
    assert breaker.retry_after_seconds(0.0) == 0
    end_call(breaker, BROKEN, 0.0)
    assert breaker.state(0.0) == "open"
    assert breaker.enter(4.9) is None
    assert breaker.retry_after_seconds(0.0) == 5
    assert breaker.retry_after_seconds(4.9) == 1


@pytest.mark.parametrize(
    "error",
    [BROKEN, UpstreamProtocolError("x"), UpstreamTimeoutError("x"), refused(500), refused(529), refused(502)],
)
def test_real_failures_count(error: CausewayError) -> None:
    assert is_failure(error)
    breaker = Breaker(BreakerPolicy(failures_to_open=1))
    end_call(breaker, error, 0.0)
    assert not breaker.admits(0.0)


@pytest.mark.parametrize(
    "error",
    [
        refused(400), refused(401), refused(404), refused(429), InternalError("x"), InvalidRequestError("x"),
        ClientDisconnectedError("x"), UntranslatableError("x"), NoProviderKeyError("x"),
        CircuitOpenError("x"),
    ],
)  # fmt: skip
def test_what_is_not_the_providers_failure_does_not_count(error: CausewayError) -> None:
    assert not is_failure(error)
    breaker = Breaker(BreakerPolicy(failures_to_open=1))
    end_call(breaker, error, 0.0)
    assert breaker.state(0.0) == "closed"


def test_a_disconnect_does_not_make_earlier_failures_undone() -> None:
    breaker = Breaker()
    for _ in range(4):
        end_call(breaker, BROKEN, 0.0)
    end_call(breaker, ClientDisconnectedError("x"), 0.0)
    end_call(breaker, BROKEN, 0.0)
    assert breaker.state(0.0) == "open"


def test_half_open_lets_one_trial_through() -> None:
    breaker = opened()
    assert breaker.state(5.0) == "half-open"
    trial = breaker.enter(5.0)
    assert trial is not None
    assert breaker.enter(5.0) is None
    assert not breaker.admits(99.0)
    assert breaker.retry_after_seconds(99.0) == 1
    breaker.report(trial, None, 6.0)
    assert breaker.state(6.0) == "closed"
    assert breaker.admits(6.0)


def test_a_failed_trial_doubles_the_time_up_to_a_minute() -> None:
    breaker, now = opened(), 0.0
    for wait in (5, 10, 20, 40, 60, 60):
        assert breaker.retry_after_seconds(now) == wait
        now += wait
        end_call(breaker, BROKEN, now)
    now += 60
    end_call(breaker, None, now)
    for _ in range(5):
        assert breaker.state(now) == "closed"
        end_call(breaker, BROKEN, now)
    assert breaker.retry_after_seconds(now) == 5


def test_a_trial_that_says_nothing_makes_room_for_another() -> None:
    for error in (None, ClientDisconnectedError("x")):
        breaker = opened()
        trial = breaker.enter(5.0)
        assert trial is not None
        if error is not None:
            breaker.report(trial, error, 6.0)
        breaker.release(trial)
        assert breaker.state(6.0) == "half-open"
        end_call(breaker, None, 6.0)
        assert breaker.state(6.0) == "closed"


def test_a_refusal_of_the_trial_shows_that_the_provider_is_there() -> None:
    breaker = opened()
    end_call(breaker, refused(429), 5.0)
    assert breaker.state(5.0) == "closed"


def test_calls_from_before_it_opened_say_nothing() -> None:
    breaker = Breaker()
    early = [breaker.enter(0.0) for _ in range(4)]
    for _ in range(5):
        end_call(breaker, BROKEN, 0.0)
    assert None not in early
    first, second, third, fourth = (ticket or 0 for ticket in early)
    breaker.report(first, BROKEN, 4.0)
    assert breaker.retry_after_seconds(4.0) == 1
    breaker.report(second, None, 4.0)
    assert breaker.state(4.0) == "open"
    trial = breaker.enter(5.0)
    assert trial is not None
    breaker.report(third, BROKEN, 5.5)
    breaker.release(fourth)
    assert breaker.enter(5.5) is None
    breaker.report(trial, None, 6.0)
    assert breaker.state(6.0) == "closed"


steps = st.tuples(
    st.sampled_from(["enter", "fail", "succeed", "release"]), st.floats(0, 30), st.integers(0, 5)
)


@given(st.lists(steps, max_size=80))
def test_it_never_jams_and_never_lets_two_trials_through(steps: list[tuple[str, float, int]]) -> None:
    breaker, now = Breaker(BreakerPolicy(failures_to_open=2)), 0.0
    calls: list[int] = []
    trial: int | None = None
    for step, passed, place in steps:
        now += passed
        state = breaker.state(now)
        if step == "enter":
            is_admitted = breaker.admits(now)
            ticket = breaker.enter(now)
            assert (ticket is not None) is is_admitted
            assert is_admitted is (state == "closed" or (state == "half-open" and trial is None))
            if ticket is not None:
                calls.append(ticket)
                trial = ticket if state == "half-open" else trial
        elif calls:
            ticket = calls.pop(place % len(calls))
            if step == "release":
                breaker.release(ticket)
            else:
                breaker.report(ticket, BROKEN if step == "fail" else None, now)
                if ticket == trial:
                    assert breaker.state(now) == ("open" if step == "fail" else "closed")
            trial = None if ticket == trial else trial
        assert 0 <= breaker.retry_after_seconds(now) <= 60
    for ticket in calls:
        breaker.release(ticket)
    assert breaker.admits(now + breaker.retry_after_seconds(now))


def test_keys_with_open_breakers_are_left_out() -> None:
    keys = [ProviderKey(id=name, name=name) for name in ("a", "b")]
    breakers = {"a": opened()}
    assert admitted_keys(keys, breakers, provider="openai", now_seconds=1.0) == (keys[1],)
    assert admitted_keys(keys, {}, provider="openai", now_seconds=1.0) == tuple(keys)
    assert admitted_keys([], breakers, provider="openai", now_seconds=1.0) == ()
    breakers["b"] = opened(2.0)
    with pytest.raises(CircuitOpenError, match="'openai'") as caught:
        admitted_keys(keys, breakers, provider="openai", now_seconds=3.0)
    assert caught.value.retry_after_seconds == 2
    assert caught.value.status == 503
