"""Rows are medians of rounds, and ratios are taken within a round."""

from statistics import median

import pytest
from bench.proxy.samples import Samples, median_ratio
from hypothesis import given
from hypothesis import strategies as st

ROUNDS = st.dictionaries(st.integers(1, 9), st.floats(0.001, 1e6), min_size=1)


def samples_of(**targets: list[float]) -> Samples:
    samples = Samples()
    for target, values in targets.items():
        for number, value in enumerate(values, start=1):
            samples.add(number, "a", target, "CPU us/answer", value)
    return samples


def test_a_row_has_the_median_and_the_range() -> None:
    (row,) = samples_of(causeway=[30.0, 10.0, 20.0]).rows()
    assert (row.work, row.target, row.metric) == ("a", "causeway", "CPU us/answer")
    assert row.median == 20.0
    assert row.spread == (10.0, 30.0)
    assert row.ratio_to_nginx is None


def test_the_ratio_is_the_median_of_the_rounds_ratios() -> None:
    # A slow round slows both: 100/50 is 2, as 20/10 is, though the medians are 30 and 15 apart.
    nginx, causeway = samples_of(nginx=[10.0, 50.0, 15.0], causeway=[20.0, 100.0, 60.0]).rows()
    assert causeway.ratio_to_nginx == 2.0
    assert nginx.ratio_to_nginx is None


def test_a_round_that_only_one_of_them_has_gives_no_ratio() -> None:
    assert median_ratio({1: 10.0, 2: 30.0}, {2: 10.0}) == 3.0
    assert median_ratio({1: 10.0}, {2: 10.0}) is None
    assert median_ratio({1: 10.0}, {1: 0.0}) is None


def test_a_second_measurement_of_a_round_takes_the_place_of_the_first() -> None:
    samples = samples_of(nginx=[1.0])
    samples.add(1, "a", "nginx", "CPU us/answer", 5.0)
    assert [row.median for row in samples.rows()] == [5.0]


@given(ROUNDS, ROUNDS)
def test_a_ratio_lies_between_the_lowest_and_the_highest_of_its_rounds(
    ours: dict[int, float], theirs: dict[int, float]
) -> None:
    both = [ours[number] / theirs[number] for number in ours.keys() & theirs.keys()]
    ratio = median_ratio(ours, theirs)
    assert ratio == (pytest.approx(median(both)) if both else None)
