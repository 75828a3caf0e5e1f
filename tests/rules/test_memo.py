"""What is remembered, and that it is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.rules.memo import MAX_CHARACTERS, Memo


@given(st.lists(st.integers(0, 20)))
def test_it_says_what_the_function_says_and_holds_no_more_than_it_may(asked: list[int]) -> None:
    memo: Memo[int, int] = Memo(lambda number: number * 2, lambda _: 1, max_entries=3)
    for number in asked:
        assert memo[number] == number * 2
        assert len(memo) <= 3


def test_a_question_is_answered_once() -> None:
    found: list[str] = []
    memo: Memo[str, int] = Memo(lambda name: found.append(name) or len(found), len)  # type: ignore[func-returns-value]
    assert [memo["a"], memo["b"], memo["a"]] == [1, 2, 1]
    assert found == ["a", "b"]


def test_what_is_long_is_not_kept() -> None:
    memo: Memo[str, int] = Memo(len, len)
    for name in ("x" * MAX_CHARACTERS, "x" * (MAX_CHARACTERS + 1)):
        assert memo[name] == len(name)
    assert list(memo) == ["x" * MAX_CHARACTERS]


def test_an_error_is_not_kept() -> None:
    known: dict[str, int] = {}
    memo = Memo(known.__getitem__, len)
    with pytest.raises(KeyError):
        memo["a"]
    known["a"] = 1
    assert memo["a"] == 1
