"""A session keeps its key for as long as it is used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.model.errors import InvalidRequestError
from causeway.rules.stickiness import StickyKeys, parse_session_ttl

KEYS = {"k1", "k2"}


def find(sticky: StickyKeys, session: str, now: float, **fields: object) -> str | None:
    arguments = {"key_ids": KEYS, "now_seconds": now, "ttl_seconds": 10.0, **fields}
    return sticky.find("openai", session, "gpt", **arguments)  # type: ignore[arg-type]


def bind(sticky: StickyKeys, session: str, key_id: str, now: float) -> None:
    sticky.bind("openai", session, "gpt", key_id, now_seconds=now, ttl_seconds=10.0)


def test_a_binding_is_for_one_provider_session_and_model() -> None:
    sticky = StickyKeys()
    sticky.bind("openai", "s", "gpt", "k1", now_seconds=0.0)
    assert sticky.find("openai", "s", "gpt", key_ids=KEYS, now_seconds=1.0) == "k1"
    for other in [
        ("azure", "s", "gpt"),
        ("openai", "t", "gpt"),
        ("openai", "s", "o1"),
        ("openais", "", "gpt"),
    ]:
        assert sticky.find(*other, key_ids=KEYS, now_seconds=1.0) is None


def test_use_refreshes_a_binding() -> None:
    sticky = StickyKeys()
    bind(sticky, "s", "k1", 0.0)
    assert find(sticky, "s", 9.0) == "k1"
    assert find(sticky, "s", 18.9) == "k1"
    assert find(sticky, "s", 28.9) is None
    assert len(sticky) == 0


def test_the_first_of_a_race_stays() -> None:
    sticky = StickyKeys()
    bind(sticky, "s", "k1", 0.0)
    bind(sticky, "s", "k2", 1.0)
    assert find(sticky, "s", 2.0) == "k1"
    bind(sticky, "s", "k2", 12.0)
    assert find(sticky, "s", 13.0) == "k2"


def test_keys_that_are_gone_are_forgotten() -> None:
    sticky = StickyKeys()
    bind(sticky, "s", "k1", 0.0)
    assert find(sticky, "s", 1.0, key_ids={"k2"}) is None
    assert len(sticky) == 0
    bind(sticky, "s", "k2", 1.0)
    assert find(sticky, "s", 2.0) == "k2"
    sticky.forget("openai", "s", "gpt")
    sticky.forget("openai", "s", "gpt")
    assert find(sticky, "s", 2.0) is None


def test_the_longest_unused_go_first() -> None:
    sticky = StickyKeys(max_entries=2)
    bind(sticky, "a", "k1", 0.0)
    bind(sticky, "b", "k1", 0.0)
    assert find(sticky, "a", 1.0) == "k1"
    bind(sticky, "c", "k1", 1.0)
    assert [find(sticky, session, 2.0) for session in "abc"] == ["k1", None, "k1"]


def test_a_session_that_comes_back_late_counts_as_used() -> None:
    sticky = StickyKeys(max_entries=2)
    bind(sticky, "a", "k1", 0.0)
    bind(sticky, "b", "k1", 9.0)
    bind(sticky, "a", "k2", 11.0)
    bind(sticky, "c", "k1", 12.0)
    assert [find(sticky, session, 12.0) for session in "abc"] == ["k2", None, "k1"]


def test_sessions_are_kept_as_digests() -> None:
    sticky = StickyKeys()
    bind(sticky, "user-4711\ud800" * 1000, "k1", 0.0)
    assert find(sticky, "user-4711\ud800" * 1000, 1.0) == "k1"
    assert "4711" not in repr(vars(sticky))


calls = st.tuples(st.booleans(), st.sampled_from("abcdefgh"), st.sampled_from(["k1", "k2"]), st.floats(0, 5))


@given(st.lists(calls, max_size=60), st.integers(1, 8))
def test_it_is_a_bounded_map_with_ends(calls: list[tuple[bool, str, str, float]], bound: int) -> None:
    sticky = StickyKeys(max_entries=bound)
    expected: dict[str, tuple[str, float]] = {}  # in the order of their last use
    now = 0.0
    for is_bind, session, key_id, passed in calls:
        now += passed
        if session in expected and expected[session][1] <= now:
            del expected[session]
        held = expected.get(session)
        if is_bind:
            bind(sticky, session, key_id, now)
            if held is None:
                expected[session] = (key_id, now + 10.0)
        else:
            assert find(sticky, session, now) == (held and held[0])
            if held is not None:
                del expected[session]
                expected[session] = (held[0], now + 10.0)
        if len(expected) > bound:
            del expected[next(iter(expected))]
        assert len(sticky) <= bound


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 3600), ("", 3600), ("  ", 3600), ("30s", 30), ("5m", 300), ("1h", 3600), ("90", 90),
        (" 90 ", 90), ("1h30m", 5400), ("1.5m", 90), ("500ms", 0.5),
    ],
)  # fmt: skip
def test_ttl(value: str | None, seconds: float) -> None:
    assert parse_session_ttl(value) == seconds


@pytest.mark.parametrize(
    "value", ["0", "0s", "-5", "soon", "5 m", "1d", "nan", "1e9", "٣s", "m", "5m3", "9" * 400]
)
def test_a_ttl_that_is_no_duration_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequestError, match="x-bf-session-ttl") as caught:
        parse_session_ttl(value)
    assert caught.value.field == "x-bf-session-ttl"
