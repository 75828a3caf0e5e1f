"""Who is asked again, with which key, after how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.model.errors import (
    AuthenticationError,
    BodyTooLargeError,
    CausewayError,
    CircuitOpenError,
    ClientDisconnectedError,
    ContextOverflowError,
    EngineFailedError,
    InternalError,
    InvalidRequestError,
    MalformedJsonError,
    MethodNotAllowedError,
    ModelNotFoundError,
    NoProviderKeyError,
    NotFoundError,
    NotImplementedHereError,
    OverloadedError,
    UnknownFieldError,
    UntranslatableError,
    UpstreamConnectionError,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.retry import (
    Reaction,
    Retry,
    RetryPolicy,
    RetryState,
    backoff_seconds,
    may_fall_back,
    parse_retry_after,
    reaction_to,
)

POLICY = RetryPolicy(max_retries=9)
MIDDLE = 0.5  # the chance that leaves the backoff as it is


def refused(
    status: int, message: str = "no", retry_after: int | None = None, **said: str
) -> UpstreamRefusedError:
    return UpstreamRefusedError(message, status=status, retry_after_seconds=retry_after, **said)  # type: ignore[arg-type]


def keys(ids: str) -> list[ProviderKey]:
    return [ProviderKey(id=id, name=f"name-{id}") for id in ids]


def fail(
    state: RetryState, error: CausewayError, key_id: str, key_ids: str = "abc", policy: RetryPolicy = POLICY
) -> Retry:
    retry = state.after(error, key_id=key_id, key_ids=key_ids, policy=policy, chance=MIDDLE)
    assert retry is not None
    return retry


def pool_ids(state: RetryState, key_ids: str = "abc") -> str:
    return "".join(key.id for key in state.pool(keys(key_ids)))


@pytest.mark.parametrize(
    ("error", "reaction"),
    [
        (UpstreamConnectionError("x"), Reaction.SAME_KEY),
        (UpstreamProtocolError("x"), Reaction.SAME_KEY),
        *((refused(status), Reaction.SAME_KEY) for status in (500, 502, 503, 504, 529)),
        *((refused(status), Reaction.DROP_KEY) for status in (401, 402, 403)),
        (refused(403, "quota exceeded"), Reaction.DROP_KEY),
        (refused(429), Reaction.ROTATE_KEY),
        (refused(400, "Rate limit reached for gpt-4o"), Reaction.ROTATE_KEY),
        (refused(503, "Too Many Requests"), Reaction.ROTATE_KEY),
        (refused(400, "Quota exceeded for metric"), Reaction.ROTATE_KEY),
        (refused(400, "no", provider_code="rate_limit_exceeded"), Reaction.ROTATE_KEY),
        (refused(400, "no", type="RESOURCE_EXHAUSTED"), Reaction.ROTATE_KEY),
        *((refused(status), Reaction.GIVE_UP) for status in (400, 404, 408, 409, 413, 422, 501)),
        (refused(400, "temperature must be at most 1"), Reaction.GIVE_UP),
        (refused(400, "context length limit exceeded"), Reaction.GIVE_UP),
        (refused(400, "cannot generate limitless text"), Reaction.GIVE_UP),
        (UpstreamTimeoutError("too many requests"), Reaction.GIVE_UP),
        (NoProviderKeyError("x"), Reaction.GIVE_UP),
        (CircuitOpenError("x"), Reaction.GIVE_UP),
        (EngineFailedError("x"), Reaction.GIVE_UP),
        (OverloadedError("x"), Reaction.GIVE_UP),
        (ClientDisconnectedError("x"), Reaction.GIVE_UP),
        (InvalidRequestError("rate limit"), Reaction.GIVE_UP),
        (InternalError("x"), Reaction.GIVE_UP),
    ],
)
def test_reactions(error: CausewayError, reaction: Reaction) -> None:
    assert reaction_to(error) is reaction


@pytest.mark.parametrize(
    ("error", "may"),
    [
        *((refused(status), True) for status in (400, 401, 404, 422, 429, 500)),
        (UpstreamTimeoutError("x"), True),
        (UpstreamConnectionError("x"), True),
        (NoProviderKeyError("x"), True),
        (CircuitOpenError("x"), True),
        (InternalError("x"), True),
        (NotImplementedHereError("x"), True),
        (UntranslatableError("x"), True),
        (ContextOverflowError("x"), True),
        (InvalidRequestError("n: the embedded model gives one answer to a call"), True),
        (ModelNotFoundError("x"), True),
        (ClientDisconnectedError("x"), False),
        (MalformedJsonError("x"), False),
        (UnknownFieldError("x"), False),
        (AuthenticationError("x"), False),
        (BodyTooLargeError("x"), False),
        (NotFoundError("x"), False),
        (MethodNotAllowedError("x", allowed=()), False),
    ],
)
def test_who_may_fall_back(error: CausewayError, may: bool) -> None:
    assert may_fall_back(error) is may


def test_a_passing_failure_keeps_its_key() -> None:
    retry = fail(RetryState(), refused(503), "b")
    assert retry.wait_seconds == 0.5
    assert pool_ids(retry.state) == "b"
    again = fail(retry.state, UpstreamConnectionError("x"), "b")
    assert again.wait_seconds == 1.0
    assert pool_ids(again.state) == "b"
    assert pool_ids(again.state, "ac") == "ac"


def test_a_key_that_does_not_work_is_not_tried_again() -> None:
    retry = fail(RetryState(), refused(401), "a")
    assert retry.wait_seconds == 0.0
    assert pool_ids(retry.state) == "bc"
    retry = fail(retry.state, refused(403), "c")
    assert pool_ids(retry.state) == "b"
    last = refused(402, "pay first")
    assert retry.state.after(last, key_id="b", key_ids="abc", policy=POLICY, chance=MIDDLE) is None
    assert pool_ids(fail(retry.state, refused(503), "b").state) == "b"


def test_a_key_that_had_its_share_waits_for_the_others() -> None:
    retry = fail(RetryState(), refused(429), "a")
    assert pool_ids(retry.state) == "bc"
    retry = fail(retry.state, refused(429), "c")
    assert pool_ids(retry.state) == "b"
    retry = fail(retry.state, refused(429), "b")
    assert pool_ids(retry.state) == "abc"
    retry = fail(retry.state, refused(429), "a")
    assert pool_ids(retry.state) == "bc"


def test_keys_that_may_not_be_used_now_do_not_count_as_left() -> None:
    assert RetryState().after(refused(401), key_id="a", key_ids="a", policy=POLICY, chance=MIDDLE) is None
    retry = fail(RetryState(), refused(429, retry_after=3), "a", "a")
    assert retry.wait_seconds == 3.0
    assert pool_ids(retry.state, "a") == "a"


def test_rotating_after_a_passing_failure_lets_the_key_go() -> None:
    kept = fail(RetryState(), refused(500), "a")
    assert pool_ids(fail(kept.state, refused(429), "a").state) == "bc"
    assert pool_ids(fail(kept.state, refused(401), "a").state) == "bc"


def test_retry_after_is_waited_for_within_its_bound() -> None:
    policy = RetryPolicy(max_retry_after_seconds=10)
    assert fail(RetryState(), refused(503, retry_after=10), "a", policy=policy).wait_seconds == 10.0
    assert fail(RetryState(), refused(503, retry_after=0), "a", policy=policy).wait_seconds == 0.5
    for error in (refused(503, retry_after=11), refused(429, retry_after=11)):
        assert RetryState().after(error, key_id="a", key_ids="a", policy=policy, chance=MIDDLE) is None


def test_retry_after_of_one_key_does_not_hold_another_back() -> None:
    retry = fail(RetryState(), refused(429, retry_after=60), "a", "ab")
    assert retry.wait_seconds == 0.5
    assert pool_ids(retry.state, "ab") == "b"
    last = refused(429, retry_after=60)
    assert retry.state.after(last, key_id="b", key_ids="ab", policy=POLICY, chance=MIDDLE) is None


def test_no_retries_means_one_attempt() -> None:
    for error in (refused(500), refused(401), refused(429)):
        assert (
            RetryState().after(
                error, key_id="a", key_ids="ab", policy=RetryPolicy(max_retries=0), chance=MIDDLE
            )
            is None
        )


errors = st.one_of(
    st.builds(
        refused, st.sampled_from([400, 401, 403, 429, 500, 503]), retry_after=st.none() | st.integers(0, 20)
    ),
    st.just(UpstreamConnectionError("x")),
    st.just(UpstreamTimeoutError("x")),
)


@given(
    st.lists(st.tuples(errors, st.integers(0, 9), st.floats(0, 1, exclude_max=True)), max_size=12),
    st.sets(st.sampled_from("abcd"), min_size=1),
    st.integers(0, 8),
)
def test_a_chain_of_attempts_ends_and_keeps_its_word(
    failures: list[tuple[UpstreamError, int, float]], key_ids: set[str], max_retries: int
) -> None:
    policy, state = RetryPolicy(max_retries=max_retries), RetryState()
    refused_by: set[str] = set()
    for retries, (error, place, chance) in enumerate(failures):
        pool = state.pool(keys("".join(sorted(key_ids))))
        assert pool
        key_id = pool[place % len(pool)].id
        assert key_id not in refused_by
        if reaction_to(error) is Reaction.DROP_KEY:
            refused_by.add(key_id)
        retry = state.after(error, key_id=key_id, key_ids=key_ids, policy=policy, chance=chance)
        if retry is None:
            assert (
                retries == max_retries
                or refused_by == key_ids
                or reaction_to(error) is Reaction.GIVE_UP
                or (error.retry_after_seconds or 0) > policy.max_retry_after_seconds
            )
            return
        assert retries < max_retries
        assert 0 <= retry.wait_seconds <= max(policy.backoff_max_seconds, policy.max_retry_after_seconds)
        state = retry.state


@pytest.mark.parametrize(
    ("retries", "chance", "seconds"),
    [
        (0, 0.0, 0.4),
        (0, 0.5, 0.5),
        (1, 0.5, 1.0),
        (3, 0.5, 4.0),
        (4, 0.0, 4.0),
        (4, 0.99, 5.0),
        (5000, 0.5, 5.0),
    ],
)
def test_backoff(retries: int, chance: float, seconds: float) -> None:
    assert backoff_seconds(RetryPolicy(), retries, chance) == pytest.approx(seconds)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True), st.floats(0.001, 60), st.floats(0.001, 60))
def test_backoff_stays_in_its_bounds(retries: int, chance: float, initial: float, maximum: float) -> None:
    policy = RetryPolicy(backoff_initial_seconds=initial, backoff_max_seconds=maximum)
    wait = backoff_seconds(policy, retries, chance)
    assert 0.8 * min(initial, maximum) <= wait <= maximum


NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.2"}, 2),
        ({"retry-after-ms": "1200"}, 2),
        ({"retry-after-ms": "1200", "retry-after": "60"}, 2),
        ({"retry-after-ms": "soon", "retry-after": "60"}, 60),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:07 GMT"}, 30),
        ({"retry-after": "Sunday, 06-Nov-94 08:50:07 GMT"}, 30),
        ({"retry-after": "Sun Nov  6 08:50:07 1994"}, 30),
        ({"retry-after": "Sun, 06 Nov 1994 08:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 06 Nov 99999 08:00:00 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: int | None) -> None:
    assert parse_retry_after(headers, NOW) == seconds


def test_a_part_of_a_second_is_waited_for_in_full() -> None:
    assert parse_retry_after({"retry-after": "Sun, 06 Nov 1994 08:50:07 GMT"}, NOW + 0.5) == 30


@given(st.text(max_size=60) | st.from_regex(r"\A\w{3}, \d+ Nov \d+ \d+:\d+:\d+ [+-]?\w*\Z"))
def test_no_header_breaks_the_reader(text: str) -> None:
    seconds = parse_retry_after({"retry-after": text, "retry-after-ms": text}, NOW)
    assert seconds is None or seconds >= 0
