"""A text ends where a stop sequence begins, however it comes in parts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.rules.stop_filter import StopFilter

# Few letters, so that sequences overlap, repeat and lie inside each other.
texts = st.text("abc", max_size=24)
sequences = st.lists(st.text("abc", max_size=5), max_size=4)


def cut(text: str, sequences: list[str]) -> tuple[str, bool]:
    """Return the text up to the sequence that is complete first, found by trying every place."""
    for end in range(len(text) + 1):
        starts = [end - len(s) for s in sequences if s and text[:end].endswith(s)]
        if starts:
            return text[: min(starts)], True
    return text, False


def feed_all(parts: list[str], sequences: list[str]) -> tuple[str, bool]:
    stop = StopFilter(sequences)
    told = ""
    for part in parts:
        safe, is_stopped = stop.feed(part)
        told += safe
        if is_stopped:
            assert stop.finish() == ""
            return told, True
    return told + stop.finish(), False


@given(texts, sequences, st.lists(st.integers(0, 24)))
def test_any_split_gives_the_text_cut_at_the_first_sequence(
    text: str, sequences: list[str], places: list[int]
) -> None:
    bounds = [0, *sorted(places), len(text)]
    parts = [text[start:end] for start, end in pairwise(bounds)]
    assert feed_all(parts, sequences) == cut(text, sequences)
    assert feed_all(list(text), sequences) == cut(text, sequences)


@given(texts, sequences)
def test_no_more_is_held_back_than_may_begin_a_sequence(text: str, sequences: list[str]) -> None:
    safe, is_stopped = StopFilter(sequences).feed(text)
    if not is_stopped:
        beginnings = {sequence[:length] for sequence in sequences for length in range(len(sequence))}
        held = text[len(safe) :]
        assert held in beginnings | {""}
        longer = (text[start:] for start in range(len(safe)))
        assert not any(tail in beginnings for tail in longer)


@pytest.mark.parametrize(
    ("text", "sequences", "told"),
    [
        ("one END two", ["END"], "one "),
        ("END", ["END"], ""),
        ("ENENDD", ["END"], "EN"),
        ("abcd", ["abcx", "bc"], "a"),
        ("abc", ["abc", "c"], ""),
        ("abc", ["abc", "b"], "a"),
        ("a\n\nHuman:", ["\n\nHuman:"], "a"),
    ],
)
def test_cuts(text: str, sequences: list[str], told: str) -> None:
    assert feed_all([text], sequences) == (told, True)
    assert feed_all(list(text), sequences) == (told, True)


def test_text_goes_on_at_once_where_nothing_may_follow() -> None:
    stop = StopFilter(["###"])
    assert stop.feed("hello #") == ("hello ", False)
    assert stop.feed("1") == ("#1", False)
    assert stop.feed("##") == ("", False)
    assert stop.finish() == "##"


def test_it_takes_no_more_once_it_has_stopped() -> None:
    stop = StopFilter(["x"])
    assert stop.feed("axb") == ("a", True)
    assert stop.feed("c") == ("", True)
    assert stop.finish() == ""


def test_without_sequences_it_changes_nothing() -> None:
    assert feed_all(["a", "", "b"], ["", ""]) == ("ab", False)
